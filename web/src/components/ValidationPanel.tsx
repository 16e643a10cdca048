import { CircleAlert, CircleCheck } from "lucide-react";
import type { ReactNode } from "react";
import { useReport } from "../api/queries";
import type { Report } from "../api/types";
import { counted, formatValue } from "../lib/format";
import { Formula } from "../lib/formula";
import { sourcedWords } from "../run/values";
import { type Call, type Discovery, isClosed } from "../run/view";

interface Check {
  ok: boolean;
  what: ReactNode;
  how: ReactNode;
}

/** What was checked, by which tool and potential, against which threshold. */
export default function ValidationPanel({
  discovery: d,
  stored,
}: {
  discovery: Discovery;
  stored?: Report | undefined;
}) {
  const fetched = useReport(stored ? undefined : d.id, isClosed(d.status));
  const report = stored ?? fetched.data;
  const checks = [...provenance(d), ...compositions(d), ...convergence(d), ...disagreement(d), ...verdicts(report)];
  if (checks.length === 0)
    return (
      <div className="empty">
        <p>
          Nothing was checked yet. Charge balance, convergence, distance to the hull and the source of every number are
          listed here.
        </p>
      </div>
    );
  return (
    <ul className="checks pad">
      {checks.map((c, i) => (
        <li key={i} className="row top">
          {c.ok ? (
            <CircleCheck size={16} className="ink-green" aria-label="passed" />
          ) : (
            <CircleAlert size={16} className="ink-amber" aria-label="look at this" />
          )}
          <div>
            <p>{c.what}</p>
            <p className="small soft">{c.how}</p>
          </div>
        </li>
      ))}
    </ul>
  );
}

function provenance(d: Discovery): Check[] {
  const v = d.validation;
  if (!v || (v.total === 0 && v.unsourced.length === 0)) return [];
  const ok = v.unsourced.length === 0;
  return [
    {
      ok,
      what: sourcedWords(v.resolved, v.total),
      how: ok ? "No number was written by the model itself." : `Struck in the answer: ${v.unsourced.join(", ")}`,
    },
  ];
}

function compositions(d: Discovery): Check[] {
  return d.calls
    .filter((c) => c.tool === "validate_composition" && c.result)
    .flatMap((c) => itemsOf(c).map((i) => ({ i, c })))
    .slice(0, 50)
    .map(({ i, c }) => ({
      ok: i.valid === true,
      what: (
        <>
          <Formula of={String(i.formula ?? i.input ?? "")} />:{" "}
          {i.valid === true
            ? "charges balance"
            : i.applicable === false
              ? "charge balance does not apply"
              : "charges do not balance"}
        </>
      ),
      how: `SMACT ${String(c.result?.smact_version ?? "")}, ${String(c.result?.oxidation_states_set ?? "")}: ${String(i.assignment || i.reason || "")}`,
    }));
}

function convergence(d: Discovery): Check[] {
  return d.calls
    .filter((c) => c.energies.length > 0)
    .map((c) => {
      const known = c.energies.filter((e) => e.converged !== null);
      const bad = known.filter((e) => e.converged === false);
      return {
        ok: bad.length === 0,
        what: `${c.callId}: ${counted(known.length - bad.length, "energy", "energies")} of ${known.length} converged`,
        how: `by ${[...new Set(c.energies.map((e) => e.potential))].join(", ")}${remaining(c)}`,
      };
    });
}

/** The largest force that is left in what a call relaxed, and the one it was asked to go below. */
function remaining(c: Call): string {
  const left = [c.result ?? {}, ...itemsOf(c)].flatMap((i) => (typeof i.max_force === "number" ? [i.max_force] : []));
  if (left.length === 0) return "";
  const asked = c.arguments.fmax;
  const below = typeof asked === "number" ? `, threshold ${formatValue(asked, "eV/angstrom")}` : "";
  return `; largest force left ${formatValue(Math.max(...left), "eV/angstrom")}${below}`;
}

/** How far potentials are apart where several were asked; it needs no passing. */
function disagreement(d: Discovery): Check[] {
  return d.calls
    .filter((c) => c.tool === "compare_models")
    .flatMap((c) => itemsOf(c).map((i) => ({ c, i })))
    .filter(({ i }) => typeof i.spread === "number")
    .map(({ c, i }) => ({
      ok: true,
      what: (
        <>
          <Formula of={String(i.formula ?? "")} />: {String(c.result?.n_potentials ?? "several")} potentials disagree by{" "}
          {formatValue(i.spread as number, "eV/atom")}
        </>
      ),
      how: `${c.callId}: ${String(c.result?.note ?? "")}`,
    }));
}

function itemsOf(c: Call): Record<string, unknown>[] {
  return Array.isArray(c.result?.items) ? (c.result.items as Record<string, unknown>[]) : [];
}

function verdicts(report: Report | undefined): Check[] {
  return (report?.candidates ?? [])
    .filter((c) => c.energy_above_hull_per_atom !== null)
    .map((c) => ({
      ok: (c.energy_above_hull_per_atom ?? 1) <= (c.threshold ?? 0),
      what: (
        <>
          <Formula of={c.formula} />: {c.verdict}
        </>
      ),
      how: `${formatValue(c.energy_above_hull_per_atom, "eV/atom")} above the hull${c.threshold === null ? "" : `, threshold ${formatValue(c.threshold, "eV/atom")}`}${
        c.model_error === null
          ? "; the potential's error is not published"
          : `, error of the potential ±${formatValue(c.model_error, "eV/atom")}`
      }`,
    }));
}
