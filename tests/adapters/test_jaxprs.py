"""Translations of JAX functions: every primitive against JAX itself, over floats, recorded values and exact numbers.

Facts
    JAX runs in float64. Its gradients are those of `jax.grad`, for which each result is weighted.
"""

from __future__ import annotations

import functools
import gc
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies

import ad
import verify
from verify.adapters.translation import Translation, Untranslatable
from verify.oracles import difference, enclosure

jax = pytest.importorskip("jax")
jnp = jax.numpy
lax = jax.lax
sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))  # its list of functions

import jax_functions  # noqa: E402
from jax.extend.core import Primitive  # noqa: E402
from jaxpr_calls import CALLS, DROPS, ROWS, TAKEN, A, B, R  # noqa: E402  it imports JAX

from verify.adapters.jaxprs import translated  # noqa: E402
from verify.adapters.jaxprs.calls import CALLS as RUNNING  # noqa: E402
from verify.adapters.jaxprs.interpreter import equations_of  # noqa: E402
from verify.adapters.jaxprs.table import INTEGRAL, REASONS, RULES  # noqa: E402

# Primitives whose examples JAX cannot differentiate in reverse mode; they are compared by value.
FORWARD_ONLY = {
    "composite", "householder_product", "igamma_grad_a", "nextafter", "reduce_window", "scatter-mul", "while", "zeta",
}  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def wide() -> Iterator[None]:
    """JAX in 64 bits, and compiled in a hurry."""
    jax.config.update("jax_disable_most_optimizations", True)
    with jax.enable_x64(True):
        yield
    jax.config.update("jax_disable_most_optimizations", False)


def floating(xs: Sequence[np.ndarray]) -> tuple[int, ...]:
    return tuple(i for i, x in enumerate(xs) if x.dtype.kind == "f")


def weighted(run: Callable[..., Any], xs: Sequence[Any]) -> Callable[..., Any]:
    """The results of a function times fixed weights, added up, as a function of its floating operands."""

    def loss(*floats: Any) -> Any:
        given = iter(floats)
        results = run([next(given) if i in floating(xs) else x for i, x in enumerate(xs)])
        return sum(np.sum(y * np.cos(np.arange(np.size(y))).reshape(np.shape(y))) for y in results)

    return loss


def both(f: Callable[..., Any], xs: Sequence[np.ndarray], differentiable: bool) -> Any:
    """What JAX says: its results, and the gradient of what they add up to."""

    def run(values: Sequence[Any]) -> Any:
        return jax.tree.leaves(f(*values))

    def loss(*floats: Any) -> Any:
        given = iter(floats)
        results = run([next(given) if i in floating(xs) else x for i, x in enumerate(xs)])
        return sum(jnp.sum(y * np.cos(np.arange(np.size(y))).reshape(np.shape(y))) for y in results), results

    floats = [xs[i] for i in floating(xs)]
    if not differentiable:
        return jax.jit(loss)(*floats)[1], None
    gradient, results = jax.jit(jax.grad(loss, tuple(range(len(floats))), has_aux=True))(*floats)
    return results, gradient


def agree(found: Sequence[Any], wanted: Sequence[Any], relative: float) -> bool:
    pairs = [(np.asarray(a), np.asarray(b)) for a, b in zip(found, wanted, strict=True)]
    scale = max([1e-300, *(float(np.max(np.abs(b), initial=0)) for _, b in pairs)])
    return all(a.shape == b.shape and np.allclose(a, b, rtol=relative, atol=relative * scale) for a, b in pairs)


@functools.cache
def said_by_jax(name: str, n: int) -> Any:
    differentiable = name not in FORWARD_ONLY and (name, n) != ("reduce_window_max", 1)
    return both(*CALLS[name][n], differentiable)


def says_what_jax_says(name: str, n: int, translation: Translation | None = None) -> bool:
    """Whether a call's translation has JAX's results and gradients."""
    f, xs = CALLS[name][n]
    run = (translation or translated(f, xs)).run
    results, gradient = said_by_jax(name, n)
    if not agree(run(list(xs)), results, 1e-12):
        return False
    floats = [xs[i] for i in floating(xs)]
    found = ad.grad(weighted(run, xs), wrt=tuple(range(len(floats))))(*floats)
    return gradient is None or agree(found, gradient, 1e-11)


