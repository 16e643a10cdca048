"""Find known ground states from their formula alone; write SEARCH.md.

    python bench/science/search.py --cache DIR

The generator server runs without the reference package on its path. Every system
is searched twice: as it is, and with the true structure type withheld: all that the
prototype library gives in that type, in whatever decoration, is taken out before
any energy is computed. Random cells stay, and so do other types that may relax
into the true one: finding it from those is what the second search asks about.
Resumable: each finished search is kept in --cache, and SEARCH.md is written anew
after each.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import warnings
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from evaluate import SYMPREC, lattice_error, lengths, wire
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Structure

from crystalyse_common.structures import load_structure, put_structure, symmetry
from crystalyse_references.known import known_phases

# Binaries and ternaries with the phase that experiment finds lowest; fixed before the first run.
SYSTEMS = ["NaCl-rocksalt", "MgO-rocksalt", "CsCl-cscl", "CaF2-fluorite", "Li2O-fluorite", "ZnS-zincblende", "ZnO-wurtzite", "AlN-wurtzite", "GaAs-zincblende",
           "TiO2-rutile", "SnO2-rutile", "Al2O3-corundum", "Cu2O-cuprite", "NiAl-cscl", "MgB2-alb2", "CaTiO3-gdfeo3", "SrTiO3-perovskite", "LiCoO2-nafeo2",
           "MgAl2O4-spinel", "KMgF3-perovskite"]
SAMPLES, SCREEN, LATTICE = 40, 14, 0.03
RANDOM = SAMPLES // 4  # the share of random cells in an automatic search


def candidates(chemeleon: Any, formula: str, target: Structure | None) -> tuple[list[str], int, int]:
    """Structures to screen, how many were tried, how many were withheld; those in the target's type are left out.

    The withheld search asks for prototypes and random cells apart, in the amounts of the automatic one. Were the
    automatic one's result thinned out, a random cell in the true type would be missing too: it had been merged
    with the prototype.
    """
    if target is None:
        found = chemeleon.call("generate_crystal_csp", {"formula": formula, "num_samples": SAMPLES, "seed": 0})
        return [s["structure_id"] for s in found["structures"]], found["n_tried"], 0
    ids, tried, withheld = [], 0, 0
    matcher = StructureMatcher(scale=True)
    for method, samples in (("prototype", SAMPLES - RANDOM), ("pyxtal", RANDOM)):
        found = chemeleon.call("generate_crystal_csp", {"formula": formula, "num_samples": samples, "seed": 0, "method": method})
        got = [s["structure_id"] for s in found["structures"]]
        if method == "prototype":
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                kept = [s for s in got if not matcher.fit_anonymous(load_structure(s), target)]
            got, withheld = kept, len(got) - len(kept)
        ids, tried = ids + got, tried + found["n_tried"]
    return ids, tried, withheld


def search(chemeleon: Any, mace: Any, name: str, withheld: bool) -> dict[str, Any]:
    """One system: generate, screen, relax, compare."""
    phase = next(p for p in known_phases() if p.name == name)
    target, began, load = phase.structure(), time.monotonic(), os.getloadavg()[0]
    ids, tried, out_of = candidates(chemeleon, phase.formula, target if withheld else None)
    screened = mace.call("prescreen_structures", {"structure_ids": ids, "keep": SCREEN})
    keep = [i["structure_id"] for i in screened["items"]]
    out = mace.call("relax_structures", {"structure_ids": keep, "fmax": 0.1, "max_steps": 80, "keep_best": 3})
    best = next((i for i in out["items"] if i["rank"] == 1), None)
    row: dict[str, Any] = {"name": name, "withheld": withheld, "generated": len(ids), "tried": tried, "n_withheld": out_of, "relaxed": len(keep),
                           "wanted": symmetry(target, SYMPREC).number, "seconds": round(time.monotonic() - began)}
    row["load"] = round(load, 1)
    if best is None:
        return row | {"hit": False, "group": None, "label": None}
    s = load_structure(best["structure_id"])
    group = symmetry(s, SYMPREC).number
    error = lattice_error(lengths(s), lengths(target))[0] if group == row["wanted"] else None
    return row | {"group": group, "label": best["label"], "energy": best["energy_per_atom"], "lattice_error": error,
                  "hit": error is not None and abs(error) <= LATTICE}


def explain(mace: Any, row: dict[str, Any]) -> dict[str, Any]:
    """A miss, with where the potential itself puts the phase that was wanted: above what was found, the order is the potential's fault; below, the search's."""
    if row["hit"] or row.get("energy") is None or "true_above" in row:
        return row
    phase = next(p for p in known_phases() if p.name == row["name"])
    sid = put_structure(phase.structure(), origin="reference", created_by="search.py", label=phase.name).structure_id
    true = mace.call("relax_structure", {"structure_id": sid})
    return row | {"true_above": true["energy_per_atom"] - row["energy"] if true.get("converged") else None}


def text_of(rows: list[dict[str, Any]]) -> str:
    """The markdown of the searches done so far."""
    out = ["# Search from the formula alone", "", "Written by `make eval-search` as it goes. A hit has the known space group and lattice constants within "
           f"{100 * LATTICE:g} % of the experimental ones; the rest is a miss, whatever the energy. CHGNet; {SAMPLES} candidates, the best {SCREEN} relaxed, "
           "the best 3 tightly. The generator knows no reference phase, but its library of prototypes has the common structure types, "
           "those of most of these systems among them: the first table says that the search picks the right one. The second says what "
           "is found without it. Of a miss, 'true phase' is the energy of the wanted phase, relaxed alike, above the one found: "
           "positive, the potential prefers another structure; negative, the search did not come across it. 'load' is the machine's when a search began.", ""]
    for withheld, title in ((False, "As it is"), (True, "With the true structure type withheld")):
        own = [r for r in rows if r["withheld"] is withheld]
        left = len(SYSTEMS) - len(own)
        out += [f"## {title}: {sum(r['hit'] for r in own)} of {len(own)}" + (f" ({left} not searched yet)" if left else ""), "",
                "| system | wanted | found | from | lattice | relaxed of tried | withheld | seconds | load | hit | true phase |", "|---|---|---|---|---|---|---|---|---|---|---|"]
        for r in own:
            lattice = f"{100 * r['lattice_error']:+.1f} %" if r.get("lattice_error") is not None else "-"
            above = f"{1000 * r['true_above']:+.0f} meV/atom" if r.get("true_above") is not None else "-"
            out.append(f"| {r['name']} | {r['wanted']} | {r['group'] or '-'} | {r['label'] or r.get('error', '-')} | {lattice} | "
                       f"{r.get('relaxed', 0)} of {r.get('tried', 0)} | {r.get('n_withheld', 0)} | {r.get('seconds', '-')} | "
                       f"{r.get('load', '-')} | {'yes' if r['hit'] else 'no'} | {above} |")
        out.append("")
    return "\n".join(out)


def attempt(chemeleon: Any, mace: Any, name: str, withheld: bool) -> dict[str, Any]:
    """A search; one that fails is a miss that says why, and the others go on."""
    try:
        return search(chemeleon, mace, name, withheld)
    except KeyError as e:  # a tool's typed error has none of the fields of a result
        phase = next(p for p in known_phases() if p.name == name)
        wanted = symmetry(phase.structure(), SYMPREC).number
        return {"name": name, "withheld": withheld, "wanted": wanted, "group": None, "label": None, "hit": False, "error": f"failed: no {e} in a result"}


def main() -> None:
    """Command line."""
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--cache", type=Path, required=True, help="folder outside the repository")
    p.add_argument("--out", type=Path, default=HERE / "SEARCH.md")
    a = p.parse_args()
    a.cache.mkdir(parents=True, exist_ok=True)
    os.environ["CRYSTALYSE_ARTIFACTS"] = str(a.cache / "artifacts")
    wire.PATIENCE = 3600.0
    rows: list[dict[str, Any]] = []
    with wire.serve("chemeleon", a.cache) as chemeleon, wire.serve("mace", a.cache) as mace:
        for withheld in (False, True):
            for name in SYSTEMS:
                kept = a.cache / f"search-{name}{'-type-withheld' if withheld else ''}.json"
                before = json.loads(kept.read_text()) if kept.exists() else None
                row = explain(mace, before or attempt(chemeleon, mace, name, withheld))
                if row != before:
                    part = kept.with_suffix(".part")
                    part.write_text(json.dumps(row))
                    part.replace(kept)
                rows.append(row)
                sys.stderr.write(f"{rows[-1]}\n")
                a.out.write_text(text_of(rows))


if __name__ == "__main__":
    main()
