"""Broken contracts of JAX shown by JAX alone: each function is run here, and its text put into a script.

Facts
    Each takes jax, the op, ``call``, which calls the op with the arrays that are differentiated, these arrays, and a
    cotangent for each result, or none for ones. It returns what is wrong in words, or "".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def listed(y: Any) -> Any:
    """The results as a tuple."""
    return tuple(y) if isinstance(y, tuple | list) else (y,)


def seeds(jax: Any, ys: Any, gs: Any) -> Any:
    """The cotangents in the dtypes of the results; ones where none are given."""
    return [g.astype(y.dtype) for g, y in zip(gs or map(jax.numpy.ones_like, ys), ys, strict=True)]


def pulled(jax: Any, function: Any, xs: Any, gs: Any) -> Any:
    """The gradients of arrays, along ones where no cotangents are given."""
    ys, pull = jax.vjp(lambda *xs: listed(function(*xs)), *xs)
    return pull(tuple(seeds(jax, ys, gs)))


def apart(jax: Any, found: Any, wanted: Any, part: float | None = None) -> str:
    """Where arrays differ by more than this part of the largest: the root of the roundoff where nothing is said."""
    for a, b in zip(found, wanted, strict=True):
        allowed = (part or float(jax.numpy.finfo(b.dtype).eps) ** 0.5) * float(abs(b).max(initial=0.0))
        if a.shape != b.shape or not jax.numpy.allclose(a, b, rtol=0.0, atol=allowed, equal_nan=True):
            return f"{a.tolist()}, not {b.tolist()}"
    return ""


def steps(jax: Any, xs: Any) -> Any:
    """A direction, and a step for central differences along it."""
    ts = [jax.numpy.linspace(0.5, 1.0, x.size, dtype=x.dtype).reshape(x.shape) for x in xs]
    return ts, float(jax.numpy.finfo(xs[0].dtype).eps) ** (1 / 3)


def differences(jax: Any, function: Any, xs: Any) -> Any:
    """How the arrays that a function returns move along the direction, by central differences."""
    ts, h = steps(jax, xs)
    above, below = (function(*[x + s * h * t for x, t in zip(xs, ts, strict=True)]) for s in (1, -1))
    return [(a - b) / (2 * h) for a, b in zip(above, below, strict=True)]


def unlike_differences(jax: Any, found: Any, function: Any, xs: Any) -> str:
    """Where derivatives along the direction are not how the arrays that a function returns move."""
    part = max(1e-3, 10 * float(jax.numpy.finfo(xs[0].dtype).eps) ** (2 / 3))  # what differences may be off by
    return apart(jax, found, differences(jax, function, xs), part)


def value_and_gradient(jax: Any, call: Any, n: int) -> Any:
    """The value as a function of n arrays, and the gradient as one of these and of cotangents."""
    return {"value": lambda *xs: listed(call(*xs[:n])), "gradient": lambda *xs: pulled(jax, call, xs[:n], xs[n:])}


def is_compiled_wrongly(jax: Any, op: Any, call: Any, xs: Any, gs: Any) -> str:
    given = [*xs, *seeds(jax, listed(call(*xs)), gs)]
    for name, function in value_and_gradient(jax, call, len(xs)).items():
        eager = function(*given)
        try:
            said = apart(jax, jax.jit(function)(*given), eager)
        except Exception as problem:
            return f"under jit its {name} raises {type(problem).__name__}"
        if said:
            return f"under jit its {name} is {said}"
    return ""


def is_mapped_wrongly(jax: Any, op: Any, call: Any, xs: Any, gs: Any) -> str:
    given = [*xs, *seeds(jax, listed(call(*xs)), gs)]
    for n in (1, 3):
        points = [[x * (1 + k / 16) for x in given] for k in range(n)]
        stacked = [jax.numpy.stack(parts) for parts in zip(*points, strict=True)]
        for name, function in value_and_gradient(jax, call, len(xs)).items():
            alone = [function(*point) for point in points]
            try:
                mapped = jax.vmap(function)(*stacked)
            except Exception as problem:
                return f"under vmap its {name} raises {type(problem).__name__}"
            for k, wanted in enumerate(alone):
                if said := apart(jax, [x[k] for x in mapped], wanted):
                    return f"under vmap over a batch of {n} its {name} at point {k} is {said}"
    return ""


def is_another_for_numpy(jax: Any, op: Any, call: Any, xs: Any, gs: Any) -> str:
    plain = [jax.device_get(x).copy() for x in xs]
    found, wanted = listed(call(*plain)), listed(call(*xs))
    for k, (now, x) in enumerate(zip(plain, xs, strict=True)):
        if now.tobytes() != jax.device_get(x).tobytes():
            return f"it writes into a NumPy array: input {k} was {x.tolist()} and is {now.tolist()}"
    if said := apart(jax, [jax.numpy.asarray(y) for y in found], wanted):
        return f"for NumPy arrays its value is {said}"
    said = apart(jax, pulled(jax, call, plain, gs), pulled(jax, call, xs, gs))
    return said and f"for NumPy arrays its gradient is {said}"


def differentiates_twice_wrongly(jax: Any, op: Any, call: Any, xs: Any, gs: Any) -> str:
    ts, _ = steps(jax, xs)
    gs = seeds(jax, listed(call(*xs)), gs)
    found = pulled(jax, lambda *xs: pulled(jax, call, xs, gs), xs, ts)
    if said := unlike_differences(jax, found, lambda *xs: pulled(jax, call, xs, gs), xs):
        return f"along a direction the gradient moves by {said}"
    found = pulled(jax, lambda *gs: pulled(jax, call, xs, gs), gs, ts)
    said = unlike_differences(jax, found, lambda *xs: listed(call(*xs)), xs)
    return said and f"differentiated by the cotangent, it is {said}"


def pushes_wrongly(jax: Any, op: Any, call: Any, xs: Any, gs: Any) -> str:
    ts, _ = steps(jax, xs)
    found = jax.jvp(lambda *xs: listed(call(*xs)), tuple(xs), tuple(ts))[1]
    said = unlike_differences(jax, found, lambda *xs: listed(call(*xs)), xs)
    return said and f"by forward mode the result moves by {said}"


def has_another_dtype(jax: Any, op: Any, call: Any, xs: Any, gs: Any) -> str:
    y, residuals = op.fwd(*xs)
    returned = op.bwd(residuals, jax.tree.map(jax.numpy.ones_like, y))
    pairs = [(k, d.dtype, x.dtype) for k, (d, x) in enumerate(zip(returned, xs, strict=True)) if d is not None]
    return "; ".join(f"bwd returns {found} for input {k} of {own}" for k, found, own in pairs if found != own)


def needs_all_arguments(jax: Any, op: Any, call: Any, xs: Any, gs: Any) -> str:
    for k, wanted in enumerate(pulled(jax, call, xs, gs)):
        try:
            alone = pulled(jax, lambda x, k=k: call(*xs[:k], x, *xs[k + 1 :]), [xs[k]], gs)
        except Exception as problem:
            return f"where only input {k} is differentiated it raises {problem!r}"
        if said := apart(jax, alone, [wanted]):
            return f"where only input {k} is differentiated, its gradient is {said}"
    return ""


def needs_all_results(jax: Any, op: Any, call: Any, xs: Any, gs: Any) -> str:
    ys = listed(call(*xs))
    for k, y in enumerate(ys):
        one = jax.numpy.ones_like(y)
        wanted = pulled(jax, call, xs, [one if i == k else jax.numpy.zeros_like(other) for i, other in enumerate(ys)])
        try:
            alone = pulled(jax, lambda *xs, k=k: listed(call(*xs))[k], xs, [one])
        except Exception as problem:
            return f"where only result {k} is used it raises {problem!r}"
        if said := apart(jax, alone, wanted):
            return f"where only result {k} is used, a gradient is {said}"
    return ""


SHOWN: dict[str, Callable[[Any, Any, Any, Any, Any], str]] = {
    "jit": is_compiled_wrongly,
    "vmap": is_mapped_wrongly,
    "python numbers": is_another_for_numpy,
    "second order": differentiates_twice_wrongly,
    "forward and reverse": pushes_wrongly,
    "residuals": has_another_dtype,
    "one argument alone": needs_all_arguments,
    "one result alone": needs_all_results,
}