# --- the table


# As the module is collected, before tests make primitives of their own. The type itself is asked for: who asks a
# deprecated object of another framework for its class is warned.
PRIMITIVES = frozenset(x.name for x in gc.get_objects() if issubclass(type(x), Primitive))


def test_every_primitive_has_a_translation_or_a_reason() -> None:
    names = PRIMITIVES
    assert len(names) > 250
    assert names - {*RULES, *RUNNING, *REASONS, *INTEGRAL} == set()
    assert not {*RULES, *RUNNING, *INTEGRAL} & {*REASONS}


def test_every_translation_has_an_example_that_contains_it() -> None:
    silent = {"bitcast_convert_type", "dce_sink", "debug_callback", "debug_print"}
    placed = {
        "closed_call", "call", "custom_vmap_call", "device_put", "eq_to", "layout_constraint", "le_to", "linear_call",
        "lt_to", "pvary", "reduce_xor", "reshard", "sharding_constraint", "stack", "symmetric_product", "tie",
        "unstack", "with_memory_space_constraint", "zeros_like",
    }  # fmt: skip
    assert {*RULES, *RUNNING} - {*CALLS} == silent | placed


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_translation_has_the_values_and_gradients_of_jax(name: str) -> None:
    for n, (f, xs) in enumerate(CALLS[name]):
        contained = {equation.primitive.name for equation in equations_of(jax.make_jaxpr(f)(*xs))}
        assert name in contained
        assert says_what_jax_says(name, n)


# --- mutants: an entry replaced by a neighbour is noticed

NEIGHBOURS = {
    "abs": "neg", "add_any": "sub", "argmax": "argmin", "asin": "atan", "bessel_i0e": "bessel_i1e", "clamp": "select_n",
    "cummax": "cummin", "cumprod": "cumsum", "digamma": "lgamma", "erf": "erfc", "exp": "exp2", "floor": "ceil",
    "gt": "lt", "igamma": "igammac", "is_finite": "sign", "log": "log1p", "max": "min", "mul": "add",
    "reduce_max": "reduce_min", "reduce_prod": "reduce_sum", "reduce_window_max": "reduce_window_min",
    "reduce_window_sum": "reduce_window_max", "rem": "add", "rsqrt": "sqrt", "scatter": "scatter-mul",
    "scatter-add": "scatter-sub", "scatter-max": "scatter-min", "scatter-mul": "scatter-add", "sin": "tanh",
    "sinh": "sin", "sqrt": "square",
}  # fmt: skip
TURNED = ("broadcast_in_dim", "concatenate", "conv_general_dilated", "cumlogsumexp", "cumsum", "dot_general",
          "dynamic_slice", "dynamic_update_slice", "gather", "pad", "rev", "select_and_gather_add",
          "select_and_scatter_add", "slice", "sort", "top_k", "transpose", "triangular_solve")  # fmt: skip


@pytest.mark.parametrize("name", sorted(NEIGHBOURS))
def test_a_neighbour_in_place_of_an_entry_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right, other = RULES[name], RULES[NEIGHBOURS[name]]
    monkeypatch.setitem(
        RULES, name, lambda equation, *xs: other(equation, *xs) if equation.invars else right(equation, *xs)
    )
    assert not noticed_nothing(name)


@pytest.mark.parametrize("name", TURNED)
def test_entries_in_another_order_are_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = RULES[name]

    def turned(equation: Any, *xs: Any) -> Any:
        found = right(equation, *xs)
        parts = found if isinstance(found, list) else [found]
        parts = [np.reshape(np.flip(np.reshape(y, (-1,))), np.shape(y)) for y in parts]
        return parts if isinstance(found, list) else parts[0]

    monkeypatch.setitem(RULES, name, turned)
    assert not noticed_nothing(name)


def noticed_nothing(name: str) -> bool:
    try:
        return says_what_jax_says(name, 0)
    except Exception:  # a neighbour that cannot even be computed with is noticed too
        return False


# --- exact numbers: JAX's own gradients are certified, and a wrong one is not

