// `LOOK=folder`: pictures of every state of the page, to be looked at by eye.
import { mkdirSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, it } from "vitest";
import { launch } from "./support/browser";
import { dress, type PlayName, plays } from "./support/plays";
import { type Stage, startStage } from "./support/stage";

const out = process.env.LOOK ?? "";
const only = new RegExp(process.env.ONLY ?? "");
const sizes = (process.env.SIZES ?? "1440x900").split(",").map((s) => s.split("x").map(Number) as [number, number]);

let stage: Stage;
let browser: Browser;

beforeAll(async () => {
  if (out) mkdirSync(out, { recursive: true });
  [stage, browser] = await Promise.all([startStage(Object.values(plays)), launch()]);
  dress(stage);
});
afterAll(async () => {
  await browser?.close();
  await stage?.stop();
});

it.runIf(out)(
  "is seen in every state",
  async () => {
    for (const [width, height] of sizes)
      for (const scheme of (process.env.SCHEMES ?? "light").split(",") as ("light" | "dark")[])
        for (const name of Object.keys(plays).filter((n) => only.test(n)) as PlayName[]) {
          const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme });
          await page.goto(`${stage.url}/s/${plays[name].session}${process.env.QUERY ?? ""}`);
          await page.locator(".run-head, .empty").first().waitFor();
          for (const click of (process.env.CLICK ?? "").split(";").filter(Boolean))
            await page.locator(click).first().click({ timeout: 20_000 });
          await page.waitForTimeout(Number(process.env.SETTLE ?? 2500));
          await page.screenshot({ path: `${out}/${name}-${width}-${scheme}${process.env.TAG ?? ""}.png` });
          await page.close();
        }
  },
  600_000,
);
