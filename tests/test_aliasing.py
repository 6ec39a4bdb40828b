"""Memory: arrays that share it, arrays that are written into, layouts of every kind."""

from __future__ import annotations

import dataclasses
import operator
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from engine_examples import filled

import ad
import verify
from ad import Variable, core, dispatch, locks, modes, operators, variable
from ad.containers import flatten
from ad.variable import MEANINGS, TABLE
from verify.suites.calls import CALLS, Call
from verify.suites.calls.arguments import call, floats

X = np.array([0.5, -1.25, 2.0])

# --- layouts


def spread(x: np.ndarray) -> np.ndarray:
    """Every other entry of a wider array, along every axis."""
    wide = np.full(tuple(2 * n for n in x.shape), np.nan)
    view = wide[(*(slice(None, None, 2),) * x.ndim, ...)]
    view[...] = x
    return view


def backwards(x: np.ndarray) -> np.ndarray:
    index = (*(slice(None, None, -1),) * x.ndim, ...)
    return x[index].copy()[index]


def inside(x: np.ndarray) -> np.ndarray:
    wide = np.full(tuple(n + 2 for n in x.shape), np.nan)
    view = wide[(*(slice(1, n + 1) for n in x.shape), ...)]
    view[...] = x
    return view


def read_only(x: np.ndarray) -> np.ndarray:
    x = x.copy()
    x.flags.writeable = False
    return x


def stretched(x: np.ndarray) -> np.ndarray:
    """One entry in the place of all, with strides 0: other values, so compare with a copy."""
    return np.broadcast_to(x.reshape(-1)[:1].reshape(()) if x.size else np.float64(1), x.shape)


LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "Fortran order": lambda x: np.array(x, order="F"), "every other entry": spread, "backwards": backwards,
    "inside": inside, "read-only": read_only, "strides 0": stretched,
}  # fmt: skip


def both_modes(f: Callable[..., Any], xs: list[Any], ts: list[Any]) -> list[Any]:
    """Value, tangent and cotangents, by a graph that refers to the arrays themselves: a pullback would copy them."""
    graph = ad.trace(f, *xs)
    g = [np.cos(np.arange(np.size(y), dtype=float)).reshape(np.shape(y)) for y in graph.values]
    return [*graph.values, *flatten(ad.jvp(f, tuple(xs), tuple(ts))[1])[1], *graph.pull(g)]


def check_layout(function: Callable[..., Any], example: Call, layout: Callable[[np.ndarray], np.ndarray]) -> None:
    """The same numbers in another layout: the same derivatives to rounding, and the arrays as they were."""
    values, rebuild = filled(example, 5, np.float64)
    tangents, _ = filled(example, 6, np.float64)
    xs, ts = ([layout(np.asarray(x)) for x in part] for part in (values, tangents))
    before, flags = [x.copy() for x in xs], [x.flags.writeable for x in xs]

    def f(*given: Any) -> Any:
        args, kwargs = rebuild(list(given))
        return function(*args, **kwargs)

    expected = both_modes(f, [x.copy() for x in xs], [t.copy() for t in ts])
    found = both_modes(f, xs, ts)
    for part, wanted in zip(found, expected, strict=True):
        assert np.shape(part) == np.shape(wanted)
        assert np.all(np.abs(part - wanted) <= 1e-12 * np.max(np.abs(wanted), initial=0.0)) or np.isnan(wanted).any()
    for back in found[-len(xs) :]:
        assert back.flags.writeable or not back.ndim  # NumPy's own numbers are not
        assert not any(np.shares_memory(back, x) for x in (*xs, *ts))
    for x, old, flag in zip(xs, before, flags, strict=True):
        assert np.array_equal(x, old)
        assert x.flags.writeable == flag


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_function_is_right_in_every_layout(layout: str) -> None:
    for function, examples in CALLS.items():
        for example in examples:
            try:
                check_layout(function, example, LAYOUTS[layout])
            except np.linalg.LinAlgError:  # a matrix of equal entries has no inverse
                assert layout == "strides 0"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_elementwise_ops_are_right_in_every_layout(layout: str) -> None:
    unary = [f for f, op in TABLE.items() if op.family == "elementwise" and getattr(f, "nin", 0) == 1]
    binary = [f for f, op in TABLE.items() if op.family == "elementwise" and getattr(f, "nin", 0) == 2]
    with np.errstate(all="ignore"):
        for function in unary:
            check_layout(function, call(floats(2, 3)), LAYOUTS[layout])
        for function in binary:
            check_layout(function, call(floats(2, 3), floats(2, 3)), LAYOUTS[layout])


