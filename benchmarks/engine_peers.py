"""The engines on one workload each: how value and gradient are asked for in the fastest way their manuals name.

``build(workload)`` does everything that is done once (arrays of the engine's own, tracing, compiling) and returns
``(call, plain)``: ``call()`` is what gets timed, ``plain(result)`` its result as (float, NumPy arrays). For programs
of single numbers Python floats go in and come out, conversions included. ImportError and ``Absent`` mean that the
engine is not there, or does not run this workload.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

import numpy as np
from engine_workloads import Workload, chain

import ad

Call = Callable[[], Any]
Plain = Callable[[Any], tuple[float, list[Any]]]
Built = tuple[Call, Plain]


class Absent(Exception):
    """This engine does not run this workload; the message says why."""


def plain(result: Any) -> tuple[float, list[Any]]:
    value, gradients = result
    return float(value), [np.asarray(g) for g in gradients]


def floats(value: Any, gradients: Iterable[Any]) -> tuple[float, list[float]]:
    return float(value), [float(g) for g in gradients]


def over(w: Workload, m: Any) -> Callable[..., Any]:
    """The workload's function of its xs over the module m; constants are bound."""
    return lambda *xs: w.f(m, *xs, *w.constants)


def everything(w: Workload) -> tuple[int, ...]:
    return tuple(range(len(w.xs)))


# --- ours


def by_hand(w: Workload) -> Built:
    return (lambda: w.by_hand(*w.xs, *w.constants)), plain


def eager(w: Workload) -> Built:
    both = ad.value_and_grad(over(w, np), everything(w))
    return (lambda: both(*w.xs)), plain


def variables(w: Workload) -> Built:
    f = over(w, np)

    def call() -> Any:
        xs = [ad.Variable(x) for x in w.xs]
        y = f(*xs)
        y.backward()
        return y.value, [x.grad for x in xs]

    return call, plain


def compiled(w: Workload) -> Built:
    if not hasattr(ad, "compile"):
        raise Absent("this version has no ad.compile")
    both = ad.compile(over(w, np), everything(w))
    return (lambda: both(*w.xs)), plain


# --- NumPy-based peers


def autograd(w: Workload) -> Built:
    import autograd.numpy
    from autograd import value_and_grad

    both = value_and_grad(over(w, autograd.numpy), argnum=everything(w))
    return (lambda: both(*w.xs)), plain


def mygrad(w: Workload) -> Built:
    import mygrad

    mygrad.turn_memory_guarding_off()  # its documented speed-up
    sys.setrecursionlimit(200_000)
    f = over(w, mygrad)

    def call() -> Any:
        xs = [mygrad.tensor(x) if w.scalar else mygrad.tensor(x, copy=False) for x in w.xs]
        y = f(*xs)
        y.backward()
        return floats(y, [x.grad for x in xs]) if w.scalar else (y.data, [x.grad for x in xs])

    return call, plain


# --- frameworks


def torch(w: Workload) -> Built:
    import torch

    torch.set_num_threads(1)
    zero = torch.zeros((), dtype=torch.float64)
    m = SimpleNamespace(
        exp=torch.exp, sin=torch.sin, tanh=torch.tanh, log1p=torch.log1p, sum=torch.sum, mean=torch.mean,
        logaddexp=lambda a, b: torch.logaddexp(zero + a, b),  # it takes tensors alone
    )  # fmt: skip
    if w.scalar:
        f = over(w, torch)

        def of_numbers() -> Any:
            xs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in w.xs]
            y = f(*xs)
            return floats(y, torch.autograd.grad(y, xs))

        return of_numbers, plain
    xs = [torch.from_numpy(np.array(x)).requires_grad_() for x in w.xs]
    constants = [torch.from_numpy(np.array(c)) for c in w.constants]

    def call() -> Any:
        y = w.f(m, *xs, *constants)
        return y.detach(), torch.autograd.grad(y, xs)

    return call, plain


