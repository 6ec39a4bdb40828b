"""The Hypothesis strategies draw what they say, and the engine keeps its laws on what they draw."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, find, given, settings
from hypothesis import strategies as st
from hypothesis.vendor.pretty import pretty

import ad
import verify
from ad.containers import flatten
from ad.dispatch import TABLE
from verify import strategies
from verify.claim import Claim
from verify.claimreading import ClaimError
from verify.movement import movement_of
from verify.question import prepare
from verify.strategies.points import is_inside

few = settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))


# --- Hypothesis is optional


def test_verify_imports_without_hypothesis_and_says_what_is_missing() -> None:
    code = textwrap.dedent("""
        import sys
        sys.modules["hypothesis"] = None  # as where it is not installed
        import verify
        assert not any(name.startswith("hypothesis.") for name in sys.modules)
        try:
            verify.strategies
        except ImportError as problem:
            print(problem)
        try:
            verify.strategy
        except AttributeError as problem:
            print(problem)
    """)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines() == [
        "verify.strategies needs Hypothesis: pip install adverify[strategies]",
        "module 'verify' has no attribute 'strategy'",
    ]


def test_import_verify_does_not_load_hypothesis() -> None:
    code = "import sys, verify; print('hypothesis' in sys.modules, verify.strategies.points.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["False", "points"]


# --- shapes and arrays


@few
@given(strategies.broadcastable_shapes(count=3))
def test_shapes_broadcast_to_their_result(found: Any) -> None:
    assert np.broadcast_shapes(*found.input_shapes) == found.result_shape
    assert len(found.input_shapes) == 3


def test_another_layout_or_dtype_is_refused() -> None:
    with pytest.raises(ValueError, match="layout= is 'Fortran': give one of C, F, strided"):
        strategies.arrays((2,), layout="Fortran")
    for draw in (lambda: strategies.arrays((2,), complex), lambda: strategies.points("x", dtype=complex)):
        with pytest.raises(ValueError, match="dtype= is complex128: give a floating dtype that is judged"):
            draw()


def test_shapes_are_of_every_rank() -> None:
    for rank in range(4):
        assert find(strategies.shapes(), lambda shape, rank=rank: len(shape) == rank) == (1,) * rank
    assert find(strategies.shapes(min_side=0), lambda shape: 0 in shape) == (0,)


@few
@given(strategies.shapes().flatmap(lambda s: st.tuples(st.just(s), strategies.arrays(s, layout="C"))))
def test_a_layout_changes_no_number(drawn: tuple[Any, np.ndarray]) -> None:
    shape, x = drawn
    for layout in strategies.LAYOUTS:
        y = strategies.laid_out(x, layout)
        assert (y.shape, y.dtype) == (shape, x.dtype)
        if layout != "broadcast":
            assert np.array_equal(y, x)


LAYOUT_SHOWS = {
    "C": lambda x: x.flags.c_contiguous and x.flags.writeable,
    "F": lambda x: x.flags.f_contiguous and not x.flags.c_contiguous,
    "strided": lambda x: x.strides == (96, 16),
    "reversed": lambda x: x.strides == (-24, -8),
    "read-only": lambda x: not x.flags.writeable and x.flags.c_contiguous,
    "broadcast": lambda x: x.strides[0] == 0,
}


@pytest.mark.parametrize("layout", strategies.LAYOUTS)
def test_every_layout_is_drawn_and_shows(layout: str) -> None:
    shows = LAYOUT_SHOWS[layout]
    assert shows(find(strategies.arrays((2, 3)), shows))
    assert shows(strategies.laid_out(np.ones((2, 3)), layout))
    assert sum(map(bool, (shows(strategies.laid_out(np.ones((2, 3)), other)) for other in strategies.LAYOUTS))) == 1


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_arrays_have_the_dtype_and_finite_numbers(dtype: Any) -> None:
    @few
    @given(strategies.arrays(strategies.shapes(), dtype))
    def check(x: np.ndarray) -> None:
        assert x.dtype == dtype
        assert np.isfinite(x).all()

    check()


# --- cotangents

KINDS = {
    "ones": lambda g: g.all() and (g == 1).all(),
    "zero": lambda g: not g.any(),
    "unit": lambda g: np.count_nonzero(g) == 1 and g.max() == 1,
    "signed": lambda g: (g > 0).any() and (g < 0).any(),
    "spread": lambda g: g.all() and np.max(np.abs(g)) > 1e6 * np.min(np.abs(g)),
    "repeated": lambda g: 0 in g.strides,
    "not contiguous": lambda g: not g.flags.c_contiguous and not g.flags.f_contiguous,
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_cotangent_is_drawn(kind: str) -> None:
    g = find(strategies.cotangents(np.zeros((2, 3))), KINDS[kind])
    assert (g.shape, g.dtype) == ((2, 3), np.float64)


@few
@given(strategies.cotangents({"a": np.zeros(3, np.float32), "b": (1.5, np.zeros((0, 2)))}))
def test_cotangents_have_containers_shapes_and_dtypes(g: Any) -> None:
    assert [(x.shape, x.dtype.name) for x in flatten(g)[1]] == [((3,), "float32"), ((), "float64"), ((0, 2), "float64")]
    assert list(g) == ["a", "b"]


# --- points


def density(x: Any, scale: Any) -> Any:
    return np.sum(np.log(x) + np.sqrt(1 - x * x)) / np.abs(scale)


ASKED: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((np.arctanh,), {}),
    ((np.log, np.ones(5)), {}),
    ((density, np.array([0.25, 0.5]), 1.0), {"domain": {"x": (0.1, 0.9)}}),
    ((density, np.array([0.25, 0.5]), 1.0), {"dtype": np.float32}),
    (("sqrt(1 - x*x) * log(y)",), {}),
    ((Claim(lambda p: np.sum(np.sqrt(p["w"])), {"w": np.ones(2)}, gradient=np.sqrt),), {"dtype": np.float16}),
    ((np.linalg.inv,), {}),
]


@pytest.mark.parametrize("number", range(len(ASKED)))
def test_points_lie_inside_and_in_their_ranges(number: int) -> None:
    words, options = ASKED[number]
    f = words[0]

    @settings(few, max_examples=15)
    @given(strategies.points(*words, **options))
    def check(xs: tuple[Any, ...]) -> None:
        claim = f.at(*xs) if isinstance(f, Claim) else Claim(f, *xs)
        assert is_inside(claim)
        if "domain" in options:
            assert (xs[0] >= 0.1).all()
            assert (xs[0] <= 0.9).all()
        if "dtype" in options:
            assert {np.asarray(x).dtype for x in flatten(xs)[1]} == {np.dtype(options["dtype"])}

    check()


def test_what_is_outside_or_on_a_kink_is_not_inside() -> None:
    assert not is_inside(Claim(np.log, -1.0))
    assert not is_inside(Claim(np.absolute, 0.0))
    assert not is_inside(Claim(np.sqrt, 0.0))
    assert not is_inside(Claim(np.exp, 1e6))
    assert is_inside(Claim(np.log, 1.0))


def test_points_differ_and_become_simple() -> None:
    seen = set()

    @settings(few, max_examples=20)
    @given(strategies.points(np.log))
    def collect(xs: tuple[Any, ...]) -> None:
        seen.add(xs)

    collect()
    assert len(seen) > 5
    assert find(strategies.points(np.log, domain={"x": (0.0, 5.0)}), lambda xs: xs[0] > 2) == (3.0,)


def test_a_function_without_points_says_what_to_give() -> None:
    for words, options, message in [
        ((lambda x: x,), {}, "need example arguments"),
        ((np.log,), {"domain": {"z": (0.0, 1.0)}}, "domain= names 'z'; the arguments are x"),
        ((np.log,), {"domain": {"x": (1.0, 1.0)}}, "give \\(low, high\\)"),
        ((np.log,), {"domain": {"x": (-2.0, -1.0)}}, "no point inside the domain was found"),
    ]:
        with pytest.raises(ClaimError, match=message):
            strategies.points(*words, **options)


# --- programs


@few
@given(strategies.programs())
def test_programs_are_python_and_finite_at_their_point(drawn: Any) -> None:
    f, xs = drawn
    y = f(*xs)
    assert np.isfinite(y).all()
    named: dict[str, Any] = {"np": np, "ad": ad}
    exec(f.source("g"), named)  # noqa: S102  text that we wrote
    assert np.array_equal(named["g"](*xs), y)
    assert f.lines
    assert not f.unused


def test_programs_use_the_table_and_become_short() -> None:
    seen = set()

    @settings(few, max_examples=120, derandomize=True)
    @given(strategies.programs())
    def collect(drawn: Any) -> None:
        seen.update(drawn[0].functions)

    collect()
    assert sum(function in seen for function in TABLE) > 25
    shortest = find(strategies.programs(), lambda drawn: np.exp in drawn[0].functions)
    assert repr(shortest[0]) == "lambda x: np.exp(x)"
    assert pretty(shortest[0]) == repr(shortest[0])  # as Hypothesis shows a failing example


@few
@given(strategies.programs(), st.data())
def test_forward_and_reverse_mode_agree_by_the_adjoint_identity(drawn: Any, data: st.DataObject) -> None:
    """<g, J t> = <J^T g, t>, and not so for a tangent that is one part in 1e6 off."""
    f, xs = drawn
    y, pullback = ad.vjp(f, *xs)
    g = data.draw(strategies.cotangents(y))
    ts = tuple(data.draw(strategies.arrays(np.shape(x), layout="C")) for x in xs)
    left = float(np.sum(g * ad.jvp(f, xs, ts)[1]))
    parts = [np.sum(a * t) for a, t in zip(pullback(g), ts, strict=True)]
    size = sum(np.sum(np.abs(a * t)) for a, t in zip(pullback(g), ts, strict=True))
    # What rounding may do to each entry, 16 units of it: at a critical point, exp(x) ** x, an entry is nothing else.
    question = prepare(Claim(f, *xs, vjp=lambda g, y, *xs: pullback(g), cotangent=g))
    moved = 16 * question.roundoff * float(movement_of(question)[0] @ np.abs(np.concatenate([*map(np.ravel, ts)])))
    bound = 1e-9 * size + moved
    assert abs(left - sum(parts)) <= bound
    if abs(sum(parts)) > 1e7 * bound:
        assert abs(left * (1 + 1e-6) - sum(parts)) > bound


@few
@given(strategies.programs())
def test_a_compiled_program_computes_the_same_gradient(drawn: Any) -> None:
    f, xs = drawn

    def total(*values: Any) -> Any:
        return np.sum(f(*values))

    wrt = tuple(range(len(xs)))
    eager, compiled = ad.value_and_grad(total, wrt=wrt)(*xs), ad.compile(total, wrt=wrt)
    for _ in range(2):
        found = compiled(*xs)
        for a, b in zip(flatten(eager)[1], flatten(found)[1], strict=True):
            assert np.shape(a) == np.shape(b)
            assert np.all(np.abs(np.asarray(a) - b) <= 1e-12 * np.max(np.abs(a), initial=1e-300))


@settings(few, max_examples=15)
@given(strategies.programs(max_steps=4))
def test_the_engine_is_right_on_programs_and_a_wrong_derivative_is_not(drawn: Any) -> None:
    f, xs = drawn
    finding = verify.check(f, *xs)
    assert finding.ok, finding.explain()

    def half(g: Any, y: Any, *values: Any) -> Any:
        return tuple(part / 2 for part in ad.vjp(f, *values)[1](g))

    y, pullback = ad.vjp(f, *xs)
    steepest = max(float(np.max(np.abs(part))) for part in pullback(np.ones_like(y)))
    assume(steepest > 1e-3)  # half of 0, as of x - x, is 0
    wrong = verify.check(f, *xs, vjp=half)
    assert wrong.verdict.name == "WRONG", wrong.explain()
