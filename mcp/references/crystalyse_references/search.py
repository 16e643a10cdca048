"""Reference phases of a chemical system, and phase diagrams of them."""

from __future__ import annotations

import json
import math
import os
import time
from typing import TYPE_CHECKING, Any

from crystalyse_common.errors import ToolFault
from crystalyse_common.files import artifacts
from crystalyse_common.models import StructureRef
from crystalyse_common.structures import put_structure, symmetry

from . import optimade, remote
from .elements import PHASES, reference_structure
from .known import date, missing_of, phases_of
from .models import DiagramPhase, DiagramResult, PhaseItem, PhasesResult, SourceState

if TYPE_CHECKING:
    from pathlib import Path

    from pymatgen.core import Structure

MAX_ELEMENTS = 6


def system_of(elements: list[str]) -> list[str]:
    """Distinct real elements, sorted.

    Raises:
        ToolFault: invalid_input, naming the field.
    """
    from pymatgen.core import Element

    for i, el in enumerate(elements):
        if not Element.is_valid_symbol(el):
            raise ToolFault("invalid_input", f"{el[:20]!r} is no element symbol", f"elements.{i}", ["write symbols such as Na, Fe, O"])
    out = sorted(set(elements))
    if not 1 <= len(out) <= MAX_ELEMENTS:
        raise ToolFault("invalid_input", f"{len(out)} distinct elements; 1 to {MAX_ELEMENTS} are handled", "elements", ["split the question into smaller systems"])
    return out


def _stored(s: Structure, label: str) -> StructureRef:
    return put_structure(s, origin="reference", created_by="search_reference_phases", label=label, space_group=symmetry(s, 0.01))


def _bundled(system: list[str]) -> list[tuple[PhaseItem, StructureRef]]:
    """Elements and listed phases, with their experimental cells."""
    out = []
    for el in system:
        if el in PHASES:
            ref = _stored(reference_structure(el), PHASES[el])
            out.append((_item(ref, PHASES[el], "bundled", "experimental ground state"), ref))
    for p in phases_of(system):
        ref = _stored(p.structure(), f"{p.formula} ({p.type})")
        out.append((_item(ref, p.type, "bundled", p.source), ref))
    return out


def _item(ref: StructureRef | None, name: str, source: str, citation: str, formula: str = "", formation: Any = None, above: Any = None) -> PhaseItem:
    return PhaseItem(formula=ref.formula if ref else formula, name=name, source=source, citation=citation, structure_id=ref.structure_id if ref else None,
                     formation_energy_per_atom=_number(formation), energy_above_hull_per_atom=_number(above))


def _number(x: Any) -> float | None:
    return float(x) if isinstance(x, (int, float)) and not isinstance(x, bool) and math.isfinite(x) else None


def _crystal(attributes: dict[str, Any]) -> Structure | None:
    """The ordered crystal of an OPTIMADE entry; None for anything else."""
    from pymatgen.core import Lattice, Structure

    try:
        symbols = {s["name"]: s["chemical_symbols"] for s in attributes["species"]}
        species = [symbols[n][0] for n in attributes["species_at_sites"] if len(symbols[n]) == 1]
        if len(species) != len(attributes["species_at_sites"]) or "disorder" in (attributes.get("structure_features") or []):
            return None
        return Structure(Lattice(attributes["lattice_vectors"]), species, attributes["cartesian_site_positions"], coords_are_cartesian=True)
    except (KeyError, TypeError, ValueError, IndexError):
        return None


def _from_optimade(base: str, system: list[str]) -> tuple[list[tuple[PhaseItem, StructureRef | None]], SourceState]:
    from urllib.parse import urlsplit

    name = f"optimade:{urlsplit(base).hostname}"
    try:
        answer, day, kept = optimade.structures(base, system)
    except ToolFault as fault:
        return [], SourceState(source=name, asked=True, found=0, date=None, cached=False, error=fault.message)
    out: list[tuple[PhaseItem, StructureRef | None]] = []
    for entry in answer["entries"]:
        attributes = entry.get("attributes") or {}
        s = _crystal(attributes)
        if s is None or not {x.symbol for x in s.composition} <= set(system):  # type: ignore[union-attr]
            continue
        label = f"{name} {str(entry.get('id'))[:60]}"
        stability = next((v for v in (attributes.get("_mp_stability") or {}).values() if isinstance(v, dict)), {}) if isinstance(attributes.get("_mp_stability"), dict) else {}
        try:
            ref = _stored(s, label)
        except ToolFault:
            continue  # an entry this system cannot hold
        out.append((_item(ref, str(entry.get("id"))[:60], name, base, formation=stability.get("formation_energy_per_atom"),
                          above=stability.get("energy_above_hull")), ref))
    return out, SourceState(source=name, asked=True, found=len(out), date=day, cached=kept, cut=answer["cut"], error=None)


def _from_mp(system: list[str]) -> tuple[list[tuple[PhaseItem, StructureRef | None]], SourceState]:
    key = os.environ.get("MP_API_KEY", "")
    if not key:
        return [], SourceState(source="materials_project", asked=False, found=0, date=None, cached=False, error="no key: set MP_API_KEY to ask Materials Project")
    try:
        data, day, kept = remote.materials_project(system, key)
    except ToolFault as fault:
        return [], SourceState(source="materials_project", asked=True, found=0, date=None, cached=False, error=fault.message)
    items = [(_item(None, str(d.get("material_id"))[:40], "materials_project", "Materials Project, GGA/GGA+U, MP2020-corrected", formula=str(d.get("formula_pretty")),
                    formation=d.get("formation_energy_per_atom"), above=d.get("energy_above_hull")), None) for d in data]
    return list(items), SourceState(source="materials_project", asked=True, found=len(items), date=day, cached=kept, error=None)


