// The local chat in a real browser: the real program, three people in three windows, a process that is killed, a clock that
// is wound, every kind of control, and axe. `.ci/browser` runs it.
//
//   DEBRIEF_BIN   the program to test (required)
//   CHROMIUM      the browser (default: /usr/bin/chromium)
//   SCREENS       a folder for pictures of what was seen (default: none are taken)
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

const program = process.env.DEBRIEF_BIN;
assert.ok(program, "DEBRIEF_BIN names the program to test");
const screens = process.env.SCREENS;
if (screens) mkdirSync(screens, { recursive: true });

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
  rmSync(folder, { recursive: true, force: true });
});

const desk = { width: 1360, height: 860 }, phone = { width: 360, height: 740 };

// ---- every button: which were offered in any window, and which were pressed

const offered = new Map(), pressed = new Set(); // label → where it was offered first

/** What a button is called, without what is only this one's. */
const called = (label) => label.replace(/\b(A|PM|E)-\d+/g, "$1-n").replace(/\b(ana|bo|kim|eve)\b/g, "somebody").replace(/\b\d+ repl(y|ies)\b.*/, "n replies")
  .replace(/^Over: (?!all).*/, "Over: a time").replace(/\d+/g, "n").replace(/\bTake the (idea|n ideas)\b/, "Take the ideas").replace(/\b(Write|Keep) n /, "$1 it ");

/** Runs in the page: tells which buttons can be seen, and which are pressed. */
function watchButtons() {
  if (window !== top) return;
  const what = "button, [role=menuitem], .links a, #save, .tick input";
  const one = [[".reaction", "a reaction"], [".emoji:not(.named) button", "an emoji"], [".tones button", "a tone of skin"], [".row .beside", "somebody in another window"], [".row a", "somebody"], [".file button", "Take a file away"]];
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

/** A window of somebody's. Whatever the browser complains about fails the test. */
async function open(who, { size = desk, scheme = "light", at = "", base = bot.base, watched = true } = {}) {
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
  page.setDefaultTimeout(12_000);
  await page.goto(`${base}/as/${who}${at}`);
  await page.waitForSelector("html[data-ready]");
  return page;
}

const shot = (page, name) => screens && page.screenshot({ path: join(screens, name + ".png") });
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
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]).analyze();
  const serious = violations.filter((v) => ["serious", "critical"].includes(v.impact));
  assert.deepEqual(serious.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ") + " " + (n.any[0]?.message || "")).join(" | ")}`), [], `axe on ${what}`);
}

/**
 * The same with a report open. Nothing runs in its frame, axe neither: what the frame shows is opened as a page of its own,
 * at a desk and on a phone, light and dark, and the page around it is looked at without it.
 */
async function sheetAxe(page, what) {
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
      if (screens) await alone.screenshot({ path: join(tmpdir(), `report-${colorScheme}-${viewport.width}.png`), fullPage: true });
      await context.close();
    }
  }
  await frame.evaluate((f) => f.remove());
  await axe(page, what);
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
  await kim.frameLocator("#sheet iframe").getByText("Root cause analysis").first().waitFor();
  await shot(kim, "report");
  const [file] = await Promise.all([kim.waitForEvent("download"), kim.locator("#sheet").getByRole("link", { name: "Markdown" }).click()]);
  assert.match(readFileSync(await file.path(), "utf8"), /staged roll-out does not cover config/i);
  for (const [form, begins] of [["HTML", "<!doctype html>"], ["PDF", "%PDF-"], ["JSON", "{"]]) {
    const [other] = await Promise.all([kim.waitForEvent("download"), kim.locator("#sheet").getByRole("link", { name: form }).click()]);
    assert.equal(readFileSync(await other.path()).subarray(0, begins.length).toString().toLowerCase(), begins.toLowerCase(), form);
  }
  await sheetAxe(kim, "a report");
  await kim.locator("#sheet").getByRole("button", { name: "Close" }).click();

  await shot(ana, "published");

  // The clock is wound until bo hears of what is late, and bo answers.
  await bo.locator("#direct a").click();
  for (let weeks = 0; weeks < 3 && !(await main(bo).getByRole("button", { name: /Done/ }).count()); weeks++) {
    await bo.getByRole("button", { name: "+1 week" }).click();
    await bo.waitForFunction(() => !document.querySelector("[data-by=week]").disabled, null, { timeout: 60_000 });
  }
  await shot(bo, "nudge");
  await main(bo).getByRole("button", { name: /Done/ }).first().click();
  await bo.locator("#form").getByRole("textbox").fill("merged, and tried on one country");
  await bo.locator("#form footer").getByRole("button", { name: "Done" }).click();
  await bo.locator("#form").waitFor({ state: "hidden" });
  await main(bo).getByRole("button", { name: /Done/ }).waitFor({ state: "detached" });
  await shot(bo, "nudge-answered");

  // What was done here, as a file.
  const [saved] = await Promise.all([ana.waitForEvent("download", { timeout: 60_000 }), ana.getByRole("link", { name: "Save as transcript" }).click()]);
  const told = readFileSync(await saved.path(), "utf8");
  assert.match(told, /^# What was done in the chat in the browser\./);
  assert.match(told, /ana> \/postmortem start tiny Checkout errors/);
  assert.match(told, /bot: \*\*PM-1\*\*/);
  for (const page of [ana, bo, kim]) assert.deepEqual(page.complaints, []);
});

