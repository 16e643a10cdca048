"""The reviewable tables say what they hold."""

from __future__ import annotations

import pytest
from pymatgen.core import Composition

from crystalyse_common.structures import min_distance, symmetry
from crystalyse_references.elements import PHASES, reference_structure
from crystalyse_references.known import Known, known_phases, missing_of, missing_phases, phases_of


@pytest.mark.parametrize("phase", known_phases(), ids=lambda p: p.name)
def test_known_phase_is_what_it_is_called(phase: Known) -> None:
    s = phase.structure()
    assert s.composition.reduced_formula == Composition(phase.formula).reduced_formula
    assert symmetry(s, 0.01).symbol.replace(" ", "") == phase.group.partition(":")[0]
    assert min_distance(s) > 0.9, "atoms overlap"
    assert 5 < s.volume / len(s) < 60
    assert phase.source and len(s) <= 80


def test_names_are_unique() -> None:
    names = [p.name for p in known_phases()]
    assert len(names) == len(set(names)) >= 250


def test_a_system_has_its_phases_and_no_others() -> None:
    assert {p.formula for p in phases_of(["Fe", "O"])} == {"FeO", "Fe2O3", "Fe3O4"}
    assert {f for f, _ in missing_of(["K", "Zr", "O", "Y"])} == {"K2O2", "K2ZrO3", "K4ZrO4", "K2Zr2O5", "Zr3O", "Y4Zr3O12"}
    assert missing_of(["Na", "Cl"]) == []


def test_ground_states_are_there() -> None:
    names = {p.name for p in known_phases()}
    assert names >= {"Ga2O3-beta-Ga2O3", "NaAlO2-beta-NaFeO2", "Na3AlF6-cryolite", "NaMnO2-alpha-NaMnO2", "LiMnO2-orthorhombic-LiMnO2", "LiAlO2-gamma-LiAlO2"}


def test_the_missing_are_named_once_and_have_no_cell() -> None:
    formulas = [Composition(f).reduced_formula for f, _, _ in missing_phases()]
    assert len(formulas) == len(set(formulas)) >= 1000
    assert all(len(elements) > 1 and source for _, source, elements in missing_phases())
    have = {Composition(p.formula).reduced_formula for p in known_phases()}
    polymorphs = {Composition(f).reduced_formula for f, source, _ in missing_phases() if "form" in source or "state" in source}
    assert have & set(formulas) == polymorphs


def test_reference_phases_are_what_they_are_called() -> None:
    assert len(PHASES) >= 60
    for el, phase in PHASES.items():
        s = reference_structure(el)
        assert {x.symbol for x in s.composition} == {el}, phase
        assert 5 < s.volume / len(s) < 130 or el == "F", f"{el}: {s.volume / len(s)}"
