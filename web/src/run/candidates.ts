// The structures under study with what was computed for each, from the log as
// it stands: the leaderboard while a discovery runs and after.
import { once } from "../lib/once";
import { lineageOf } from "./lineage";
import type { Call, Discovery, StructureRef } from "./view";

export interface Row {
  id: string; // structure
  formula: string;
  label: string;
  origin: string;
  nAtoms: number;
  symbol: string;
  number: number;
  energy: number | null;
  formation: number | null;
  hull: number | null;
  verdict: string;
  converged: boolean | null;
  potential: string;
  step: string; // of the call that computed the energy, or made the structure
  twins: number; // others that relaxed into it
}

export interface HullPoint {
  formula: string;
  formation: number;
  onHull: boolean;
  candidate: boolean;
  structureId: string;
  source: string;
}

export interface Hull {
  system: string;
  kind: string;
  entries: number;
  date: string;
  missing: string[];
  points: HullPoint[];
  step: string;
}

/** The rows of a discovery, best first; made once for each state of what lasts of it. */
export const leaderboard: (d: Discovery) => readonly Row[] = once(rowsOf, (d) => d.settled);

/** Each structure of a discovery once, as the leaderboard has them; what it has not comes last. */
export const ranked: (d: Discovery) => readonly StructureRef[] = once(
  (d) => {
    const rest = new Map(d.structures.map((s) => [s.id, s]));
    const out: StructureRef[] = [];
    for (const r of leaderboard(d)) {
      const s = rest.get(r.id);
      if (s) out.push(s);
      rest.delete(r.id);
    }
    return [...out, ...rest.values()];
  },
  (d) => d.settled,
);

function rowsOf(d: Discovery): Row[] {
  const references = referenceIds(d);
  const from = lineageOf(d);
  const rows = new Map<string, Row>();
  for (const s of d.structures)
    if (!rows.has(s.id) && !references.has(s.id) && !from.replaced.has(s.id) && !from.duplicates.has(s.id))
      rows.set(s.id, blank(s, from.label(s.id)));
  for (const twin of from.duplicates.values()) {
    const r = rows.get(twin);
    if (r) r.twins++;
  }
  for (const e of d.energies) {
    if (!e.structureId || from.replaced.has(e.structureId) || from.duplicates.has(e.structureId)) continue;
    if (references.has(e.structureId) || e.name.startsWith("reference")) continue;
    let r = rows.get(e.structureId);
    if (!r) {
      r = { ...blank(undefined, from.label(e.structureId)), id: e.structureId, formula: e.formula ?? "" };
      rows.set(e.structureId, r);
    }
    r.potential = e.potential;
    r.step = e.step;
    r.converged = e.converged;
    if (e.name === "energy_per_atom") r.energy = e.value;
    else if (e.name === "formation_energy_per_atom") r.formation = e.value;
    else if (e.name === "energy_above_hull_per_atom") r.hull = e.value;
  }
  for (const h of d.calls.flatMap(hullItems)) {
    const r = rows.get(h.id);
    if (r) {
      r.hull = h.above ?? r.hull;
      r.verdict = h.verdict;
    }
  }
  return sorted([...rows.values()]);
}

/** Best first, then by formula: plain letters, where the rules of a language would only cost time. */
function sorted(rows: readonly Row[]): Row[] {
  const ranks = Float64Array.from(rows, rank);
  const at = (i: number) => ranks[i] ?? 0;
  const name = (i: number) => rows[i]?.formula ?? "";
  return Array.from(rows.keys())
    .sort((a, b) => at(a) - at(b) || (name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0))
    .flatMap((i) => rows[i] ?? []);
}

function blank(s: StructureRef | undefined, label: string): Row {
  return {
    id: s?.id ?? "",
    formula: s?.formula ?? "",
    label,
    origin: s?.origin ?? "",
    nAtoms: s?.nAtoms ?? 0,
    symbol: s?.spaceGroup?.symbol ?? "",
    number: s?.spaceGroup?.number ?? 0,
    energy: null,
    formation: null,
    hull: null,
    verdict: "",
    converged: null,
    potential: "",
    step: s?.step ?? "",
    twins: 0,
  };
}

function rank(r: Row): number {
  return r.hull ?? 1e3 + (r.formation ?? 1e3 + (r.energy ?? 1e6));
}

/** Reference phases and what was made from them are no candidates, but for what
 * competes: its formula was searched, and its own energy computed. (An id names one
 * crystal: a hull may name it as a reference after it was relaxed as a candidate.) */
