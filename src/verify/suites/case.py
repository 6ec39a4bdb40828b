"""One hand-written gradient as plain data: the function, an example point, and the subject under test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, eq=False)
class Case:
    """A function together with a gradient that somebody wrote by hand.

    Arguments
        id             unique name; a wrong twin is called ``<id of the right case>/<mistake>``
        title          what the function is, for a reader
        f              forward, called as ``f(*xs, **kwargs)``; returns one float64 array or scalar
        xs             example inputs: float64 arrays, or one dict of them
        judged         which claim ``subject`` answers; the forms are
                       gradient            ``subject(*xs, **kwargs)``: one array per input, a single array
                                           for one input, or the container that the input is
                       value_and_gradient  ``subject(*xs, **kwargs)``: the value and the gradient as above
                       jacobian            ``subject(*xs)``: dense, outputs by inputs
                       vjp                 ``subject(g, y, *xs)``, or a pair ``(fwd, bwd)`` with
                                           ``y, residuals = fwd(*xs)`` and ``bwd(residuals, g)``: one
                                           cotangent per input, or a single array for one input
        subject        the hand-written gradient, or the pair
        kwargs         keyword arguments of both ``f`` and ``subject``; not differentiated
        wrong_input    mistakes only: the parameter of ``f`` whose gradient is wrong, or ``params['w1']``
        wrong_entries  mistakes only: indices into that input where it is wrong; None means most of them
        also_wrong     mistakes only: further inputs that the same mistake spoils
        least_gap      mistakes only: the mistake is larger than this part of the gradient's largest entry
        note           mistakes only: what is wrong and where it shows, in one sentence
    Example
        >>> Case("square", "x squared", lambda x: x * x, (3.0,), "gradient", lambda x: 2 * x).judged
        'gradient'
    """

    id: str
    title: str
    f: Callable[..., Any]
    xs: tuple[Any, ...]
    judged: str
    subject: Callable[..., Any] | tuple[Callable[..., Any], Callable[..., Any]]
    kwargs: dict[str, Any] = field(default_factory=dict)
    wrong_input: str | None = None
    wrong_entries: tuple[tuple[int, ...], ...] | None = None
    also_wrong: tuple[str, ...] = ()
    least_gap: float = 1e-3
    note: str = ""