def test_a_rule_that_reads_memory_in_its_own_order_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    op = TABLE[np.multiply]

    def by_memory(i: int, g: Any, y: Any, xs: Any, static: Any) -> Any:
        return g * np.reshape(np.ravel(xs[1 - i], order="K"), np.shape(g))

    monkeypatch.setitem(TABLE, np.multiply, dataclasses.replace(op, vjp=by_memory))
    with pytest.raises(AssertionError):
        check_layout(np.multiply, call(floats(2, 3), floats(2, 3)), LAYOUTS["Fortran order"])


# --- writes while the function runs

BUFFER = np.array([1.0, 2.0, 3.0])


def refills(x: Any) -> Any:
    buffer = np.ones(3)
    y = x * buffer
    buffer[:] = 7
    return np.sum(y * buffer)


def adds_in_place(x: Any) -> Any:
    scale = np.ones(3)
    y = np.sum(np.exp(scale * x))
    scale += 1
    return y


def writes_through_the_base(x: Any) -> Any:
    wide = np.ones((2, 3))
    y = np.sum(np.divide(x, wide[1]))
    wide[:] = 2
    return y


def writes_with_out(x: Any) -> Any:
    weights = np.ones((3, 3))
    y = np.sum(weights @ x)
    np.add(weights, 1.0, out=weights)
    return y


def sorts(x: Any) -> Any:
    weights = np.array([3.0, 1.0, 2.0])
    y = np.sum(np.arctan2(weights, x))
    weights.sort()
    return y


def writes_into_its_input(x: Any) -> Any:
    y = np.sum(np.sin(x))
    BUFFER[0] = 0.0
    return y


def writes_into_a_value(x: Any) -> Any:
    y = np.exp(x)
    y.value[0] = 0.0
    return np.sum(y)


# name -> (the function, words of the message)
WRITES: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
    "refilled": (refills, ("multiply", "(3,)", "copy")),
    "+=": (adds_in_place, ("multiply", "(3,)", "copy")),
    "through the base": (writes_through_the_base, ("divide", "(2, 3)")),
    "out=": (writes_with_out, ("matmul", "(3, 3)")),
    "sorted": (sorts, ("arctan2", "float64")),
    "the input": (writes_into_its_input, ("an input", "(3,)")),
    ".value": (writes_into_a_value, (".value", "copy")),
}
DERIVATIVES: dict[str, Callable[[Callable[..., Any]], Any]] = {
    "grad": lambda f: ad.grad(f)(BUFFER),
    "jvp": lambda f: ad.jvp(f, (BUFFER,), (X,)),
    "vjp": lambda f: ad.vjp(f, BUFFER),
    "hessian": lambda f: ad.hessian(f)(BUFFER),
    "hvp": lambda f: ad.hvp(f, (BUFFER,), (X,)),
}


@pytest.mark.parametrize("derivative", DERIVATIVES)
@pytest.mark.parametrize("name", WRITES)
def test_a_write_into_what_a_graph_needs_is_refused_and_named(name: str, derivative: str) -> None:
    f, words = WRITES[name]
    if (name, derivative) == ("the input", "vjp"):
        return  # the pullback has a copy of its own: see below
    if name == ".value" and derivative in ("hessian", "hvp"):
        return  # what it shows is a traced value then, which refuses item assignment
    with pytest.raises(ValueError, match="read-only") as caught:
        DERIVATIVES[derivative](f)
    assert [word for word in words if word not in str(caught.value)] == []
    assert caught.value.__cause__ is not None  # NumPy's own, whose traceback has the line
    assert BUFFER.flags.writeable
    assert np.array_equal(BUFFER, [1.0, 2.0, 3.0])


