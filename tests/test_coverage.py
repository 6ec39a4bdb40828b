"""The coverage table: every function is here, or left out with a reason; every call of it is certified."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import verify
from ad.core import Op
from ad.dispatch import TABLE
from ad.table.linalg.norms import length
from ad.table.linalg.spectral import eig_pairs
from verify import coverage
from verify.checker import check_points
from verify.coverage import ENGINES, LEFT_OUT, Row, called_here, function_of, rows
from verify.parts import in_parts
from verify.render.coverage import coverage_text
from verify.suites.coverage import claim_of, claims
from verify.suites.coverage_calls import CALLS

ROWS = rows()
SMOOTH = ("CERTIFIED", "AGREES", "SUBGRADIENT")
LEAST = 470  # functions of the table that are covered, of 486


def missing(table: tuple[Row, ...]) -> list[str]:
    """Functions that are neither here nor left out with a reason, and reasons that say nothing."""
    return [row.name for row in table if not row.ours and len(LEFT_OUT.get(row.name, "")) < 20]


def test_every_function_is_covered_or_left_out_with_a_reason() -> None:
    assert missing(ROWS) == []
    assert missing((*ROWS, Row("numpy.new", "ufunc", frozenset(ENGINES), "", "no entry"))) == ["numpy.new"]


def test_nothing_that_is_covered_is_said_to_be_left_out() -> None:
    names = {row.name: row.ours for row in ROWS}
    assert [name for name in LEFT_OUT if names[name]] == []


def test_enough_is_covered() -> None:
    assert sum(bool(row.ours) for row in ROWS) >= LEAST


def test_what_autograd_or_mygrad_have_is_here() -> None:
    others = [row for row in ROWS if row.engines & {"autograd", "mygrad"}]
    assert len(others) > 200
    assert [row.name for row in others if not row.ours] == []


def test_the_text_has_a_line_for_every_function_and_the_counts() -> None:
    text = coverage_text(ROWS)
    assert all(f" {row.name} " in text for row in ROWS)
    assert text.splitlines()[-1].startswith(f"{sum(bool(row.ours) for row in ROWS)} of {len(ROWS)} functions; ")
    left = replace(ROWS[0], ours="", reason="because")
    assert "left out: because" in coverage_text([left])


def test_a_function_that_is_taken_out_of_the_table_is_not_covered(monkeypatch: pytest.MonkeyPatch) -> None:
    assert called_here("numpy.tanh") == "np.tanh"
    monkeypatch.delitem(TABLE, np.tanh)
    assert called_here("numpy.tanh") == ""
    with pytest.raises(KeyError, match=r"numpy\.tanh is not covered"):
        function_of("numpy.tanh")


def test_every_call_is_of_a_function_of_the_table() -> None:
    names = {row.name for row in ROWS}
    assert [name for name in CALLS if name not in names] == []
    tried_by_number = {"ufunc", "special"}
    assert [row.name for row in ROWS if row.category not in tried_by_number and row.name not in CALLS] == []


@pytest.mark.parametrize("claim", claims()[::6], ids=lambda claim: claim.id)
def test_a_sample_of_the_calls_is_certified(claim: Any) -> None:
    assert check_points([claim]).verdict.name in SMOOTH, check_points([claim]).explain()


def test_a_wrong_namesake_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    op: Op = TABLE[length]
    assert op.vjp is not None
    monkeypatch.setitem(TABLE, length, replace(op, vjp=lambda *args: 2 * op.vjp(*args)))
    assert check_points([claim_of("numpy.linalg.norm")]).verdict.name == "WRONG"


BY_COMPLEX_NUMBERS = ("numpy.roots", "scipy.signal.stft", "scipy.signal.csd", "scipy.signal.welch")


@pytest.mark.parametrize("name", BY_COMPLEX_NUMBERS)
def test_spectra_and_roots_have_a_certified_truth(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """AGREES is not enough: complex numbers and eigenvalues have enclosures, and no derivative is 0 throughout."""
    assert check_points([claim_of(name)]).verdict.name == "CERTIFIED"
    function = eig_pairs if name == "numpy.roots" else np.fft.rfft
    op: Op = TABLE[function]
    assert op.vjp is not None
    monkeypatch.setitem(TABLE, function, replace(op, vjp=lambda *args: op.vjp(*args) * (1 + 1e-9)))
    assert check_points([claim_of(name)]).verdict.name == "WRONG"


@pytest.mark.slow
@pytest.mark.parametrize("name", CALLS)
def test_every_call_is_certified(name: str) -> None:
    if name in LEFT_OUT:
        return
    found = check_points([claim_of(name)])
    assert found.verdict.name in SMOOTH, found.explain()


def test_complex_results_are_judged_by_their_parts() -> None:
    real, imaginary = in_parts(np.array([1.0 + 2.0j]))
    assert (real, imaginary) == (1.0, 2.0)
    assert in_parts([np.array(3.0)]) == [3.0]


def test_what_scipy_s_own_function_is_handed_on_for_is_not_covered() -> None:
    pytest.importorskip("scipy")
    assert called_here("scipy.special.wofz") == ""
    assert called_here("scipy.special.softmax") == "ad.scipy.special.softmax"


def test_without_scipy_its_rows_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage, "find_spec", lambda name: None)
    assert called_here("scipy.special.erf") == ""
    assert verify.check(np.sin, 1.0).ok
