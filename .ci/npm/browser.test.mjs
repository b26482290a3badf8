// The local chat in a real browser: the real program, three people in three windows, a process that is killed, a clock that
// is wound, every kind of control, and axe. `.ci/browser` runs it.
//
//   DEBRIEF_BIN   the program to test (required)
//   CHROMIUM      the browser (default: /usr/bin/chromium)
//   SCREENS       a folder for pictures of what was seen (default: none are taken)
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, afterEach, before, describe, test } from "node:test";
import { Bot, axe, begin, browser, button, card, choose, desk, does, end, form, main, message, offered, onCard, only, open, phone, pin, pinned, pressed, reply, says, sheetAxe, shot, taken, tellWhatIsSeen, thread, turn, wind, write, written } from "./chat.mjs";

before(begin);
after(end);
afterEach(tellWhatIsSeen);

// Most of their time is spent waiting for the bot, which edits no message twice within two seconds.
describe("people at work", { concurrency: 3 }, () => {
  test("three people, a whole tiny review, a kill in the middle, and the nudge", { timeout: 800_000 }, async () => {
    const b = await Bot.start("review");
    const ana = await open("ana", { base: b.base });
    await axe(ana, "the welcome");
    await shot(ana, "welcome");
    const bo = await open("bo", { base: b.base }), kim = await open("kim", { base: b.base });

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
    await ana.locator("#guide").getByRole("button", { name: "Open the thread" }).click();
    for (const page of [bo, kim]) await page.locator("#list .slot-card .thread-link").click();
    for (const page of [ana, bo, kim]) {
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
    await b.kill();
    await ana.locator("#reply-write textarea").press("Enter");
    await ana.getByText("Not saved yet. Trying again…").first().waitFor();
    await ana.getByText("Reconnecting…").waitFor();
    await b.run();
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
      await page.keyboard.press("Escape"); // once is no reason to throw it away
      await page.locator("#form").getByText("Esc again throws away what you typed.").waitFor();
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
    await bo.locator("#clock-next").getByText(/Debrief wrote to .*you/).waitFor();
    await shot(bo, "nudge");
    await main(bo).getByRole("button", { name: /Done/ }).first().click();
    await bo.locator("#form").getByRole("textbox").fill("merged, and tried on one country");
    await bo.locator("#form footer").getByRole("button", { name: "Done" }).click();
    await bo.locator("#form").waitFor({ state: "hidden" });
    await main(bo).getByRole("button", { name: /Done/ }).waitFor({ state: "detached" });
    await shot(bo, "nudge-answered");

    // Ana, an admin, is asked once how they work.
    await ana.locator("#direct a").click();
    await main(ana).getByRole("button", { name: "Company", exact: true }).click();
    await main(ana).getByText("This is a company").waitFor();

    // What was done here, as a file.
    const [saved] = await Promise.all([ana.waitForEvent("download", { timeout: 120_000 }), ana.getByRole("link", { name: "Save as transcript" }).click()]);
    const told = readFileSync(await saved.path(), "utf8");
    assert.match(told, /^# What was done in the chat in the browser\./);
    assert.match(told, /ana> \/postmortem start tiny Checkout errors/);
    assert.match(told, /bot: \*\*PM-1\*\*/);
    for (const page of [ana, bo, kim]) assert.deepEqual(page.complaints, []);
  });

  test("a whole postmortem: three people, nine questions, a kill, an approval, the report and the follow-ups", { timeout: 800_000 }, async () => {
    const b = await Bot.start("nine");
    const [ana, bo, kim] = await Promise.all(["ana", "bo", "kim"].map((who) => open(who, { base: b.base })));
    try {
      // The incident: an alert, three people, pins by two of them, an idea.
      await ana.getByRole("button", { name: "More for this channel" }).click();
      await ana.getByRole("menuitem", { name: "Let a program post here" }).click();
      await form(ana, { "Which program?": "pagerduty", "What does it say?": "CRITICAL checkout error rate above 5 %" }, "Post");
      await message(main(bo), "CRITICAL checkout").getByText("APP").waitFor();
      await write(bo, "deploy 4.12 finished, it carried the new payment config");
      await turn(bo, "hour");
      await write(ana, "DE and FR cannot pay, rolling back to 4.11");
      await turn(ana, "hour");
      await write(kim, "all green, closing");
      await write(kim, "we should alert per country, the average hid this");
      for (const text of ["CRITICAL checkout", "deploy 4.12", "all green"]) await pin(bo, text);
      await pin(ana, "rolling back to 4.11");
      await only(main(bo), "Kept for a review").getByRole("button", { name: "What do you keep?" }).click();
      await only(main(bo), "I keep").getByRole("button", { name: "Dismiss" }).click();
      const idea = message(main(kim), "alert per country");
      await idea.hover();
      await idea.getByRole("button", { name: "React" }).click();
      await kim.locator("#popover").getByRole("button", { name: "Idea for a change" }).click();
      await idea.locator(".reaction.bots").waitFor();
      await shot(ana, "incident");

      // It begins while it still burns, and goes on when it is over.
      await write(ana, "/postmortem start sev2 Checkout down in three countries");
      await button(main(ana), "Is it over", "Still burning").click();
      await button(main(ana), "I stay silent", "It is over").click();
      for (const page of [ana, bo, kim]) {
        await page.locator("#list .slot-card .thread-link").click();
        await message(thread(page), "1 · What is missing").waitFor();
      }

      // 1, the timeline, with one line sorted out by hand; 2, the moments.
      await taken(bo, "between the alert and the roll-back we waited for somebody who may do it");
      await reply(kim, "that was a night");
      await button(thread(ana), "1 · What is missing", "Sort").click();
      await ana.locator("#form").getByLabel("that was a night").check();
      await form(ana, {}, "Save");
      await message(thread(kim), "that was a night").locator(".reaction.bots").waitFor();
      await message(thread(kim), "that was a night").hover();
      await message(thread(kim), "that was a night").getByRole("button", { name: "Leave out" }).click();
      await says(thread(ana), "1 · What is missing", "1 taken · 1 just talk");
      await button(thread(ana), "1 · What is missing", "Next").click();
      await button(thread(ana), "2 · When did it begin", "That's right").click();
      await says(thread(ana), "2 · When did it begin", "1 taken");
      await shot(kim, "moments");
      await button(thread(ana), "2 · When did it begin", "Change").click();
      await form(ana, { Eased: "E-3" }, "Save");
      await says(thread(kim), "2 · When did it begin", "(E-3)");
      await button(thread(ana), "2 · When did it begin", "Next").click();

      // 3, a choice; 4, a form, and then the process dies.
      await choose(kim, button(thread(kim), "3 · How did we find out", "It was"), "an alert");
      await says(thread(ana), "3 · How did we find out", "1 taken");
      await button(thread(ana), "3 · How did we find out", "Next").click();
      await button(thread(kim), "4 · Who was hit", "Answer in a form").click();
      await kim.locator("#form").getByRole("textbox").fill("checkout in DE, FR, NL; about 9k carts");
      await b.kill();
      await kim.locator("#form footer").getByRole("button", { name: "Answer", exact: true }).click();
      await kim.locator("#form").getByText("Not saved yet. Trying again…").waitFor();
      await shot(kim, "away");
      await b.run();
      await kim.locator("#form").waitFor({ state: "hidden" });
      await says(thread(ana), "4 · Who was hit", "1 taken");
      await button(thread(ana), "4 · Who was hit", "Next").click();

      // 5, the causes grow in place; what stops at a person is asked about, privately.
      await taken(bo, "the config was applied to all regions at once");
      await taken(kim, "late: the alert averages all countries");
      await taken(ana, "long: a roll-back needs a build, 38 minutes");
      await taken(bo, "w1: staged roll-out does not cover config");
      await taken(kim, "bo forgot to check the diff");
      await button(thread(kim), "5 · Why did it happen", "Look").click();
      await only(thread(kim), "stops at a person").getByRole("button", { name: "Write it again" }).click();
      await form(kim, { "In other words": "w1: the diff of a config shows values, not what they do" }, "Save");
      await choose(bo, button(thread(bo), "5 · Why did it happen", "Go deeper"), /w4/);
      await only(thread(bo), "w4").getByRole("button", { name: "Dismiss" }).click();
      await taken(bo, "ana should have known better");
      await button(thread(ana), "5 · Why did it happen", "Look").click();
      await only(thread(ana), "stops at a person").getByRole("button", { name: "Keep it as it is" }).click();
      await says(thread(ana), "5 · Why did it happen", "6 taken");
      await ana.getByRole("button", { name: "Question 5 ↑" }).click();
      await shot(ana, "whys");
      await button(thread(ana), "5 · Why did it happen", "Next").click();

      // 6 is left out with a reason, 7 answered by a question's number from below.
      await button(thread(ana), "6 · What surprised us", "Skip").click();
      await form(ana, { Why: "nothing did" }, "Leave out");
      await taken(kim, "lucky: it was in the afternoon");
      await button(thread(ana), "7 · What helped", "Next").click();

      // 8, actions with owner and date, what is missing filled in by a form; 9, what is left without a change.
      await button(thread(ana), "8 · What do we change", "Take the idea").click();
      await taken(bo, "cover config by the staged roll-out @bo p1 in 3 days w4");
      await taken(ana, "keep the last build ready, so that a roll-back takes minutes @ana p2 in 2 weeks w3");
      await button(thread(ana), "8 · What do we change", "Fill in").click();
      await shot(ana, "actions-form");
      await form(ana, { "who?": "@kim", "by when?": "5 days" }, "Save");
      await says(thread(ana), "8 · What do we change", "A-3");
      await shot(ana, "actions");
      await button(thread(ana), "8 · What do we change", "Next").click();
      await taken(kim, "w2: A-3");
      await taken(bo, "w5, w6: accepted, reviews by eye go away with the staged roll-out");
      await button(thread(ana), "9 · These causes", "Next").click();

      // Read, worded, approved by somebody else, published.
      const draft = "The draft of PM-1 is ready";
      await button(thread(ana), draft, "Change the words").click();
      await form(ana, { "What set it off?": "deploy 4.12" }, "Save");
      await button(thread(kim), draft, "Read the draft").click();
      await only(thread(kim), "PM-1").locator(".document").getByRole("button", { name: "Read" }).click();
      await kim.frameLocator("#sheet iframe").getByText("deploy 4.12").first().waitFor();
      await kim.locator("#sheet").getByRole("button", { name: "Close" }).click();
      await shot(ana, "draft");
      await button(thread(ana), draft, "Publish with roles instead of names").click();
      await message(thread(ana), "has to approve").waitFor();
      await button(thread(kim), draft, "Approve").click();
      await says(thread(ana), draft, "Approved by");
      await onCard(kim, "Publish").click();
      await only(main(kim), "who leads this review").getByRole("button", { name: "Ask for it to be published" }).click();
      await message(main(kim), "hears in the weekly message").waitFor();
      await onCard(ana, "Publish").click();
      await message(main(kim), "is published").waitFor();

      // The report: its words, the tree of causes, the course, what can be measured, and every form of it.
      const report = thread(bo).locator(".document").last();
      await report.getByRole("button", { name: "Read" }).click();
      const sheet = bo.frameLocator("#sheet iframe");
      for (const words of ["Time to detect", "the config was applied to all regions at once", "Accepted risks", "CRITICAL checkout error rate above 5 %"]) await sheet.getByText(words, { exact: false }).first().waitFor();
      assert.ok((await sheet.locator("svg").count()) >= 2, "the course and the causes are drawn");
      await shot(bo, "report");
      for (const [as, begins] of [["Markdown", "# PM-1 Checkout down"], ["HTML", "<!doctype html>"], ["PDF", "%PDF-"], ["JSON", "{"]]) {
        const [file] = await Promise.all([bo.waitForEvent("download"), bo.locator("#sheet").getByRole("link", { name: as }).click()]);
        const bytes = readFileSync(await file.path());
        assert.equal(bytes.subarray(0, begins.length).toString().toLowerCase(), begins.toLowerCase(), as);
        assert.ok(as === "PDF" || bytes.includes("staged roll-out"), as);
      }
      await sheetAxe(bo, "the report");
      await bo.keyboard.press("Escape");
      await bo.locator("#sheet").waitFor({ state: "hidden" });

      // Corrected afterwards: the card says so, and it is published again once it is approved again.
      await choose(kim, onCard(kim, "Answer"), /What surprised us/);
      await form(kim, { "What surprised us?": "that nobody on call could roll back without a build" }, "Answer");
      await card(ana).getByText("1 change since").waitFor();
      await onCard(ana, "Look").click();
      await only(main(ana), "Since version 1").waitFor();
      await button(thread(kim), draft, "Approve").click();
      await says(thread(ana), draft, "Approved by");
      await onCard(ana, "Publish again").click();
      await message(main(bo), "published (version 2)").waitFor();

      // Followed through. Kim is asked for what ana gave to kim, thinks twice, and takes it.
      await kim.locator("#direct a").click();
      await wind(kim, "day", button(main(kim), "Do you take this", "Yes A-3")); // in working hours
      await shot(kim, "hand-over");
      await button(main(kim), "Do you take this", "Yes A-3").click();
      await says(main(kim), "alert per country", "is yours");
      await kim.getByRole("button", { name: "Undo A-3" }).last().click();
      await button(main(kim), "Do you take this", "Other date A-3").click();
      await form(kim, { "alert per country": "in 6 days" }, "Save");
      await kim.getByRole("button", { name: "Undo A-3" }).last().click();
      await button(main(kim), "Do you take this", "Not me A-3").click();
      await form(kim, { "alert per country": "I am away next week" }, "Save");
      await kim.getByRole("button", { name: "Undo A-3" }).last().click();
      await button(main(kim), "Do you take this", "Yes A-3").click();
      await says(main(kim), "alert per country", "is yours");

      // Bo hears of what is late: asks for help, in words that bo sees first, asks for time, and does it.
      await bo.locator("#direct a").click();
      const late = main(bo).getByRole("button", { name: "Done A-1" });
      await wind(bo, "week", late);
      await shot(bo, "weekly");
      const more = () => main(bo).getByRole("button", { name: "More A-1" }).last();
      const undo = async () => {
        await bo.getByRole("button", { name: "Undo A-1" }).last().click();
        await more().waitFor();
      };
      await choose(bo, more(), "will not do");
      await bo.locator("#form form").waitFor();
      await bo.keyboard.press("Escape");
      await choose(bo, more(), "another due date");
      await form(bo, { "cover config": "in 2 weeks" }, "Save");
      await undo();
      for (const [when, fields] of [["a day"], ["a week"], ["a date …", { "cover config": "in 3 weeks" }]]) {
        await choose(bo, main(bo).getByRole("button", { name: "Later A-1" }).last(), when);
        if (fields) await form(bo, fields, "Save");
        await undo();
      }
      await main(bo).getByRole("button", { name: "Hand over A-1" }).last().click();
      await form(bo, { "cover config": "@kim" }, "Ask them");
      await undo();
      await choose(bo, more(), "need help");
      await form(bo, { "In the thread of": "who knows how the roll-out reads its config?" }, "Post it");
      await message(thread(ana), "could use a hand").waitFor();
      await write(bo, "need help A-1 is there a test for it?");
      await only(main(bo), "This would stand").getByRole("button", { name: "Change the words" }).click();
      await bo.locator("#form").getByRole("button", { name: "Cancel" }).click();
      await only(main(bo), "This would stand").getByRole("button", { name: "Post it" }).click();
      await message(thread(ana), "is there a test for it").waitFor();
      await late.waitFor({ state: "detached" }); // who asks for help has answered
      await wind(bo, "week", late);
      await late.last().click();
      await form(bo, { "cover config": "merged, and tried on one country" }, "Done");
      await main(bo).getByText("merged, and tried on one country").last().waitFor();
      await shot(bo, "done");
      for (const page of [ana, bo, kim]) assert.deepEqual(page.complaints, []);
    } finally {
      await b.kill("SIGTERM");
    }
  });

  test("what hangs on a card: two incidents, hand-over, parking, cancelling, publishing as it is", { timeout: 800_000 }, async () => {
    const b = await Bot.start("card");
    try {
      const ana = await open("ana", { base: b.base }), bo = await open("bo", { base: b.base });
      await ana.getByRole("button", { name: "/postmortem start tiny" }).click();
      assert.equal(await ana.locator("#write textarea").inputValue(), "/postmortem start tiny ");
      await ana.getByRole("button", { name: "Work as a community" }).click();
      await message(main(ana), "is now community").waitFor();
      await ana.getByRole("button", { name: "Dismiss" }).click();
      await ana.getByRole("button", { name: "Work as a company" }).click();
      await message(main(ana), "is now company").waitFor();
      await write(ana, "/postmortem settings");
      await choose(ana, button(main(ana), "Settings", "Change"), "zone");
      await form(ana, { zone: "Europe/Paris" }, "Save");

      await pinned(b, "bo", "incidents", ["the first night"]);
      await turn(ana, "day");
      await pinned(b, "bo", "incidents", ["the second night"]);
      for (const [n, [title, label]] of [["Two nights", /^Over: (?!all)/], ["Both of them", "Over: all of these"]].entries()) {
        await write(ana, "/postmortem start " + title);
        await main(ana).locator(".message", { hasText: "Is it over" }).nth(n).getByRole("button", { name: label }).first().click();
        await card(ana).getByText(title).waitFor();
      }

      // What is not done every day.
      const more = async (page, label, fields, submit = "Save") => {
        await onCard(page, "More").click();
        await main(page).locator(".only").filter({ has: page.getByRole("button", { name: "Take over" }) }).last().getByRole("button", { name: label, exact: true }).click();
        if (fields) await form(page, fields, submit);
      };
      await more(ana, "Title, summary, trigger", { Title: "Both nights" });
      await card(ana).getByText("Both nights").waitFor();
      await more(ana, "Severity", { "How bad": "Severity 3" });
      await more(ana, "Ask one person", { "What?": "4 Impact", "Whom?": "@bo", "By when?": "in 3 days" }, "Ask");
      await message(main(ana), "is asked to answer question 4").waitFor();
      await more(ana, "Leave a question out", { Why: "nobody looked" }, "Leave out");
      await more(ana, "Help");
      await more(bo, "Take over");
      await more(ana, "Park", { Until: "" }, "Park");
      await onCard(bo, "Resume").click();
      await more(ana, "Cancel", { "Why?": "it was a drill" }, "Cancel it");
      await onCard(ana, "Reopen").click();
      await onCard(ana, "More").waitFor();
      await onCard(ana, "Timeline").click();
      await more(ana, "Hand over", { "Who leads": "@bo" }, "Hand over");
      await card(bo).getByText("led by @bo").waitFor();

      // Published as it is, though nothing was answered, and taken up again.
      await onCard(bo, "Publish").click();
      await only(main(bo), "Not closed yet").getByRole("button", { name: "Publish anyway" }).click();
      await message(main(ana), "is published").waitFor();
      await more(bo, "Reopen");
      await card(ana).getByText("Version 1 is published").waitFor();
      for (const page of [ana, bo]) assert.deepEqual(page.complaints, []);
    } finally {
      await b.kill("SIGTERM");
    }
  });

  test("weeks later: offers, three silent weeks, an owner who left, and a community", { timeout: 800_000 }, async () => {
    const b = await Bot.start("weeks");
    try {
      const ana = await open("ana", { base: b.base }), bo = await open("bo", { base: b.base, at: "/@bo" }), kim = await open("kim", { base: b.base, at: "/@kim" });
      // Three channels in which much was pinned and nothing begun: bo is asked each time.
      await shot(bo, "direct");
      for (const [page, word] of [[bo, "me"], [kim, "actions mine"], [await open("ana", { base: b.base, at: "/@ana" }), "help"]]) {
        await page.getByRole("button", { name: word, exact: true }).click();
        await main(page).locator(".message", { hasText: word }).first().waitFor();
      }
      for (const [channel, label] of [["one", "Not needed"], ["two", "Tiny, three questions"], ["three", "Start, nine questions"]]) {
        await does(b, "ana", "channel", { name: channel });
        await pinned(b, "bo", channel, ["it broke", "we looked", "it works"]);
        const offer = main(bo).getByRole("button", { name: label, exact: true });
        await wind(bo, "day", offer);
        if (channel === "three") await shot(bo, "offer");
        await offer.last().click();
        await offer.waitFor({ state: "detached" });
      }

      // What kim takes on and says nothing about for three weeks.
      await ana.locator("#channels a", { hasText: "three" }).click();
      const { id } = (await written(b, "ana", "three")).find((m) => m.slot === "card");
      await does(b, "kim", "say", { channel: "three", thread: id, text: "8: alert per country @kim p1 in 3 days\ntest the roll-back @kim p2 in 3 days\nwatch the queue @kim p3 in 3 days" });
      await wind(kim, "week", main(kim).getByRole("button", { name: "Keep A-1" }), 9);
      await shot(kim, "three-ignored");
      await axe(kim, "a private message");
      const press = async (page, label) => {
        await main(page).getByRole("button", { name: label }).last().click();
        await main(page).getByRole("button", { name: label }).waitFor({ state: "detached" });
      };
      await press(kim, "Keep A-1");
      await press(kim, "Give back A-2");
      await main(kim).getByRole("button", { name: "Close A-3" }).last().click();
      await kim.locator("#form").getByRole("textbox").fill("it is gone"); // which line has which number is not said
      await form(kim, {}, "Save");
      await main(kim).getByRole("button", { name: "Undo A-3" }).last().click();
      await main(kim).getByRole("button", { name: "Pause these for two weeks" }).last().click();

      // Kim leaves the company; what was kim's goes to whoever leads the review.
      const lead = (await written(b, "ana", "three")).find((m) => m.slot === "card").html.includes("bo") ? bo : ana;
      await ana.getByRole("button", { name: "Change who you are" }).click();
      await ana.getByRole("menuitem", { name: "Close somebody’s account" }).click();
      await form(ana, { "Whose?": "kim" }, "Close it");
      await kim.getByText("The account of kim is closed").waitFor();
      await axe(kim, "a closed account");
      await lead.locator("#direct a").click();
      await wind(lead, "week", main(lead).getByRole("button", { name: "Take A-1" }));
      await main(lead).getByRole("button", { name: "Hand over A-1" }).last().click();
      await lead.locator("#form").getByRole("button", { name: "Cancel" }).click();
      await press(lead, "Take A-1");
      await main(lead).getByRole("button", { name: "Will not do A-2" }).last().click();
      await lead.locator("#form").getByRole("textbox").fill("nobody needs it any more");
      await form(lead, {}, "Save");

      // A community asks kindly.
      await ana.getByRole("button", { name: "Commands and hints" }).click();
      await ana.locator("#sheet").getByRole("button", { name: "Work as a community" }).click();
      const still = main(lead).getByRole("button", { name: "Still on it A-1" });
      await wind(lead, "week", still);
      await press(lead, "Still on it A-1");
      await lead.getByRole("button", { name: "Undo A-1" }).last().click();
      await main(lead).getByRole("button", { name: "Give back A-1" }).last().click();
      await turn(ana, "hour");
      for (const page of [ana, bo, kim]) assert.deepEqual(page.complaints, []);
    } finally {
      await b.kill("SIGTERM");
    }
  });

  test("what people write, react, change and add, on a phone and in the dark", { timeout: 800_000 }, async () => {
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
      const deletes = bo.locator("#form footer").getByRole("button", { name: "Delete" });
      assert.match(await deletes.getAttribute("class"), /\bbad\b/, "what deletes looks like what does no harm");
      for (const theme of ["dark", "light"]) {
        await bo.emulateMedia({ colorScheme: theme });
        await shot(bo, "delete-" + theme);
        await axe(bo, `the question before deleting, ${theme}`);
      }
      await deletes.click();
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
      await ana.getByRole("button", { name: "Channels, people and the clock" }).click();
      await ana.getByRole("button", { name: "Close the list of channels" }).click();

      // A review on a phone, by its nine questions and what hangs on its card.
      for (const [who, text] of [["ana", "errors on checkout are up, 5 % of requests"], ["kim", "restarting the gateway did nothing"], ["bo", "rolling back to 4.11, the build takes a while"]]) await does(b, who, "say", { channel: "incidents", text });
      const page = await (await fetch(`${b.base}/api/ana/messages?channel=incidents`)).json();
      for (const m of page.messages.slice(-3)) await does(b, "ana", "react", { channel: "incidents", message: m.id, emoji: "📌", on: true });
      await write(ana, "/postmortem start sev2 Checkout down in three countries");
      await ana.getByRole("button", { name: "It is over" }).click();
      const card = ana.locator("#list .slot-card");
      await card.waitFor();
      await card.getByText("1 reply").waitFor();
      await shot(ana, "phone-card");
      await ana.reload(); // the hint takes its room after the newest message was shown, which is in sight all the same
      await ana.locator("#guide").getByRole("button", { name: "Open the thread" }).waitFor();
      await ana.waitForFunction(() => { const box = document.getElementById("messages"); return box.scrollHeight - box.scrollTop - box.clientHeight < 60; });
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

  test("bad input: scripts everywhere, far too much, and a page that is loaded anew in the middle of typing", { timeout: 800_000 }, async () => {
    const b = await Bot.start("bad");
    try {
      const ana = await open("ana", { base: b.base }), bo = await open("bo", { base: b.base });
      const script = (where) => `<script>window.taken = "${where}"</script><img src=x onerror="window.taken='${where}'">`;
      const untouched = async (page) => {
        assert.equal(await page.evaluate(() => window.taken), undefined);
        assert.equal(await page.locator("img[src=x], #app script").count(), 0);
      };

      // Names that are none are refused in words, and stay where they were typed.
      await bo.getByRole("button", { name: "Change who you are" }).click();
      await bo.getByRole("menuitem", { name: "Add somebody" }).click();
      await bo.locator("#form").getByLabel("Name", { exact: true }).fill(script("name"));
      await bo.locator("#form footer").getByRole("button", { name: "Add" }).click();
      await bo.getByText("A name is one word").waitFor();
      assert.equal(await bo.locator("#form").getByLabel("Name", { exact: true }).inputValue(), script("name"));
      await bo.locator("#form").getByRole("button", { name: "Cancel" }).click();
      await bo.getByRole("button", { name: "Add a channel" }).click();
      await bo.locator("#form").getByLabel("Name", { exact: true }).fill(script("channel"));
      await bo.locator("#form footer").getByRole("button", { name: "Add" }).click();
      await bo.getByText("small letters, digits, dashes").waitFor();
      for (let presses = 0; presses < 2; presses++) await bo.locator("#form").press("Escape"); // the first asks
      await bo.locator("#form").waitFor({ state: "hidden" });

      // Messages, a program's, a title, answers, what somebody shall do: text is text, up to the report.
      await write(ana, script("message"));
      await does(b, "bo", "program", { channel: "incidents", name: "pager", text: script("program") });
      await pin(bo, "message");
      await pin(bo, "program");
      await write(ana, "/postmortem start tiny " + script("title"));
      await button(main(ana), "Is it over", "It is over").click();
      for (const page of [ana, bo]) await page.locator("#list .slot-card .thread-link").click();
      await taken(bo, "14:10 tried " + script("event"));
      await taken(ana, "3: undo " + script("action") + " @bo in 3 days");

      // Far too much into a form: said in words, and all of it is still there. Less is taken.
      await button(thread(ana), "What happened?", "Answer in a form").click();
      const box = ana.locator("#form").getByRole("textbox");
      await box.fill("x".repeat(40_000));
      await ana.locator("#form footer").getByRole("button", { name: "Answer", exact: true }).click();
      await ana.locator("#form").getByText("That is too long").waitFor();
      assert.equal((await box.inputValue()).length, 40_000);
      await box.fill("y".repeat(300_000));
      await ana.locator("#form footer").getByRole("button", { name: "Answer", exact: true }).click();
      await ana.waitForFunction(() => !document.querySelector("#form footer [aria-busy]"));
      assert.equal((await box.inputValue()).length, 300_000);
      await box.fill(script("form"));

      // The page is loaded anew, as after an update: the form, and what was being written, are as they were.
      await ana.evaluate(() => { document.querySelector("#write textarea").value = "half a thought"; document.querySelector("#write textarea").dispatchEvent(new Event("input")); });
      await b.kill();
      await b.run();
      await ana.reload();
      await ana.waitForSelector("html[data-ready]");
      assert.equal(await ana.locator("#form").getByRole("textbox").inputValue(), script("form"));
      assert.equal(await ana.locator("#write textarea").inputValue(), "half a thought");
      await form(ana, {}, "Answer");
      await ana.locator("#write textarea").fill("");

      for (const title of ["What happened?", "What made it possible?", "What do we change?"]) await button(thread(bo), title, "Next").click();
      await button(thread(ana), "is ready", "Publish").click();
      await thread(ana).locator(".document").last().getByRole("button", { name: "Read" }).click();
      const sheet = ana.frameLocator("#sheet iframe");
      for (const where of ["message", "program", "title", "event", "action", "form"]) await sheet.getByText(`window.taken = "${where}"`).first().waitFor({ state: "attached" });
      assert.equal(await sheet.locator("script, img").count(), 0);
      const [file] = await Promise.all([ana.waitForEvent("download"), ana.locator("#sheet").getByRole("link", { name: "HTML" }).click()]);
      const alone = await (await browser.newContext()).newPage();
      await alone.setContent(readFileSync(await file.path(), "utf8"));
      await alone.getByText('window.taken = "title"').first().waitFor();
      assert.equal(await alone.evaluate(() => window.taken), undefined);
      await alone.context().close();
      await ana.locator("#sheet").getByRole("button", { name: "Close" }).click();
      await ana.locator("#direct a").click();
      await main(ana).getByRole("button", { name: "Community", exact: true }).click();
      await main(ana).getByText("This is a community").waitFor();
      for (const page of [ana, bo]) {
        await untouched(page);
        assert.deepEqual(page.complaints, []);
      }
    } finally {
      await b.kill("SIGTERM");
    }
  });

  test("the small things: files, mentions, hints, a thread's own, what is new below, somebody else, an archive", { timeout: 800_000 }, async () => {
    const b = await Bot.start("small");
    const ana = await open("ana", { base: b.base }), bo = await open("bo", { base: b.base, at: "/@bo" });
    const area = ana.locator("#write textarea");
    await ana.locator("#write").getByRole("button", { name: "Mention somebody" }).click();
    await ana.getByRole("option", { name: "@kim" }).click();
    assert.equal(await area.inputValue(), "@kim ");
    await ana.locator("#write").getByRole("button", { name: "Commands" }).click();
    assert.equal(await area.inputValue(), "/postmortem ");
    await area.fill("the graph");
    for (const name of ["wrong.png", "graph 1.png"]) {
      const [chooser] = await Promise.all([ana.waitForEvent("filechooser"), ana.locator("#write").getByRole("button", { name: "Name a file" }).click()]);
      await chooser.setFiles({ name, mimeType: "image/png", buffer: Buffer.from("") });
    }
    await ana.getByRole("button", { name: "Take wrong.png away" }).click();
    await ana.locator("#write").getByRole("button", { name: "Send" }).click();
    await message(main(ana), "the graph").getByText("graph-1.png").waitFor();
    await ana.getByRole("button", { name: "No more hints" }).click();
    await ana.locator("#guide").waitFor({ state: "hidden" });

    await message(main(ana), "the graph").focus();
    await ana.getByRole("button", { name: "Edit or delete" }).click();
    await ana.getByRole("menuitem", { name: "Edit message" }).click();
    await ana.getByLabel("Edit your message").fill("the graph of errors");
    await ana.locator(".editing").getByRole("button", { name: "Save" }).click();
    await message(main(ana), "the graph of errors").getByText("(edited)").waitFor();

    const [{ id }] = await written(b, "ana", "incidents");
    for (let n = 0; n < 40; n++) await does(b, "bo", "say", { channel: "incidents", thread: n % 2 ? id : "", text: `line ${n}\nand another` });
    await message(main(ana), "the graph of errors").locator(".thread-link").click();
    await message(thread(ana), "line 39").focus();
    await thread(ana).getByRole("button", { name: "Take as an answer" }).click();
    await message(thread(ana), "line 39").locator(".reaction.mine").waitFor();
    await ana.locator("#reply-write textarea").fill("/postmortem next");
    await ana.getByRole("button", { name: "Write @debrief next instead" }).click();
    assert.equal(await ana.locator("#reply-write textarea").inputValue(), "@debrief next");
    for (const [box, where, label] of [["#messages", "", "New messages"], ["#replies", id, "New replies"]]) {
      await ana.locator(box).evaluate(async (list) => {
        for (let frames = 0; frames < 5; frames++) {
          list.scrollTop = 0;
          await new Promise(requestAnimationFrame);
        }
      });
      await does(b, "bo", "say", { channel: "incidents", thread: where, text: "down here" });
      await ana.getByRole("button", { name: label }).click();
      await ana.getByRole("button", { name: label }).waitFor({ state: "hidden" });
    }
    await ana.getByRole("button", { name: "Close the thread" }).click();
    await ana.locator("#thread").waitFor({ state: "hidden" });

    // The clock goes on until there is something to read.
    await pinned(b, "bo", "general", ["one", "two", "three"]);
    await turn(bo, "next");
    await main(bo).getByRole("button", { name: "Not needed" }).waitFor();

    await ana.locator("#channels a", { hasText: "general" }).click();
    await ana.getByRole("button", { name: "More for this channel" }).click();
    await ana.getByRole("menuitem", { name: "Archive this channel" }).click();
    await form(ana, {}, "Archive");
    await ana.getByText("This channel is archived").waitFor();
    await ana.locator("#write").waitFor({ state: "hidden" });
    await ana.getByRole("button", { name: "Open it again" }).click();
    await ana.locator("#write").waitFor();
    await ana.getByText("This channel is archived").waitFor({ state: "hidden" });

    const who = ana.getByRole("button", { name: "Change who you are" });
    await who.click();
    const [other] = await Promise.all([ana.context().waitForEvent("page"), ana.getByRole("menuitem", { name: "Open kim in a new window" }).click()]);
    await other.waitForSelector("html[data-ready]");
    assert.match(other.url(), /\/as\/kim/);
    await ana.keyboard.press("Escape");
    await who.click();
    await ana.locator("#popover .row a", { hasText: "bo" }).first().click();
    await ana.waitForURL(/\/as\/bo/);
    for (const page of [ana, bo]) assert.deepEqual(page.complaints, []);
  });

  test("by keyboard alone, and what a screen reader is told", { timeout: 800_000 }, async () => {
    const b = await Bot.start("keys");
    try {
      await does(b, "bo", "say", { channel: "incidents", text: "errors on checkout are up" });
      await does(b, "kim", "say", { channel: "incidents", text: "all green" });
      const ana = await open("ana", { base: b.base });
      const key = (...keys) => keys.reduce((done, k) => done.then(() => ana.keyboard.press(k)), Promise.resolve());
      const focused = () => ana.evaluate(() => document.activeElement.getAttribute("aria-label") || document.activeElement.textContent.trim() || document.activeElement.id);
      const ring = () => ana.evaluate(() => document.activeElement.matches(":focus-visible") && getComputedStyle(document.activeElement).outlineStyle !== "none");

      // The way through the page: what can be skipped to, who, where, the clock, the messages, the box.
      await ana.locator(".skip").focus();
      const way = ["Skip to writing"];
      for (let n = 0; n < 40 && way.at(-1) !== "Send"; n++) {
        await key("Tab");
        way.push(await focused());
        assert.ok(way.at(-1) === "Write in #incidents" || (await ring()), `a ring shows where one is: ${way.at(-1)}`);
      }
      const order = ["Skip to writing", "+ Add a channel", "+1 hour", "Commands and hints", "More for this channel", "Write in #incidents", "Send"].map((name) => way.findIndex((w) => w.includes(name)));
      assert.deepEqual(order, order.toSorted((x, y) => x - y), way.join(" → "));
      assert.ok(!order.includes(-1), way.join(" → "));

      // From message to message; a pin, and an emoji from the picker by arrows; Escape leads back.
      await ana.locator("#list .message").last().focus();
      await key("ArrowUp");
      assert.match(await focused(), /errors on checkout/);
      await key("Enter");
      assert.equal(await focused(), "Pin to the timeline");
      await key("Enter");
      await message(main(ana), "errors on checkout").locator(".reaction.bots").waitFor();
      await message(main(ana), "errors on checkout").getByRole("button", { name: "React" }).focus();
      await key("Enter");
      await ana.locator("#popover .picker").waitFor();
      await key("ArrowDown", "ArrowRight", "Escape");
      await ana.locator("#popover").waitFor({ state: "hidden" });
      assert.equal(await focused(), "React");
      await key("Enter", "End", "ArrowUp", "ArrowUp");
      assert.notEqual(await focused(), "React", "arrows go about in the picker");
      await key("Escape", "Escape");
      assert.match(await focused(), /errors on checkout/);

      // A menu, a form sent by Control and Enter, a thread closed by Escape.
      await ana.locator("#channel-menu").focus();
      await key("Enter", "ArrowDown");
      assert.match(await focused(), /Archive/);
      await key("ArrowUp", "Enter");
      await ana.locator("#form").getByLabel("What does it say?").focus();
      await key("Control+Enter");
      await message(main(ana), "CRITICAL: error rate on checkout").waitFor();
      await ana.locator("#list .message").last().getByRole("button", { name: "Reply in thread" }).or(ana.locator("#list .message").last()).first().focus();
      await ana.getByRole("button", { name: "Reply in thread" }).last().focus();
      await key("Enter");
      await ana.locator("#thread").waitFor();
      await ana.waitForFunction(() => document.activeElement.getAttribute("aria-label") === "Reply in the thread");
      await key("Escape");
      await ana.locator("#thread").waitFor({ state: "hidden" });

      // Completion: down, up and round, taken by Tab, left by Escape.
      const box = ana.locator("#write textarea");
      await box.focus();
      await ana.keyboard.type("/postmortem s");
      await key("ArrowDown", "ArrowDown", "ArrowUp");
      const chosen = await ana.locator("#write [role=option][aria-selected=true] b").textContent();
      assert.equal(await box.getAttribute("aria-activedescendant"), await ana.locator("#write [role=option][aria-selected=true]").getAttribute("id"));
      await shot(ana, "completion");
      await key("Tab");
      assert.equal((await box.inputValue()).trim(), "/postmortem " + chosen);
      await box.fill("/postmortem s");
      await key("Escape");
      await ana.locator("#write [role=listbox]").waitFor({ state: "hidden" });
      await box.fill("");

      // What arrives is read out.
      await does(b, "bo", "say", { channel: "incidents", text: "rolled back" });
      await ana.waitForFunction(() => document.getElementById("said").textContent === "bo: rolled back");
      assert.deepEqual(ana.complaints, []);
    } finally {
      await b.kill("SIGTERM");
    }
  });
});

test("a window that slept catches up, and 500 replies do not stutter", { timeout: 800_000 }, async () => {
  const b = await Bot.start("many");
  try {
    const fresh = await open("ana", { base: b.base, watched: false });
    const first = await fresh.evaluate(() => performance.getEntriesByName("interactive")[0].startTime);
    console.log(`figure: page interactive after ${Math.round(first)} ms; server idle ${b.memory().toFixed(1)} MiB`);
    await does(b, "ana", "say", { channel: "general", text: "the root" });
    const { messages } = await (await fetch(`${b.base}/api/ana/messages?channel=general`)).json();
    const root = messages[0].id;
    const sleeper = await open("kim", { base: b.base, at: `/general/${root}`, watched: false });
    await sleeper.locator("#reply-write textarea").fill("before I fell asleep");
    await sleeper.route("**/events?*", (request) => request.abort("connectionrefused"));
    await b.kill();
    await b.run();
    const began = Date.now();
    for (let i = 0; i < 500; i += 10) await Promise.all(Array.from({ length: 10 }, (_, n) => does(b, i % 20 ? "ana" : "bo", "say", { channel: "general", thread: root, text: `reply ${i + n}: the health check only looks at the front door, so a broken card service shows up late` })));
    console.log(`figure: 500 replies said in ${Date.now() - began} ms`);
    await sleeper.unroute("**/events?*");
    await sleeper.getByText("Caught up with what happened while this window was away.").waitFor();
    await sleeper.locator("#reply-list").getByText(/^reply 49\d:/).first().waitFor();
    assert.equal(await sleeper.locator("#reply-write textarea").inputValue(), "before I fell asleep");
    assert.deepEqual(sleeper.complaints, []);

    const ana = await open("ana", { base: b.base, at: `/general/${root}`, watched: false });
    for (let n = 0; n < 3; n++) {
      await ana.getByRole("button", { name: "Show earlier messages" }).last().click();
      await ana.waitForFunction((least) => document.querySelectorAll("#reply-list .message").length > least, 150 * (n + 1));
    }
    assert.ok(await ana.locator("#reply-list .message").count() >= 501);
    const times = await ana.evaluate(() => performance.getEntriesByName("interactive")[0].startTime);
    console.log(`figure: page interactive after ${Math.round(times)} ms, on a thread of 500`);
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

// Buttons that are offered and that nobody needs to press here, and why.
const spared = new Map([]);

test("every button that was offered was pressed, and every one that the rules know was offered", () => {
  const never = [...offered].filter(([label]) => !pressed.has(label) && !spared.has(label)).map(([label, where]) => `${label} (offered to ${where})`);
  assert.deepEqual(never, []);
  const rules = new URL("../../conversations/", import.meta.url);
  const known = readdirSync(rules).filter((f) => f.startsWith("render") && !f.includes("_test")).flatMap((f) =>
    [...readFileSync(new URL(f, rules), "utf8").matchAll(/(?:Control\{|\{)Label: "([^"]+)"(?: \+ (?:label|it|from))?[^{}]*Verb:|\b(?:form|itemForm)\("([^"]+)"/g)].map((m) => m[1] || m[2]));
  assert.ok(known.length > 40, "the rules are read");
  const heads = [...pressed].map((l) => l.replace(/ A-n\b.*/, "").trim());
  assert.deepEqual(known.filter((l) => !heads.some((h) => h === l || h.startsWith(l.trim()))), []);
});
