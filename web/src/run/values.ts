// A citation {{v:<key>}} and what stands behind it: a value of the report where
// there is one, else an energy of the log, else the field of the call's result.
import type { Report, ReportValue } from "../api/types";
import { counted } from "../lib/format";
import { unitOf } from "../lib/units";
import type { Call, Discovery } from "./view";

export interface Source {
  key: string;
  name: string;
  value: number | boolean;
  unit: string;
  callId: string;
  tool: string;
  structureId?: string;
  formula?: string;
  potential?: string;
  level?: string;
  checkpoint?: string;
  converged?: boolean | null;
  expression?: string;
}

/** How many of the cited numbers a tool returned, in words. */
export function sourcedWords(resolved: number, total: number): string {
  if (total === 0) return "No number of the answer comes from a tool's result";
  return `${resolved} of ${counted(total, "cited number")} ${total === 1 ? "comes" : "come"} from a tool's result`;
}

export type Resolve = (key: string) => Source | undefined;

const citation = /\{\{\s*v\s*:([^{}|]*)(?:\|[^{}]*)?\}\}/gi;

/** Text with each citation turned into a link that the renderer shows as a chip, and each struck number labelled. */
export function linkCitations(text: string): string {
  return withoutDirectives(text)
    .replace(citation, (_, key: string) => `[${clean(key)}](#value-${encodeURIComponent(clean(key))})`)
    .replace(/⟨unresolved: ([^⟩]*)⟩/g, `~~$1~~ ${noSource}`)
    .replace(/(?<=~~) ⚠ unsourced/g, ` ${noSource}`);
}

const noSource = "[no source](#no-source)";

/** Directives {{outcome:...}} and {{assume:...}} speak to the program, not to the reader. */
export function withoutDirectives(text: string): string {
  return text.replace(/\{\{\s*(?:outcome|assume)\s*:(?:[^{}]|\{\{[^{}]*\}\})*\}\}/gi, "").trim();
}

/** Text with each citation replaced by its number, for plain display while it is written. */
export function plainCitations(text: string, show: (key: string) => string): string {
  return withoutDirectives(text).replace(citation, (_, key: string) => show(clean(key)));
}

function clean(key: string): string {
  return key.replace(/[\s`]/g, "");
}

const kept = new WeakMap<object, Map<Report | undefined, Resolve>>();

/** Finds what stands behind a key; the same function while neither what lasts of the discovery nor the report changes. */
export function resolver(d: Discovery, report?: Report): Resolve {
  const known = kept.get(d.settled) ?? new Map<Report | undefined, Resolve>();
  kept.set(d.settled, known);
  const resolve = known.get(report) ?? makeResolver(d, report);
  known.set(report, resolve);
  return resolve;
}

/** A run has thousands of values and a text cites few: nothing is made before one is asked for. */
function makeResolver(d: Discovery, report?: Report): Resolve {
  let find: Resolve | undefined;
  return (key) => {
    find ??= makeIndex(d, report);
    return find(key);
  };
}

function makeIndex(d: Discovery, report?: Report): Resolve {
  const known = new Map<string, Source>();
  const calls = new Map(d.calls.map((c) => [c.callId, c]));
  for (const e of d.energies) {
    const s: Source = {
      key: e.key,
      name: e.name,
      value: e.value,
      unit: e.unit,
      callId: e.step,
      tool: calls.get(e.step)?.tool ?? "",
      potential: e.potential,
      converged: e.converged,
    };
    if (e.structureId) s.structureId = e.structureId;
    if (e.formula) s.formula = e.formula;
    known.set(e.key, s);
  }
  for (const v of report?.values ?? []) known.set(v.key, ofReport(v));
  return (key) => {
    const short = key.startsWith(`${d.id}/`) ? key.slice(d.id.length + 1) : key;
    return known.get(key) ?? known.get(short) ?? ofResult(short, calls);
  };
}

function ofReport(v: ReportValue): Source {
  const s: Source = {
    key: v.key,
    name: v.name,
    value: v.value,
    unit: v.unit,
    callId: v.call_id,
    tool: v.tool,
    converged: v.converged,
  };
  if (v.structure_id) s.structureId = v.structure_id;
  if (v.formula) s.formula = v.formula;
  if (v.expression) s.expression = v.expression;
  if (v.potential) {
    s.potential = `${v.potential.name} ${v.potential.version}`.trim();
    s.level = v.potential.energy_level;
    s.checkpoint = v.potential.checkpoint_sha256;
  }
  return s;
}

function ofResult(key: string, calls: ReadonlyMap<string, Call>): Source | undefined {
  const m = /^((?:c\d+\.)*t\d+\.tool\d+)\.(.+)$/.exec(key);
  const call = m?.[1] ? calls.get(m[1]) : undefined;
  if (!m?.[2] || !call?.result) return undefined;
  let at: unknown = call.result;
  for (const part of m[2].split(".")) {
    if (typeof at !== "object" || at === null) return undefined;
    at = (at as Record<string, unknown>)[part];
  }
  if (typeof at !== "number" && typeof at !== "boolean") return undefined;
  const field = m[2].slice(m[2].lastIndexOf(".") + 1);
  return { key, name: field, value: at, unit: unitOf(field), callId: call.callId, tool: call.tool };
}
