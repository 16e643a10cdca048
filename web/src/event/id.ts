// The id of an event: `<discovery>/<gen>/<step>/<attempt>/<n>`, or outside of a
// step `<session or discovery>/<gen>/w/<request>/<n>` (internal/event/id.go).

export interface EventId {
  gen: number;
  attempt: number; // 0 outside of steps
  n: number;
}

export function parseId(id: string): EventId | undefined {
  const p = id.split("/");
  const [subject, gen, step, attempt, n] = p;
  if (p.length !== 5 || !subject || !step || gen === undefined || attempt === undefined || n === undefined)
    return undefined;
  if (!natural(gen) || !natural(n)) return undefined;
  if (step === "w") return { gen: Number(gen), attempt: 0, n: Number(n) };
  return natural(attempt) ? { gen: Number(gen), attempt: Number(attempt), n: Number(n) } : undefined;
}

function natural(s: string): boolean {
  return /^(0|[1-9][0-9]*)$/.test(s);
}

/** A step's place: its candidate (0 outside of one), its turn, and 0 for the model or the number of the call. */
export function parseStep(step: string): { candidate: number; turn: number; tool: number } | undefined {
  const m = /^(?:c([1-9]\d{0,8})\.)?t([1-9]\d*)\.(?:llm|tool([1-9]\d*))$/.exec(step);
  return m ? { candidate: Number(m[1] ?? 0), turn: Number(m[2]), tool: Number(m[3] ?? 0) } : undefined;
}

/** Turns in order, the model before its calls, then candidates; steps of another spelling last, by name. */
export function compareSteps(a: string, b: string): number {
  const x = parseStep(a);
  const y = parseStep(b);
  if (x && y) return x.candidate - y.candidate || x.turn - y.turn || x.tool - y.tool;
  if (x) return -1;
  if (y) return 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
