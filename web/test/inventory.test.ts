// Every state that the page can be in. It is for everybody: no violation of any
// axe rule, light and dark, no error and nothing that the page's policy forbids.
// And every control by route, state, role and name, out of the accessibility
// tree: inventory.json holds them, with what each must change. One that is not
// there fails; each is used once, in the first state that has it, and must change
// what it says. MUTATE controls, drawn by SEED, lose their handler first: then nothing
// may change, or their test would not miss it. UPDATE=1 writes the list anew.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch } from "./support/browser";
import { type Change, controlsOf, entryOf, type Seen, testOf } from "./support/controls";
import { openState } from "./support/open";
import { dress, plays } from "./support/plays";
import { violationsOf } from "./support/sound";
import { type Stage, startStage } from "./support/stage";
import { type State, states } from "./support/states";
import { deafen, fallsSilent, follow, settle, stands, works } from "./support/using";

const listed = resolve(import.meta.dirname, "inventory.json");
const update = process.env.UPDATE === "1";
const mutate = Number(process.env.MUTATE ?? 12);
const seed = process.env.SEED ?? "1";

/** What a control must change; one of many of a kind, such as a number, is used for all. */
type Listed = Record<string, { route: string; controls: Record<string, Change | typeof likeOthers> }>;
const likeOthers = "as its kind";
const list = (update ? {} : JSON.parse(readFileSync(listed, "utf8"))) as Listed;
const found = new Map<string, Seen[]>();

let stage: Stage;
let browser: Browser;

beforeAll(async () => {
  [stage, browser] = await Promise.all([startStage(Object.values(plays)), launch()]);
  dress(stage);
});

afterAll(async () => {
  if (update) writeFileSync(listed, `${JSON.stringify(inventory(), null, 2)}\n`);
  await browser?.close();
  await stage?.stop();
});

const open = async (s: State, complaints: string[] = []): Promise<Page> => {
  const prepare = async (p: Page) => {
    follow(p);
    p.on("pageerror", (e) => complaints.push(e.message));
    p.on("console", (m) => {
      if (/Content.Security.Policy/i.test(m.text())) complaints.push(m.text());
    });
    await p.addInitScript(deafen);
  };
  const page = await openState(browser, stage, s, { prepare });
  await settle(page);
  return page;
};

/** The controls of a state that change something there: a link to the first page does nothing on it. */
const acting = (s: State, seen: readonly Seen[]) =>
  seen.filter((x) => entryOf(x)?.where?.test(s.route(plays.fresh)) ?? true);
const told = (s: State, x: Seen) => `${s.name}: ${x.role} "${x.name}"`;
/** As it is listed: numbers are of the recording. */
const listing = (x: Seen) => `${x.role} ${x.name.replace(/[−-]?\d[\d.,]*/g, "#")}`;

/** The listed controls that lose their handler: drawn, but by the seed alone. */
function drawn(): ReadonlySet<string> {
  const lot = (x: string) => createHash("sha1").update(`${seed} ${x}`).digest("hex");
  const all = Object.entries(list).flatMap(([state, { controls }]) =>
    Object.entries(controls)
      .filter(([, changes]) => changes !== likeOthers)
      .map(([name]) => `${state}: ${name}`),
  );
  const mutable = all.filter((x) => !isNative(x));
  return new Set(mutable.sort((a, b) => (lot(a) < lot(b) ? -1 : 1)).slice(0, mutate));
}

/** Whether the browser handles a listed control, so that there is no handler to lose. */
function isNative(x: string): boolean {
  const [role = "", ...name] = x.slice(x.indexOf(": ") + 2).split(" ");
  const entry = entryOf({ role, name: name.join(" ").replaceAll("#", "1") });
  return !entry || entry.native === true || entry.alone === true;
}

