"""The worst error of every derivative rule over the float64 range: the engine's, and those of jax, torch and autograd.

Run ``python benchmarks/accuracy.py [full|sample] [op ...]``; without arguments: all ops, full, a minute an engine.
Frameworks that are not installed are left out. A cell holds the most units (of u*|truth| + eta, as in
``verify.accuracy``) by which a slope is off, at points where the op's own value is a normal double; 4 or less is what
this project asks of itself, 9e15 is "no digit right", inf is NaN. The line below names the engine's worst point.
Frameworks are asked for float64. XLA, on which jax runs, flushes subnormal numbers to zero; errors that come from that
alone are counted too.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import ad
from ad.core import Op
from ad.variable import TABLE
from verify.accuracy import FULL, SAMPLE, Columns, Density, Rule, accuracy, line, sweeps

Find = Callable[[str], Callable[..., Any] | None]  # the framework's function of that name
Engine = Callable[[Callable[..., Any]], Rule]  # that function's slopes


def sigmoid(x: Any) -> Any:
    return (1 + np.tanh(x / 2)) / 2  # the usual 1 / (1 + exp(-x)) has no slope where exp(-x) overflows


def softplus(x: Any) -> Any:
    return np.logaddexp(0.0, x)


def composite(fun: Callable[..., Any], exact: Callable[..., Any]) -> Op:
    """A function of the table's functions in the form of an entry; its slope is what the engine computes."""
    bind, rule = TABLE[np.exp].bind, of_engine(fun)
    return Op(fun.__name__, fun, bind, lambda i, g, y, xs, static: g * rule(i, xs), rule, "elementwise", exact=exact)


def of_engine(fun: Callable[..., Any]) -> Rule:
    return lambda i, xs: ad.vjp(fun, *xs)[1](np.ones(np.shape(xs[i])))[i]


def jax_engine() -> tuple[Find, Engine]:
    jax = importlib.import_module("jax")
    jnp = importlib.import_module("jax.numpy")
    jax.config.update("jax_enable_x64", True)
    extra = {"sigmoid": jax.nn.sigmoid, "softplus": jax.nn.softplus}

    def engine(f: Callable[..., Any]) -> Rule:
        slopes = lambda i, xs: jax.grad(lambda *a: jnp.sum(f(*a)), argnums=i)(*[jnp.asarray(x) for x in xs])  # noqa: E731
        return lambda i, xs: np.asarray(slopes(i, xs))

    return lambda name: extra.get(name) or getattr(jnp, name, None), engine


def torch_engine() -> tuple[Find, Engine]:
    torch = importlib.import_module("torch")
    extra = {"softplus": torch.nn.functional.softplus, "power": torch.pow, "fabs": torch.abs, "rint": torch.round}

    def engine(f: Callable[..., Any]) -> Rule:
        def rule(i: int, xs: Columns) -> np.ndarray:
            tensors = [torch.tensor(x) if isinstance(x, np.ndarray) else x for x in xs]
            tensors[i].requires_grad_()
            y = f(*tensors).sum()
            if not y.requires_grad:
                return np.zeros(np.shape(xs[i]))
            found = torch.autograd.grad(y, tensors[i], allow_unused=True)[0]
            return np.zeros(np.shape(xs[i])) if found is None else found.numpy()

        return rule

    return lambda name: extra.get(name) or getattr(torch, name, None), engine


def autograd_engine() -> tuple[Find, Engine]:
    autograd = importlib.import_module("autograd")
    anp = importlib.import_module("autograd.numpy")

    def engine(f: Callable[..., Any]) -> Rule:
        return lambda i, xs: np.asarray(autograd.grad(lambda *a: anp.sum(f(*a)), i)(*xs))

    return lambda name: getattr(anp, name, None), engine


FRAMEWORKS = {"jax": jax_engine, "torch": torch_engine, "autograd": autograd_engine}
COMPOSITES = (
    composite(sigmoid, lambda m, x: 1 / (1 + m.exp(-x))),
    composite(softplus, lambda m, x: m.log(1 + m.exp(x))),
)


def worst(op: Op, density: Density, rule: Rule | None) -> tuple[float, str]:
    """The most units over all operands, and where."""
    found = sweeps(op, density, rule) if op.fun in TABLE else iter([accuracy(op, 0, (line(density),), rule)])
    errors = [(f.worst.units, f"operand {f.operand + 1} at {f.worst.at}") for f in found if f.worst is not None]
    return max(errors)


def cells(op: Op, density: Density, engines: dict[str, tuple[Find, Engine]]) -> Iterator[str]:
    for find, engine in engines.values():
        f = find(op.name)
        if f is None:
            yield "-"
            continue
        try:
            yield f"{worst(op, density, engine(f))[0]:.3g}"
        except Exception as problem:  # a framework may have the name, and not its derivative or these arguments
            yield type(problem).__name__


def main(arguments: list[str]) -> None:
    density = SAMPLE if "sample" in arguments else FULL
    names = set(arguments) - {"sample", "full"}
    engines = {name: make() for name, make in FRAMEWORKS.items() if importlib.util.find_spec(name)}
    print(f"{'op':14}{'ours':>10}" + "".join(f"{name:>22}" for name in engines))
    for op in (*(op for op in TABLE.values() if op.family == "elementwise"), *COMPOSITES):
        if names and op.name not in names:
            continue
        most, where = worst(op, density, None)
        with np.errstate(all="ignore"):
            print(f"{op.name:14}{most:>10.3g}" + "".join(f"{cell:>22}" for cell in cells(op, density, engines)))
        print(f"    {where}" + (f"; {op.note}" if op.note else ""), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
