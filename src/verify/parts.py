"""A claim about complex numbers as one about their real and imaginary parts: a complex input is two real directions.

Facts
    The engine's convention (``ad.conjugated`` gives the other): a cotangent g stands for the change Re(sum(g * dy)).
    With dy = du + i dv that is Re(g) du - Im(g) dv. So the derivative by the parts is (Re(g), -Im(g)), and weights
    (a, b) of the parts of a result are the cotangent a - i b.
    A tangent of z is that of its parts: dz = dx + i dy.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ad.containers import flatten, tree_map, unflatten
from verify.claim import Claim, changed
from verify.claimreading import ClaimError
from verify.lists import stacked, stands_for
from verify.numbers.complexformulas import is_complex


class Parts(NamedTuple):
    """A complex array as two real ones."""

    real: Any
    imag: Any


def in_parts(tree: Any) -> Any:
    """The same container with the parts of every complex array in its place."""
    return tree_map(lambda x: Parts(np.real(x), np.imag(x)) if is_complex(x) else x, tree)


def duals_in_parts(tree: Any) -> Any:
    """The same for gradients and cotangents."""
    return tree_map(lambda g: Parts(np.real(g), -np.imag(g)) if is_complex(g) else g, tree)


def whole(tree: Any) -> Any:
    """The container that ``in_parts`` was made of."""
    return _replaced(tree, lambda p: _complex(p.real, p.imag))


def duals_whole(tree: Any) -> Any:
    """The container that ``duals_in_parts`` was made of."""
    return _replaced(tree, lambda p: _complex(p.real, -p.imag))


def _complex(real: Any, imag: Any) -> Any:
    if isinstance(real, np.ndarray | np.generic) and isinstance(imag, np.ndarray | np.generic):
        found = np.empty(np.shape(real), np.result_type(real, np.complex64))
        found.real, found.imag = real, imag  # 1j * inf would be nan + inf j
        return found if found.ndim else found[()]
    return real + 1j * imag


def _replaced(tree: Any, function: Callable[[Parts], Any]) -> Any:
    if isinstance(tree, Parts):
        return function(tree)
    if isinstance(tree, tuple):
        found = [_replaced(item, function) for item in tree]
        return type(tree)(*found) if hasattr(tree, "_fields") else tuple(found)
    if type(tree) is list:
        return [_replaced(item, function) for item in tree]
    if type(tree) is dict:
        return {key: _replaced(item, function) for key, item in tree.items()}
    return tree


def over_parts(claim: Claim) -> Claim:
    """The same claim with real inputs and outputs: complex arrays are given, returned and judged as their parts.

    Raises
        ClaimError for a Jacobian, Hessian-vector product or scalar class: what one complex number an entry means
        there depends on whether f is holomorphic.
    """
    if claim.judged in ("jacobian", "hvp") or claim.engine != "ad":
        what = "a scalar class" if claim.engine != "ad" else f"{claim.judged}="
        raise ClaimError(f"{what} is judged for real numbers: claim gradient=, vjp= or jvp= of complex ones")
    changes = {
        "f": _named_as(claim.f, lambda *xs, **kwargs: in_parts(claim.f(*whole(xs), **kwargs))),
        "xs": in_parts(claim.xs),
        "subject": _subject(claim),
        "tangent": in_parts(claim.tangent),
        "cotangent": duals_in_parts(claim.cotangent),
    }
    return changed(claim, **changes)


def of_complex(claim: Claim) -> bool:
    """Whether an input is complex."""
    return any(is_complex(leaf) for x in claim.xs for leaf in flatten(x)[1])


def _subject(claim: Claim) -> Any:
    """The judged derivative with parts for complex arrays, going in and coming out."""
    judged = claim.subject
    if claim.judged == "gradient":
        return lambda *xs, **kwargs: _fitting(judged(*whole(xs), **kwargs), xs)
    if claim.judged == "value_and_gradient":
        return lambda *xs, **kwargs: _pair(judged(*whole(xs), **kwargs), xs)
    if claim.judged == "jvp":
        return lambda ts, *xs, **kwargs: in_parts(judged(whole(ts), *whole(xs), **kwargs))
    if claim.judged == "vjp" and isinstance(judged, tuple):
        forward, backward = judged
        return _forward(forward), lambda kept, g: _fitting(backward(kept[0], duals_whole(g)), kept[1])
    if claim.judged == "vjp":
        return lambda g, y, *xs, **kwargs: _fitting(judged(duals_whole(g), whole(y), *whole(xs), **kwargs), xs)
    return judged


def _forward(forward: Callable[..., Any]) -> Callable[..., Any]:
    def in_real_numbers(*xs: Any, **kwargs: Any) -> Any:
        y, residuals = forward(*whole(xs), **kwargs)
        return in_parts(y), (residuals, xs)

    return in_real_numbers


def _pair(returned: Any, xs: tuple[Any, ...]) -> Any:
    if not isinstance(returned, tuple | list) or len(returned) != 2:
        return returned  # whoever asked says what is wrong with it
    return in_parts(returned[0]), _fitting(returned[1], xs)


def _fitting(returned: Any, xs: tuple[Any, ...]) -> Any:
    """A returned gradient in parts where the input is; a real one has the imaginary part 0."""
    alone = len(xs) == 1 and _lists_for(returned, xs[0])
    wanted = xs if isinstance(returned, tuple | list) and len(returned) == len(xs) and not alone else xs[0]
    tree, found = flatten(_gathered(returned, wanted))
    slots = flatten(_replaced(wanted, lambda p: _Slot))[1]
    if len(slots) != len(found):
        return duals_in_parts(returned)
    pairs = zip(found, slots, strict=True)
    return unflatten(tree, [Parts(np.real(g), -np.imag(g)) if x is _Slot and g is not None else g for g, x in pairs])


def _lists_for(returned: Any, like: Any) -> bool:
    return isinstance(like, Parts) and stands_for(returned, np.shape(like.real))


def _gathered(returned: Any, like: Any) -> Any:
    """The same with an array where lists of numbers stand for a complex one."""
    if _lists_for(returned, like):
        return stacked(returned)
    inside = isinstance(returned, tuple | list) and isinstance(like, tuple | list) and not isinstance(like, Parts)
    if inside and len(returned) == len(like):
        return [_gathered(part, model) for part, model in zip(returned, like, strict=True)]
    return returned


class _Slot:
    """Stands where a complex input stood."""


def _named_as(f: Callable[..., Any], function: Any) -> Callable[..., Any]:
    function.__name__ = getattr(f, "__name__", repr(f))
    with contextlib.suppress(TypeError, ValueError):  # a ufunc's arguments have no names
        function.__signature__ = inspect.signature(f)
    named: Callable[..., Any] = function
    return named
