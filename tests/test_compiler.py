"""Compiled programs: the same numbers as ``ad.value_and_grad``, for every argument, every branch and every shape.

Facts
    Where arrays are involved equal means the same bits, but for logaddexp(0, x). In programs of numbers alone a step
    may be 4 units in the last place off. Chunks and buffers are for large arrays; with the thresholds turned down
    small ones go the same way.
"""

from __future__ import annotations

import importlib.util
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import ANY

import numpy as np
import pytest
from engine_examples import filled
from hypothesis import given, settings
from hypothesis import strategies as st

import ad
import verify
from ad.compiler import arrays, buffers, guards, identities, interpreter, lowering, recording, registers, schedule
from ad.containers import flatten
from ad.core import Op
from ad.dispatch import TABLE, entries_of
from verify.suites.calls import CALLS

Function = Callable[..., Any]
UNITS = 4  # of the last place, a step of a program of numbers


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of two entries and buffers for every array."""
    for module in (schedule, buffers):
        monkeypatch.setattr(module, "BLOCK", 2)
    monkeypatch.setattr(schedule, "LARGE", 4)
    monkeypatch.setattr(buffers, "SMALLEST", 1)
    monkeypatch.setattr(lowering, "FEW", 1)


def same(found: Any, wanted: Any, units: int = 0) -> bool:
    """Whether two results have the same containers, types, dtypes and shapes, and numbers at most so far apart."""
    (tree, leaves), (other, expected) = flatten(found), flatten(wanted)
    if repr(tree) != repr(other) or len(leaves) != len(expected):
        return False
    return all(
        type(a) is type(b) and np.shape(a) == np.shape(b) and a.dtype == b.dtype and close(a, b, units)
        for a, b in zip(leaves, expected, strict=True)
    )


def close(a: Any, b: Any, units: int) -> bool:
    if units == 0:
        return bool(np.array_equal(a, b, equal_nan=True))
    return bool(np.all((a == b) | (np.isnan(a) & np.isnan(b)) | (np.abs(a - b) <= units * np.spacing(np.abs(b)))))


def assert_compiled(f: Function, *calls: tuple[Any, ...], wrt: Any = 0, units: int = 0) -> Function:
    """Compiled f answers every call as ``ad.value_and_grad`` does, also when its program is there already."""
    both, eager = ad.compile(f, wrt), ad.value_and_grad(f, wrt)
    for xs in (*calls, *calls):
        try:
            wanted = eager(*xs)
        except (TypeError, ValueError) as error:  # a logarithmic grid through 0; by the order of a Bessel function
            with pytest.raises(type(error), match=re.escape(str(error))):
                both(*xs)
        else:
            assert same(both(*xs), wanted, units), (both(*xs), wanted)
    return both


def drawn(seed: int, *shapes: tuple[int, ...], dtype: Any = np.float64) -> tuple[Any, ...]:
    rng = np.random.default_rng(seed)
    return tuple(np.asarray(rng.uniform(0.1, 0.9, size=shape), dtype)[()] for shape in shapes)


# --- every entry of the table


def loss(function: Function, rebuild: Function) -> Function:
    def f(*xs: Any) -> Any:
        args, kwargs = rebuild(xs)
        parts = flatten(function(*args, **kwargs))[1]
        return sum(np.sum(np.sin(np.real(y) - np.imag(y) if np.iscomplexobj(y) else y)) for y in parts)

    return f


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("function", CALLS, ids=lambda f: f.__name__)
def test_every_call_has_the_bits_of_the_eager_one(function: Function, dtype: Any, tiny: None) -> None:
    for example in CALLS[function]:
        first, rebuild = filled(example, 1, dtype)
        if any(np.ndim(x) for x in first):
            wrt = tuple(range(len(first)))
            assert_compiled(loss(function, rebuild), first, filled(example, 2, dtype)[0], wrt=wrt)


SOFTPLUS = np.array([-800.0, -745.0, -37.0, -1e-300, -0.0, 0.0, 5e-324, 0.7, 36.0, 710.0, np.inf, -np.inf, np.nan])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("zero", [0.0, 0])
def test_softplus_of_an_array_shares_its_exponential_and_stays_within_the_stated_units(dtype: Any, zero: Any) -> None:
    x = np.concatenate([SOFTPLUS, np.random.default_rng(5).normal(0, 9, 500)]).astype(dtype)
    for f in (lambda x: np.logaddexp(zero, x), lambda x: np.logaddexp(x, zero)):
        for pick in (slice(None), slice(0, -1), slice(3, 9)):
            part = x[pick]
            both = ad.compile(lambda v, f=f: np.sum(f(v)))
            assert both(part)[1].tobytes() == ad.grad(lambda v, f=f: np.sum(f(v)))(part).tobytes()
        entry = ad.compile(lambda v, k, f=f: f(v)[k])
        for k in range(len(SOFTPLUS)):
            assert same(entry(x, k)[0], f(x)[k], UNITS), (x[k], entry(x, k)[0])
    text = ad.source(lambda x: np.sum(np.logaddexp(zero, x)), x)
    assert text.count("exp(") == 1
    assert "logaddexp" not in text
    assert "logaddexp" in ad.source(lambda x: np.sum(np.logaddexp(1.0, x)), x)


def elementwise_ops() -> Iterator[tuple[Function, Op, int]]:
    for function, op in {**TABLE, **entries_of("scipy.special")}.items():
        if op.family == "elementwise" and op.name not in ("where", "zeta"):
            yield function, op, getattr(function, "nin", 1)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # SciPy gives them with texts of its own
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_every_elementwise_entry_has_the_bits_of_the_eager_one(dtype: Any, tiny: None) -> None:
    for function, _, arity in elementwise_ops():
        calls = [drawn(seed, *[(2, 3)] * arity, dtype=dtype) for seed in (1, 2)]
        for wrt in range(arity):
            assert_compiled(lambda *xs, fun=function: np.sum(fun(*xs)), *calls, wrt=wrt)


# --- random programs

STEPS: dict[str, Function] = {
    "sine": np.sin,
    "product": lambda x: x * np.cos(x),
    "power": lambda x: (1 + x**2) ** -1.5,
    "centred": lambda x: x - np.mean(x),
    "turned": lambda x: np.tanh(np.transpose(x)) * 2,
    "slices": lambda x: np.concatenate([x[1:] * x[:-1], x[:1]]),
    "sorted": lambda x: np.sort(x, axis=0) * np.sign(x),
    "views": lambda x: np.reshape(np.ravel(x)[::-1], np.shape(x)) + x,
    "softmax": lambda x: np.exp(x - np.max(x)) / np.sum(np.exp(x - np.max(x))),
    "chosen": lambda x: np.where(x > np.mean(x), x, 0.1 * x),
    "ordered": lambda x: np.ones(np.shape(x)) * np.transpose(np.tanh(x)),
    "later": lambda x: np.reshape(np.ravel(np.sin(x))[::-1], np.shape(x)) + np.cos(x) * np.exp(-x * x),
    "branch": lambda x: x * 2 if np.sum(x) > 0.5 else np.sin(x) - 1,
    "one": lambda x: x * 1.0 + np.ones(np.shape(x)) * np.flip(x) - 0.5,
    "row": lambda x: x + np.sum(x, axis=0, keepdims=True),
}
PROGRAMS = st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=6)


def chain(names: list[str]) -> Function:
    def f(x: Any) -> Any:
        y = x
        for name in names:
            y = STEPS[name](y)
        return np.sum(y * y)

    return f


def check_program(names: list[str], shape: tuple[int, ...], seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert_compiled(chain(names), *((rng.normal(size=shape),) for _ in range(3)))


@settings(deadline=None, max_examples=60)
@given(PROGRAMS, st.sampled_from([(6,), (4, 4), (5, 1), (3, 3)]), st.integers(0, 2**32 - 1))
def test_random_programs_have_the_bits_of_the_eager_ones(names: list[str], shape: tuple[int, ...], seed: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        tiny.__wrapped__(patch)  # type: ignore[attr-defined]
        check_program(names, shape, seed)


@settings(deadline=None, max_examples=30)
@given(PROGRAMS, st.sampled_from([(0,), (0, 2), (1,), (2, 3)]), st.integers(0, 2**32 - 1))
def test_random_programs_of_small_and_empty_arrays_too(names: list[str], shape: tuple[int, ...], seed: int) -> None:
    fits = not {"turned", "ordered"} & {*names} or len(set(shape)) == 1
    if fits and (0 not in shape or not {"softmax", "centred", "chosen", "slices"} & {*names}):
        check_program(names, shape, seed)


ORDERS: dict[str, Function] = {
    "C": lambda x: x, "Fortran": np.asfortranarray, "every second": lambda x: np.repeat(x, 2, axis=0)[::2],
    "backwards": lambda x: x[::-1], "one row repeated": lambda x: np.broadcast_to(x[0], x.shape),
}  # fmt: skip


@pytest.mark.parametrize("order", ORDERS)
def test_memory_order_does_not_matter(order: str, tiny: None) -> None:
    for names in (["sine", "power"], ["centred", "row", "views"]):
        assert_compiled(chain(names), *((ORDERS[order](x),) for x in drawn(3, (4, 4), (4, 4))))


# Each breaks one part: the programs that must notice, and what to break.
MUTANTS: dict[str, tuple[list[str], Callable[[pytest.MonkeyPatch], None]]] = {
    "checks are dropped": (["branch"], lambda p: p.setattr(arrays, "write_check", lambda *args: None)),
    "argsort is frozen": (["sorted"], lambda p: p.setattr(recording, "STATIC", recording.STATIC | {np.argsort})),
    "comparisons are frozen": (
        ["chosen"], lambda p: p.setattr(recording.Recording, "elementwise", frozen(recording.Recording.elementwise)),
    ),
    "views do not keep their buffer": (
        ["later"],
        lambda p: p.setattr(buffers, "_memory", lambda items: {v: frozenset((v,)) for v in computed(items)}),
    ),
    "buffers are given back before they are read": (
        ["later"],
        lambda p: p.setattr(
            buffers, "_release", lambda plan, pool, roots: [pool.give(k) for k in range(len(pool.buffers))]
        ),
    ),
    "memory order is not compared": (["ordered"], lambda p: forget_order(p)),
    "x + 1 is x": (["power"], lambda p: p.setitem(identities.FACTORS, np.add, ((0, 1), (1, 0)))),
    "slices overwrite one another": (
        ["slices"], lambda p: p.setattr(arrays.Emitter, "step", overwriting(arrays.Emitter.step)),
    ),
}  # fmt: skip


def computed(items: Any) -> Iterator[Any]:
    for item in items:
        yield from (step.result for step in getattr(item, "steps", [item]) if hasattr(step, "result"))


def forget_order(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(identities, "strides", lambda x: ANY)
    patch.setattr(identities, "alike", lambda x, y: identities.is_recorded(x) and x.shape == np.shape(y))


def frozen(elementwise: Function) -> Function:
    def call(self: Any, function: Function, args: Any) -> Any:
        return function(*recording.plain(args)) if function is np.greater else elementwise(self, function, args)

    return call


def overwriting(step: Function) -> Function:
    def emit(self: Any, *args: Any) -> None:
        step(self, *args)
        self.writer.lines = [line.replace("add(v, ", "positive(") for line in self.writer.lines]

    return emit


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_compiler_with_one_thing_broken_is_noticed(mutant: str, tiny: None, monkeypatch: pytest.MonkeyPatch) -> None:
    names, spoil = MUTANTS[mutant]

    def check() -> None:
        for seed in range(5):
            for shape in ((3,), (6,), (4, 4)):
                check_program(names, shape, seed)

    check()
    spoil(monkeypatch)
    with pytest.raises((AssertionError, ValueError)):
        check()


# --- axes with few entries

SHAPES = [(9, 2), (64, 64, 3), (9, 7, 3), (8, 1, 4), (1, 9, 3), (12, 9, 8), (10, 5, 2, 3), (9, 7), (5, 3, 9)]


def coordinates(x: Any) -> Any:
    """Entries of the size of their place, so that the order in which they are added shows, and zeros of either sign."""
    y = x * 10.0 ** np.reshape(np.arange(x.size) % 11 - 5, x.shape)
    return np.where(x > 0.8, -0.0, y * (x[..., :1] - 2 * x[..., -1:]) / np.ravel(x)[: x.shape[-1]])


def check_short_axes() -> None:
    for seed, shape in enumerate(SHAPES):
        for dtype in (np.float64, np.float32):
            x = drawn(seed, shape, dtype=dtype)[0]
            for axis in range(len(shape)):

                def f(x: Any, axis: int) -> Any:
                    part = np.sum(coordinates(x), axis=axis)
                    return np.sum(part * np.sum(x, axis, keepdims=True).reshape(part.shape)) + np.sum(1 / part)

                assert_compiled(f, (x, axis), (-x, axis))


def test_steps_over_axes_with_few_entries_have_the_bits_of_the_eager_ones(tiny: None) -> None:
    check_short_axes()


SHORT_MUTANTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "the zero that a sum begins with is left out": lambda p: p.setattr(
        lowering, "_short_sum", rewritten(lowering._short_sum, " + 0.0", "")
    ),
    "eight neighbours are added in turn": lambda p: p.setattr(lowering, "ADDED_IN_TURN", 8),
    "rows are added as neighbours": lambda p: p.setattr(lowering, "_short_sum", as_neighbours),
    "one column for all": lambda p: p.setattr(lowering, "_column", lambda text, shape, k: f"{text}[..., 0:1]"),
}  # fmt: skip


def as_neighbours(writer: Any, a: Any, axis: Any) -> Any:
    last = f"np.ascontiguousarray(np.moveaxis({writer.of(a)}, {axis}, -1))"
    return None if axis is None else f"np.add.reduce({last}, axis=-1)"


def rewritten(function: Function, old: str, new: str) -> Function:
    def write(*args: Any) -> Any:
        text = function(*args)
        return text and text.replace(old, new)

    return write


@pytest.mark.parametrize("mutant", SHORT_MUTANTS)
def test_a_short_axis_with_one_thing_broken_is_noticed(
    mutant: str, tiny: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    SHORT_MUTANTS[mutant](monkeypatch)
    with pytest.raises((AssertionError, ValueError)):
        check_short_axes()


# --- guards


def test_a_program_is_taken_again_only_for_the_same_structure_shape_dtype_and_static_arguments() -> None:
    runs: list[Any] = []

    def f(x: Any, n: int = 2, scale: Any = None) -> Any:
        runs.append(n)
        y = sum(np.sum(x["a"] ** k) for k in range(1, n + 1)) + np.sum(x["b"][0])
        return y if scale is None else y * scale

    both, eager = ad.compile(f), ad.value_and_grad(f)
    three, four = np.arange(3.0), np.arange(4.0)
    calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
        (({"a": three, "b": [2.0]},), {}),
        (({"a": four, "b": [2.0]},), {}),
        (({"a": three.astype(np.float32), "b": [2.0]},), {}),
        (({"a": three, "b": (2.0,)},), {}),
        (({"b": [2.0], "a": three},), {}),
        (({"a": three, "b": [np.float64(2.0)]},), {}),
        (({"a": three, "b": [2.0]}, 3), {}),
        (({"a": three, "b": [2.0]},), {"scale": 0.5}),
        (({"a": three, "b": [2.0]},), {"scale": np.arange(1, 2)}),
    ]
    for k, (xs, kwargs) in enumerate([*calls, *calls, *calls]):
        before = len(runs)
        found = both(*xs, **kwargs)
        assert len(runs) == before + (k < len(calls))
        assert repr(found) == repr(eager(*xs, **kwargs))
        runs[before + (k < len(calls)) :] = []


def test_a_guard_that_asks_less_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def lenient(leaf: Any, name: str, writer: Any) -> None:
        if leaf.value is not None:
            writer.add(f"{writer.name_of(leaf.value)} = {name}")

    monkeypatch.setattr(guards, "_take_leaf", lenient)
    with pytest.raises(AssertionError):
        test_a_program_is_taken_again_only_for_the_same_structure_shape_dtype_and_static_arguments()


READS: dict[str, Function] = {
    "an if": lambda x, d: x * x if d[0] > 1 else x,
    "a loop while": lambda x, d: power_until(x, d),
    "int": lambda x, d: x ** int(d[1]),
    "range of an argmax": lambda x, d: sum(x * k for k in range(1 + np.argmax(d))),
    "float": lambda x, d: x * float(d[0]),
    "asarray": lambda x, d: np.sum(np.asarray(d) * x),
    "a mask of another size": lambda x, d: np.sum(d[d > 1]) * x,
    "nonzero": lambda x, d: np.sum(np.nonzero(d > 1)[0]) * x,
    "an index": lambda x, d: d[np.argmax(d)] * x + [1.0, 2.0, 3.0][np.argmin(d)],
    "a method": lambda x, d: x * d.sum() + d.max() if (d > 0).all() else x,
    "a dictionary": lambda x, d: {1: x * x}.get(int(d[1]), x),
    "unique": lambda x, d: x * len(np.unique(d)),
    "integers": lambda x, d: x * np.sum(d.astype(int) // 2),
}


def power_until(x: Any, d: Any) -> Any:
    y = x
    while y < d[2]:
        y = y * x
    return y


DATA = [np.array(d) for d in ([2.0, 1.0, 9.0], [0.5, 3.0, 30.0], [2.0, 2.0, 2.0], [-1.0, 1.0, 700.0], [3.0, 1.0, 9.0])]


@pytest.mark.parametrize("read", READS)
def test_what_is_read_from_the_data_is_never_stale(read: str) -> None:
    assert_compiled(READS[read], *((2.5, d) for d in DATA))


@pytest.mark.parametrize("read", READS)
def test_a_recording_without_checks_is_noticed(read: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some functions read nothing; where checks are recorded, they are needed."""
    checks: list[Any] = []
    monkeypatch.setattr(recording.Recording, "check", lambda self, *args: checks.append(args))
    try:
        assert_compiled(READS[read], *((2.5, d) for d in DATA))
    except (AssertionError, ValueError, IndexError):
        assert checks
    else:
        assert {relation for relation, *_ in checks} <= {"shape"}


