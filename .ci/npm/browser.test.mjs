// The local chat in a real browser: the real program, three people in three windows, a process that is killed, a clock that
// is wound, every kind of control, and axe. `.ci/browser` runs it; it writes the screens that it sees into .ci/screens.
//
//   DEBRIEF_BIN   the program to test (required)
//   CHROMIUM      the browser (default: /usr/bin/chromium)
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const program = process.env.DEBRIEF_BIN;
assert.ok(program, "DEBRIEF_BIN names the program to test");
const screens = fileURLToPath(new URL("../screens/", import.meta.url));
mkdirSync(screens, { recursive: true });

let browser, bot;
const folder = mkdtempSync(join(tmpdir(), "debrief-browser-"));

const free = () => new Promise((done) => {
  const s = createServer().listen(0, "127.0.0.1", () => { const { port } = s.address(); s.close(() => done(port)); });
});

/** A bot over one file, which can be killed and started again under the same address. */
class Bot {
  static async start(name) {
    const b = new Bot();
    b.file = join(folder, name + ".db");
    b.port = await free();
    b.ops = await free();
    b.base = `http://127.0.0.1:${b.port}`;
    await b.run();
    return b;
  }
  async run() {
    const env = Object.fromEntries(Object.entries(process.env).filter(([k]) => !k.startsWith("DEBRIEF_")));
    this.process = spawn(program, [], {
      env: { ...env, DEBRIEF_SQLITE_PATH: this.file, DEBRIEF_HTTP_ADDR: `127.0.0.1:${this.port}`, DEBRIEF_OPS_ADDR: `127.0.0.1:${this.ops}`, DEBRIEF_TIMEZONE: "Europe/Berlin" },
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

before(async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox", "--force-color-profile=srgb"] });
  bot = await Bot.start("review");
});
after(async () => {
  await browser?.close();
  await bot?.kill("SIGTERM");
  if (process.env.SHOW_LOG) console.log(bot?.said);
  rmSync(folder, { recursive: true, force: true });
});

const desk = { width: 1360, height: 860 }, phone = { width: 360, height: 740 };

/** A window of somebody's. Whatever the browser complains about fails the test. */
async function open(who, { size = desk, scheme = "light", at = "", base = bot.base } = {}) {
  const context = await browser.newContext({ viewport: size, colorScheme: scheme, reducedMotion: "reduce", acceptDownloads: true });
  const page = await context.newPage();
  page.complaints = [];
  page.on("pageerror", (e) => page.complaints.push(e.stack || e.message));
  page.on("console", (m) => { if (m.type() === "error" && !/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED|status of (422|413)/.test(m.text())) page.complaints.push(m.text()); });
  page.setDefaultTimeout(12_000);
  await page.goto(`${base}/as/${who}${at}`);
  await page.waitForSelector("html[data-ready]");
  return page;
}

const shot = (page, name) => page.screenshot({ path: join(screens, name + ".png") });
const main = (page) => page.locator("#list");
const thread = (page) => page.locator("#reply-list");
const message = (list, text) => list.locator(".message", { hasText: text }).last();

async function write(page, text, box = "#write") {
  const area = page.locator(`${box} textarea`);
  await area.fill(text);
  await area.press("Escape");
  await area.press("Enter");
  await page.waitForFunction((b) => document.querySelector(b + " textarea").value === "", box);
}
const reply = (page, text) => write(page, text, "#reply-write");

async function pin(page, text) {
  const m = message(main(page), text);
  await m.hover();
  await m.getByRole("button", { name: "Pin to the timeline" }).click();
  await m.locator(".reaction.bots").waitFor();
}

async function axe(page, what) {
  // No script runs in the frame of a report, axe's neither, and it would wait for that for ever.
  await page.evaluate(() => document.querySelectorAll("iframe").forEach((f) => f.remove()));
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]).analyze();
  const serious = violations.filter((v) => ["serious", "critical"].includes(v.impact));
  assert.deepEqual(serious.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ") + " " + (n.any[0]?.message || "")).join(" | ")}`), [], `axe on ${what}`);
}

async function choose(page, button, option) {
  await button.click();
  await page.locator("#popover").getByRole("menuitem", { name: option }).click();
}

test("three people, a whole tiny review, a kill in the middle, and the nudge", { timeout: 240_000 }, async () => {
  const ana = await open("ana");
  const times = await ana.evaluate(() => performance.getEntriesByName("interactive")[0].startTime);
  console.log(`figure: page interactive after ${Math.round(times)} ms; server idle ${bot.memory().toFixed(1)} MiB`);
  await axe(ana, "the welcome");
  await shot(ana, "welcome");
  const bo = await open("bo"), kim = await open("kim");

  await ana.getByRole("button", { name: "Write it for me" }).click();
  for (const page of [ana, bo, kim]) await message(main(page), "back to normal, all green").waitFor();
  await pin(bo, "errors on checkout are up");
  await pin(ana, "back to normal");
  await message(main(bo), "Kept for a review").waitFor();
  assert.equal(await message(main(kim), "Kept for a review").count(), 0, "what is for bo alone, kim does not see");

  // Completion, by keyboard alone.
  const area = ana.locator("#write textarea");
  await area.fill("/post");
  await area.press("Tab");
  await area.pressSequentially("sta");
  await area.press("Enter");
  assert.equal(await area.inputValue(), "/postmortem start ");
  await area.pressSequentially("tiny Checkout errors after deploy 4.12");
  await area.press("Enter");
  await ana.getByRole("button", { name: "It is over" }).click();
  for (const page of [ana, bo, kim]) {
    await page.locator("#list .slot-card .thread-link").click();
    await message(thread(page), "What happened?").waitFor();
  }

  await reply(bo, "deploy 4.12 goes out to every country at once");
  await message(thread(ana), "every country at once").locator(".reaction.bots").waitFor();
  await reply(kim, "was it all of Europe?");
  await reply(ana, "Germany only; about 9k carts were lost");
  await message(thread(bo), "9k carts").locator(".reaction.bots").waitFor();

  // Slashes are refused inside threads, in words, and what was typed is not lost.
  await bo.locator("#reply-write textarea").fill("/postmortem next");
  await bo.getByText("Slash commands do not work inside threads").waitFor();
  await bo.locator("#reply-write textarea").press("Enter");
  await message(thread(bo), "does not work inside threads").getByRole("button", { name: "Dismiss" }).click();
  await thread(bo).getByText("does not work inside threads").waitFor({ state: "detached" });

  await shot(ana, "review");
  await axe(ana, "a review at a desk");

  // The process dies in the middle of what somebody says, and comes back.
  await ana.locator("#reply-write textarea").fill("it took the payment page down with it");
  await bot.kill();
  await ana.locator("#reply-write textarea").press("Enter");
  await ana.getByText("Not saved yet. Trying again…").first().waitFor();
  await ana.getByText("Reconnecting…").waitFor();
  await bot.run();
  for (const page of [ana, bo, kim]) await message(thread(page), "took the payment page down").waitFor();
  await message(thread(ana), "took the payment page down").locator(".reaction.bots").waitFor();
  assert.equal(await thread(kim).locator(".message", { hasText: "took the payment page down" }).count(), 1, "said once");
  await ana.waitForFunction(() => document.getElementById("link").textContent === "");

  await thread(ana).getByRole("button", { name: "Next", exact: true }).last().click();
  await message(thread(bo), "What made it possible?").waitFor();
  await reply(bo, "staged roll-out does not cover config");
  await reply(kim, "the alert averages all countries, so one of them can be down unseen");
  await message(thread(ana), "alert averages").locator(".reaction.bots").waitFor();

  // Two windows answer the same question by form: both land.
  for (const [page, words] of [[bo, "nobody was asked before the config went out"], [kim, "the config had no review of its own"]]) {
    await thread(page).getByRole("button", { name: "Answer in a form" }).last().click();
    await page.locator("#form").getByRole("textbox").fill(words);
  }
  await shot(kim, "form");
  await axe(kim, "a form");
  for (const page of [bo, kim]) {
    await page.locator("#form").getByRole("button", { name: "Answer", exact: true }).click();
    await page.locator("#form").waitFor({ state: "hidden" });
  }
  await message(thread(ana), "What made it possible?").getByText("4 taken").waitFor();

  await message(thread(ana), "What made it possible?").getByRole("button", { name: "Next", exact: true }).click();
  await message(thread(bo), "What do we change?").waitFor();
  await reply(bo, "staged roll-out for config @bo p1 in 3 days");
  await reply(kim, "alert per country @kim p2 in 2 weeks");
  await message(thread(ana), "alert per country").locator(".reaction.bots").waitFor();
  await message(thread(ana), "What do we change?").getByRole("button", { name: "Next", exact: true }).click();

  // Publish, and read what came out.
  await ana.locator("#list .slot-card").getByRole("button", { name: "Publish", exact: true }).click();
  await message(main(kim), "is published").waitFor();
  await kim.locator("#list .slot-card .thread-link").waitFor();
  const report = thread(kim).locator(".document").last();
  await report.waitFor();
  await report.getByRole("button", { name: "Read" }).click();
  await kim.frameLocator("#sheet iframe").getByRole("heading", { name: "Root cause analysis" }).waitFor();
  await shot(kim, "report");
  await axe(kim, "a report");
  const [file] = await Promise.all([kim.waitForEvent("download"), kim.locator("#sheet").getByRole("link", { name: "Markdown" }).click()]);
  assert.match(readFileSync(await file.path(), "utf8"), /staged roll-out does not cover config/);
  await kim.locator("#sheet").getByRole("button", { name: "Close" }).click();

  await shot(ana, "published");

  // The clock is wound until bo hears of what is late, and bo answers.
  await bo.locator("#direct a").click();
  for (let weeks = 0; weeks < 3 && !(await main(bo).getByRole("button", { name: /Done/ }).count()); weeks++) {
    await bo.getByRole("button", { name: "+1 week" }).click();
    await bo.waitForFunction(() => !document.querySelector("[data-by=week]").disabled, null, { timeout: 60_000 });
  }
  await shot(bo, "nudge");
  if (await main(bo).getByRole("button", { name: /Done/ }).count()) {
    await main(bo).getByRole("button", { name: /Done/ }).first().click();
    await shot(bo, "nudge-answered");
  }

  // What was done here, as a file.
  const [saved] = await Promise.all([ana.waitForEvent("download", { timeout: 60_000 }), ana.getByRole("link", { name: "Save as transcript" }).click()]);
  const told = readFileSync(await saved.path(), "utf8");
  assert.match(told, /^# What was done in the chat in the browser\./);
  assert.match(told, /ana> \/postmortem start tiny Checkout errors/);
  assert.match(told, /bot: \*\*PM-1\*\*/);
  for (const page of [ana, bo, kim]) assert.deepEqual(page.complaints, []);
});
