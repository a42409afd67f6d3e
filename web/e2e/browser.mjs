// Debian's chromium with a profile of its own, and steps that fail with a picture and a reason.

import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const CHROMIUM = process.env.TIPRING_CHROMIUM ?? "/usr/bin/chromium";
const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Opens a browser with an empty profile; collects what the page does wrong. */
export async function openBrowser({ locale = "zh-CN", width = 1280, height = 800 } = {}) {
  if (!existsSync(CHROMIUM)) {
    console.error(`e2e: ${CHROMIUM} is missing; install Debian's chromium`);
    process.exit(2);
  }
  const profile = await mkdtemp(join(tmpdir(), "tipring-e2e-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM,
    headless: true,
    args: ARGS,
    locale,
    viewport: { width, height },
  });
  const page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(15_000);
  const mistakes = [];
  page.on("pageerror", (error) => mistakes.push(String(error)));
  page.on("console", (message) => {
    // Refusals the test provokes are logged by the browser itself as failed loads.
    const provoked = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !provoked) mistakes.push(message.text());
  });
  const close = async () => {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  };
  return { page, mistakes, close };
}

/** Runs named steps; the first that fails ends the test, since the next stand on it. */
export function attempts(page) {
  let passed = 0;
  const began = Date.now();
  return {
    async step(name, act) {
      const start = Date.now();
      try {
        await act();
        passed += 1;
        console.log(`ok    ${name} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
      } catch (error) {
        console.error(`FAIL  ${name}\n      ${String(error?.message ?? error).split("\n").join("\n      ")}`);
        const picture = join(tmpdir(), "tipring-e2e-failure.png");
        await page.screenshot({ path: picture }).catch(() => {});
        console.error(`      at ${page.url()}, the page as it was: ${picture}`);
        process.exit(1);
      }
    },
    finish() {
      console.log(`${passed} steps passed in ${((Date.now() - began) / 1000).toFixed(0)} s`);
      process.exit(0);
    },
  };
}
