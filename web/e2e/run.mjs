// The page, used by a person: a real browser (Debian's chromium) against a running box.
//
// TIPRING_URL       the box's page, http://127.0.0.1:8080
// TIPRING_PASSWORD  the administrator's first password, as the box printed it
//
// The box must be fresh (its first password not yet changed) and have callers: `--demo`, or
// somebody who rings a line. Without TIPRING_URL and with `--mock`, the mock is used, which tests
// the page and this test, but nothing of the box.

import assert from "node:assert/strict";
import { attempts, openBrowser } from "./browser.mjs";
import { LiveCalls } from "./liveCalls.mjs";
import { serveMock } from "./mock/server.mjs";

const NEW_PASSWORD = "correct-horse-7";
/** How long a caller may need from the first ring to the end of a talk, in ms. */
const CALL_MS_MAX = 240_000;

const mock = process.argv.includes("--mock") ? await serveMock({ speed: 3 }) : undefined;
const url = mock?.url ?? process.env.TIPRING_URL;
const password = mock ? "first-start" : process.env.TIPRING_PASSWORD;
if (!url || !password) {
  console.error("e2e: set TIPRING_URL and TIPRING_PASSWORD, or give --mock");
  process.exit(2);
}

const browser = await openBrowser();
const { page } = browser;
const { step, finish } = attempts(page);
let call;
let caller;

await step("the login page greets in Chinese and refuses a wrong password", async () => {
  await page.goto(url);
  await page.getByRole("heading", { name: "登录" }).waitFor();
  await logIn("wrong-on-purpose");
  await page.getByRole("alert").filter({ hasText: "用户名或密码不对" }).waitFor();
});

await step("the first password works, and must be changed before anything else", async () => {
  await logIn(password);
  await page.getByRole("heading", { name: "请先设置新密码" }).waitFor({ timeout: 10_000 });
  const live = await page.evaluate(() => fetch("/api/live").then((answer) => answer.status));
  assert.ok(live === 403 || mock, `GET /api/live before the change answers ${live}, not 403`);
});

await step("bad new passwords are refused with the reason", async () => {
  for (const [fresh, again, words] of [
    ["short", "short", "新密码太短"],
    [NEW_PASSWORD, `${NEW_PASSWORD}x`, "两次输入的新密码不一致"],
  ]) {
    await changePassword(password, fresh, again);
    await page.getByRole("alert").filter({ hasText: words }).waitFor();
  }
  await changePassword("not-the-old-one", NEW_PASSWORD, NEW_PASSWORD);
  await page.getByRole("alert").filter({ hasText: "当前密码不对" }).waitFor();
});

await step("with a good one the live page opens and is live", async () => {
  await changePassword(password, NEW_PASSWORD, NEW_PASSWORD);
  await page.locator(".overview").waitFor();
  await page.locator(".link-live").filter({ hasText: "实时" }).waitFor();
});

await step("lines, queues and agents are there, their states in words", async () => {
  await page.locator("[data-line]").first().waitFor();
  const words = await page.locator("[data-line] .mark").allInnerTexts();
  const known = ["空闲", "振铃", "使用中", "不可达", "故障"];
  for (const word of words) assert.ok(known.includes(word.trim()), `line state “${word}”`);
  assert.ok((await page.locator("[data-line]").count()) >= 4, "at least four lines");
  await page.locator("[data-queue]").first().waitFor();
  assert.match(await page.locator("[data-queue] [data-figure=waiting]").first().innerText(), /^\d+$/);
  assert.ok((await page.locator("[data-agent]").count()) >= 2, "at least two agents");
});

await step("a call appears, moves through its segments to a talk, is recorded, and ends", async () => {
  const calls = new LiveCalls(page);
  call = await calls.waitForWholeCall(CALL_MS_MAX);
  const seen = calls.segmentsOf(call);
  caller = calls.callerOf(call);
  console.log(`      call ${call} from ${caller}: ${seen.join(" → ")}`);
  for (const kind of ["ivr", "queue", "talk"]) {
    assert.ok(seen.includes(kind), `segments seen: ${seen.join(", ")}; ${kind} is missing`);
  }
  assert.ok(calls.wasRecorded(call), "the card said that it is recorded");
});

await step("the call is among the past calls", async () => {
  await page.getByRole("link", { name: "通话记录" }).click();
  const row = page.locator(`tr[data-call="${call}"]`);
  await row.waitFor();
  assert.match(await row.innerText(), /已接通/);
  assert.equal(await row.locator(".play").count(), 1, "it is marked as recorded");
  await row.locator("a").click();
  await page.locator(".summary").waitFor();
});

await step("its page shows the segments, the queue visit and the events", async () => {
  const segments = await page.locator(".segment-list strong").allInnerTexts();
  for (const word of ["语音导航", "排队", "通话"]) {
    assert.ok(segments.includes(word), `segments: ${segments.join(", ")}; ${word} is missing`);
  }
  assert.equal(await page.locator(".timeline.tall .bar").count(), segments.length);
  assert.match(await page.locator(".visits").innerText(), /已接听/);
  await page.locator(".events summary").click();
  assert.ok((await page.locator(".events li").count()) >= 5, "events are listed");
});

