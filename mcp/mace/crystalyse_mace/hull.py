"""Energy above the hull of phases that one potential computed.

The hull of a chemical system is made of the elements' reference phases, the
listed known phases, what the caller adds of earlier results, and the candidates
themselves; all energies by one potential, at one level. What is known to belong
to it and is not there makes the verdict "unknown", never "unstable", unless it
could not change the verdict with the lowest energy that there is.
"""

from __future__ import annotations

import os
import time
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio.to_thread

from crystalyse_common.errors import ToolFault
from crystalyse_common.formulas import parse_formula
from crystalyse_common.models import StructureRef
from crystalyse_common.structures import load_record, load_structure
from crystalyse_references.known import date, missing_of, phases_of

from .batch import Batch, distinct
from .formation import check_level, is_relaxed, relaxed_phases
from .hull_models import Competing, HullInfo, HullItem, HullResult, Product, Thresholds
from .levels import COMMON, caveats, correction_per_atom
from .store import PHASES, element_phase, known_phase

KIND = "same potential"
# No formation energy is known below these, in eV/atom: fluorides of the f elements
# reach -4.5; compounds of metals alone, those of Pt or Ir with Zr or Sc, -1.3.
LOWEST, LOWEST_METALLIC = -5.0, -1.5


def default_thresholds() -> Thresholds:
    """The editable set: CRYSTALYSE_THRESHOLDS, else thresholds.toml here."""
    path = Path(os.environ.get("CRYSTALYSE_THRESHOLDS") or Path(__file__).parent / "thresholds.toml")
    try:
        return Thresholds(**tomllib.loads(path.read_text()))
    except (OSError, ValueError, TypeError) as exc:
        raise ToolFault("unavailable", f"the thresholds in {path.name} cannot be read: {exc}"[:200], "thresholds",
                        ["write on_hull, near and metastable in eV/atom"]) from exc


@dataclass(frozen=True)
class Entry:
    """A phase with its energy at the common level.

    Attributes:
        energy: eV/atom, corrected.
        kind: element, known, earlier result or candidate.
    """

    structure_id: str
    amounts: dict[str, float]
    energy: float
    kind: str
    phase: str
    source: str

    @property
    def system(self) -> frozenset[str]:
        """Its elements."""
        return frozenset(self.amounts)


def check_formulas(ids: list[str], formulas: list[str] | None) -> None:
    """Each stored cell must hold what the caller believes it holds: composition, and Z where a formula is not reduced."""
    if formulas is None:
        return
    if len(formulas) != len(ids):
        raise ToolFault("invalid_input", f"{len(formulas)} formulas for {len(ids)} structures", "formulas", ["give one formula for each structure id"])
    for i, (sid, formula) in enumerate(zip(ids, formulas, strict=True)):
        from pymatgen.core import Composition

        wanted, stored = Composition(parse_formula(formula, f"formulas.{i}")), load_structure(sid, f"structure_ids.{i}").composition
        if wanted.reduced_formula != stored.reduced_formula:
            raise ToolFault("invalid_input", f"{sid} is {stored.reduced_formula}, not {wanted.reduced_formula}", f"formulas.{i}",
                            ["pass the id of the structure you mean"])
        if wanted != wanted.reduced_composition and wanted != stored:
            raise ToolFault("invalid_input", f"the cell of {sid} is {stored.formula.replace(' ', '')}, not {formula}", f"formulas.{i}",
                            ["give the reduced formula"])


async def energies_above_hull(batch: Batch, ids: list[str], formulas: list[str] | None, earlier: list[str], fmax: float,
                              thresholds: Thresholds | None) -> HullResult:
    """Build the hulls of the candidates' systems and place the candidates.

    Raises:
        ToolFault: for a composition that is not the stored one, a potential at
            another level, or a stop.
    """
    check_level(batch.info)
    check_formulas(ids, formulas)
    bounds = thresholds or default_thresholds()
    if not bounds.on_hull <= bounds.near <= bounds.metastable:
        raise ToolFault("invalid_input", "the thresholds must grow: on_hull, near, metastable", "thresholds", ["leave thresholds out to take the configured set"])
    ids = distinct(ids)
    earlier = [s for s in distinct(earlier) if s not in ids]
    amounts = {s: load_structure(s).composition.get_el_amt_dict() for s in (*ids, *earlier)}
    systems = {s: frozenset(amounts[s]) for s in ids}
    whole = [s for s in systems.values() if not _without_reference(s)]  # of the others no hull can be built
    known = {p.name: p for s in whole for p in phases_of(s)}
    phases = [element_phase(el) for el in sorted(frozenset().union(*whole))]
    batch.total = len(phases) + len(known) + len(ids) + len(earlier)
    # Without the elements there is no hull; a known phase that the time does not allow is missing from it, and named.
    kept = await relaxed_phases(batch, phases)
    kept |= await relaxed_phases(batch, [known_phase(p) for p in known.values()], batch.meta.answer_by)
    results = await batch.all("energy", {s: batch.job(s, "point") for s in (*ids, *earlier)})
    work = _Placing(batch, bounds, fmax, kept, results, amounts, {n: p.formula for n, p in known.items()}, ids)
    items = await anyio.to_thread.run_sync(lambda: [work.item(s, systems[s]) for s in ids])
    refs = {r["structure_id"]: r["structure"] for r in kept.values() if "error" not in r}
    error = batch.info.published_error
    return HullResult(items=items, thresholds=bounds, n_cut=sum("cut" in r for r in kept.values()),
                      model_error_source=error[1] if error else None, potential=batch.used(results), structures=[StructureRef(**r) for r in refs.values()])


