// The local chat in a browser, as the tests speak of it: the program, windows of people, what they do there, and which
// buttons were offered and pressed.
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const program = process.env.DEBRIEF_BIN;
assert.ok(program, "DEBRIEF_BIN names the program to test");
export const screens = process.env.SCREENS;
if (screens) mkdirSync(screens, { recursive: true });

export let browser;
const folder = mkdtempSync(join(tmpdir(), "debrief-browser-"));

const free = () => new Promise((done) => {
  const s = createServer().listen(0, "127.0.0.1", () => { const { port } = s.address(); s.close(() => done(port)); });
});

/** A bot over one file, which can be killed and started again under the same address. */
export class Bot {
  static running = [];
  static async start(name) {
    const b = new Bot();
    b.file = join(folder, name + ".db");
    b.port = await free();
    b.ops = await free();
    b.base = `http://127.0.0.1:${b.port}`;
    Bot.running.push(b);
    await b.run();
    return b;
  }
  async run() {
    const env = Object.fromEntries(Object.entries(process.env).filter(([k]) => !k.startsWith("DEBRIEF_")));
    this.process = spawn(program, [], {
      env: { ...env, DEBRIEF_SQLITE_PATH: this.file, DEBRIEF_HTTP_ADDR: `127.0.0.1:${this.port}`, DEBRIEF_OPS_ADDR: `127.0.0.1:${this.ops}` },
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.said = "";
    this.process.stderr.on("data", (b) => { this.said += b; });
    const until = Date.now() + 15_000;
    for (;;) {
      try {
        if ((await fetch(`http://127.0.0.1:${this.ops}/readyz`)).ok) return;
      } catch {
        // not yet
      }
      if (Date.now() > until || this.process.exitCode !== null) throw new Error("the program does not start: " + this.said);
      await new Promise((r) => setTimeout(r, 20));
    }
  }
  async kill(signal = "SIGKILL") {
    if (this.process.exitCode !== null || this.process.signalCode) return;
    const ended = new Promise((done) => this.process.once("exit", done));
    this.process.kill(signal);
    await ended;
  }
  memory() {
    try {
      return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.process.pid}/status`, "utf8"))[1]) / 1024;
    } catch {
      return 0;
    }
  }
}

/** The browser, and the end of everything that was started. */
export async function begin() {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox", "--force-color-profile=srgb"] });
}
export async function end() {
  await browser?.close();
  await Promise.all(Bot.running.map((b) => b.kill("SIGTERM")));
  rmSync(folder, { recursive: true, force: true });
}

export const desk = { width: 1360, height: 860 }, phone = { width: 360, height: 740 };

// ---- every button: which were offered in any window, and which were pressed

export const offered = new Map(), pressed = new Set(); // label → where it was offered first

/** What a button is called, without what is only this one's. */
const called = (label) => label.replace(/^.*\d+ repl(?:y|ies)last .*/, "n replies").replace(/^.*(Change who you are)$/, "$1").replace(/\b(A|PM|E)-\d+(-draft)?/g, "$1-n").replace(/\b(ana|bo|kim|eve)\b/g, "somebody")
  .replace(/^Over: (?!all).*/, "Over: a time").replace(/\d+/g, "n").replace(/\bTake the (idea|n ideas)\b/, "Take the ideas").replace(/\b(Write|Keep) n /, "$1 it ");

/** Runs in the page: tells which buttons can be seen, and which are pressed. */
function watchButtons() {
  if (window !== top) return;
  const what = "button, [role=menuitem], .links a, #save, .tick input";
  const one = [[".reaction", "a reaction"], [".emoji button", "an emoji"], [".tones button", "a tone of skin"], [".row .beside", "somebody in another window"], [".row a", "somebody"], [".file button", "Take a file away"]];
  const lists = ["Answer", "Ask here", "Change", "Go deeper", "It was"]; // menus whose entries all do the same
  const label = (b) => {
    const kind = one.find(([selector]) => b.matches(selector));
    if (kind) return kind[1];
    if (b.matches("input")) return "a tick";
    const words = b.getAttribute("aria-label") || b.textContent;
    const menu = b.closest("#popover") && b.closest("[role=menu]")?.getAttribute("aria-label");
    return menu ? `${menu}: ${lists.includes(menu) ? "…" : words}` : words;
  };
  let waiting;
  const look = () => {
    waiting = null;
    window.sawButtons([...document.querySelectorAll(what)].filter((b) => b.checkVisibility()).map(label));
  };
  new MutationObserver(() => { waiting ||= setTimeout(look, 60); }).observe(document, { subtree: true, childList: true, attributes: true });
  document.addEventListener("click", (e) => {
    const b = e.target.closest?.(what);
    if (b) window.pressedButton(label(b));
  }, true);
}

const windows = [];

/** What stands in every window, for whoever reads why a test failed. Tests that ran beside it have theirs in it as well. */
export async function tellWhatIsSeen(test) {
  if (test.passed) return;
  for (const page of windows.filter((p) => !p.isClosed())) {
    const words = await page.locator("body").innerText({ timeout: 2000 }).catch((e) => String(e));
    console.log(`---- when "${test.name}" failed, ${page.who} saw at ${page.url()}:\n${words.slice(-3000)}`);
  }
}

/** A window of somebody's. Whatever the browser complains about fails the test. */
export async function open(who, { size = desk, scheme = "light", at = "", base, watched = true } = {}) {
  const context = await browser.newContext({ viewport: size, colorScheme: scheme, reducedMotion: "reduce", acceptDownloads: true });
  const page = await context.newPage();
  if (watched) {
    await page.exposeFunction("sawButtons", (labels) => labels.forEach((l) => offered.has(called(l)) || offered.set(called(l), `${who}${at}`)));
    await page.exposeFunction("pressedButton", (label) => pressed.add(called(label)));
    await page.addInitScript(watchButtons);
  }
  page.complaints = [];
  page.on("pageerror", (e) => page.complaints.push(e.stack || e.message));
  page.on("console", (m) => { if (m.type() === "error" && !/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED|status of (422|413)/.test(m.text())) page.complaints.push(m.text()); });
  page.setDefaultTimeout(40_000);
  page.who = who;
  windows.push(page);
  await page.goto(`${base}/as/${who}${at}`);
  await page.waitForSelector("html[data-ready]");
  return page;
}

export const shot = (page, name) => screens && page.screenshot({ path: join(screens, name + ".png") });
export const main = (page) => page.locator("#list");
export const thread = (page) => page.locator("#reply-list");
export const message = (list, text) => list.locator(".message", { hasText: text }).last();

export async function write(page, text, box = "#write") {
  const area = page.locator(`${box} textarea`);
  await area.fill(text);
  await area.press("Escape");
  await area.press("Enter");
  await page.waitForFunction((b) => document.querySelector(b + " textarea").value === "", box);
}
export const reply = (page, text) => write(page, text, "#reply-write");

export async function pin(page, text) {
  const m = main(page).locator(".message:not(:has(.only))", { hasText: text }).last();
  await m.focus();
  await m.getByRole("button", { name: "Pin to the timeline" }).click();
  await m.locator(".reaction.bots").waitFor();
}

export async function axe(page, what) {
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]).analyze();
  const serious = violations.filter((v) => ["serious", "critical"].includes(v.impact));
  assert.deepEqual(serious.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ") + " " + (n.any[0]?.message || "")).join(" | ")}`), [], `axe on ${what}`);
}

/**
 * The same with a report open. Nothing runs in its frame, axe neither: what the frame shows is opened as a page of its own,
 * at a desk and on a phone, light and dark, and the page around it is looked at without it.
 */
export async function sheetAxe(page, what) {
  const frame = page.locator("#sheet iframe");
  const shown = await fetch(new URL(await frame.getAttribute("src"), page.url()));
  assert.match(shown.headers.get("content-security-policy"), /^sandbox;/, "nothing runs in the frame");
  const report = await shown.text();
  for (const viewport of [desk, phone]) {
    for (const colorScheme of ["light", "dark"]) {
      const context = await browser.newContext({ viewport, colorScheme });
      const alone = await context.newPage();
      await alone.setContent(report);
      await axe(alone, `${what}, ${colorScheme}, ${viewport.width} wide`);
      await context.close();
    }
  }
  await frame.evaluate((f) => f.remove());
  await axe(page, what);
}

export async function choose(page, button, option) {
  await button.click();
  await page.locator("#popover").getByRole("menuitem", { name: option }).click();
}
/** A button on the newest message that says something. */
export const button = (list, text, label) => message(list, text).getByRole("button", { name: label, exact: true });

/** The newest card in the channel, and a button on it. */
export const card = (page) => page.locator("#list .slot-card").last();
export const onCard = (page, label) => card(page).getByRole("button", { name: label, exact: true });

/** Fills in the form that is open, by what its inputs are called, and sends it. */
export async function form(page, fields, submit) {
  const dialog = page.locator("#form");
  await dialog.locator("form").waitFor();
  for (const [label, value] of Object.entries(fields)) {
    const input = dialog.getByLabel(label).first();
    if (await input.evaluate((i) => i.tagName === "SELECT")) await input.selectOption({ label: value });
    else if (value === true) await input.check();
    else await input.fill(value);
  }
  await dialog.locator("footer").getByRole("button", { name: submit, exact: true }).click();
  await dialog.waitFor({ state: "hidden" });
}

/** What only this person sees of that, newest last. */
export const only = (list, text) => list.locator(".message", { has: list.page().locator(".only") }).filter({ hasText: text }).last();

/** Winds the clock in somebody's window until something is there. */
export async function wind(page, by, there, most = 8) {
  for (let n = 0; n < most && !(await there.count()); n++) await turn(page, by);
  await there.first().waitFor();
}
export async function turn(page, by) {
  await page.locator(`[data-by=${by}]`).click();
  await page.waitForFunction((by) => !document.querySelector(`[data-by=${by}]`).disabled, by, { timeout: 60_000 });
}

/** Waits until the bot has marked what somebody just replied. */
export async function taken(page, text) {
  await reply(page, text);
  await message(thread(page), text).locator(".reaction.bots").first().waitFor();
}

/** Something that is shown somewhere, but not yet what it was said to be: an edit is on its way. */
export const says = (list, text, words) => message(list, text).getByText(words).first().waitFor();

/** Something done without a browser, as the page does it. */
export async function does(b, who, what, body) {
  const response = await fetch(`${b.base}/api/${who}/${what}`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ act: crypto.randomUUID(), ...body }),
  });
  assert.equal(response.status, 200, `${who} ${what}: ${await response.text()}`);
}

/** The messages of a place, as somebody sees them. */
export const written = async (b, who, channel, thread = "") => (await (await fetch(`${b.base}/api/${who}/messages?${new URLSearchParams({ channel, thread })}`)).json()).messages;

/** Three messages in a channel, pinned by somebody. */
export async function pinned(b, who, channel, texts) {
  for (const text of texts) await does(b, who, "say", { channel, text });
  for (const m of (await written(b, who, channel)).filter((m) => texts.includes(m.text))) await does(b, who, "react", { channel, message: m.id, emoji: "📌", on: true });
}
