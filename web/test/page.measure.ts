// `make bench-web`: how long the page takes beside a bare page that does the
// least, in the same browser against the same stage. Writes bench/web/RESULTS.md.
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Browser, Page } from "playwright-core";
import { expect, it } from "vitest";
import type { Event } from "../src/event/events.gen";
import { launch } from "./support/browser";
import { longRun } from "./support/long";
import { dress, plays, relaxing } from "./support/plays";
import { type Stage, startStage } from "./support/stage";
import { weights } from "./support/weight";

const rounds = Number(process.env.ROUNDS ?? 5);
const perSecond = 200;
const seconds = 6;
const many = 10_000;
const out = resolve(import.meta.dirname, "../../bench/web");

const median = (list: number[]) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN;
const now = () => performance.timeOrigin + performance.now();

/** In the page: when the first and the last frame of a snapshot came. */
function clock(): void {
  const noted = { first: 0, last: 0 };
  Object.assign(globalThis, { noted, painted: new Map<number, number>() });
  const Real = WebSocket;
  globalThis.WebSocket = class extends Real {
    constructor(url: string | URL, protocol?: string | string[]) {
      super(url, protocol);
      this.addEventListener("message", (m) => {
        if (!String(m.data).startsWith('{"t":"snap"')) return;
        noted.last = performance.now();
        noted.first ||= noted.last;
      });
    }
  };
}

/**
 * In the page: notes when the number that a text shows was painted. What changes
 * while a frame is made (React draws there) is of that frame, what changes
 * between two of the next.
 */
function watchPaint(): void {
  const painted = (globalThis as unknown as { painted: Map<number, number> }).painted;
  let shown = 0;
  let ready = 0; // the newest number that the frame being made shows
  let done = 0; // the newest number painted
  let making = false;
  const see = () => {
    let top = shown;
    const texts = [...document.querySelectorAll(".progress p")].map((el) => el.textContent ?? "");
    // The bare page adds a node for each frame: the last few are new.
    let node = document.querySelector("body > pre")?.lastChild;
    for (let k = 0; node && k < 40; k++, node = node.previousSibling) texts.push(node.textContent ?? "");
    for (const text of texts) for (const m of text.matchAll(/step (\d+)\/9000/g)) top = Math.max(top, Number(m[1]));
    shown = top;
    if (making) ready = top;
  };
  new MutationObserver(see).observe(document.body, { subtree: true, childList: true, characterData: true });
  const after = new MessageChannel();
  after.port1.onmessage = () => {
    making = false;
    const at = performance.timeOrigin + performance.now();
    while (done < ready) painted.set(++done, at);
  };
  const frame = () => {
    requestAnimationFrame(frame); // before what the page asks for: it begins the next frame too
    making = true;
    ready = shown;
    after.port2.postMessage(0);
  };
  requestAnimationFrame(frame);
}

const barePage = `<!doctype html><meta charset="utf-8"><pre></pre><script src="/bare.js"></script>`;
const bareScript = `
const pre = document.querySelector("pre");
const ws = new WebSocket("ws://" + location.host + "/ws/discovery/" + location.hash.slice(1), "crystalyse.v1");
let held = [];
ws.onopen = () => ws.send(JSON.stringify({ t: "join" }));
ws.onmessage = (m) => {
  const f = JSON.parse(m.data);
  if (f.t === "snap") { held = held.concat(f.d); if (!f.more) globalThis.parsed = performance.now(); return; }
  for (const x of Array.isArray(f) ? f : []) pre.append((x.d.data.progress ? "step " + x.d.data.progress + "/9000 " : "") + JSON.stringify(x) + "\\n");
};`;

/** In the bare page: it has read the whole snapshot. A function, because the page's policy evaluates no strings. */
const parsed = () => (globalThis as unknown as { parsed?: number }).parsed !== undefined;

interface Round {
  ours: number[];
  bare: number[];
}