/** Uses controls of a state one after the other, in one page as long as they stand there. */
async function useAll(s: State, first: Page, todo: readonly Seen[], deaf: ReadonlySet<string>): Promise<string[]> {
  const failed: string[] = [];
  let page = first;
  let fresh = true;
  const path = new URL(page.url()).pathname;
  const again = async () => {
    await page.close();
    page = await open(s);
    fresh = true;
  };
  for (const x of todo) {
    const c = entryOf(x);
    if (!c) continue;
    if (!fresh && !(await stands(page, x, path)) && !(await reached(s, page, x, path))) await again();
    if (deaf.has(`${s.name}: ${listing(x)}`)) {
      if (!(await fallsSilent(page, x, c))) failed.push(`${told(s, x)} changed something without its handler`);
      await again();
    }
    // In a page that was used it may have had its effect already; a fresh one decides.
    let worked = await works(page, x, c, fresh ? 15_000 : 1500).catch(String);
    if (worked !== true && !fresh) {
      await again();
      worked = await works(page, x, c, 15_000).catch(String);
    }
    fresh = false;
    if (worked !== true) failed.push(`${told(s, x)} must change ${c.changes}: ${worked}`);
  }
  await page.close();
  return failed;
}

/** Whether opening its menu again is enough. */
async function reached(s: State, page: Page, x: Seen, path: string): Promise<boolean> {
  if (!s.again || new URL(page.url()).pathname !== path) return false;
  return s.again(page).then(
    () => stands(page, x, path, true),
    () => false,
  );
}

describe("every state", () => {
  const deaf = update ? new Set<string>() : drawn();

  it.concurrent.for(states.map((s, i) => [s.name, s, i] as const))(
    "%s",
    { timeout: 1_200_000 },
    async ([, s, i], { expect }) => {
      const complaints: string[] = [];
      const page = await open(s, complaints);
      const seen = await controlsOf(page);
      found.set(s.name, seen);
      expect(
        seen.filter((x) => !entryOf(x)).map((x) => told(s, x)),
        "controls without a test",
      ).toEqual([]);
      if (update) return page.close();
      expect.soft(await violationsOf(page), "for everybody").toEqual([]); // its controls are used all the same
      await settle(page);
      const before = new Set(states.slice(0, i).flatMap((b) => Object.keys(list[b.name]?.controls ?? {})));
      const own = list[s.name]?.controls ?? {};
      const names = acting(s, seen)
        .map(listing)
        .filter((n) => !before.has(n));
      expect([...new Set(names)].sort(), "controls of this state").toEqual(Object.keys(own).sort());
      const once = new Set(Object.keys(own).filter((n) => own[n] !== likeOthers));
      const todo = seen.filter((x) => once.delete(listing(x)));
      expect.soft(await useAll(s, page, todo, deaf)).toEqual([]);
      expect(complaints).toEqual([]);
    },
  );

  if (update) return; // the list is being written, not tested
  it("has every control used in one of them", () => {
    const used = Object.values(list).flatMap((s) => Object.values(s.controls).filter((c) => c !== likeOthers));
    const kinds = new Set([...found.values()].flat().map(testOf));
    expect(found.size).toBe(states.length);
    expect(used.length).toBeGreaterThanOrEqual(kinds.size);
  });
});

/** Every state with its route and the controls that no state before it has. */
function inventory(): Listed {
  const before = new Set<string>();
  const kinds = new Set<string>();
  const out: Listed = {};
  for (const s of states) {
    const own: Record<string, Listed[string]["controls"][string]> = {};
    for (const x of acting(s, found.get(s.name) ?? [])) {
      const entry = entryOf(x);
      const name = listing(x);
      if (!entry || before.has(name)) continue;
      before.add(name);
      own[name] = kinds.has(testOf(x)) ? likeOthers : entry.changes;
      kinds.add(testOf(x));
    }
    const sorted = Object.fromEntries(Object.entries(own).sort(([a], [b]) => (a < b ? -1 : 1)));
    out[s.name] = { route: s.route({ ...plays.fresh, session: ":session" }), controls: sorted };
  }
  return out;
}
