// `make screenshots`: drives a real discovery and writes docs/images.
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { launch } from "./support/browser";
import { ask, startStack, statusOf } from "./support/stack";

const out = resolve(import.meta.dirname, "../../docs/images");

const shots = [
  { name: "page-wide-light", width: 1440, height: 900, scheme: "light" },
  { name: "page-wide-dark", width: 1440, height: 900, scheme: "dark" },
  { name: "page-tablet-dark", width: 820, height: 1100, scheme: "dark" },
  { name: "page-phone-light", width: 360, height: 780, scheme: "light" },
] as const;

it("writes the pictures of the documentation", async () => {
  mkdirSync(out, { recursive: true });
  const [stack, browser] = await Promise.all([startStack(), launch()]);
  try {
    const home = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await home.goto(stack.url);
    await home.getByText("Reasoning:").waitFor();
    await home.screenshot({ path: `${out}/page-first.png` });
    const d = await ask(stack.url, "What is the crystal structure and formation energy of NaCl?");
    await home.goto(`${stack.url}/s/${d.session_id}`);
    await home.getByRole("article", { name: /relax structures/ }).waitFor({ timeout: 170_000 });
    await home.locator(".st-panel canvas").first().waitFor({ timeout: 60_000 });
    await home.screenshot({ path: `${out}/page-running.png` });
    await expect.poll(() => statusOf(stack.url, d.id), { timeout: 170_000, interval: 2000 }).toBe("completed");
    for (const s of shots) {
      const page = await browser.newPage({ viewport: { width: s.width, height: s.height }, colorScheme: s.scheme });
      await page.goto(`${stack.url}/s/${d.session_id}`);
      await page.getByRole("group", { name: "Report" }).getByRole("listitem").first().waitFor({ timeout: 60_000 });
      if (s.width >= 720) await page.locator(".st-panel canvas").first().waitFor({ timeout: 60_000 });
      await page.evaluate("document.fonts.ready");
      await page.screenshot({ path: `${out}/${s.name}.png` });
      await page.close();
    }
  } finally {
    await browser.close();
    await stack.stop();
  }
}, 400_000);
