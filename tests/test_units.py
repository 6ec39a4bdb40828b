"""One bar for all: backward passes by hand, right and wrong, in every format; ``benchmarks/units.py`` measures all."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ad.variable import trace
from verify.claim import BAR, Claim
from verify.formats import FORMATS
from verify.judge import judge
from verify.question import prepare
from verify.reductions import partial_sums

BENCHMARKS = str(Path(__file__).parent.parent / "benchmarks")
sys.path.insert(0, BENCHMARKS)
try:
    import kernels
    import units
finally:
    sys.path.remove(BENCHMARKS)

SMALL = 600  # entries of the inputs: a kernel takes a tenth of a second
SAMPLED = 4  # each format takes another quarter of the small kernels


def small(kernel: Any) -> bool:
    xs = kernel.point(np.random.default_rng(0), FORMATS["float64"])
    return sum(np.size(x) for x in xs) <= SMALL


KERNELS = [k for k in kernels.everything() if small(k)]
SAMPLE = [
    (case, f"{case.kernel.name} in {format.name}, {case.style}")
    for i, format in enumerate(FORMATS.values())
    for kernel in KERNELS[i::SAMPLED]
    for case in kernels.cases(kernel, format)
]


@pytest.mark.parametrize("case", [s[0] for s in SAMPLE], ids=[s[1] for s in SAMPLE])
def test_the_bar_lies_between_right_and_wrong(case: Any) -> None:
    found = units.measure(case)
    assert (found.units > BAR) == bool(case.kernel.mistake), (found.units, found.entry)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_bar_lies_between_all_kernels() -> None:
    for name in FORMATS:
        sides = units.sides(units.measured([name]), name)
        assert len(sides.right) >= 60
        assert len(sides.wrong) >= 40
        assert sides.right[-1].units <= BAR < sides.wrong[0].units


def test_each_format_has_60_right_and_40_wrong_kernels() -> None:
    for format in FORMATS.values():
        cases = {c.kernel.name: c.kernel for k in kernels.everything() for c in kernels.cases(k, format)}
        wrong = [k for k in cases.values() if k.mistake]
        assert len(cases) - len(wrong) >= 60
        assert len(wrong) >= 40


# --- without its parts the bracket would not separate them


def measured_with(case: Any, movement: Any) -> float:
    """The units of a kernel when its movement is another one."""
    question = prepare(Claim(case.kernel.f, *case.xs, vjp=case.backward))
    truth = units._truth(question)
    answer = units.subject.answer(question)
    moved = movement(question)
    return float(np.max(judge(answer, truth, question.roundoff, question.smallest, 0.0, lambda: moved).units))


def named(name: str, format: str) -> Any:
    (kernel,) = (k for k in kernels.everything() if k.name == name)
    return next(kernels.cases(kernel, FORMATS[format]))


def test_without_the_movement_a_right_kernel_is_accused() -> None:
    case = named("layer norm", "float32")
    assert measured_with(case, lambda question: 0.0) > BAR
    assert units.measure(case).units <= BAR


def test_with_ten_thousand_times_the_movement_a_wrong_kernel_passes() -> None:
    case = named("softmax of 50, wide: diagonal only", "float32")
    assert measured_with(case, lambda question: 1e8 * units.movement_of(question)) <= BAR
    assert units.measure(case).units > BAR


# --- what is added up, against sums taken one by one


def one_by_one(terms: np.ndarray) -> float:
    return float(np.sqrt(np.sum(np.cumsum(terms) ** 2)))


A, B = np.random.default_rng(3).standard_normal((2, 5, 5))
SUMS: list[tuple[str, Any, Any, Any]] = [
    ("sum", lambda a: np.sum(a, axis=1), A, lambda a: [one_by_one(row) for row in a]),
    ("sum of all", np.sum, A, lambda a: one_by_one(a.ravel())),
    ("matmul", lambda a: a @ B, A, lambda a: [[one_by_one(a[i] * B[:, j]) for j in range(5)] for i in range(5)]),
    ("matrix by vector", lambda a: a @ B[0], A, lambda a: [one_by_one(row * B[0]) for row in a]),
    ("dot", lambda a: np.dot(a[0], B[0]), A, lambda a: one_by_one(a[0] * B[0])),
    ("einsum", lambda a: np.einsum("ij,kj->ik", a, B), A,
     lambda a: [[one_by_one(a[i] * B[k]) for k in range(5)] for i in range(5)]),
    ("cumsum", lambda a: np.cumsum(a[0]), A, lambda a: [one_by_one(a[0][: k + 1]) for k in range(5)]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "f", "x", "expected"), SUMS, ids=[s[0] for s in SUMS])
def test_partial_sums_are_those_of_sums_taken_one_by_one(name: str, f: Any, x: Any, expected: Any) -> None:
    found = partial_sums(trace(f, x).outputs[0])
    assert np.allclose(found, expected(x), rtol=1e-12)
    assert not np.allclose(found, 1.1 * np.asarray(expected(x)), rtol=1e-12)


def test_what_adds_nothing_up_has_no_partial_sums() -> None:
    assert partial_sums(trace(lambda a: a * a, A).outputs[0]) is None


def test_long_products_are_looked_at_in_blocks() -> None:
    a = np.random.default_rng(4).standard_normal((1, 10_000))
    found = partial_sums(trace(lambda a: a @ np.ones(10_000), a).outputs[0])
    assert 0.8 < float(found[0]) / one_by_one(a[0]) < 1.25