REFUSALS: dict[str, tuple[Function, tuple[Any, ...], str]] = {
    "item assignment": (lambda x, d: d.__setitem__(0, 1.0), (1.0, DATA[0]), "item assignment writes into an array"),
    "out=": (lambda x, d: np.add(d, 1, out=np.zeros(3)), (1.0, DATA[0]), "writes into an array"),
    "np.add.at": (lambda x, d: np.add.at(np.zeros(3), [0], d[0]), (1.0, DATA[0]), "writes into an array"),
    "+=": (lambda x, d: d.__iadd__(1), (1.0, DATA[0]), "an operator with assignment writes"),
    "a Variable": (lambda x: x, (ad.Variable(1.0),), "argument 0 is a Variable"),
    "a set": (lambda x, d: x, (1.0, {1}), "argument 1 is a set"),
    "integers": (lambda x: np.sum(x), (np.arange(3),), "argument 0 has dtype int64"),
    "no number": (lambda x: x, (np.ones(3),), "one real number"),
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_what_cannot_be_a_program_is_refused_with_the_cure(refusal: str) -> None:
    f, xs, text = REFUSALS[refusal]
    with pytest.raises(TypeError, match=text):
        ad.compile(f)(*xs)


# --- results belong to the caller, and calls may overlap

OWNED: dict[str, Function] = {
    "a view": lambda x: np.sum(np.reshape(x, (-1,)) * np.arange(1.0, 7.0)),
    "a constant": lambda x: np.sum(x),
    "a chunk": lambda x: np.sum(np.tanh(x) * np.exp(x)),
    "transposed": lambda x: np.sum(np.transpose(x) * np.ones((3, 2))),
}


def check_owned(f: Function) -> None:
    x = drawn(0, (2, 3))[0]
    for wrt, get in ((0, lambda g: [g]), ((0, 1), list)):
        both = ad.compile(lambda x, y: f(x) + f(y), wrt)
        first = get(both(x, x)[1])
        kept = [g.copy() for g in first]
        second = get(both(x, x + 1)[1])
        together = [x, *first, *second]
        assert not any(np.shares_memory(a, b) for i, a in enumerate(together) for b in together[:i])
        for g in second:
            g[...] = np.nan
        assert all(map(np.array_equal, first, kept))
        assert all(map(np.array_equal, get(both(x, x)[1]), kept))


@pytest.mark.parametrize("kind", OWNED)
def test_results_share_no_memory_with_others_or_with_buffers(kind: str, tiny: None) -> None:
    check_owned(OWNED[kind])


def check_all_owned() -> None:
    for f in OWNED.values():
        check_owned(f)


def test_results_that_are_handed_out_as_they_are_are_noticed(tiny: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays.Emitter, "returned", lambda self, tree: self.writer.of(tree))
    with pytest.raises(AssertionError):
        check_all_owned()


def test_calls_may_overlap_in_threads() -> None:
    f = lambda x: np.sum(np.tanh(x) * np.exp(-x * x)) + np.sum(np.sin(x) * x)  # noqa: E731
    both, eager = ad.compile(f), ad.value_and_grad(f)
    inputs = [np.random.default_rng(k).normal(size=60_000) for k in range(4)]
    wanted = [eager(x) for x in inputs]
    wrong: list[int] = []

    def work(k: int) -> None:
        wrong.extend(k for _ in range(15) if not same(both(inputs[k]), wanted[k]))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_the_verifier_names_a_compiled_subject_and_judges_its_numbers() -> None:
    def f(x: Any) -> Any:
        return np.sum(np.tanh(x) * np.exp(-x * x))

    x = drawn(5, (3,))[0]
    found = verify.check(f, x, value_and_gradient=ad.compile(f))
    assert found.verdict.name == "CERTIFIED"
    assert "compile(f)" in found.explain()
    wrong = ad.compile(lambda x: f(x) * (1 + 1e-9))
    assert verify.check(f, x, gradient=lambda x: wrong(x)[1]).verdict.name == "WRONG"


# --- programs of numbers

PATHS: dict[str, Any] = {"math": lambda: None}
if importlib.util.find_spec("numba"):
    PATHS["registers"] = interpreter.machine


@pytest.fixture(params=PATHS)
def numbers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each way to run a program of numbers, however short it is."""
    monkeypatch.setattr(registers, "FEWEST", 0)
    monkeypatch.setattr(registers, "machine", PATHS[request.param])


SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 2.5, -2.5, 1e-300, 1e300, np.inf, -np.inf, np.nan, 710.0, -745.2, 5e-324, 3.0]


def number_functions() -> Iterator[tuple[str, Function]]:
    for function, name in registers.NAMES.items():
        if name != "where" and function not in registers.COPIES:
            yield name, function


def check_operations(points: list[Any]) -> None:
    for name, function in number_functions():
        arity = registers.TEXT_ARITY[name]
        both = value_of(function)
        for x in points:
            for y in points[:: 3 if arity == 2 else len(points)]:
                xs = tuple(map(np.float64, (x, y)[:arity]))
                with np.errstate(all="ignore"):
                    wanted = np.float64(function(*xs))
                assert close(both(*xs), wanted, UNITS), (name, xs, both(*xs), wanted)


def test_every_operation_on_numbers_is_within_the_stated_units_of_numpy(numbers: None) -> None:
    rng = np.random.default_rng(0)
    points = [*SPECIAL, *rng.normal(size=40), *(10.0 ** rng.uniform(-12, 12, size=20)), *rng.uniform(-1, 1, size=20)]
    check_operations(points)


def value_of(function: Function) -> Function:
    """One operation alone, as a program of numbers."""
    both = ad.compile(lambda *xs: function(*xs), ())
    return lambda *xs: both(*xs)[0]


def test_one_wrong_operation_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registers, "machine", lambda: None)
    check_operations([0.3])
    monkeypatch.setitem(registers.TEXTS, "expm1", "exp({})")
    with pytest.raises(AssertionError):
        check_operations([0.3])


def interpreted(code: Any, w: Any) -> bool:
    try:
        return interpreter.interpret(code, w)
    except ValueError:  # math raises where numba, as NumPy, says nan
        w[-1] = np.nan
        return True


def test_a_register_machine_with_two_operations_exchanged_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without numba the interpreter runs as it is written, more slowly: its rows are the same."""
    monkeypatch.setattr(registers, "FEWEST", 0)
    monkeypatch.setattr(registers, "machine", lambda: interpreted)
    check_operations([0.3])
    exchanged = ["exp" if name == "log" else "log" if name == "exp" else name for name in interpreter.OPERATIONS]
    monkeypatch.setattr(registers, "OPERATIONS", exchanged)
    with pytest.raises(AssertionError):
        check_operations([0.3])


def iterated(x: Any, y: Any, z: Any) -> Any:
    for k in range(6):
        x, y, z = x * y + np.sin(z), np.exp(-(y * y)) if x > y else y * x, np.where(z > 0, z - 0.3, z * k)
    return np.maximum(x, y) + z / (1 + abs(x))


def test_programs_of_numbers_follow_their_branches(numbers: None) -> None:
    rng = np.random.default_rng(1)
    both, eager = ad.compile(iterated, (0, 1, 2)), ad.value_and_grad(iterated, (0, 1, 2))
    for _ in range(40):
        xs = tuple(float(x) for x in rng.normal(size=3))
        found, wanted = flatten(both(*xs))[1], flatten(eager(*xs))[1]
        assert all(type(a) is np.float64 for a in found)
        assert np.allclose(found, wanted, rtol=1e-12, atol=1e-14)


def test_operations_that_round_in_one_way_only_give_the_same_bits(numbers: None) -> None:
    def f(x: Any, y: Any) -> Any:
        for _ in range(12):
            x, y = x * y - y / (1 + x * x), np.sqrt(abs(x)) + y * 0.5
        return x * y

    assert_compiled(f, *((a, b) for a, b in np.random.default_rng(2).normal(size=(20, 2)).tolist()), wrt=(0, 1))


def test_python_numbers_among_the_arguments_do_not_widen_float32() -> None:
    x = np.arange(3, dtype=np.float32)
    assert_compiled(lambda x, c: np.sum(x * (c * 2.0 - 1) ** 2), (x, 0.7), (x, 0.3))
    assert_compiled(lambda x, c: np.sum(x / c) if c > 0.5 else np.sum(x + abs(-c)), (x, 0.7), (x, 0.3))


@pytest.mark.parametrize("number", [2.0, 2, np.float64(2.0), np.array(2.0), np.float32(2.0)], ids=repr)
def test_numbers_come_back_in_their_type(number: Any, numbers: None) -> None:
    assert_compiled(lambda x: x * x + 3 * x, (number,))
    assert_compiled(lambda x, y: x, (number, 1.0))


@pytest.mark.parametrize("x", [0.0, 1e200, -1.0, np.inf, np.nan])
def test_where_math_raises_the_answer_is_numpys(x: float, numbers: None) -> None:
    assert_compiled(lambda x: np.exp(x) / x + np.log(x) * np.sin(x), (2.0,), (x,), units=UNITS)


@pytest.mark.parametrize("size", [10, 9_000])
def test_a_long_program_is_a_row_of_functions(size: int, numbers: None) -> None:
    def f(x: Any, h: Any) -> Any:
        for _ in range(size):
            x = x + h * (x * x)
        return x

    assert_compiled(f, (0.5, 0.01 / size), (0.4, 0.02 / size), wrt=(0, 1))


def test_a_long_program_of_arrays_is_a_row_of_functions(tiny: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "PIECE", 50)

    def f(x: Any) -> Any:
        y = x
        for _ in range(100):
            y = y + 0.01 * np.sin(np.flip(y))
        return np.sum(y[1:] * y[:-1])

    assert_compiled(f, *((x,) for x in drawn(4, (6,), (6,))))


# --- source


def test_source_holds_nothing_that_a_user_wrote() -> None:
    text = "'); import os #\n"

    def f(x: Any, **options: Any) -> Any:
        return np.sum(x[text]) * (2 if options[text] == text else 3)

    f.__name__ = text
    found = ad.source(f, {text: np.ones(2)}, **{text: text})
    assert text not in found
    assert "import" not in found
    assert float(ad.compile(f)({text: np.ones(2)}, **{text: text})[0]) == 4.0


def test_source_shows_shared_folded_and_missing_steps() -> None:
    text = ad.source(lambda x: np.sum(np.exp(x) * np.exp(x) + 0 * np.size(x)) + (np.sin(x), 2.0)[1] ** 2, np.ones(3))
    assert text.count("exp(") == 1
    assert "sin" not in text
    assert "4.0" in text
