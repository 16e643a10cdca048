from __future__ import annotations

import warnings

from crystalyse_mace import engine


def test_an_error_of_rounding_is_not_told_and_a_real_one_is():
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        engine.quiet()
        for err in ("3.17e-13", "9.9e-06", "2.1e-05", "0.3"):
            warnings.warn(f"logm result may be inaccurate, approximate err = {err}", RuntimeWarning, stacklevel=1)
        warnings.warn("something else", RuntimeWarning, stacklevel=1)
    assert [str(w.message).rsplit(" ", 1)[-1] for w in told] == ["2.1e-05", "0.3", "else"]
