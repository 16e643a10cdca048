"""Score potentials on the known materials of materials.toml; write RESULTS.md.

    python bench/science/evaluate.py --potential chgnet --cache DIR

Every material starts from its known structure with 6 % more volume, is relaxed
with its cell through the `mace` server by the official MCP client, and its
formation energy is computed by the same server. Resumable: a cut run goes on
from its checkpoints in --cache. Deterministic: one thread an engine.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tomllib
import warnings
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
MCP = HERE.parents[1] / "mcp"
sys.path[:0] = [str(MCP / p) for p in ("common", "references", "mace", "mace/tests")]

import wire
from pymatgen.core import Composition, Structure
from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

from crystalyse_common.structures import load_structure, put_structure, symmetry
from crystalyse_references.elements import reference_structure
from crystalyse_references.known import known_phases

FMAX, STEPS, SYMPREC, SCALE = 0.02, 500, 0.1, 1.06
KJ = 96.48533  # kJ/mol in 1 eV
OUTLIER_A, OUTLIER_E = 0.03, 0.20  # relative; eV/atom


def start_of(formula: str, kind: str) -> Structure:
    """The known structure with more volume."""
    s = reference_structure(formula) if kind == "element" else next(p for p in known_phases() if p.name == f"{formula}-{kind}").structure()
    s = s.copy()
    s.scale_lattice(s.volume * SCALE)
    return s


def lengths(s: Structure) -> list[float]:
    """Distinct lattice constants of the conventional cell, sorted by the axes' own order."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cell = SpacegroupAnalyzer(s, SYMPREC).get_conventional_standard_structure().lattice
    return list(cell.abc)


def lattice_error(found: list[float], known: list[float]) -> tuple[float, float]:
    """Largest and mean relative error of the constants that are given."""
    if len(known) == 1:
        pairs = [(found[0], known[0])]
    elif len(known) == 2:
        # tetragonal and hexagonal: a, c
        pairs = [(found[0], known[0]), (found[2], known[1])]
    else:
        pairs = list(zip(sorted(found), sorted(known), strict=True))
    errors = [(f - k) / k for f, k in pairs]
    return max(errors, key=abs), statistics.fmean(errors)


def compute(potential: str, materials: list[list[Any]], cache: Path) -> dict[str, Any]:
    """Relax and evaluate all materials; kept results are not computed again."""
    os.environ["CRYSTALYSE_ARTIFACTS"] = str(cache / "artifacts")
    ids = {m[0]: put_structure(start_of(m[0], m[1]), origin="input", created_by="evaluation").structure_id for m in materials}
    wire.PATIENCE = 3 * 3600.0
    models = {k: os.environ[k] for k in ("CRYSTALYSE_MODELS", "CRYSTALYSE_SEVENNET_PYTHON") if k in os.environ}
    with wire.serve("mace", cache, CRYSTALYSE_ENGINES=os.environ.get("CRYSTALYSE_ENGINES", "2"), **models) as mace:
        meta = {"idempotency_key": f"eval/{potential}", "checkpoint_dir": str(cache / "checkpoints" / potential)}
        args = {"structure_ids": list(ids.values()), "potential": potential, "fmax": FMAX, "max_steps": STEPS}
        relaxed = mace.call("relax_structures", args, meta, lambda text: sys.stderr.write(text + "\n"))
        by_input = {i["input_structure_id"]: i for i in relaxed["items"]}
        done = {f: by_input[s] for f, s in ids.items()}
        good = [i["structure_id"] for i in done.values() if i["structure_id"]]
        energies: dict[str, Any] = {}
        for k in range(0, len(good), 20):
            out = mace.call("calculate_formation_energy", {"structure_ids": good[k:k + 20], "potential": potential})
            energies |= {i["structure_id"]: i for i in out["items"]}
    return {"potential": relaxed["potential"], "items": done, "energies": energies}


def score(result: dict[str, Any], materials: list[list[Any]]) -> list[dict[str, Any]]:
    """One row a material."""
    rows = []
    for formula, kind, family, known, group, enthalpy, _ in materials:
        item = result["items"][formula]
        row: dict[str, Any] = {"formula": formula, "type": kind, "class": family, "converged": item["converged"]}
        if item["structure_id"]:
            s = load_structure(item["structure_id"])
            found = lengths(s)
            row |= {"a": found, "lattice_error": lattice_error(found, known)[0], "group": symmetry(s, SYMPREC).number, "wanted": group}
            e = result["energies"][item["structure_id"]]["formation_energy_per_atom"]
            if enthalpy != "none" and e is not None:
                wanted = enthalpy / KJ / Composition(formula).num_atoms
                row |= {"formation": e, "experiment": wanted, "error": e - wanted}
        rows.append(row)
    return rows