/** Something done without a browser, as the page does it. */
async function does(b, who, what, body) {
  const response = await fetch(`${b.base}/api/${who}/${what}`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ act: crypto.randomUUID(), ...body }),
  });
  assert.equal(response.status, 200, `${who} ${what}: ${await response.text()}`);
}

test("what people write, react, change and add, on a phone and in the dark", { timeout: 180_000 }, async () => {
  const b = await Bot.start("people");
  const ana = await open("ana", { base: b.base, size: phone, scheme: "dark" });
  await shot(ana, "phone-welcome");
  await axe(ana, "the welcome on a phone in the dark");
  const bo = await open("bo", { base: b.base, scheme: "dark" });
  try {
    // Nothing that is written does anything but be read.
    await write(bo, `<script>document.title = "taken"</script> <img src=x onerror="document.title = 'taken'"> **not bold** [no](javascript:alert(1)) @ana \`<b>\` https://example.com/a?b=1`);
    await message(main(ana), "<script>").waitFor();
    assert.match(await ana.title(), /^#incidents/);
    assert.equal(await ana.locator("#list script, #list img[src=x], #list b").filter({ hasNot: ana.locator(".head") }).count(), await ana.locator("#list .head b").count());
    assert.equal(await main(ana).getByRole("link", { name: "https://example.com/a?b=1" }).getAttribute("rel"), "noopener noreferrer");
    await ana.locator(".mention.me").waitFor();

    // Far too much is answered in words, and stays where it was typed.
    const area = bo.locator("#write textarea");
    await area.fill("x".repeat(40_000));
    await bo.getByText("40,000 of 12,000 characters").waitFor();
    await area.press("Enter");
    await bo.getByText("That is too long for one message").waitFor();
    assert.equal((await area.inputValue()).length, 40_000);
    await area.fill("");

    // Somebody changes and deletes what they said, by keyboard.
    await write(bo, "all gren");
    await area.press("ArrowUp");
    await bo.getByLabel("Edit your message").fill("all green");
    await bo.getByLabel("Edit your message").press("Enter");
    await message(main(ana), "all green").getByText("(edited)").waitFor();
    await write(bo, "oops");
    await message(main(bo), "oops").hover();
    await message(main(bo), "oops").getByRole("button", { name: "Edit or delete" }).click();
    await bo.getByRole("menuitem", { name: "Delete message" }).click();
    await bo.locator("#form footer").getByRole("button", { name: "Delete" }).click();
    await main(ana).getByText("oops").waitFor({ state: "detached" });

    // A reaction with a tone of skin, and one on top of it.
    await message(main(bo), "all green").hover();
    await message(main(bo), "all green").getByRole("button", { name: "React" }).click();
    await bo.getByRole("radio", { name: "medium", exact: true }).click();
    await shot(bo, "picker");
    await axe(bo, "the picker");
    await bo.getByRole("button", { name: "thumbs up" }).click();
    const chip = message(main(ana), "all green").locator(".reaction", { hasText: "👍🏽" });
    await chip.click();
    await message(main(bo), "all green").locator(".reaction", { hasText: "2" }).waitFor();

    // Somebody new, who may not do what is not theirs, and a channel that not everybody sees.
    await bo.getByRole("button", { name: "Change who you are" }).click();
    await shot(bo, "people");
    await axe(bo, "the people");
    await bo.getByRole("menuitem", { name: "Add somebody" }).click();
    await bo.locator("#form").getByLabel("Name", { exact: true }).fill("two words");
    await bo.locator("#form").getByRole("button", { name: "Add" }).click();
    await bo.getByText("A name is one word").waitFor();
    assert.equal(await bo.locator("#form").getByLabel("Name", { exact: true }).inputValue(), "two words");
    await bo.locator("#form").getByLabel("Name", { exact: true }).fill("eve");
    await bo.locator("#form").getByRole("button", { name: "Add" }).click();
    await bo.locator("#form").waitFor({ state: "hidden" });
    await bo.getByRole("button", { name: "Add a channel" }).click();
    await bo.locator("#form").getByLabel("Name", { exact: true }).fill("war-room");
    await bo.locator("#form").getByLabel("only those I name").check();
    await bo.locator("#form").getByRole("button", { name: "Add" }).click();
    await bo.getByRole("heading", { name: "#war-room" }).waitFor();
    const eve = await open("eve", { base: b.base });
    assert.equal(await eve.locator("#channels a", { hasText: "war-room" }).count(), 0);

    // On a phone the list of channels comes when it is asked for.
    await ana.getByRole("button", { name: "Channels, people and the clock" }).click();
    await shot(ana, "phone-side");
    await axe(ana, "the list of channels on a phone");
    await ana.keyboard.press("Escape");

    // A review on a phone, by its nine questions and what hangs on its card.
    for (const [who, text] of [["ana", "errors on checkout are up, 5 % of requests"], ["kim", "restarting the gateway did nothing"], ["bo", "rolling back to 4.11, the build takes a while"]]) await does(b, who, "say", { channel: "incidents", text });
    const page = await (await fetch(`${b.base}/api/ana/messages?channel=incidents`)).json();
    for (const m of page.messages.slice(-3)) await does(b, "ana", "react", { channel: "incidents", message: m.id, emoji: "📌", on: true });
    await write(ana, "/postmortem start sev2 Checkout down in three countries");
    await ana.getByRole("button", { name: "It is over" }).click();
    const card = ana.locator("#list .slot-card");
    await card.waitFor();
    await shot(ana, "phone-card");
    await axe(ana, "a card on a phone in the dark");
    await card.getByRole("button", { name: "Read the draft" }).click();
    await main(ana).locator(".only .document").getByRole("button", { name: "Read" }).last().click();
    await ana.frameLocator("#sheet iframe").locator("h1").waitFor();
    await shot(ana, "phone-draft");
    await sheetAxe(ana, "a draft on a phone in the dark");
    await ana.locator("#sheet").getByRole("button", { name: "Close" }).click();
    await choose(ana, card.getByRole("button", { name: "Answer" }).first(), /Impact/);
    await ana.locator("#form").getByRole("textbox").fill("about 9k carts");
    await shot(ana, "phone-form");
    await axe(ana, "a form on a phone in the dark");
    await ana.locator("#form footer").getByRole("button").last().click();
    await ana.locator("#form").waitFor({ state: "hidden" });
    await card.getByRole("button", { name: "Timeline", exact: true }).click();
    await message(main(ana), "restarting the gateway").waitFor();
    await card.getByRole("button", { name: "More", exact: true }).click();
    await main(ana).locator(".message.slot-more, .only").last().getByRole("button").first().waitFor();
    await card.getByRole("button", { name: "Live: on" }).click();
    await card.getByRole("button", { name: "Live: off" }).click();
    await card.getByRole("button", { name: "Live: on" }).waitFor();
    await choose(ana, card.getByRole("button", { name: "Ask here" }), /Four moments/);
    await card.locator(".thread-link").click();
    await message(thread(ana), "2 · When").getByRole("button", { name: "Change" }).click();
    await ana.locator("#form").getByRole("button", { name: "Cancel" }).click();
    await message(thread(ana), "2 · When").getByRole("button", { name: "Skip" }).click();
    await ana.locator("#form footer").getByRole("button").last().click();
    await ana.locator("#form").waitFor({ state: "hidden" });
    await choose(ana, thread(ana).locator(".slot-card").getByRole("button", { name: "Ask here" }), /Timeline/);
    await message(thread(ana), "What is missing on the timeline?").waitFor();
    await reply(ana, "between 03:40 and 03:57 we all waited for somebody with the right to roll back");
    await reply(ana, "that was a night");
    await message(thread(ana), "somebody with the right").locator(".reaction.bots").waitFor();
    await shot(ana, "phone-thread");
    await axe(ana, "a thread on a phone in the dark");
    const sort = message(thread(ana), "What is missing on the timeline?").getByRole("button", { name: "Sort" });
    await sort.click();
    await ana.locator("#form input[type=checkbox]").first().waitFor();
    await ana.locator("#form input[type=checkbox]").last().check();
    await shot(ana, "phone-sort");
    await ana.locator("#form footer").getByRole("button").last().click();
    await ana.locator("#form").waitFor({ state: "hidden" });
    await message(thread(ana), "that was a night").locator(".reaction.bots").waitFor();

    // The same at a desk in the dark.
    await bo.locator("#channels a", { hasText: "incidents" }).click();
    await bo.locator("#list .slot-card .thread-link").click();
    await message(thread(bo), "that was a night").waitFor();
    await shot(bo, "dark");
    await axe(bo, "a review in the dark");
    await bo.getByRole("button", { name: "Commands and hints" }).click();
    await shot(bo, "commands");
    await axe(bo, "the commands");
    await bo.keyboard.press("Escape");
    for (const p of [ana, bo, eve]) assert.deepEqual(p.complaints, []);
  } finally {
    await b.kill("SIGTERM");
  }
});

test("a window that slept catches up, and 500 replies do not stutter", { timeout: 120_000 }, async () => {
  const b = await Bot.start("many");
  try {
    await does(b, "ana", "say", { channel: "general", text: "the root" });
    const { messages } = await (await fetch(`${b.base}/api/ana/messages?channel=general`)).json();
    const root = messages[0].id;
    const sleeper = await open("kim", { base: b.base, at: `/general/${root}`, watched: false });
    await sleeper.context().setOffline(true);
    const began = Date.now();
    for (let i = 0; i < 500; i += 10) await Promise.all(Array.from({ length: 10 }, (_, n) => does(b, i % 20 ? "ana" : "bo", "say", { channel: "general", thread: root, text: `reply ${i + n}: the health check only looks at the front door, so a broken card service shows up late` })));
    console.log(`figure: 500 replies said in ${Date.now() - began} ms`);
    await sleeper.context().setOffline(false);
    await sleeper.locator("#reply-list").getByText(/^reply 49\d:/).first().waitFor();

    const ana = await open("ana", { base: b.base, at: `/general/${root}`, watched: false });
    for (let n = 0; n < 3; n++) {
      await ana.getByRole("button", { name: "Show earlier messages" }).last().click();
      await ana.waitForFunction((least) => document.querySelectorAll("#reply-list .message").length > least, 150 * (n + 1));
    }
    assert.ok(await ana.locator("#reply-list .message").count() >= 501);
    const frames = await ana.evaluate(async () => {
      const box = document.getElementById("replies");
      const times = [];
      let last = performance.now();
      for (let i = 0; i < 120; i++) {
        box.scrollTop = (box.scrollHeight - box.clientHeight) * Math.abs(Math.sin(i / 19));
        await new Promise(requestAnimationFrame);
        const now = performance.now();
        times.push(now - last);
        last = now;
      }
      times.sort((a, b) => a - b);
      return { median: times[60], p95: times[114], worst: times[119] };
    });
    console.log(`figure: scrolling 500 replies, a frame takes ${frames.median.toFixed(1)} ms (median), ${frames.p95.toFixed(1)} (95 of 100), ${frames.worst.toFixed(1)} at worst`);
    const before = await ana.evaluate(() => { const box = document.getElementById("replies"); box.scrollTop = box.scrollHeight; return performance.now(); });
    await reply(ana, "one more");
    await message(thread(ana), "one more").waitFor();
    console.log(`figure: a reply under 500 shows after ${Math.round(await ana.evaluate((t) => performance.now() - t, before))} ms, typing it included; server ${b.memory().toFixed(1)} MiB`);
    assert.ok(await ana.evaluate(() => { const box = document.getElementById("replies"); return box.scrollHeight - box.scrollTop - box.clientHeight < 80; }), "the newest is in view");
    assert.deepEqual(ana.complaints, []);
  } finally {
    await b.kill("SIGTERM");
  }
});
