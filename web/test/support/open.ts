// Opens the page in one of its states, at the time of the recording: its clocks
// stand still, so that a state looks and reads the same whenever it is opened.
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { endOf, plays } from "./plays";
import type { Stage } from "./stage";
import type { State } from "./states";

export interface Opening extends BrowserContextOptions {
  /** Before the page is loaded. */
  prepare?: (page: Page) => Promise<unknown>;
}

/** In the page: what time it is. */
function stopClock(at: number): void {
  Date.now = () => at;
}

const later = 20_000; // ms since the last event

export async function openState(browser: Browser, stage: Stage, s: State, o: Opening = {}): Promise<Page> {
  const play = plays[s.play ?? "finished"];
  const { prepare, ...context } = o;
  const viewport = { width: s.width ?? 1440, height: 900 };
  const own = await browser.newContext({ viewport, reducedMotion: "reduce", ...context });
  const page = await own.newPage();
  page.on("close", () => void own.close().catch(() => {})); // the browser may be closed already
  page.setDefaultTimeout(60_000);
  await page.addInitScript(stopClock, endOf(play) + later);
  await prepare?.(page);
  await s.before?.(page);
  await page.goto(`${stage.url}${s.route(play)}`);
  await s.ready(page);
  return page;
}
