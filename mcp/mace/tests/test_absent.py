"""Which absent phases can change a verdict, over energies given here; no potential runs."""

from __future__ import annotations

from pymatgen.core import Composition

from crystalyse_mace.hull import Entry, _Diagram


def diagram(**formation: float) -> _Diagram:
    """Phases with their formation energies in eV/atom; the elements lie at 0."""
    phases = {f: Composition(f) for f in formation} | {e: Composition(e) for f in formation for e in Composition(f).as_dict()}
    return _Diagram([Entry(f, c.get_el_amt_dict(), formation.get(f, 0.0), "known", f, "") for f, c in phases.items()])


def test_an_alloy_cannot_unseat_an_oxide() -> None:
    d = diagram(MgO=-3.1, Al2O3=-3.4, MgAl2O4=-3.37)
    assert d.above("MgAl2O4")[0] == 0
    assert d.idle("MgAl2O4", ["Mg17Al12"]) == {"Mg17Al12"}


def test_an_oxide_can() -> None:
    d = diagram(Ti2O3=-3.1, TiO2=-3.2)
    assert d.idle("TiO2", ["Ti4O7"]) == set()


def test_a_polymorph_of_the_candidate_can() -> None:
    assert diagram(MgO=-3.1).idle("MgO", ["MgO"]) == set()


def test_only_those_that_can_are_left() -> None:
    d = diagram(MgO=-3.1, Al2O3=-3.4, MgAl2O4=-3.37)
    assert d.idle("MgAl2O4", ["Mg17Al12", "MgAl4O7"]) == {"Mg17Al12"}


def test_alloys_can_unseat_alloys() -> None:
    assert diagram(TiAl=-0.4).idle("TiAl", ["Ti3Al"]) == set()
