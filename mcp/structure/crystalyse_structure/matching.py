"""The same crystal or not: matching structures, and novelty relative to a named set."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from pymatgen.analysis.structure_matcher import StructureMatcher

from crystalyse_common.errors import ToolFault
from crystalyse_common.structures import load_record, load_structure
from crystalyse_references.known import date, known_phases

from .analysis_models import Match, MatchResult, NoveltyItem, NoveltyResult

if TYPE_CHECKING:
    from pymatgen.core import Structure

LTOL, STOL, ANGLE = 0.2, 0.3, 5.0
KNOWN_SET = "known phases listed in CrystaLyse"


def matcher(scale: bool) -> StructureMatcher:
    """One set of tolerances for everything that is compared."""
    return StructureMatcher(ltol=LTOL, stol=STOL, angle_tol=ANGLE, primitive_cell=True, scale=scale)


def distance(m: StructureMatcher, a: Structure, b: Structure) -> float | None:
    """Normalized displacement of two equal structures; None when they differ."""
    if a.composition.reduced_formula != b.composition.reduced_formula:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = m.get_rms_dist(a, b)
    return None if found is None else float(found[0])


def match(structure_ids: list[str], scale: bool) -> MatchResult:
    """Group structures that are the same crystal."""
    ids = list(dict.fromkeys(structure_ids))
    if len(ids) < 2:
        raise ToolFault("invalid_input", "two or more different structures are needed", "structure_ids", ["give the ids of the structures to compare, each once"])
    structures = {s: load_structure(s, f"structure_ids.{i}") for i, s in enumerate(ids)}
    m, groups, matches = matcher(scale), list[list[str]](), list[Match]()
    for sid in ids:
        for group in groups:
            rms = distance(m, structures[group[0]], structures[sid])
            if rms is not None:
                matches.append(Match(first=group[0], second=sid, rms=rms))
                group.append(sid)
                break
        else:
            groups.append([sid])
    return MatchResult(groups=groups, matches=matches, n_distinct=len(groups),
                       tolerances=f"StructureMatcher ltol={LTOL} stol={STOL} angle_tol={ANGLE}" + (", volumes scaled" if scale else ""))


def novelty(structure_ids: list[str], reference_ids: list[str], set_name: str | None) -> NoveltyResult:
    """Compare structures with the listed known phases and the structures given beside them."""
    m = matcher(scale=True)
    own = {s: load_structure(s, f"reference_ids.{i}") for i, s in enumerate(reference_ids) if s not in structure_ids}
    items = []
    for i, sid in enumerate(dict.fromkeys(structure_ids)):
        s = load_structure(sid, f"structure_ids.{i}")
        formula, elements = s.composition.reduced_formula, {x.symbol for x in s.composition}
        pool = {f"{p.formula} ({p.type})": p.structure() for p in known_phases() if p.elements == elements} | own
        alike = {k: t for k, t in pool.items() if t.composition.reduced_formula == formula}
        found = {k: d for k, t in alike.items() if (d := distance(m, s, t)) is not None}
        best = min(found, key=lambda k: found[k]) if found else None
        if best is not None:
            wording = f"the same crystal as {best} of this set"
        elif alike:
            wording = "another structure of a composition that is in this set"
        else:
            wording = "not in this set; that is all that can be said"
        items.append(NoveltyItem(structure_id=sid, formula=load_record(sid)["formula"], in_set=best is not None, composition_in_set=bool(alike), matched=best,
                                 rms=found[best] if best is not None else None, wording=wording))
    name = KNOWN_SET + (f" and {set_name or 'the structures given'}" if own else "")
    return NoveltyResult(items=items, set_name=name, set_date=date(), set_size=len(known_phases()) + len(own))