def _without_reference(system: frozenset[str]) -> list[str]:
    """The elements of a system that have no reference phase here."""
    return sorted(system - PHASES.keys())


class _Placing:
    """All entries of a call, and where a candidate stands among those of its system."""

    def __init__(self, batch: Batch, bounds: Thresholds, fmax: float, kept: dict[str, dict[str, Any]], results: dict[str, dict[str, Any]],
                 amounts: dict[str, dict[str, float]], known: dict[str, str], ids: list[str]):
        """Bring every converged energy to the common level."""
        self.batch, self.bounds, self.results, self.ids, self.kept = batch, bounds, results, ids, kept
        level = batch.info.energy_level
        self.entries: list[Entry] = []
        for name, r in kept.items():
            if "error" not in r and r["converged"]:
                s = load_structure(r["structure_id"])
                self.entries.append(Entry(r["structure_id"], s.composition.get_el_amt_dict(), r["energy_per_atom"] + correction_per_atom(s, level),
                                          "known" if name in known else "element", r["phase"], r["source"]))
        self.relaxed = {s: "error" not in r and is_relaxed(s, r, fmax) for s, r in results.items()}
        listed = {e.structure_id: e for e in self.entries}
        for sid, r in results.items():
            if self.relaxed[sid]:
                same = listed.get(sid)  # a candidate that is a listed phase itself is one phase, and keeps its name
                if same and same.kind == "element":
                    continue
                if same:
                    self.entries.remove(same)
                self.entries.append(Entry(sid, amounts[sid], r["energy_per_atom"] + correction_per_atom(load_structure(sid), level),
                                          "candidate" if sid in ids else "earlier result", same.phase if same else load_record(sid)["formula"],
                                          same.source if same else "this call" if sid in ids else "an earlier result"))

    def missing(self, system: frozenset[str]) -> list[tuple[str, str]]:
        """What is known of the system and not in its hull: formula, and why in words."""
        if bare := _without_reference(system):
            return [(el, f"{el}: there is no reference phase of it here") for el in bare]
        wanted = {**{el: el for el in sorted(system)}, **{p.name: p.formula for p in phases_of(system)}}
        out = []
        for name, formula in wanted.items():
            r = self.kept[name]
            if "error" in r or not r["converged"]:
                out.append((formula, f"{r['phase']}: {r.get('error') or 'its relaxation did not converge'}"))
        return out + [(formula, f"{formula}: known ({source}), no cell in the list") for formula, source in missing_of(system)]

    def item(self, sid: str, system: frozenset[str]) -> HullItem:
        """Place one candidate."""
        record, r = load_record(sid), self.results[sid]
        inside = [e for e in self.entries if e.system <= system]
        absent = self.missing(system)
        missing = [why for _, why in absent]
        error = self.batch.info.published_error
        common: dict[str, Any] = {
            "structure_id": sid, "formula": record["formula"], "caveats": caveats(set(system)), "converged": self.relaxed[sid],
            "n_formula_units": max(1, round(load_structure(sid).composition.get_reduced_formula_and_factor()[1])),
            "model_error": error[0] if error else None}
        empty: dict[str, Any] = {k: None for k in ("energy_above_hull_per_atom", "energy_above_partial_hull_per_atom",
                                                   "energy_below_competing_per_atom", "formation_energy_per_atom", "threshold")}
        elements = {e.phase: e for e in inside if e.kind == "element"}
        if len(elements) < len(system):
            return HullItem(**common | empty, decomposition=[], note=None, hull=self._info(system, [], set(), missing, {}),
                            verdict="unknown: " + "; ".join(m for m in missing if "no cell" not in m))
        diagram = _Diagram(inside)
        info = self._info(system, inside, diagram.stable, missing, diagram.formation)
        if not self.relaxed[sid]:
            why = r.get("error") or "the structure is not relaxed: relax it first"
            return HullItem(**common | empty, decomposition=[], note=why, hull=info, verdict=f"unknown: {why}")
        return self._placed(sid, system, inside, absent, diagram, common | empty)

    def _placed(self, sid: str, system: frozenset[str], inside: list[Entry], absent: list[tuple[str, str]], diagram: _Diagram, common: dict[str, Any]) -> HullItem:
        """The verdict of a relaxed candidate."""
        above, products = diagram.above(sid)
        below = diagram.below_others(sid)
        idle = diagram.idle(sid, [formula for formula, _ in absent])
        missing = [why for formula, why in absent if formula not in idle]
        info = self._info(system, inside, diagram.stable, missing, diagram.formation)
        if idle and below is not None and abs(below - (diagram.below_others(sid, idle) or 0.0)) > 1e-9:
            below = None  # what is absent might compete, though it leaves the candidate where it is
        fields: dict[str, Any] = common | {"formation_energy_per_atom": diagram.formation[sid], "energy_below_competing_per_atom": below if above == 0 and not missing else None}
        if missing:
            verdict, note = f"unknown: {len(missing)} known phase(s) of {'-'.join(sorted(system))} missing from the hull", "; ".join(missing)
            fields["energy_above_partial_hull_per_atom"] = above
        else:
            verdict, fields["threshold"] = self._verdict(above, len(inside))
            fields["energy_above_hull_per_atom"] = above
            note = f"known, not in the hull, and unable to change this even at the lowest formation energies known of such compounds: {', '.join(sorted(idle))}" if idle else None
        return HullItem(**fields, decomposition=products, verdict=verdict, note=note, hull=info)

    def _verdict(self, above: float, n: int) -> tuple[str, float]:
        b = self.bounds
        if above <= b.on_hull:
            return f"on the hull of these {n} phases", b.on_hull
        for bound in (b.near, b.metastable):
            if above <= bound:
                return f"within {bound * 1000:g} meV/atom of the hull of these {n} phases", bound
        return f"more than {b.metastable * 1000:g} meV/atom above the hull of these {n} phases", b.metastable

    def _info(self, system: frozenset[str], inside: list[Entry], stable: set[str], missing: list[str], formation: dict[str, float]) -> HullInfo:
        from pymatgen.core import Composition

        competing = [Competing(formula=Composition(e.amounts).reduced_formula, phase=e.phase, structure_id=e.structure_id, kind=e.kind, source=e.source,
                               formation_energy_per_atom=formation[e.structure_id], on_hull=e.structure_id in stable) for e in inside]
        return HullInfo(kind=KIND, system="-".join(sorted(system)), entries=len(inside), date=time.strftime("%Y-%m-%d", time.gmtime()),
                        known_phases_date=date(), energy_level=COMMON, competing=competing, missing=missing)