def text_of(result: dict[str, Any], rows: list[dict[str, Any]], notes: dict[str, str]) -> str:
    """The markdown of one potential."""
    p = result["potential"]
    lattice = [abs(r["lattice_error"]) for r in rows if "lattice_error" in r]
    energy = [r["error"] for r in rows if "error" in r]
    kept = sum(r.get("group") == r.get("wanted") for r in rows)
    out = [f"## {p['name']} {p['version']}", "",
           f"Checkpoint `{p['checkpoint_sha256'][:16]}`, {p['device']}, energies {p['energy_level']}; formation energies MP2020-corrected.", "",
           "| measure | value |", "|---|---|", f"| materials | {len(rows)} |", f"| converged (fmax {FMAX} eV/angstrom, {STEPS} steps) | {sum(r['converged'] for r in rows)} |",
           f"| median absolute lattice error | {100 * statistics.median(lattice):.2f} % |", f"| mean absolute lattice error | {100 * statistics.fmean(lattice):.2f} % |",
           f"| formation energies | {len(energy)} |", f"| mean absolute error of formation energies | {statistics.fmean(map(abs, energy)):.3f} eV/atom |",
           f"| mean error (sign) | {statistics.fmean(energy):+.3f} eV/atom |", f"| space group kept | {kept} of {len(rows)} ({100 * kept / len(rows):.1f} %) |", "",
           "By class:", "", "| class | n | lattice error, median | formation error, mean absolute |", "|---|---|---|---|"]
    for family in dict.fromkeys(r["class"] for r in rows):
        own = [r for r in rows if r["class"] == family]
        es = [abs(r["error"]) for r in own if "error" in r]
        a = statistics.median(abs(r["lattice_error"]) for r in own if "lattice_error" in r)
        out.append(f"| {family} | {len(own)} | {100 * a:.2f} % | {f'{statistics.fmean(es):.3f} eV/atom' if es else '-'} |")
    out += ["", f"Outliers (lattice beyond {100 * OUTLIER_A:g} %, formation beyond {OUTLIER_E:g} eV/atom, another space group, or not converged):", "",
            "| material | what | note |", "|---|---|---|"]
    for r in rows:
        what = [w for w in (
            f"lattice {100 * r['lattice_error']:+.1f} %" if abs(r.get("lattice_error", 0)) > OUTLIER_A else "",
            f"formation {r['error']:+.2f} eV/atom" if abs(r.get("error", 0)) > OUTLIER_E else "",
            f"space group {r.get('group')}, not {r.get('wanted')}" if r.get("group") != r.get("wanted") else "",
            "" if r["converged"] else "not converged") if w]
        if what:
            out.append(f"| {r['formula']} ({r['type']}) | {', '.join(what)} | {notes.get(r['formula'], '')} |")
    out += ["", "All:", "", "| material | class | lattice constants (angstrom) | error | space group | formation (eV/atom) | experiment | error |",
            "|---|---|---|---|---|---|---|---|"]
    for r in rows:
        e = [f"{r[k]:+.3f}" for k in ("formation", "experiment", "error")] if "error" in r else ["-"] * 3
        out.append(f"| {r['formula']} | {r['class']} | {', '.join(f'{x:.3f}' for x in r.get('a', []))} | {100 * r.get('lattice_error', 0):+.2f} % | {r.get('group')} | "
                   f"{' | '.join(e)} |")
    return "\n".join(out) + "\n"


HEAD = """# Evaluation on known materials

Written by `make eval`; the list with its sources is `materials.toml`. Every material starts from its known structure with 6 % more volume and is relaxed
with its cell; one setting for all. Lattice constants are of the conventional cell at a symprec of 0.1 angstrom against room-temperature experiment (0 K
against 298 K: up to about 0.5 % of the error is thermal expansion). Formation energies at 0 K stand against enthalpies at 298 K.
"""


def main() -> None:
    """Command line."""
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--potential", action="append", default=[])
    p.add_argument("--cache", type=Path, required=True, help="folder outside the repository")
    p.add_argument("--out", type=Path, default=HERE / "RESULTS.md")
    a = p.parse_args()
    materials = tomllib.loads((HERE / "materials.toml").read_text())["materials"]
    notes = tomllib.loads((HERE / "notes.toml").read_text()) if (HERE / "notes.toml").exists() else {}
    parts = [HEAD]
    for potential in a.potential or ["chgnet"]:
        a.cache.mkdir(parents=True, exist_ok=True)
        kept = a.cache / f"result-{potential}.json"
        os.environ["CRYSTALYSE_ARTIFACTS"] = str(a.cache / "artifacts")
        result = json.loads(kept.read_text()) if kept.exists() else compute(potential, materials, a.cache)
        kept.write_text(json.dumps(result))
        parts.append(text_of(result, score(result, materials), notes.get(potential, {})))
    a.out.write_text("\n".join(parts))


if __name__ == "__main__":
    main()
