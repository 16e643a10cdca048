// No violation of any axe rule in any state that the page can be in, with what
// can be opened in it, light and dark.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launch } from "./support/browser";
import { openState } from "./support/open";
import { dress, plays } from "./support/plays";
import { violationsOf } from "./support/sound";
import { type Stage, startStage } from "./support/stage";
import { states } from "./support/states";

let stage: Stage;
let browser: Browser;

beforeAll(async () => {
  [stage, browser] = await Promise.all([startStage(Object.values(plays)), launch()]);
  dress(stage);
});

afterAll(async () => {
  await browser?.close();
  await stage?.stop();
});

it.concurrent.each(states.map((s) => [s.name, s] as const))("%s is for everybody", async (_, s) => {
  const complaints: string[] = [];
  const page = await openState(browser, stage, s, {
    prepare: async (p) => {
      p.on("pageerror", (e) => complaints.push(e.message));
      p.on("console", (m) => {
        if (/Content.Security.Policy/i.test(m.text())) complaints.push(m.text());
      });
    },
  });
  complaints.push(...(await violationsOf(page)));
  await page.close();
  expect(complaints).toEqual([]);
});