@pytest.mark.parametrize("name", ["refilled", "+=", "through the base", "out=", "sorted"])
def test_without_the_locks_such_gradients_are_silently_wrong(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (variable, operators):
        monkeypatch.setattr(module, "constant", lambda x, role, tape: x)
    f, _ = WRITES[name]
    truth = (f(X + 1e-6 * X) - f(X - 1e-6 * X)) / 2e-6
    assert abs(ad.grad(f)(X) @ X - truth) > 1e-3 * abs(truth)


def test_everything_is_given_back_however_the_function_ends() -> None:
    wide = np.ones((4, 3))
    views = [wide[1:], wide[1:][:, 1], wide.T, wide[::-1]]

    def fails(x: Any) -> Any:
        for view in (*views, wide):
            x = x + np.sum(np.sin(x[0]) * view)
        assert not any(v.flags.writeable for v in (*views, wide))
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        ad.grad(fails)(X)
    assert all(v.flags.writeable for v in (*views, wide, X))
    assert locks._held.get() is None


def test_an_inner_derivative_gives_back_nothing_that_an_outer_one_needs() -> None:
    scale = np.array([1.0, 2.0, 3.0])

    def outer(x: Any) -> Any:
        slope = ad.grad(lambda v: np.sum(np.sin(v) * scale))(x)
        assert not scale.flags.writeable
        return np.sum(slope * scale)

    assert np.allclose(ad.grad(outer)(X), -np.sin(X) * scale**2)
    assert scale.flags.writeable


def test_read_only_arrays_and_foreign_memory_stay_as_they_are() -> None:
    base = np.ones(3)
    view = base[:]
    base.flags.writeable = False  # the view cannot be given back once it is locked
    foreign = np.frombuffer(bytearray(24))
    for constant in (view, base, foreign, np.broadcast_to(1.0, 3)):
        before = constant.flags.writeable
        assert np.array_equal(ad.grad(lambda x, c=constant: np.sum(x * c))(X), constant)
        assert constant.flags.writeable == before


def test_another_thread_may_write_into_its_own_arrays() -> None:
    started, done = threading.Event(), threading.Event()
    mine = np.ones(3)

    def waits(x: Any) -> Any:
        y = np.sum(x * np.ones(3))
        started.set()
        assert done.wait(5)
        return y

    thread = threading.Thread(target=lambda: ad.grad(waits)(X))
    thread.start()
    assert started.wait(5)
    assert np.array_equal(ad.grad(lambda x: np.sum(x * mine))(X), np.ones(3))
    mine[:] = 2
    done.set()
    thread.join()


@pytest.mark.parametrize("f", [lambda x: np.sum(x + 1), lambda x: np.sum(x[[0, 1]]), lambda x: x[0] * np.ones(3)[1]])
def test_buffers_that_no_graph_refers_to_are_the_function_s_own(f: Callable[..., Any]) -> None:
    def filling(x: Any) -> Any:
        buffer = np.zeros(3)
        buffer[:] = 5
        buffer += 1
        return f(x) + buffer[0]

    assert np.array_equal(ad.grad(filling)(X), ad.grad(f)(X))


def test_a_traced_value_put_into_an_array_names_the_cure() -> None:
    with pytest.raises(ValueError, match="array element") as caught:
        ad.grad(lambda x: operator.setitem(np.zeros(3), 0, x[0]))(X)
    assert "np.stack" in str(caught.value.__cause__)


def test_augmented_assignment_to_a_traced_value_makes_a_new_one() -> None:
    def f(x: Any) -> Any:
        y = x
        y += 1
        y *= x
        return np.sum(y) + np.sum(x)

    assert np.allclose(ad.grad(f)(X), 2 * X + 2)


# --- writes between a derivative and its use


def used_later(x: Any, index: Any, scale: Any) -> Any:
    return np.sin(x)[index] * scale


@pytest.mark.parametrize("what", ["input", "constant", "index"])
@pytest.mark.parametrize("mode", ["vjp", "linearize"])
def test_a_pullback_owns_what_it_needs(mode: str, what: str) -> None:
    x, index, scale = X.copy(), np.array([0, 2, 1]), np.array([1.0, 2.0, 3.0])
    y, again = getattr(ad, mode)(lambda v: used_later(v, index, scale), x)
    assert np.array_equal(y, np.sin(X)[[0, 2, 1]] * [1.0, 2.0, 3.0])
    g = np.ones(3)
    expected = flatten(again(g))[1][0].copy()
    {"input": x, "constant": scale, "index": index}[what][:] = 1
    assert np.array_equal(flatten(again(g))[1][0], expected)


@pytest.mark.parametrize("mode", ["vjp", "linearize"])
def test_a_result_that_is_written_into_changes_no_pullback(mode: str) -> None:
    y, again = getattr(ad, mode)(np.exp, X)  # the rule of exp needs its result
    y[:] = 1
    assert np.array_equal(flatten(again(np.ones(3)))[1][0], np.exp(X))


def test_a_pullback_that_shares_its_arrays_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(modes, "keep_constants", lambda graph: None)
        for what in ("constant", "index"):
            with pytest.raises(AssertionError):
                test_a_pullback_owns_what_it_needs("vjp", what)
    monkeypatch.setattr(modes, "kept", lambda x: x)
    with pytest.raises(AssertionError):
        test_a_pullback_owns_what_it_needs("vjp", "input")
    with pytest.raises(AssertionError):
        test_a_result_that_is_written_into_changes_no_pullback("vjp")


def test_gradients_are_the_caller_s_own() -> None:
    f = {
        "broadcast": lambda x: np.sum(x), "identity": lambda x: x[0] + x[1] + x[2], "twice": lambda x: np.sum(x + x),
        "reshaped": lambda x: np.sum(np.reshape(x, (3, 1)).T),
    }  # fmt: skip
    for name, function in f.items():
        for gradient in (ad.grad(function)(X), ad.vjp(function, X)[1](1.0)[0]):
            expected = gradient.copy()
            gradient += 5
            assert np.array_equal(ad.grad(function)(X), expected), name
    a, b = ad.grad(lambda a, b: np.sum(a + b), wrt=(0, 1))(X, X)
    a[:] = 9
    assert np.array_equal(b, np.ones(3))
    g = np.ones(3)
    (back,) = ad.vjp(lambda x: x, X)[1](g)
    back[:] = 9
    assert np.array_equal(g, np.ones(3))
    t = ad.jvp(lambda x: (x, x), (X,), (g,))[1]
    t[0][:] = 9
    assert np.array_equal(t[1], g)
    assert np.array_equal(g, np.ones(3))


def test_shared_gradients_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "_own", lambda found, given: list(found))
    with pytest.raises((AssertionError, ValueError)):
        test_gradients_are_the_caller_s_own()


