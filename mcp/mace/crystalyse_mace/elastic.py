"""Stress, and equations of state: what a crystal does when it is squeezed."""

from __future__ import annotations

import warnings
from typing import Any

import anyio.to_thread
import numpy as np

from crystalyse_common.errors import ToolFault
from crystalyse_common.structures import load_record, load_structure, put_structure

from .batch import Batch
from .levels import caveats
from .property_models import EosPoint, EosResult, StressResult

EQUATIONS = ("birch_murnaghan", "murnaghan", "vinet")
MAX_RESIDUAL = 0.005  # eV/atom
FMAX, STEPS = 0.03, 300


async def stress_of(batch: Batch, sid: str) -> StressResult:
    """The stress tensor of a structure as it is."""
    formula = load_record(sid)["formula"]
    out = await batch.pool.run("energy", batch.info, batch.job(sid, "stress"))
    tensor = np.array(out["result"]["stress"])
    principal = np.linalg.eigvalsh(tensor)
    deviator = tensor - np.trace(tensor) / 3 * np.eye(3)
    return StressResult(structure_id=sid, formula=formula, stress_tensor=tensor.tolist(), pressure=float(-np.trace(tensor) / 3),
                        von_mises_stress=float(np.sqrt(1.5 * (deviator**2).sum())), max_shear_stress=float((principal[-1] - principal[0]) / 2),
                        potential=out["potential"])


async def equation_of_state(batch: Batch, sid: str, strain: float, n: int, equation: str) -> EosResult:
    """Energies over `n` volumes within +-`strain` of the lengths, and the fit. Each finished point is kept.

    Raises:
        ToolFault: when the call is stopped, or no point could be computed.
    """
    if equation not in EQUATIONS:
        raise ToolFault("invalid_input", f"{equation[:30]!r} is no equation of state here", "equation", [f"use one of: {', '.join(EQUATIONS)}"])
    s, formula = load_structure(sid), load_record(sid)["formula"]
    scaled: dict[str, float] = {}
    for x in np.linspace(1 - strain, 1 + strain, n):
        t = s.copy()
        t.scale_lattice(s.volume * float(x) ** 3)
        ref = await anyio.to_thread.run_sync(lambda t=t: put_structure(t, origin="input", created_by="fit_equation_of_state", parent_id=sid))
        scaled[ref.structure_id] = t.volume / len(t)
    batch.total = len(scaled)
    jobs = {k: batch.job(k, "eos", fmax=FMAX, max_steps=STEPS, relax_cell=False) for k in scaled}
    results = await batch.all("relax", jobs)
    potential = batch.used(results)
    points = [EosPoint(volume_per_atom=v, energy_per_atom=results[k].get("energy_per_atom"), converged=bool(results[k].get("converged")),
                       structure_id=results[k].get("structure_id"), error=results[k].get("error")) for k, v in scaled.items()]
    fit, note = await anyio.to_thread.run_sync(_fit, points, equation)
    return EosResult(structure_id=sid, formula=formula, equation=equation, points=points, expression=f"fit of E(V) by {equation}, K = V d2E/dV2 at the minimum",
                     inputs=[p.structure_id for p in points if p.structure_id], converged=note is None, note=note,
                     caveats=caveats({x.symbol for x in s.composition}), potential=potential, **fit)


def _fit(points: list[EosPoint], equation: str) -> tuple[dict[str, Any], str | None]:
    """The fit's numbers, or nulls with the reason why it is not trusted."""
    from pymatgen.analysis.eos import EOS

    empty: dict[str, Any] = dict.fromkeys(("bulk_modulus", "bulk_modulus_derivative", "equilibrium_volume_per_atom", "residual"))
    good = [(p.volume_per_atom, p.energy_per_atom) for p in points if p.converged and p.energy_per_atom is not None]
    if len(good) < 5:
        return empty, f"only {len(good)} of {len(points)} points converged; five are needed"
    volumes, energies = np.array([v for v, _ in good]), np.array([e for _, e in good])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            fit = EOS(eos_name=equation).fit(volumes.tolist(), energies.tolist())
        except Exception as exc:  # scipy and pymatgen raise several kinds when a curve has no minimum
            return empty, f"the energies cannot be fitted ({exc}): relax the structure first"[:250]
    residual = float(np.sqrt(np.mean((np.asarray(fit.func(volumes)) - energies) ** 2)))
    numbers = {"bulk_modulus": float(fit.b0_GPa), "bulk_modulus_derivative": float(fit.b1), "equilibrium_volume_per_atom": float(fit.v0), "residual": residual}
    if not volumes.min() < fit.v0 < volumes.max():
        return empty, "the lowest energy lies outside the volumes that were tried: relax the structure first"
    if not all(np.isfinite(list(numbers.values()))) or residual > MAX_RESIDUAL or fit.b0_GPa <= 0:
        return empty, f"the fit is poor (residual {residual * 1000:.1f} meV/atom): the structure may change its phase under strain"
    return numbers, None if len(good) == len(points) else f"{len(points) - len(good)} point(s) did not converge and were left out"