CERTIFIED = (
    ("cond", 2), ("conv_general_dilated", 1), ("convert_element_type", 1), ("cumlogsumexp", 1),
    ("custom_linear_solve", 0), ("dot_general", 1), ("erf_inv", 0), ("gather", 0), ("pad", 2), ("polygamma", 0),
    ("scan", 0), ("scatter-add", 0), ("select_and_scatter_add", 0), ("sort", 2), ("triangular_solve", 1), ("xor", 0),
)  # fmt: skip


@pytest.mark.parametrize(("name", "n"), CERTIFIED)
def test_the_gradients_of_jax_are_certified_by_a_translation(name: str, n: int) -> None:
    f, xs = CALLS[name][n]
    run = translated(f, xs).run
    places = floating(xs)

    def at(floats: Sequence[Any]) -> list[Any]:
        given = iter(floats)
        return [next(given) if i in places else x for i, x in enumerate(xs)]

    @jax.jit
    def adjoint(g: Any, *floats: Any) -> Any:
        return jax.vjp(lambda *values: f(*at(values)), *floats)[1](g)

    def by_jax(scale: float) -> Callable[..., Any]:
        def pulled(g: Any, y: Any, *floats: Any) -> Any:
            found = adjoint(g, *floats)
            return tuple(np.asarray(part) * scale for part in found)

        return pulled

    def asked(scale: float) -> verify.Finding:
        floats = [xs[i] for i in places]
        rng = np.random.default_rng(0)
        g = rng.normal(size=np.shape(run(list(xs))[0]))
        options: dict[str, Any] = {"cotangent": g, "budget": 0.5, "oracles": (enclosure, difference)}
        return verify.check(lambda *values: run(at(values))[0], *floats, vjp=by_jax(scale), **options)

    assert asked(1.0).verdict is verify.Verdict.CERTIFIED
    assert asked(1 + 1e-7).verdict is verify.Verdict.WRONG


# --- custom rules: what a translated backward pass is, for all inputs


def pair_of(f: Callable[..., Any], *xs: np.ndarray) -> tuple[Callable[..., Any], Any]:
    """A function of JAX and its vjp as NumPy code."""
    y = jax.eval_shape(f, *xs)
    forward = translated(f, xs)
    backward = translated(lambda *values: jax.vjp(f, *values[:-1])[1](values[-1]), [*xs, np.zeros(y.shape)])

    def bwd(values: Any, g: Any) -> Any:
        found = backward.run([*values, g])
        return found[0] if len(found) == 1 else tuple(found)

    return lambda *values: forward.run(values)[0], (lambda *values: (forward.run(values)[0], values), bwd)


def bell(factor: float) -> Callable[..., Any]:
    @jax.custom_vjp
    def f(x: Any) -> Any:
        return jnp.exp(-x * x)

    f.defvjp(lambda x: (jnp.exp(-x * x), x), lambda x, g: (-factor * x * g * jnp.exp(-x * x),))
    return f


def test_the_backward_of_a_custom_vjp_is_proved_and_a_factor_in_it_named() -> None:
    x = np.array([0.5, 1.5])
    f, pair = pair_of(bell(2.0), x)
    assert verify.prove(f, x, vjp=pair).verdict is verify.Verdict.PROVED
    f, pair = pair_of(bell(2.0000001), x)
    finding = verify.check(f, x, vjp=pair)
    assert finding.verdict is verify.Verdict.WRONG
    assert "is 1.00000005 x the truth" in finding.explain()
    residue = float(pair[1]((np.array([0.5]),), np.array([1.0]))[0]) + 2 * 0.5 * np.exp(-0.25)
    assert abs(residue - -0.5 * np.exp(-0.25) / 1e7) < 1e-15


PROVED = {
    "erf": lambda x: jax.scipy.special.erf(x),
    "exp2": lambda x: jnp.exp2(x),
    "log10": lambda x: jnp.log10(x),
    "softmax": lambda x: jax.nn.softmax(x),
}


@pytest.mark.parametrize("name", sorted(PROVED))
def test_rules_of_jax_are_proved(name: str) -> None:
    f, pair = pair_of(PROVED[name], A[::2])
    assert verify.prove(f, A[::2], vjp=pair).verdict is verify.Verdict.PROVED

    def wrong(values: Any, g: Any) -> Any:
        return pair[1](values, g) * 1.001

    assert verify.prove(f, A[::2], vjp=(pair[0], wrong)).verdict is verify.Verdict.WRONG


