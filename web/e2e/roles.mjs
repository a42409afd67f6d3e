// The page as others than the administrator see it: a supervisor and an agent. The page of the
// administrator, who is logged in, makes them and the queue that is not theirs.

import assert from "node:assert/strict";

const SUPERVISOR = { name: "li", password: "first-of-many", own: "second-of-many" };

/** Asks the box from within the page, with its session. */
async function ask(page, method, path, body) {
  const answer = await page.evaluate(
    async ([method, path, body]) => {
      const init = { method, headers: { "content-type": "application/json" } };
      if (body !== undefined) init.body = JSON.stringify(body);
      const response = await fetch(path, init);
      return { status: response.status, text: await response.text() };
    },
    [method, path, body],
  );
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.text;
}

/** Steps for the roles; begins and ends with nobody logged in but the administrator before. */
export async function roles({ page, step, url }) {
  let agent;

  await step("the administrator makes a supervisor of one queue, on the page", async () => {
    await page.getByRole("button", { name: "中文" }).click();
    await ask(page, "POST", "/api/config/queues", { name: "water" });
    const toml = await ask(page, "GET", "/api/config");
    const secret = /work_number = "1001"[^[]*?password = "(\d+)"/s.exec(toml)?.[1];
    agent = { workNumber: "1001", password: secret, extension: "8101" };
    assert.ok(agent.password, "agent 1001 has a password");
    await page.goto(`${url}/#/people`);
    const form = page.locator("form", { hasText: "新建用户" });
    await form.getByLabel("用户名").fill(SUPERVISOR.name);
    await form.getByLabel("初始密码").fill(SUPERVISOR.password);
    await form.getByLabel("service").check();
    await form.getByRole("button", { name: "新建用户" }).click();
    await page.locator(`[data-user=${SUPERVISOR.name}]`).filter({ hasText: "service" }).waitFor();
    await page.goto(`${url}/#/audit`);
    await page.locator("[data-audit]").filter({ hasText: "user-made" }).first().waitFor();
    await logOut(page);
  });

  await step("a supervisor sees the own queue alone, and what each button ends", async () => {
    await page.locator("input[name=name]").fill(SUPERVISOR.name);
    await page.locator("input[name=password]").fill(SUPERVISOR.password);
    await page.locator("button[type=submit]").click();
    await page.locator("input[name=old]").fill(SUPERVISOR.password);
    await page.locator("input[name=new]").fill(SUPERVISOR.own);
    await page.locator("input[name=repeat]").fill(SUPERVISOR.own);
    await page.locator("button[type=submit]").click();
    await page.locator(".supervise").waitFor();
    await page.locator("[data-queue]").first().waitFor();
    assert.equal(await page.locator("[data-queue]").count(), 1);
    assert.match(await page.locator("[data-queue]").innerText(), /service/);
    const tabs = await page.locator("nav.tabs a").allInnerTexts();
    assert.deepEqual(tabs, ["班长台", "通话记录", "报表", "设置"]);
    const users = await page.evaluate(() => fetch("/api/users").then((answer) => answer.status));
    assert.equal(users, 403);
    const release = page.getByRole("button", { name: "强拆", exact: true }).first();
    await release.waitFor({ timeout: 60_000 });
    await release.click();
    const dialog = page.getByRole("dialog");
    await dialog.filter({ hasText: "客户和座席的话路都挂断" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByLabel("分机").fill("8001");
    await page.getByRole("button", { name: "选定" }).click();
    await page.getByText("监听、代接时响 8001").waitFor();
    await logOut(page);
  });

  await step("an agent logs in with work number and phone, and a call pops up", async () => {
    await page.getByRole("button", { name: "座席", exact: true }).click();
    await page.locator("input[name=work-number]").fill(agent.workNumber);
    await page.locator("input[name=agent-password]").fill(agent.password);
    await page.locator("input[name=extension]").fill(agent.extension);
    await page.locator("button[type=submit]").click();
    await page.locator(".desk").waitFor();
    assert.equal(await page.locator("nav.tabs a").count(), 1);
    await page.locator(".at-hand [data-call]").waitFor({ timeout: 120_000 });
    await page.locator(".own-state [data-state=talking]").waitFor({ timeout: 60_000 });
    await page.locator(".at-hand").getByRole("button", { name: "保持" }).waitFor();
    const others = await page.evaluate(async () => {
      const live = await fetch("/api/live").then((answer) => answer.json());
      return live.state.agents.length;
    });
    assert.equal(others, 1, "an agent sees the own state alone");
    const foreign = await page.evaluate(() =>
      fetch("/api/agents/2/logout", { method: "POST" }).then((answer) => answer.status),
    );
    assert.equal(foreign, 403);
  });

  await step("an agent's page and a supervisor's fit a phone", async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    for (const language of ["English", "中文"]) {
      await page.getByRole("button", { name: language }).click();
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(over <= 0, `the desk in ${language} is ${over} px too wide`);
    }
    await page.setViewportSize({ width: 1280, height: 800 });
    await logOut(page);
  });
}

async function logOut(page) {
  await page.getByRole("button", { name: "退出登录" }).click();
  await page.locator("input[name=name]").waitFor();
}
