"""What an oracle is: a function from a question to an answer, which never raises and never says NaN.

``trusts`` lists what an oracle takes for granted. Two witnesses are independent in what they do not share,
and a disagreement accuses just that:

values   the floating-point values that the function computes
trace    that the traced program is the function
rules    the engine's derivative rules
sweep    the engine's order of accumulation
meaning  the mathematics in the op table, and SymPy's derivative of it
framework  the derivative rules of the framework that a reference is written in
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from verify.adapters.translation import Untranslatable
from verify.claim import Answer, Estimate, Refusal
from verify.numbers.program import NoDerivative, Refused, Unfaithful
from verify.numbers.recorded import recorded
from verify.question import Question

Ask = Callable[[Question], Answer]


class Oracle:
    """A witness: call it with a question. ``name`` and ``trusts`` are for the evidence.

    second: the witness that speaks in its place of second derivatives, where that is not the same.
    """

    def __init__(self, ask: Ask, trusts: frozenset[str], second: Oracle | None = None) -> None:
        self.ask = ask
        self.second = second
        self.name = ask.__name__
        self.trusts = trusts
        functools.update_wrapper(self, ask)

    def __call__(self, question: Question) -> Answer:
        if self.second is not None and question.claim.order == 2:
            return self.second(question)
        try:
            if "trace" in self.trusts:
                _require_trace(question)
            answer = self.ask(question)
        except NoDerivative as none:
            return Refusal(str(none), undefined=True)
        except Refused as refused:
            return Refusal(str(refused))
        except RecursionError:
            return Refusal("the function recurses too deeply")
        except Untranslatable as untranslatable:
            return Refusal(str(untranslatable))
        except Exception as problem:
            # A user's function may raise anything on numbers it does not know; that is a refusal, not a crash.
            named = "" if isinstance(problem, Untranslatable) else f"{type(problem).__name__}: "
            return Refusal(f"{named}{problem}")
        if isinstance(answer, Estimate) and not _finite(answer):
            return Refusal("the derivative is not finite in its numbers")
        return answer

    def __repr__(self) -> str:
        return f"oracle {self.name}"


def facing(asked: Oracle, question: Question) -> Oracle:
    """The witness that answers a question: of second derivatives one may speak otherwise, and trust more."""
    second = getattr(asked, "second", None)
    return asked if second is None or question.claim.order == 1 else second


def oracle(*, trusts: set[str]) -> Callable[[Ask], Oracle]:
    """Declare an oracle and what it trusts."""
    return lambda ask: Oracle(ask, frozenset(trusts))


def _require_trace(question: Question) -> None:
    """Raise Unfaithful when the traced program is not the function, so that no trace can be trusted."""
    try:
        recorded(question)
    except Unfaithful:
        raise
    except Refused:
        pass  # exact numbers cannot follow; other ways to trace may


def _finite(estimate: Estimate) -> bool:
    return not bool(np.isnan(estimate.value).any() or np.isnan(estimate.radius).any())
