"""Laws that hold for every function: what derivatives are, whatever the rules that compute them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ad
from ad.dispatch import TABLE

Function = Callable[[Any], Any]

# Steps from arrays of any shape to arrays of the same shape; programs are chains of them.
STEPS: dict[str, Function] = {
    "sine": np.sin,
    "tanh": np.tanh,
    "product": lambda x: x * np.cos(x),
    "quotient": lambda x: x / (1 + x * x),
    "exponential": lambda x: np.exp(-np.square(x)),
    "centred": lambda x: x - np.mean(x),
    "shared": lambda x: x + np.flip(x) * np.tanh(np.sum(x)),
    "softplus": lambda x: np.logaddexp(x, 0.0),
    "gathered": lambda x: np.take(np.ravel(x), np.arange(np.size(x)) // 2).reshape(np.shape(x)),
    "joined": lambda x: np.reshape(np.concatenate([np.ravel(x)[1:], np.ravel(x)[:1]]), np.shape(x)),
    "power": lambda x: (1 + x**2) ** -1.5,
}
SHAPES = [(), (1,), (3,), (2, 3), (2, 1, 2)]
programs = st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=5)
shapes = st.sampled_from(SHAPES)
seeds = st.integers(0, 2**32 - 1)


def chain(names: list[str]) -> Function:
    def f(x: Any) -> Any:
        for name in names:
            x = STEPS[name](x)
        return x

    return f


def draws(seed: int, shape: tuple[int, ...], count: int) -> list[Any]:
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape)[()] for _ in range(count)]


def assert_same(a: Any, b: Any, scale: float | None = None) -> None:
    """Equal up to rounding: 1e-10 of the largest entry, and 1e-9 where numbers up to 1e5 cancelled.

    The mutants are 1e-6 off.
    """
    scale = float(np.max(np.abs(b), initial=0.0)) if scale is None else scale
    assert np.shape(a) == np.shape(b)
    assert np.all(np.abs(np.asarray(a) - b) <= 1e-10 * scale + 1e-9), (a, b)


def check_linear(names: list[str], shape: tuple[int, ...], seed: int) -> None:
    f = chain(names)
    x, u, v = draws(seed, shape, 3)
    _, pullback = ad.vjp(f, x)
    for apply in (lambda g: pullback(g)[0], lambda t: ad.jvp(f, (x,), (t,))[1]):
        parts = 2 * apply(u), -3 * apply(v)
        assert_same(apply(2 * u - 3 * v), parts[0] + parts[1], float(np.max(np.abs(parts))))


def check_adjoint(names: list[str], shape: tuple[int, ...], seed: int) -> None:
    f = chain(names)
    x, t, g = draws(seed, shape, 3)
    ahead, back = g * ad.jvp(f, (x,), (t,))[1], t * ad.vjp(f, x)[1](g)[0]
    assert_same(np.sum(ahead), np.sum(back), float(np.sum(np.abs(ahead)) + np.sum(np.abs(back))))


def check_chain_rule(names: list[str], shape: tuple[int, ...], seed: int) -> None:
    """The derivative of a chain is the product of its steps' derivatives, each taken alone."""
    x, t, g = draws(seed, shape, 3)
    y, tangent, pullbacks = x, t, []
    for name in names:
        tangent = ad.jvp(STEPS[name], (y,), (tangent,))[1]
        y, pullback = ad.vjp(STEPS[name], y)
        pullbacks.append(pullback)
    cotangent = g
    for pullback in reversed(pullbacks):
        (cotangent,) = pullback(cotangent)
    assert_same(ad.jvp(chain(names), (x,), (t,))[1], tangent)
    assert_same(ad.vjp(chain(names), x)[1](g)[0], cotangent)


def check_product_rule(names: list[str], shape: tuple[int, ...], seed: int) -> None:
    f, h = chain(names), chain(names[::-1])
    x, t = draws(seed, shape, 2)
    (y, dy), (z, dz) = ad.jvp(f, (x,), (t,)), ad.jvp(h, (x,), (t,))
    size = float(np.max(np.abs(dy * z) + np.abs(y * dz)))
    assert_same(ad.jvp(lambda v: f(v) * h(v), (x,), (t,))[1], dy * z + y * dz, size)


def check_symmetry(names: list[str], shape: tuple[int, ...], seed: int) -> None:
    """Second derivatives do not depend on the order, nor on the modes that compute them."""
    f = chain(names)
    x, u, v = draws(seed, shape, 3)
    total = lambda z: np.sum(f(z))  # noqa: E731
    hu, hv = ad.hvp(total, (x,), (u,))[0], ad.hvp(total, (x,), (v,))[0]
    forward = ad.jvp(lambda z: ad.jvp(total, (z,), (u,))[1], (x,), (v,))[1]
    reverse = np.sum(ad.grad(lambda z: np.sum(ad.grad(total)(z) * u))(x) * v)
    size = float(np.sum(np.abs(hu * v)) + np.sum(np.abs(hv * u)))
    for other in (np.sum(hv * u), forward, reverse):
        assert_same(np.sum(hu * v), other, size)