it("measures", async () => {
  const bareRoot = mkdtempSync(join(tmpdir(), "bare-page-"));
  writeFileSync(join(bareRoot, "index.html"), barePage);
  writeFileSync(join(bareRoot, "bare.js"), bareScript);
  const browser = await launch();
  const load = [loadavg()[0] ?? 0];
  const live: Round = { ours: [], bare: [] };
  const open: Round = { ours: [], bare: [] };
  let rows = 0;
  try {
    for (let r = 0; r < rounds; r++) {
      live.ours.push(await paint(browser, undefined));
      live.bare.push(await paint(browser, bareRoot));
      const o = await opening(browser, undefined);
      open.ours.push(o.ms);
      rows = Math.max(rows, o.rows);
      open.bare.push((await opening(browser, bareRoot)).ms);
      load.push(loadavg()[0] ?? 0);
      console.error(r + 1, live.ours[r], live.bare[r], open.ours[r], open.bare[r], rows);
    }
  } finally {
    await browser.close();
  }
  mkdirSync(out, { recursive: true });
  const text = report(live, open, rows, load);
  if (!process.env.ROUNDS) writeFileSync(join(out, "RESULTS.md"), text);
  console.log(text);
  expect(rows).toBeLessThanOrEqual(400);
}, 1_200_000);

async function visit(browser: Browser, stage: Stage, bare: boolean, session: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.setDefaultTimeout(120_000);
  await page.addInitScript(clock);
  await page.goto(bare ? `${stage.url}/#${session}` : `${stage.url}/s/${session}`);
  return page;
}

/** Median milliseconds from sending an event to the paint that shows it, at a steady rate. */
async function paint(browser: Browser, bareRoot: string | undefined): Promise<number> {
  const play = { ...plays.running, events: [...plays.running.events] };
  const stage = await startStage([play], bareRoot);
  dress(stage);
  const page = await visit(browser, stage, bareRoot !== undefined, play.session);
  if (bareRoot) await page.waitForFunction(parsed);
  else await page.locator(".st-drawn").waitFor();
  await page.evaluate(watchPaint);
  const sent = new Map<number, number>();
  const last = perSecond * seconds;
  const began = now();
  for (let k = 0; k < last; ) {
    const due = Math.min(last, Math.floor(((now() - began) / 1000) * perSecond));
    const batch: Event[] = [];
    for (; k < due; k++) batch.push(step(play.session, play.events.length + k, k + 1));
    if (batch.length > 0) {
      stage.push(play.session, batch);
      for (const e of batch) if (e.type === "tool_call_progress") sent.set(e.data.progress, now());
    }
    await new Promise((done) => setTimeout(done, 5));
  }
  await page.waitForTimeout(1500);
  const painted = new Map(
    await page.evaluate(() => [...(globalThis as unknown as { painted: Map<number, number> }).painted]),
  );
  await page.close();
  await stage.stop();
  const ms = [...sent].flatMap(([k, at]) => (painted.has(k) ? [(painted.get(k) ?? 0) - at] : []));
  if (ms.length < sent.size * 0.95) throw new Error(`only ${ms.length} of ${sent.size} events were painted`);
  return median(ms);
}

/** Every second event is a piece of text, the other a step that shows its number. */
function step(session: string, n: number, k: number): Event {
  const metadata = { session_id: session, discovery_id: `disc-${session}`, attempt: 1 };
  const base = { timestamp: Date.now() / 1000, agent_name: "CrystaLyse", mode: "creative" };
  const id = (s: string) => `disc-${session}/0/${s}/1/${1000 + n}`;
  if (k % 2 === 0)
    return {
      ...base,
      id: id("t3.llm"),
      type: "reasoning_update",
      data: { turn: 3, content: "more ", offset: (k / 2 - 1) * 5 },
      metadata: { ...metadata, step: "t3.llm" },
    } as unknown as Event;
  const details = { step: k, energy: -3.4, fmax: 0.1 };
  return {
    ...base,
    id: id(relaxing),
    type: "tool_call_progress",
    data: { call_id: relaxing, progress: k, total: 9000, message: "", details },
    metadata: { ...metadata, step: relaxing },
  } as unknown as Event;
}