def test_stop_gradient_holds_a_value_constant() -> None:
    f, pair = pair_of(lambda x: lax.stop_gradient(jnp.sin(x)) * x, A)
    assert verify.check(f, A, vjp=pair).ok
    assert not verify.check(lambda x: np.sin(x) * x, A, vjp=pair).ok


def test_literals_that_stand_for_real_numbers_are_those_numbers() -> None:
    x = np.array([1e9])

    def slope_is_by_pi(factor: float, dtype: type) -> bool:
        run = translated(lambda x: jnp.cos(x * factor), [x.astype(dtype)]).run
        return verify.check(lambda x: run([x])[0], x, gradient=by_pi, oracles=(enclosure,)).ok

    assert slope_is_by_pi(math.pi, np.float64)
    assert slope_is_by_pi(np.float32(math.pi), np.float32)
    assert not slope_is_by_pi(math.nextafter(math.pi, 4), np.float64)


def by_pi(x: np.ndarray) -> np.ndarray:
    """The slope of cos(pi x) at 1e9: -pi sin(pi x) is 0 there, and right to what one rounding of pi x allows."""
    return 0.0 * x


def test_an_operation_knows_the_line_that_it_comes_from() -> None:
    lines = dict(translated(lambda x: jnp.sin(x) * x, [A]).lines)
    assert set(lines) == {"sin", "mul"}
    assert {Path(line.partition(":")[0]).resolve() for line in lines.values()} == {Path(__file__).resolve()}


# --- dtypes and precision


def test_a_translation_of_float64_keeps_53_bits_where_jax_has_32() -> None:
    with jax.enable_x64(False):
        wide = translated(lambda x: x * 0.1, [np.ones(1)])
        narrow = translated(lambda x: x * 0.1, [np.ones(1, np.float32)])
    assert wide.run([np.ones(1)])[0] == 0.1
    assert narrow.run([np.ones(1)])[0] == np.float64(np.float32(0.1))


def test_positions_beyond_the_digits_of_float32_are_exact() -> None:
    n = 2**24 + 3
    with jax.enable_x64(False):
        run = translated(lambda x: lax.dynamic_slice(x, (n - 2,), (2,)), [np.zeros(n, np.float32)]).run
    x = np.zeros(n)
    x[-2:] = 1.0, 2.0
    assert run([x])[0].tolist() == [1.0, 2.0]


# --- what is refused


def test_what_has_no_translation_is_refused_by_name() -> None:
    def by_bits(x: Any) -> Any:
        return jnp.frexp(x)[0]

    def called_back(x: Any) -> Any:
        return jax.pure_callback(np.sin, jax.ShapeDtypeStruct((3,), np.float64), x)

    refused = {
        "bitcast_convert_type": by_bits,
        "pure_callback": called_back,
        "eig": lambda x: jnp.real(jnp.linalg.eigvals(jnp.outer(x, x))),
        "random_gamma": lambda x: jax.random.gamma(jax.random.key(0), x),
    }
    for name, f in refused.items():
        with pytest.raises(Untranslatable, match=name):
            translated(f, [B])


def test_a_branch_of_python_or_a_shape_that_depends_on_values_is_refused() -> None:
    for f in (lambda x: x if x[0] > 0 else -x, lambda x: x[x > 0], lambda x: np.asarray(x)):
        with pytest.raises(Untranslatable, match="the value of a traced array"):
            translated(f, [A])


def test_keys_of_random_numbers_are_constants() -> None:
    def dropped(x: Any) -> Any:
        return jnp.where(jax.random.bernoulli(jax.random.key(3), 0.5, (3, 4)), x, 0.0)

    assert np.array_equal(translated(dropped, [R]).run([R])[0], np.asarray(dropped(R)))


# --- laws