INDEXED: dict[str, tuple[Callable[[Any, Any], Any], Any]] = {  # f(x, i), and an i that f may write into
    "x[i]": (lambda x, i: x[i] ** 2, np.array([0, 1])),
    "x[i, i]": (lambda x, i: x[:, None][i, 0] ** 2, np.array([0, 1])),
    "x[mask]": (lambda x, i: x[i] ** 2, np.array([True, False, True])),
    "take": (lambda x, i: np.take(x, i) ** 2, np.array([0, 1])),
    "read-only view": (lambda x, i: x * np.broadcast_to(i, (2, 3)) * x, np.array([1, 2, 3])),
    "piecewise": (lambda x, i: np.piecewise(x, [i], [np.exp, np.sin]), np.array([True, False, True])),
}


@pytest.mark.parametrize("name", INDEXED)
def test_indices_and_views_are_constants_of_a_graph_too(name: str) -> None:
    f, i = INDEXED[name]
    x = np.array([1.0, 2.0, 3.0])
    expected = ad.grad(lambda x: np.sum(f(x, i)))(x)

    def writing(x: Any) -> Any:
        own = i.copy()
        y = np.sum(f(x, own))
        own[...] = own[::-1].copy() if own.dtype != bool else ~own
        return y

    with pytest.raises(ValueError, match="a write into an array that the derivative needs"):
        ad.grad(writing)(x)
    leaf = ad.Variable(x)
    writing(leaf).backward()
    assert np.array_equal(leaf.grad, expected)


def test_a_list_of_indices_may_be_written_into() -> None:
    def f(x: Any) -> Any:
        places = [0, 1]
        y = x[places]
        places[0] = 2
        return np.sum(y**2)

    assert np.array_equal(ad.grad(f)(np.array([1.0, 2.0, 3.0])), [2.0, 4.0, 0.0])