def jax_jit(w: Workload) -> Built:
    return jax_of(w, lambda jax, both: jax.jit(both))


def jax_eager(w: Workload) -> Built:
    if w.operations > 2000 or sum(np.size(x) for x in w.xs) > 200_000:
        raise Absent("takes minutes")
    return jax_of(w, lambda jax, both: both)


def jax_of(w: Workload, finish: Callable[[Any, Any], Any]) -> Built:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    if w.f is chain:  # as a loop of XLA's: unrolled it takes minutes to compile
        (steps,) = w.constants

        def f(x: Any, h: Any) -> Any:
            return jax.lax.fori_loop(0, steps, lambda i, x: x + h * jnp.sin(x), x)
    else:
        constants = [jnp.asarray(c) for c in w.constants]

        def f(*xs: Any) -> Any:
            return w.f(jnp, *xs, *constants)

    both = finish(jax, jax.value_and_grad(f, argnums=everything(w)))
    if w.scalar:

        def of_numbers() -> Any:
            y, gradients = both(*w.xs)
            return floats(y, gradients)

        return of_numbers, plain
    xs = [jnp.asarray(x) for x in w.xs]
    return (lambda: jax.block_until_ready(both(*xs))), plain


def casadi(w: Workload) -> Built:
    import casadi as ca

    if not w.scalar and w.name not in ("Rosenbrock", "elementwise"):
        raise Absent("its matrices do not broadcast")
    m = SimpleNamespace(exp=ca.exp, sin=ca.sin, tanh=ca.tanh, log1p=ca.log1p, sum=ca.sum1)
    kind = ca.SX if sum(np.size(x) for x in w.xs) <= 1000 else ca.MX
    xs = [kind.sym(f"x{i}", np.size(x)) for i, x in enumerate(w.xs)]
    y = w.f(m, *xs, *w.constants)
    both = ca.Function("both", xs, [y, *[ca.gradient(y, x) for x in xs]])
    given = [np.array(x, dtype=float).reshape(-1) for x in w.xs]
    found = [np.empty(both.nnz_out(i)) for i in range(both.n_out())]
    buffer, evaluate = both.buffer()  # without copies: its fastest way in from Python
    for i, x in enumerate(given):
        buffer.set_arg(i, memoryview(x))
    for i, x in enumerate(found):
        buffer.set_res(i, memoryview(x))

    def call(alive: Any = (both, buffer)) -> Any:  # evaluate() does not keep them alive by itself
        for held, x in zip(given, w.xs, strict=True):
            held[...] = x
        evaluate()
        return floats(found[0][0], [g[0] for g in found[1:]]) if w.scalar else (found[0][0], found[1:])

    def shaped(result: Any) -> tuple[float, list[Any]]:
        return plain((result[0], [np.reshape(g, np.shape(x)) for g, x in zip(result[1], w.xs, strict=True)]))

    return call, shaped


ENGINES: dict[str, Callable[[Workload], Built]] = {
    "by hand": by_hand,
    "ad eager": eager,
    "ad Variables": variables,
    "ad compiled": compiled,
    "autograd": autograd,
    "mygrad": mygrad,
    "torch": torch,
    "jax jit": jax_jit,
    "jax eager": jax_eager,
    "casadi": casadi,
}
PACKAGES = ("numpy", "autograd", "mygrad", "torch", "jax", "casadi", "numba")  # whose versions the page names


def agrees(w: Workload, found: tuple[float, list[Any]]) -> bool:
    """Whether value and gradients are those by hand, up to what rounding leaves of 1e-9."""
    value, gradients = plain(w.by_hand(*w.xs, *w.constants))
    close = [math.isclose(found[0], value, rel_tol=1e-9)]
    close += [
        np.shape(g) == np.shape(truth) and bool(np.max(np.abs(g - truth)) <= 1e-9 * np.max(np.abs(truth)))
        for g, truth in zip(found[1], gradients, strict=True)
    ]
    return all(close)