class _Diagram:
    """pymatgen's phase diagram over entries."""

    def __init__(self, entries: list[Entry]):
        """Build it."""
        from pymatgen.analysis.phase_diagram import PDEntry, PhaseDiagram
        from pymatgen.core import Composition

        self.all = {}
        for e in entries:
            c = Composition(e.amounts)
            self.all[e.structure_id] = PDEntry(c, e.energy * c.num_atoms, attribute=e.structure_id)
        self.diagram = PhaseDiagram(list(self.all.values()))
        self.stable = {str(e.attribute) for e in self.diagram.stable_entries}  # type: ignore
        self.formation = {sid: float(self.diagram.get_form_energy_per_atom(e)) for sid, e in self.all.items()}

    def above(self, sid: str) -> tuple[float, list[Product]]:
        """Energy above the hull in eV/atom and the products of the decomposition."""
        parts, above = self.diagram.get_decomp_and_e_above_hull(self.all[sid])
        products = [Product(formula=e.composition.reduced_formula, structure_id=str(e.attribute), fraction=float(x))  # type: ignore
                    for e, x in parts.items()]  # type: ignore
        value = max(0.0, float(above or 0.0))
        return (0.0 if value < 1e-9 else value), sorted(products, key=lambda p: -p.fraction)

    def idle(self, sid: str, absent: list[str]) -> set[str]:
        """Those of the absent phases that cannot move an entry, were their formation energies as low as any known.

        All of them at once where that holds together, else each that cannot alone.
        """
        from pymatgen.analysis.phase_diagram import PhaseDiagram

        entry, above = self.all[sid], self.above(sid)[0]

        def unmoved(formulas: list[str]) -> bool:
            d = PhaseDiagram([*self.all.values(), *(self._lowest(f) for f in formulas)])
            return abs(float(d.get_e_above_hull(entry) or 0.0) - above) < 1e-9

        if not absent or unmoved(absent):
            return set(absent)
        alone = {f for f in absent if unmoved([f])}
        return alone if len(alone) < len(set(absent)) else set()

    def _lowest(self, formula: str) -> Any:
        """An entry of a formula at the lowest formation energy that it could have."""
        from pymatgen.analysis.phase_diagram import PDEntry
        from pymatgen.core import Composition

        c = Composition(formula)
        floor = LOWEST_METALLIC if all(e.is_metal for e in c) else LOWEST  # type: ignore[union-attr]
        return PDEntry(c, sum(n * (floor + self.diagram.el_refs[e].energy_per_atom) for e, n in c.items()))  # type: ignore[arg-type]

    def below_others(self, sid: str, absent: Iterable[str] = ()) -> float | None:
        """How far an entry lies below the hull of all others, with absent ones at their lowest; None for an element."""
        from pymatgen.analysis.phase_diagram import PhaseDiagram

        entry = self.all[sid]
        if len(entry.composition) == 1:
            return None
        others = PhaseDiagram([*(e for k, e in self.all.items() if k != sid), *map(self._lowest, absent)])
        _, e = others.get_decomp_and_e_above_hull(entry, allow_negative=True)
        return max(0.0, -float(e or 0.0))