def check_reshape(names: list[str], shape: tuple[int, ...], seed: int) -> None:
    """Flattening before and restoring after changes nothing."""
    f = chain(names)
    x, g = draws(seed, shape, 2)
    flat = ad.vjp(lambda v: np.ravel(f(np.reshape(v, shape))), np.ravel(x))[1](np.ravel(g))[0]
    assert_same(np.reshape(flat, shape), ad.vjp(f, x)[1](g)[0])


def check_explicit_broadcast(names: list[str], shape: tuple[int, ...], seed: int) -> None:
    """Broadcasting in an operation is the same as np.broadcast_to before it."""
    f = chain(names)
    (x,) = draws(seed, shape, 1)
    (y,) = draws(seed + 1, (4, *(1,) * len(shape)), 1)
    (g,) = draws(seed + 2, (4, *shape), 1)
    implicit = ad.vjp(lambda a, b: f(a) * b + a, x, y)[1](g)
    full = lambda a: np.broadcast_to(a, (4, *shape))  # noqa: E731
    explicit = ad.vjp(lambda a, b: full(f(a)) * full(b) + full(a), x, y)[1](g)
    for a, b in zip(implicit, explicit, strict=True):
        assert_same(a, b)


def check_shared(names: list[str], shape: tuple[int, ...], seed: int) -> None:
    """A value used twice gets the sum of what its two uses get apart."""
    f = chain(names)
    (x,) = draws(seed, shape, 1)
    apart = ad.grad(lambda a, b: np.sum(f(a) * np.sin(b) + f(b)), wrt=(0, 1))(x, x)
    size = float(np.max(np.abs(apart)))
    assert_same(ad.grad(lambda a: np.sum(f(a) * np.sin(a) + f(a)))(x), apart[0] + apart[1], size)


LAWS = [
    check_linear, check_adjoint, check_chain_rule, check_product_rule, check_symmetry, check_reshape,
    check_explicit_broadcast, check_shared,
]  # fmt: skip


@pytest.mark.parametrize("law", LAWS)
@given(names=programs, shape=shapes, seed=seeds)
@settings(max_examples=30)
def test_the_laws_hold(law: Callable[..., None], names: list[str], shape: tuple[int, ...], seed: int) -> None:
    law(names, shape, seed)


def edited(function: Any, **rules: Any) -> Any:
    return dataclasses.replace(TABLE[function], **rules)


def off(rule: Callable[..., Any]) -> Callable[..., Any]:
    return lambda i, *rest: rule(i, *rest) * (1 + 1e-6)


def bent(rule: Callable[..., Any]) -> Callable[..., Any]:
    return lambda i, g, *rest: rule(i, g * (1 + 1e-6 * np.absolute(g)), *rest)


MULTIPLY = TABLE[np.multiply]
# law -> the function and its wrong entry that the law must notice on the program "shared"
MUTANTS = [
    (check_linear, np.multiply, edited(np.multiply, vjp=bent(MULTIPLY.vjp))),
    (check_linear, np.multiply, edited(np.multiply, jvp=bent(MULTIPLY.jvp))),
    (check_adjoint, np.multiply, edited(np.multiply, vjp=off(MULTIPLY.vjp))),
    (check_product_rule, np.multiply, edited(np.multiply, jvp=off(MULTIPLY.jvp))),
    (check_symmetry, np.multiply, edited(np.multiply, jvp=off(MULTIPLY.jvp))),
    (check_explicit_broadcast, np.broadcast_to, edited(np.broadcast_to, vjp=off(TABLE[np.broadcast_to].vjp))),
    (check_reshape, np.reshape, edited(np.reshape, vjp=off(TABLE[np.reshape].vjp))),
]


@pytest.mark.parametrize(("law", "function", "wrong"), MUTANTS)
def test_each_law_notices_a_wrong_rule(
    law: Callable[..., None], function: Any, wrong: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    law(["shared", "product"], (2, 3), 1)
    monkeypatch.setitem(TABLE, function, wrong)
    with pytest.raises(AssertionError):
        law(["shared", "product"], (2, 3), 1)


@pytest.mark.parametrize("law", [check_shared, check_adjoint])
def test_the_laws_notice_a_sweep_that_overwrites(
    law: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keeping the last contribution alone, instead of adding up, is the classic fault of a sweep."""
    monkeypatch.setattr("ad.core._sum", lambda total, part: part)
    with pytest.raises(AssertionError):
        law(["shared", "product"], (2, 3), 1)


def test_the_chain_rule_notices_a_sweep_that_stops_early(monkeypatch: pytest.MonkeyPatch) -> None:
    real = ad.core.sweep
    check_chain_rule(["sine", "tanh"] * 3, (3,), 1)
    monkeypatch.setattr("ad.core.sweep", lambda nodes, *rest: real(nodes[-5:], *rest))  # a step alone has 2 nodes
    with pytest.raises(AssertionError):
        check_chain_rule(["sine", "tanh"] * 3, (3,), 1)


def test_every_law_has_a_mutant() -> None:
    assert {law for law, _, _ in MUTANTS} | {check_shared, check_chain_rule} == set(LAWS)


def test_inputs_are_not_written_to() -> None:
    x, g = np.arange(6.0).reshape(2, 3), np.ones((2, 3))
    x.flags.writeable = g.flags.writeable = False
    for names in ([name] for name in STEPS):
        ad.vjp(chain(names), x)[1](g)
        ad.jvp(chain(names), (x,), (g,))