@settings(max_examples=6)
@given(data=strategies.data())
def test_movements_go_where_jax_moves(data: strategies.DataObject) -> None:
    rows, columns = data.draw(strategies.tuples(*[strategies.integers(1, 4)] * 2))
    x = np.arange(1.0, rows * columns + 1).reshape(rows, columns)
    ends = strategies.sampled_from([(-1, 1), (0, 2), (1, 0), (2, -1)])
    pads = [(*data.draw(ends), data.draw(strategies.integers(0, 2))) for _ in "xy"]
    places = np.array(data.draw(strategies.lists(strategies.integers(-3, rows + 2), min_size=1, max_size=3)))[:, None]
    mode = data.draw(strategies.sampled_from([DROPS, lax.GatherScatterMode.CLIP]))

    def f(x: Any) -> Any:
        y = lax.pad(x, 0.0, pads)
        taken = lax.gather(x, places, TAKEN, (1, columns), mode=mode, fill_value=0.0)
        put = lax.scatter_add(x, places, taken, ROWS, mode=mode)
        replaced = lax.dynamic_update_slice(x, put[:1, :1] * 2, (places[0, 0], 0))
        return y, taken, put, replaced, lax.rev(x, (0,))

    run = translated(f, [x]).run
    for found, wanted in zip(run([x]), f(x), strict=True):
        assert np.array_equal(found, np.asarray(wanted))
    y, pull = ad.vjp(lambda x: np.concatenate([np.reshape(y, (-1,)) for y in run([x])]), x)
    g = np.arange(1.0, np.size(y) + 1)
    assert np.isclose(np.sum(g * y), np.sum(pull(g) * x))  # linear, so f(x) is its own derivative along x


@settings(max_examples=5)
@given(data=strategies.data())
def test_convolutions_are_those_of_jax(data: strategies.DataObject) -> None:
    def pair(low: int, high: int) -> tuple[int, int]:
        drawn: tuple[int, int] = data.draw(strategies.tuples(*[strategies.integers(low, high)] * 2))
        return drawn

    groups = data.draw(strategies.sampled_from([1, 2]))
    rng = np.random.default_rng(data.draw(strategies.integers(0, 9)))
    x, kernel = rng.normal(size=(2, 2, 4, 5)), rng.normal(size=(2, 2 // groups, *pair(1, 3)))
    options = {"lhs_dilation": pair(1, 2), "rhs_dilation": pair(1, 2), "feature_group_count": groups}
    strides, padding = (
        pair(1, 2),
        [(data.draw(strategies.integers(1, 3)), data.draw(strategies.integers(1, 3))) for _ in "xy"],
    )

    def f(x: Any, kernel: Any) -> Any:
        return lax.conv_general_dilated(x, kernel, strides, padding, **options)

    assert agree(translated(f, [x, kernel]).run([x, kernel]), [f(x, kernel)], 1e-12)


# --- every elementwise function that JAX offers


SWEPT = [(asked.label, asked.function, asked.arity) for asked in jax_functions.functions(())]
UNDIFFERENTIATED = {"jnp.nextafter", "special.zeta", "special.zeta(2.5, x)"}  # JAX has no derivative of them
LOOPED = {"special.expn(3, x)"}  # a step that is not selected divides by 0: JAX has a rule for it, the engine none
NAN = {"special.spence"}  # JAX's derivative is NaN above 1, and so is its translation: these points are left out
SLOW = {"special.exp1", "special.expi", "special.expn(3, x)"}  # JAX has them as loops


def ordinary(name: str, arity: int) -> list[tuple[float, ...]]:
    """Points inside the domain of a function, off its kinks and where JAX's own slopes keep their digits."""
    edges = (-1.0, 0.0, 1.0)
    points = jax_functions.points_of(name, arity)
    most = 1 if f"special.{name}" in NAN else 3
    return [p for p in points if all(0.01 < abs(x) < most and x not in edges for x in p) and len(set(p)) == arity]


def swept() -> list[Any]:
    slow = {label: [pytest.mark.slow] for label in SLOW}
    return [pytest.param(label, f, arity, id=label, marks=slow.get(label, [])) for label, f, arity in SWEPT]


@pytest.mark.parametrize(("label", "f", "arity"), swept())
def test_elementwise_functions_have_their_values_and_gradients(label: str, f: Any, arity: int) -> None:
    points = ordinary(label.partition(".")[2], arity)
    assert points
    xs = [np.array(column) for column in zip(*points, strict=True)]
    run = translated(f, xs).run
    (wanted,), gradient = both(f, xs, label not in UNDIFFERENTIATED | LOOPED)
    assert agree(run(xs), [wanted], 1e-11)
    if gradient is not None:
        assert agree(ad.grad(weighted(run, xs), wrt=tuple(range(arity)))(*xs), gradient, 1e-9)