def search(elements: list[str], sources: list[str]) -> PhasesResult:
    """Phases of a system and its subsystems from the sources asked for."""
    system = system_of(elements)
    found: list[tuple[PhaseItem, StructureRef | None]] = []
    states = []
    if "bundled" in sources:
        own = _bundled(system)
        found += own
        states.append(SourceState(source="bundled", asked=True, found=len(own), date=date(), cached=False, error=None))
    if "optimade" in sources:
        for base in optimade.urls():
            more, state = _from_optimade(base, system)
            found += more
            states.append(state)
    if "materials_project" in sources:
        more, state = _from_mp(system)
        found += more
        states.append(state)
    refs = {ref.structure_id: ref for _, ref in found if ref is not None}
    return PhasesResult(system="-".join(system), items=[i for i, _ in found], sources=states, missing=[f for f, _ in missing_of(system)], structures=list(refs.values()))


def diagram(elements: list[str], source: str, potential: str) -> DiagramResult:
    """The phase diagram of one source, from energies that are there."""
    system = system_of(elements)
    if source == "bundled":
        return _own_diagram(system, potential)
    found, state = _from_mp(system)
    if state.error:
        raise ToolFault("unavailable", state.error, "source", ["use source=bundled: the known phases by a potential", "set MP_API_KEY"])
    rows: list[tuple[str, str, float | None, str | None]] = [(i.formula, i.name, i.formation_energy_per_atom, None) for i, _ in found if i.formation_energy_per_atom is not None]
    return _assemble(system, rows, source, "PBE(+U), MP2020-corrected", state.date or "", [])


def _own_diagram(system: list[str], potential: str) -> DiagramResult:
    """Kept energies of the known phases by one potential; nothing is computed here.

    Raises:
        ToolFault: unavailable, where the potential server has not computed the elements.
    """
    from crystalyse_common.structures import load_structure

    if potential != "chgnet":
        raise ToolFault("unsupported", f"the kept energies of {potential} are raw: their hull comes from calculate_energy_above_hull", "potential",
                        ["use calculate_energy_above_hull", "use potential=chgnet"])
    wanted = {**{el: PHASES.get(el, el) for el in system}, **{p.name: f"{p.formula} ({p.type})" for p in phases_of(system)}}
    kept = max((_kept(folder, wanted) for folder in sorted((artifacts() / "references").glob("chgnet-*"))), key=len, default={})
    absent = [n for n in wanted if n not in kept]
    if any(el in absent for el in system):
        raise ToolFault("unavailable", f"{potential} has not computed the elements of {'-'.join(system)} yet", "potential",
                        ["call calculate_energy_above_hull for a structure of this system first: it computes and keeps them"])
    refs = {el: kept[el]["energy_per_atom"] for el in system}
    rows = []
    for name in wanted:
        if name in kept:
            s = load_structure(kept[name]["structure_id"])
            fractions = s.composition.fractional_composition.get_el_amt_dict()
            rows.append((s.composition.reduced_formula, kept[name]["phase"], kept[name]["energy_per_atom"] - sum(x * refs[el] for el, x in fractions.items()),
                         kept[name]["structure_id"]))
    missing = absent + [_without_cell(f, source, system) for f, source in missing_of(system)]
    return _assemble(system, rows, "bundled", f"MP2020-corrected, {potential}", time.strftime("%Y-%m-%d", time.gmtime()), missing)


def _without_cell(formula: str, source: str, system: list[str]) -> str:
    """A known phase that has no cell here; of a compound that is listed too, which of its forms that is."""
    if any(p.formula == formula for p in phases_of(system)):
        return f"{formula} ({source.partition(':')[0]}; no cell in the list)"
    return f"{formula} (no cell in the list)"


def _kept(folder: Path, wanted: dict[str, str]) -> dict[str, dict[str, Any]]:
    """The converged energies by one checkpoint, whose folder this is: those of two are never mixed."""
    out = {}
    for name, label in wanted.items():
        try:
            record = json.loads((folder / f"{name}.json").read_bytes())
        except (FileNotFoundError, ValueError):
            continue  # not computed, or being written
        if record.get("converged") and record.get("phase") == label:
            out[name] = record
    return out


def _assemble(system: list[str], rows: list[tuple[str, str, float | None, str | None]], source: str, level: str, day: str, missing: list[str]) -> DiagramResult:
    from pymatgen.analysis.phase_diagram import PDEntry, PhaseDiagram
    from pymatgen.core import Composition

    entries = [(PDEntry(Composition(f), (e or 0.0) * Composition(f).num_atoms), f, n, e, s) for f, n, e, s in rows]
    have = {el.symbol for x, *_ in entries for el in x.composition.elements if len(x.composition) == 1}  # type: ignore[union-attr]
    if have < set(system):
        raise ToolFault("unavailable", f"{source} has no elemental phase of {', '.join(sorted(set(system) - have))}: no hull can be built", "elements",
                        ["leave the element out"])
    pd = PhaseDiagram([x[0] for x in entries])
    phases = [DiagramPhase(formula=f, name=n, structure_id=s, formation_energy_per_atom=float(e or 0.0), energy_above_hull_per_atom=max(0.0, float(pd.get_e_above_hull(x) or 0.0)))
              for x, f, n, e, s in entries]
    return DiagramResult(system="-".join(system), source=source, energy_level=level, date=day, entries=len(entries), phases=phases,
                         stable=sorted({p.formula for p in phases if p.energy_above_hull_per_atom < 1e-6}), missing=missing,
                         note="phases are missing: what is stable here may not be" if missing else None)