def test_an_eager_graph_owns_its_arrays() -> None:
    x, scale = X.copy(), np.array([1.0, 2.0, 3.0])
    v = Variable(x)
    y = np.sum(np.sin(v) * scale + np.multiply(scale, v))
    x[:] = 0
    scale *= 7
    y.backward()
    assert np.allclose(v.grad, np.cos(X) * [1, 2, 3] + [1, 2, 3])
    with pytest.raises(ValueError, match="read-only"):
        v.value[0] = 1.0


# --- methods of ufuncs and keywords of reductions

MASK = np.array([[True, False, True], [True, True, False]])
W = np.array([[0.5, -1.25, 2.0], [1.5, 0.75, -0.375]])
KEYWORDS: dict[str, Callable[[Any], Any]] = {
    "sum where initial": lambda x: np.sum(x * x, axis=0, where=MASK, initial=2.0),
    "sum where x": lambda x: np.sum(x * x, where=x > 0),
    "sum dtype": lambda x: np.sum(x * x, axis=1, dtype=np.float32),
    "sum out=None": lambda x: np.sum(x * x, out=None) + (x * x).sum(axis=None, out=None),
    "prod where": lambda x: np.prod(x, axis=1, where=MASK, initial=3.0),
    "mean where": lambda x: np.mean(x * x, axis=1, where=MASK, keepdims=True),
    "mean where, broadcast": lambda x: np.mean(x * x, axis=0, where=MASK[:, :1]),
    "var where": lambda x: np.var(x, where=MASK),
    "std where": lambda x: np.std(x, axis=1, where=MASK, ddof=1),
    "max where": lambda x: np.max(x, axis=0, where=MASK, initial=0.6),
    "min where": lambda x: np.min(x, where=MASK, initial=9.0),
    "max initial": lambda x: np.max(x * x, axis=1, initial=-1.0),
    "cumsum dtype": lambda x: np.cumsum(x * x, axis=1, dtype=np.float32),
    "outer": lambda x: np.multiply.outer(x, x[0]),
    "outer of numbers": lambda x: np.subtract.outer(x[0, 0], x[1]),
    "power.outer": lambda x: np.power.outer(x * x, np.array([1.0, 2.0])),
    "add.accumulate": lambda x: np.add.accumulate(x * x, axis=1),
    "multiply.accumulate": lambda x: np.multiply.accumulate(x, axis=1),
    "maximum.accumulate": lambda x: np.maximum.accumulate(x),
    "logaddexp.reduce": lambda x: np.logaddexp.reduce(x, axis=1),
    "subtract.reduce": lambda x: np.subtract.reduce(x, axis=-1, keepdims=True),
    "add.reduce": lambda x: np.add.reduce(x * x, 1),
    "multiply.reduce": lambda x: np.multiply.reduce(x, axis=0, initial=2.0),
    "add.reduceat": lambda x: np.add.reduceat(x * x, [0, 2, 1], axis=1),
    "divide.reduceat": lambda x: np.divide.reduceat(x, [0, 1], axis=1),
}


@pytest.mark.parametrize("name", KEYWORDS)
def test_keywords_and_methods_compute_what_numpy_does_and_are_certified(name: str) -> None:
    f = KEYWORDS[name]
    y = ad.vjp(f, W)[0]
    expected = f(W)
    assert np.shape(y) == np.shape(expected)
    assert np.asarray(y).dtype == np.asarray(expected).dtype
    assert np.all(np.abs(y - expected) <= 1e-14 * np.abs(expected))
    assert verify.check(f, W).verdict.name == "CERTIFIED"


def test_a_wrong_meaning_of_a_keyword_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    for function, name in ((np.sum, "sum where initial"), (np.mean, "mean where"), (np.min, "min where")):
        right = dispatch.KEYWORDS[function]
        monkeypatch.setitem(dispatch.KEYWORDS, function, lambda *a, right=right, **k: right(*a, **{**k, "where": True}))
        with pytest.raises(AssertionError):
            test_keywords_and_methods_compute_what_numpy_does_and_are_certified(name)
    monkeypatch.setitem(dispatch.METHODS, "outer", lambda ufunc, a, b: MEANINGS[np.outer](a, b))
    with pytest.raises(AssertionError):
        test_keywords_and_methods_compute_what_numpy_does_and_are_certified("outer")


def test_an_extreme_of_selected_entries_needs_an_initial_value() -> None:
    with pytest.raises(ValueError, match="initial="):
        ad.grad(lambda x: np.max(x, where=MASK))(W)
