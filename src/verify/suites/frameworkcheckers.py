"""What the frameworks' own checkers say of a custom op, with the arguments that they take when none are given.

Facts
    Their random directions come from generators of their own with fixed seeds: they say the same every time.
    ``check_grads`` cannot ask a ``custom_vjp`` for forward mode: people give modes=["rev"], and so is asked here.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from verify.suites.customops import Planted, tensors

ACCEPTS, REFUSES, RAISES = "accepts", "refuses", "raises"


@dataclass(frozen=True)
class Said:
    """What a checker said of an op: ACCEPTS, REFUSES, or RAISES what it does not raise of a wrong gradient itself.

    why: the first line of what it raised; warned: that it warned of the dtype beforehand.
    """

    answer: str
    why: str = ""
    warned: bool = False


def torch_says(torch: Any, one: Planted) -> dict[str, Said]:
    """What each checker of PyTorch's that goes with the question says."""
    xs = tensors(torch, "torch", one.case.xs, one.dtype)
    wanted = range(len(xs)) if one.case.wrt is None else one.case.wrt
    for i in wanted:
        xs[i].requires_grad_(xs[i].is_floating_point())
    check, refusal = torch.autograd.gradcheck, import_module("torch.autograd.gradcheck").GradcheckError
    asked: dict[str, Callable[[], Any]] = {
        "value": {
            "gradcheck": lambda: check(one.op, xs),
            "gradcheck fast_mode": lambda: check(one.op, xs, fast_mode=True),
        },
        "second order": {
            "gradgradcheck": lambda: torch.autograd.gradgradcheck(one.op, xs),
            "gradgradcheck fast_mode": lambda: torch.autograd.gradgradcheck(one.op, xs, fast_mode=True),
        },
        "forward mode": {
            "gradcheck check_forward_ad": lambda: check(one.op, xs, check_forward_ad=True),
            "gradcheck check_forward_ad fast_mode": lambda: check(one.op, xs, check_forward_ad=True, fast_mode=True),
        },
    }["value" if one.shows == "contract" else one.shows]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # of an op that answers at random
        return {name: said(ask, refusal) for name, ask in asked.items()}


def jax_says(jax: Any, one: Planted) -> dict[str, Said]:
    """What ``jax.test_util.check_grads`` says, of first derivatives and of second ones."""
    check = import_module("jax.test_util").check_grads
    xs = tensors(jax, "jax", one.case.xs, one.dtype)
    f, moving = _of_the_differentiated(jax, one, xs)
    modes = {"modes": ["rev"]} if isinstance(one.op, jax.custom_vjp) else {}

    def ask(order: int) -> Callable[[], Any]:
        return lambda: check(f, moving, order=order, **modes)

    with jax.enable_x64(True):
        return {f"check_grads order={order}": said(ask(order), AssertionError) for order in (1, 2)}


def _of_the_differentiated(jax: Any, one: Planted, xs: Sequence[Any]) -> tuple[Callable[..., Any], list[Any]]:
    """The op as a function of what is differentiated, and that."""
    floating = [i for i, x in enumerate(xs) if jax.numpy.issubdtype(x.dtype, jax.numpy.floating)]
    chosen = [i for i in floating if one.case.wrt is None or i in one.case.wrt]

    def f(*moving: Any) -> Any:
        places = dict(zip(chosen, moving, strict=True))
        return one.op(*[places.get(i, x) for i, x in enumerate(xs)])

    return f, [xs[i] for i in chosen]


def said(ask: Callable[[], Any], refusal: type[Exception]) -> Said:
    """What comes of asking a checker that raises ``refusal`` of a wrong gradient.

    Example
        >>> said(lambda: True, AssertionError).answer, said(lambda: [][0], AssertionError).answer
        ('accepts', 'raises')
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            ask()
        except refusal as problem:
            answer, why = REFUSES, _first_line(problem)
        except Exception as problem:  # of the op, or of the checker where it cannot be asked
            answer, why = RAISES, f"{type(problem).__name__}: {_first_line(problem)}"
        else:
            answer, why = ACCEPTS, ""
    return Said(answer, why, any("double precision" in str(warning.message) for warning in caught))


def _first_line(problem: Exception) -> str:
    return next(iter(str(problem).strip().splitlines()), "")
