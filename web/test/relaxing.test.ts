// A relaxation that runs moves the atoms on the screen: each frame of the stream
// is drawn where it has them, and nothing of it stays when the call has ended.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Event } from "../src/event/events.gen";
import { fromRecord, type StructureRecord } from "../src/viewer/crystal";
import { launch } from "./support/browser";
import { compactFrame } from "./support/compact";
import { dress, plays, relaxing } from "./support/plays";
import { type Stage, startStage } from "./support/stage";

const salt = "st_7f88f53d712577643164d0b777"; // of the recording: Na, Na, Cl, Cl
const { session } = plays.running;

let stage: Stage;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  [stage, browser] = await Promise.all([startStage([structuredClone(plays.running)]), launch()]);
  dress(stage);
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
  page = await context.newPage();
  page.setDefaultTimeout(60_000);
});

afterAll(async () => {
  await browser?.close();
  await stage?.stop();
});

let n = 500;
function push(type: string, data: object, ord?: number): void {
  const discovery = `disc-${session}`;
  const metadata = {
    session_id: session,
    discovery_id: discovery,
    step: relaxing,
    attempt: 1,
    ...(ord ? { ord } : {}),
  };
  const id = `${discovery}/0/${relaxing}/1/${n++}`;
  const e = { id, timestamp: Date.now() / 1000, type, agent_name: "CrystaLyse", mode: "creative", data, metadata };
  stage.push(session, [e as unknown as Event]);
}

/** The frame of a step, with the last atom so far from where the structure has it, in angstrom. */
function frame(step: number, away: number): void {
  const record = stage.answers.get(`/structures/${salt}`) as StructureRecord;
  const c = fromRecord(record);
  const at = [...(c.positions[0] ?? [])];
  at[3 * (c.n - 1)] = (at[3 * (c.n - 1)] ?? 0) + away;
  const positions = record.species.map((_, i) => at.slice(3 * i, 3 * i + 3));
  const compact = compactFrame(record.species, [...(c.lattices[0] ?? [])], positions);
  const energy_per_atom = -3.4 - step / 1000;
  push("structure_updated", {
    structure_id: salt,
    call_id: relaxing,
    frame: step,
    energy_per_atom,
    fmax: 0.3,
    compact,
  });
}

const picture = () => page.locator(".st-canvas").screenshot();
const step = (k: number) => page.locator(".st-live", { hasText: `step ${k}:` }).waitFor();

/** The picture once it stands still. */
async function still(): Promise<Buffer> {
  let seen = await picture();
  await expect
    .poll(
      async () => {
        const next = await picture();
        const same = next.equals(seen);
        seen = next;
        return same;
      },
      { timeout: 60_000, interval: 500 },
    )
    .toBe(true);
  return seen;
}

it("moves with the frames that come, and stops with the call", async () => {
  await page.goto(`${stage.url}/s/${session}`);
  await page.locator(".run-head").getByText("Running").waitFor();
  await page.locator(".st-drawn").waitFor();
  const stored = await still();
  frame(1, 0);
  await step(1);
  const first = await still();

  frame(2, 0.9);
  await step(2);
  await expect
    .poll(async () => (await picture()).equals(first), { timeout: 60_000, message: "the atom moves" })
    .toBe(false);
  const moved = await still();
  expect(moved.equals(first)).toBe(false);
  expect(await page.locator(".st-live").textContent()).toContain("-3.4020 eV/atom");

  frame(3, 0.4); // neither where it was nor where it went
  await step(3);
  await expect
    .poll(async () => (await picture()).equals(moved), { timeout: 60_000, message: "the atom moves on" })
    .toBe(false);
  const third = await still();
  expect(third.equals(moved)).toBe(false);
  expect(third.equals(first)).toBe(false);

  frame(2, 0.9); // an older step that comes late draws nothing
  push("tool_call_progress", { call_id: relaxing, progress: 377, total: 500, message: "", details: {} });
  await page.getByText("377/500").first().waitFor(); // what came after it is there
  expect(await page.locator(".st-live").textContent()).toContain("step 3:");
  expect((await still()).equals(third)).toBe(true);

  frame(4, 0);
  await step(4);
  await expect
    .poll(async () => (await picture()).equals(first), { timeout: 60_000, message: "and comes back" })
    .toBe(true);

  frame(5, 0.9);
  await step(5);
  await expect
    .poll(async () => (await picture()).equals(first), { timeout: 60_000, message: "it is away when the call ends" })
    .toBe(false);
  const call = { call_id: relaxing, tool: "relax_structures", server: "mace" };
  push("tool_call_result", { ...call, status: "ok", duration_s: 1 }, 90_000);
  await page.locator(".st-live").waitFor({ state: "detached" });
  await expect
    .poll(async () => (await picture()).equals(stored), {
      timeout: 60_000,
      message: "it comes to rest as it is stored",
    })
    .toBe(true);
});