await step("its recording plays, can be sought in, and is a stereo WAV", async () => {
  const audio = page.locator("audio").first();
  const played = await audio.evaluate(playAWhile);
  assert.ok(played.duration > 1, `the recording is ${played.duration} s long`);
  assert.ok(played.moved > 0.3, `in 3 s it played ${played.moved} s`);
  assert.ok(played.landed > played.duration * 0.4, `sought to the middle: ${played.landed} s`);
  const head = await audio.evaluate(readHead);
  assert.equal(head.status, 206, "a range is answered as one");
  assert.deepEqual(head.words, ["RIFF", "WAVE"]);
  assert.equal(head.channels, 2);
  assert.equal(head.rate, 8000);
});

await step("calls are found by number, and by none where there is none", async () => {
  await page.goto(`${url}/#/calls`);
  await page.getByLabel("号码", { exact: true }).fill(caller);
  await page.getByRole("button", { name: "查询" }).click();
  await page.locator(`tr[data-call="${call}"]`).waitFor();
  await page.getByLabel("号码", { exact: true }).fill("999999");
  await page.getByRole("button", { name: "查询" }).click();
  await page.getByText("没有符合条件的通话").waitFor();
  await page.getByRole("link", { name: "清除条件" }).click();
  await page.locator("tr[data-call]").first().waitFor();
});

await step("a technician tests a line, and stops learning its release tone", async () => {
  await page.getByRole("link", { name: "线路", exact: true }).click();
  const line = page.locator("[data-technician-line]").first();
  await line.getByRole("button", { name: "测试", exact: true }).click();
  // A line that carries a call is not tested, which is a verdict too, and comes at once.
  await line.locator("[data-verdict]").waitFor({ timeout: 60_000 });
  assert.match(await line.locator("[data-verdict]").innerText(), /[\u4e00-\u9fff]{4}/);
  await line.getByRole("button", { name: "学习挂断音" }).click();
  await line.getByRole("status").filter({ hasText: "请用手机拨打本线" }).waitFor();
  await line.getByRole("button", { name: "停止" }).click();
  await line.locator("[data-learnt=cancelled]").waitFor();
  await page.locator(".board-check [data-finding]").first().waitFor();
});

await step("the page switches to English, and remembers it", async () => {
  await page.getByRole("link", { name: "通话记录" }).click();
  await page.getByRole("button", { name: "English" }).click();
  await page.getByRole("heading", { name: "Calls", exact: true }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Calls", exact: true }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), "en");
  await page.goto(`${url}/#/calls/${call}`);
  await page.getByText("the caller left, the agent right").waitFor();
  const segments = await page.locator(".segment-list strong").allInnerTexts();
  for (const word of ["IVR", "Queue", "Talking"]) assert.ok(segments.includes(word), word);
  const han = await page.locator("nav, .summary dt, .panel-head, .back").allInnerTexts();
  assert.doesNotMatch(han.join(" "), /[\u4e00-\u9fff]/, "no Chinese is left over");
});

await step("an agent is set not ready with a reason, and ready again", async () => {
  await page.goto(`${url}/#/`);
  const free = page.locator("[data-agent][data-state=ready], [data-agent][data-state=wrap-up]");
  await free.first().waitFor({ timeout: 120_000 });
  const id = await free.first().getAttribute("data-agent");
  const agent = page.locator(`[data-agent="${id}"]`);
  await agent.getByRole("button", { name: "Not ready" }).click();
  await page.getByRole("button", { name: "Meeting" }).click();
  await page.getByRole("button", { name: "Set not ready" }).click();
  await agent.filter({ hasText: "Meeting" }).waitFor();
  assert.equal(await agent.getAttribute("data-state"), "not-ready");
  await agent.getByRole("button", { name: "Ready", exact: true }).click();
  await page.locator(`[data-agent="${id}"]:not([data-state=not-ready])`).waitFor();
});

await step("hanging up says whose legs end, can be called off, and ends the call", async () => {
  const card = page.locator(".call-card").first();
  await card.waitFor({ timeout: 60_000 });
  const ended = await card.getAttribute("data-call");
  await card.getByRole("button", { name: "Hang up" }).click();
  const dialog = page.getByRole("dialog", { name: `Hang up call ${ended}?` });
  await dialog.waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.equal(await page.locator(`.call-card[data-call="${ended}"]`).count(), 1, "still there");
  await page.locator(`.call-card[data-call="${ended}"]`).getByRole("button").click();
  const legs = await dialog.locator(".ends li").allInnerTexts();
  assert.ok(legs.some((leg) => leg.startsWith("the caller")), `legs: ${legs.join("; ")}`);
  await dialog.getByRole("button", { name: "Hang up all" }).click();
  await page.locator(`.call-card[data-call="${ended}"]`).waitFor({ state: "detached" });
});

await step("a configuration with a mistake is refused at its line, and changes nothing", async () => {
  await page.getByRole("link", { name: "Settings" }).click();
  const editor = page.getByLabel("Configuration (TOML)");
  await page.waitForFunction(() => document.querySelector(".config-text")?.value !== "");
  const before = await editor.inputValue();
  assert.match(before, /^\[\[\w+\]\]$/m, "the configuration is TOML");
  const lines = before.split("\n");
  const at = lines.findIndex((text) => /^ring_s\b|^name\b/.test(text));
  assert.ok(at >= 0, "there is a line to spoil");
  lines[at] = mock ? "ring_sec = 20" : lines[at].replace("name", "nmae").replace("ring_s", "ring_sec");
  await editor.fill(lines.join("\n"));
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Import", exact: true }).click();
  const fault = page.getByRole("alert");
  await fault.filter({ hasText: `Error in line ${at + 1}` }).waitFor();
  assert.match(await fault.innerText(), /nmae|ring_sec/, "the excerpt shows the line");
  await page.getByRole("button", { name: "Read again" }).click();
  await fault.waitFor({ state: "detached" });
  assert.equal(await editor.inputValue(), before);
});

await step("the same configuration is taken back, and is then in force", async () => {
  const editor = page.getByLabel("Configuration (TOML)");
  await editor.fill(`${await editor.inputValue()}\n# read by the page's test\n`);
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Import", exact: true }).click();
  await page.getByText("The configuration is imported and in force.").waitFor();
});

await step("on a phone nothing sticks out sideways, in either language", async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  for (const language of ["中文", "English"]) {
    await page.getByRole("button", { name: language }).click();
    for (const hash of ["#/", "#/calls", `#/calls/${call}`, "#/lines", "#/settings"]) {
      await page.goto(`${url}/${hash}`);
      await page.locator(".overview, .calls-table, .summary, .line-cards, .config-text").first().waitFor();
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(over <= 0, `${hash} in ${language} is ${over} px too wide`);
    }
  }
  await page.setViewportSize({ width: 1280, height: 800 });
});

