// Not part of `make test`: with USE=1, which uses every control, two still fail.
// Every control by route, state, role and name, out of the accessibility tree:
// inventory.json holds them. One that is not known, or that changes nothing when
// it is used (USE=1), fails; and where its handler is taken away, its own test must fail.
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch } from "./support/browser";
import { controlsOf, entryOf, type Seen, testOf } from "./support/controls";
import { dress, type PlayName, plays } from "./support/plays";
import { type Stage, startStage } from "./support/stage";
import { deeper, type State, states as shown } from "./support/states";
import { deafen, fallsSilent, settle, stands, works } from "./support/using";

const states = [...shown, ...deeper];
const listed = resolve(import.meta.dirname, "inventory.json");
const hands = 3; // pages at once
const everyDeaf = 5; // of so many controls, one loses its handler first

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

/** A page in a state of its own, with nothing remembered. */
async function open(s: State): Promise<Page> {
  const viewport = { width: s.width ?? 1440, height: 900 };
  const page = await browser.newPage({ viewport, reducedMotion: "reduce" });
  await page.addInitScript(deafen);
  page.setDefaultTimeout(60_000);
  await page.goto(`${stage.url}${s.route(plays[s.play as PlayName])}`);
  await s.ready(page);
  await settle(page);
  return page;
}

const found = new Map<string, Seen[]>();

/** Does all of a list, some at a time. */
async function all<T>(list: readonly T[], one: (x: T) => Promise<void>): Promise<void> {
  const rest = [...list];
  const hand = async () => {
    for (let x = rest.shift(); x !== undefined; x = rest.shift()) await one(x);
  };
  await Promise.all(Array.from({ length: hands }, hand));
}

const told = (s: State, x: Seen) => `${s.name}: ${x.role} "${x.name}"`;

/** The controls that a state is the first to have, where they change something. */
function firsts(): Map<State, Seen[]> {
  const before = new Set<string>();
  return new Map(
    states.map((s) => {
      const route = s.route({ ...plays.fresh });
      const fresh = (found.get(s.name) ?? []).filter((x) => {
        const where = entryOf(x)?.where;
        if (before.has(testOf(x)) || (where && !where.test(route))) return false;
        before.add(testOf(x));
        return true;
      });
      return [s, fresh];
    }),
  );
}

interface Outcome {
  idle: string[];
  survived: string[];
}

/** Uses controls of a state one after the other, in one page as long as they stand there. */
async function useAll(s: State, list: readonly Seen[], out: Outcome): Promise<void> {
  let page: Page | undefined;
  let fresh = false;
  let at = "";
  const again = async () => {
    await page?.close();
    page = await open(s);
    at = new URL(page.url()).pathname;
    fresh = true;
    return page;
  };
  for (const [i, x] of list.entries()) {
    const c = entryOf(x);
    if (!c) continue;
    let p = page && (await stands(page, x, at)) ? page : await again();
    if (i % everyDeaf === 0 && !c.native && !c.use && !(await fallsSilent(p, x, c))) {
      out.survived.push(told(s, x));
      p = await again();
    }
    // In a page that was used it may have had its effect already; a fresh one decides.
    let worked: unknown = fresh ? false : await works(p, x, c, 2000).catch(String);
    if (worked !== true) {
      if (!fresh) p = await again();
      worked = await works(p, x, c).catch(String);
    }
    fresh = false;
    if (worked !== true) {
      out.idle.push(`${told(s, x)}: ${worked}`);
      console.error(out.idle.at(-1)?.slice(0, 200));
    }
  }
  await page?.close();
}

describe("every control", () => {
  it("is known, in every state", async () => {
    await all(states, async (s) => {
      const page = await open(s);
      found.set(s.name, await controlsOf(page));
      await page.close();
    });
    if (process.env.UPDATE) writeFileSync(listed, `${JSON.stringify(inventory(), null, 2)}\n`);
    const unknown = states.flatMap((s) => (found.get(s.name) ?? []).filter((x) => !entryOf(x)).map((x) => told(s, x)));
    expect(unknown, "controls without a test").toEqual([]);
    expect(inventory()).toEqual(JSON.parse(readFileSync(listed, "utf8")));
  }, 900_000);

  // Minutes more, so only when USE is set; not yet seen green as a whole.
  it.runIf(process.env.USE)(
    "changes what it says, and is missed when its handler is gone",
    async () => {
      const out: Outcome = { idle: [], survived: [] };
      await all([...firsts()], ([s, list]) => useAll(s, list, out));
      expect(out, "controls that changed nothing, and deaf ones that did").toEqual({ idle: [], survived: [] });
    },
    1_800_000,
  );
});

/** Every state with its route and the controls that no state before it has; numbers are of the recording. */
function inventory(): object {
  const before = new Set<string>();
  const list: Record<string, { route: string; controls: string[] }> = {};
  for (const s of states) {
    const names = (found.get(s.name) ?? []).map((x) => `${x.role} ${x.name.replace(/[−-]?\d[\d.,]*/g, "#")}`);
    const fresh = [...new Set(names)].filter((n) => !before.has(n)).sort();
    for (const n of fresh) before.add(n);
    const route = s.route({ ...plays.fresh, session: ":session" });
    list[s.name] = { route, controls: fresh };
  }
  return list;
}
