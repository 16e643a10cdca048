"""Results of the references server."""

from __future__ import annotations

from pydantic import Field

from crystalyse_common.models import Finite, Result, StructureRef, unit


class PhaseItem(Result):
    """A phase that a source knows."""

    formula: str
    name: str = Field(description="prototype or database id")
    source: str = Field(description="bundled | optimade:<host> | materials_project")
    citation: str
    structure_id: str | None = Field(description="its crystal, stored; null when the source gives none that can be used")
    formation_energy_per_atom: Finite | None = unit("eV/atom", "as the database gives it, at its own level", "database_formation_energy_per_atom")
    energy_above_hull_per_atom: Finite | None = unit("eV/atom", "as the database gives it", "database_energy_above_hull_per_atom")


class SourceState(Result):
    """What came of asking one source."""

    source: str
    asked: bool
    found: int = unit("", "phases it gave")
    date: str | None = Field(description="date of the data, or of the answer")
    cached: bool
    cut: bool = Field(default=False, description="it has more than was read")
    error: str | None = Field(description="why it gave nothing")


class PhasesResult(Result):
    """Phases of a chemical system by source. A source that fails is said; the others stand."""

    system: str
    items: list[PhaseItem]
    sources: list[SourceState]
    missing: list[str] = Field(description="phases known to exist that the bundled list has no cell of")
    structures: list[StructureRef]


class DiagramPhase(Result):
    """A phase of a diagram."""

    formula: str
    name: str
    structure_id: str | None
    formation_energy_per_atom: Finite = unit("eV/atom", "at the level named with the diagram", "phase_formation_energy_per_atom")
    energy_above_hull_per_atom: Finite = unit("eV/atom", "above this diagram's own hull", "phase_energy_above_hull_per_atom")


class DiagramResult(Result):
    """A phase diagram of one source, at one energy level."""

    system: str
    source: str
    energy_level: str
    date: str
    entries: int = unit("", "phases in the diagram", "hull_entries")
    phases: list[DiagramPhase]
    stable: list[str] = Field(description="formulas on the hull")
    missing: list[str] = Field(description="known phases without an energy here")
    note: str | None