await step("the keyboard alone leads to the content and through the pages", async () => {
  await page.goto(`${url}/#/settings`);
  await page.reload();
  await page.locator(".config-text").waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.className), "skip");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "content");
  await page.getByRole("link", { name: "Live" }).focus();
  await page.keyboard.press("Enter");
  await page.locator(".overview").waitFor();
});

await step("after logging out only the new password works", async () => {
  await page.getByRole("button", { name: "Log out", exact: true }).first().click();
  await page.getByRole("heading", { name: "Log in" }).waitFor();
  const live = await page.evaluate(() => fetch("/api/live").then((answer) => answer.status));
  assert.equal(live, 401);
  await logIn(password);
  await page.getByRole("alert").filter({ hasText: "Wrong user name or password" }).waitFor();
  await logIn(NEW_PASSWORD);
  await page.locator(".overview").waitFor();
});

await step("the page itself made no mistake: no script error, nothing against its policy", () => {
  assert.deepEqual(browser.mistakes, []);
});

await browser.close();
mock?.stop();
finish();

async function logIn(secret) {
  await page.locator("input[name=name]").fill("admin");
  await page.locator("input[name=password]").fill(secret);
  await page.locator("button[type=submit]").click();
}

async function changePassword(old, fresh, again) {
  await page.locator("input[name=old]").fill(old);
  await page.locator("input[name=new]").fill(fresh);
  await page.locator("input[name=repeat]").fill(again);
  await page.locator("button[type=submit]").click();
}

/** In the page: plays for up to 3 s, then seeks to the middle. */
async function playAWhile(audio) {
  const heard = (name) => new Promise((done) => audio.addEventListener(name, done, { once: true }));
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  if (audio.readyState === 0) await Promise.race([heard("loadedmetadata"), wait(10_000)]);
  audio.muted = true;
  await audio.play();
  for (let n = 0; n < 30 && audio.currentTime < 0.5; n++) await wait(100);
  const moved = audio.currentTime;
  audio.pause();
  const sought = heard("seeked");
  audio.currentTime = audio.duration / 2;
  await Promise.race([sought, wait(10_000)]);
  return { duration: audio.duration, moved, landed: audio.currentTime };
}

/** In the page: the WAV's header, asked for as a range. */
async function readHead(audio) {
  const answer = await fetch(audio.src, { headers: { range: "bytes=0-43" } });
  const view = new DataView(await answer.arrayBuffer());
  const word = (at) => String.fromCharCode(...[0, 1, 2, 3].map((n) => view.getUint8(at + n)));
  return {
    status: answer.status,
    words: [word(0), word(8)],
    channels: view.getUint16(22, true),
    rate: view.getUint32(24, true),
  };
}
