// The id of an event: `<discovery>/<gen>/<step>/<attempt>/<n>`, or outside of a
// step `<session or discovery>/<gen>/w/<request>/<n>` (internal/event/id.go).

export interface EventId {
  gen: number;
  attempt: number; // 0 outside of steps
  n: number;
}

/** Reads an id; it is read for every event of a run, so no pieces are made of it. */
export function parseId(id: string): EventId | undefined {
  const a = id.indexOf("/");
  const b = id.indexOf("/", a + 1);
  const c = id.indexOf("/", b + 1);
  const d = id.indexOf("/", c + 1);
  if (a < 1 || b < 0 || c <= b + 1 || d < 0 || id.indexOf("/", d + 1) >= 0) return undefined;
  const gen = natural(id, a + 1, b);
  const n = natural(id, d + 1, id.length);
  if (gen < 0 || n < 0) return undefined;
  if (c === b + 2 && id.charCodeAt(b + 1) === 119 /* w */) return { gen, attempt: 0, n };
  const attempt = natural(id, c + 1, d);
  return attempt < 0 ? undefined : { gen, attempt, n };
}

/** The number between two places, in its only spelling; -1 for anything else. */
function natural(s: string, from: number, to: number): number {
  if (to <= from || (to > from + 1 && s.charCodeAt(from) === 48)) return -1;
  let n = 0;
  for (let i = from; i < to; i++) {
    const digit = s.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    n = n * 10 + digit;
  }
  return n;
}

/** Where a step stands: its candidate (0 outside of one), its turn, and 0 for the model or the number of the call. */
export interface Place {
  candidate: number;
  turn: number;
  tool: number;
}

export function parseStep(step: string): Place | undefined {
  const m = /^(?:c([1-9]\d{0,8})\.)?t([1-9]\d*)\.(?:llm|tool([1-9]\d*))$/.exec(step);
  return m ? { candidate: Number(m[1] ?? 0), turn: Number(m[2]), tool: Number(m[3] ?? 0) } : undefined;
}

interface Placed {
  step: string;
  place: Place | undefined;
}

/** Turns in order, the model before its calls, then candidates; steps of another spelling last, by name. */
export function comparePlaces(a: Placed, b: Placed): number {
  const x = a.place;
  const y = b.place;
  if (x && y) return x.candidate - y.candidate || x.turn - y.turn || x.tool - y.tool;
  if (x) return -1;
  if (y) return 1;
  return a.step < b.step ? -1 : a.step > b.step ? 1 : 0;
}

export function compareSteps(a: string, b: string): number {
  return comparePlaces({ step: a, place: parseStep(a) }, { step: b, place: parseStep(b) });
}