function referenceIds(d: Discovery): Set<string> {
  const computed = new Set(d.energies.filter((e) => own.has(e.name)).map((e) => e.structureId));
  const from = descent(d.structures, () => false);
  const searched = new Set(d.structures.filter((s) => !from.has(s.id)).map((s) => s.formula));
  return descent(d.structures, (s) => computed.has(s.id) && searched.has(s.formula));
}

const own = new Set(["energy_per_atom", "formation_energy_per_atom"]);

/** The reference phases and what comes of them, up to what competes. */
function descent(structures: readonly StructureRef[], competes: (s: StructureRef) => boolean): Set<string> {
  const out = new Set<string>();
  for (let grown = true; grown; ) {
    grown = false;
    for (const s of structures)
      if (!out.has(s.id) && (s.origin === "reference" || (s.parentId && out.has(s.parentId))) && !competes(s)) {
        out.add(s.id);
        grown = true;
      }
  }
  return out;
}

type Fields = Record<string, unknown>;

function list(x: unknown): Fields[] {
  return Array.isArray(x) ? x.filter((v): v is Fields => typeof v === "object" && v !== null) : [];
}

function hullItems(c: Call): { id: string; above: number | null; verdict: string }[] {
  return list(c.result?.items)
    .filter((i) => "energy_above_hull_per_atom" in i)
    .map((i) => ({
      id: String(i.structure_id ?? ""),
      above: typeof i.energy_above_hull_per_atom === "number" ? i.energy_above_hull_per_atom : null,
      verdict: String(i.verdict ?? ""),
    }));
}

/** The hulls that tools built, one for each chemical system, candidates among their points. */
export function hulls(d: Discovery): Hull[] {
  const out = new Map<string, Hull>();
  for (const c of d.calls)
    for (const i of list(c.result?.items)) {
      const h = i.hull as Fields | null | undefined;
      if (typeof h !== "object" || h === null) continue;
      const system = String(h.system ?? "");
      const hull: Hull = out.get(system) ?? {
        system,
        kind: String(h.kind ?? ""),
        entries: Number(h.entries ?? 0),
        date: String(h.date ?? ""),
        missing: Array.isArray(h.missing) ? h.missing.map(String) : [],
        points: list(h.competing)
          .filter((p) => typeof p.formation_energy_per_atom === "number")
          .map(point),
        step: c.step,
      };
      const known = hull.points.find((p) => p.structureId === i.structure_id);
      // A candidate that is on the hull within the threshold is on it here, too.
      const onHull = String(i.verdict ?? "").startsWith("on the hull") || i.energy_above_hull_per_atom === 0;
      if (known) Object.assign(known, { candidate: true, onHull: known.onHull || onHull });
      else if (typeof i.formation_energy_per_atom === "number")
        hull.points.push({
          formula: String(i.formula ?? ""),
          formation: i.formation_energy_per_atom,
          onHull,
          candidate: true,
          structureId: String(i.structure_id ?? ""),
          source: "this discovery",
        });
      out.set(system, hull);
    }
  return [...out.values()];
}

function point(p: Fields): HullPoint {
  return {
    formula: String(p.formula ?? ""),
    formation: Number(p.formation_energy_per_atom),
    onHull: p.on_hull === true,
    candidate: p.kind === "candidate",
    structureId: String(p.structure_id ?? ""),
    source: String(p.phase ?? p.source ?? ""),
  };
}

/** The share of each element of a formula. */
export function shares(formula: string): Map<string, number> {
  const out = new Map<string, number>();
  let total = 0;
  for (const m of expand(formula).matchAll(/([A-Z][a-z]?)(\d+(?:\.\d+)?)?/g)) {
    const n = Number(m[2] ?? 1);
    const el = m[1] ?? "";
    out.set(el, (out.get(el) ?? 0) + n);
    total += n;
  }
  if (total > 0) for (const [el, n] of out) out.set(el, n / total);
  return out;
}

function expand(formula: string): string {
  return formula.replace(/\(([^()]+)\)(\d+(?:\.\d+)?)?/g, (_, inner: string, n: string | undefined) =>
    inner.replace(
      /([A-Z][a-z]?)(\d+(?:\.\d+)?)?/g,
      (_m, el: string, k: string | undefined) => `${el}${Number(k ?? 1) * Number(n ?? 1)}`,
    ),
  );
}