/** Milliseconds from the first frame of the snapshot to the run being shown, or parsed. */
async function opening(browser: Browser, bareRoot: string | undefined): Promise<{ ms: number; rows: number }> {
  const play = longRun(many);
  const stage = await startStage([play], bareRoot);
  const page = await visit(browser, stage, bareRoot !== undefined, play.session);
  const first = "globalThis.noted.first";
  let result = { ms: 0, rows: 0 };
  if (bareRoot) {
    await page.waitForFunction(parsed);
    result.ms = await page.evaluate<number>(`globalThis.parsed - ${first}`);
  } else {
    const shown = await page.waitForFunction(
      () =>
        document.querySelector(".run-head .badge")?.textContent === "Completed" &&
        document.querySelector(".answer-place")
          ? performance.now()
          : 0,
      undefined,
      { polling: "raf" },
    );
    const at = (await shown.jsonValue()) as number;
    result = { ms: at - (await page.evaluate<number>(first)), rows: 0 };
    await page.getByRole("group", { name: "Report" }).waitFor();
    for (const y of [0, 0.5, 1]) {
      await page.evaluate((y) => {
        const talk = document.querySelector(".talk");
        if (talk) talk.scrollTop = y * talk.scrollHeight;
      }, y);
      await page.waitForTimeout(300);
      result.rows = Math.max(
        result.rows,
        await page.evaluate(
          () => document.querySelectorAll(".reasoning, .card, .lane, .board tr, .rail-item, .report tr").length,
        ),
      );
    }
  }
  await page.close();
  await stage.stop();
  return result;
}

function report(live: Round, open: Round, rows: number, load: number[]): string {
  const ratio = (r: Round) => median(r.ours.map((x, i) => x / (r.bare[i] ?? Number.NaN)));
  const { shell, viewer } = weights();
  const met = (x: number, goal: number) => (x <= goal ? "met" : x <= goal * 1.15 ? "missed, within 15 %" : "missed");
  const line = (what: string, value: string, goal: string, verdict: string) =>
    `| ${what} | ${value} | ${goal} | ${verdict} |`;
  return `# The page, measured

\`make bench-web\`. Medians of ${rounds} rounds, ${cpus().length} cores, software GL, 1440 x 900, load average ${Math.min(...load).toFixed(1)} to ${Math.max(...load).toFixed(1)}; ours and the bare page take turns, a ratio is the median over the rounds of the ratio within a round.

| goal | measured | wanted | |
|---|---|---|---|
${line(`event to paint at ${perSecond} events/s / the bare page`, `${ratio(live).toFixed(2)}x`, "<= 2x", met(ratio(live), 2))}
${line(`a run of ${many.toLocaleString("en")} events opens / its events are parsed`, `${ratio(open).toFixed(2)}x`, "<= 2x", met(ratio(open), 2))}
${line("rows in the page, of that run", String(rows), "<= 400", met(rows, 400))}
${line("shell, KiB gzip", shell.toFixed(1), "<= 150", met(shell, 150))}
${line("crystal viewer, KiB gzip", viewer.toFixed(1), "<= 180", met(viewer, 180))}

| | ours | bare page |
|---|---|---|
| event to paint, ms (median) | ${median(live.ours).toFixed(1)} | ${median(live.bare).toFixed(1)} |
| opening, ms | ${median(open.ours).toFixed(0)} | ${median(open.bare).toFixed(0)} |

**Event to paint** runs from the moment an event is handed to the socket to the first moment after the frame that shows its number; the page shows a running relaxation with its crystal, timeline and a text that grows (every second event). The bare page appends each frame to a \`<pre>\`.
**Opening** runs from the first frame of the snapshot to the frame that shows the finished run with its answer (the crystal and the candidates beside it come in the frames after); for the bare page to the end of parsing the last frame. Loading scripts is in neither.
Rows are turns, cards, lanes, candidates and sessions, the most of three scroll positions.
`;
}
