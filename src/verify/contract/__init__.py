"""The contract: what a derivative must honour besides its value. ``CLAUSES`` is the whole of it, one function a clause.

Facts
    A clause compares calls of the derivative with one another, bit by bit or in the units of the verdict; only the
    values in other shapes, where they are suspicious, are held to the truth again.
    Each clause answers for itself whether it goes with the form of the claim. It says "not asked" and why where
    it does, but cannot be asked here.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ad.core import Node
from ad.userop import BrokenRule
from verify.claim import Claim, Estimate
from verify.contract.accumulation import accumulates
from verify.contract.asking import Asking, NotAsked, Outcome
from verify.contract.foreign_rules import CLAUSES as OF_RULES
from verify.contract.jax_alone import CLAUSES as OF_JAX_ALONE
from verify.contract.jax_transforms import CLAUSES as OF_TRANSFORMS
from verify.contract.linearity import any_layout, linear, nan_comes_out, zero_gives_zero
from verify.contract.ops import name_of, own_ops, rule_of
from verify.contract.pairs import adjoint, symmetric
from verify.contract.returned import floating_point, memory_of_its_own, one_array_for_each_input
from verify.contract.shapes import other_shapes
from verify.contract.steady import never_stale, same_bits_again
from verify.contract.torch_graphs import CLAUSES as OF_TORCH_GRAPHS
from verify.contract.torch_modes import CLAUSES as OF_TORCH_MODES
from verify.contract.untouched import inputs_untouched, saved_untouched, seed_untouched
from verify.finding import Clause, PointFinding
from verify.question import FORM, BrokenContract, Question, prepare
from verify.subject import engine_rows_alone
from verify.survey import survey

UNTOUCHED = ("inputs untouched", "saved values untouched", "cotangent untouched")

OF_FRAMEWORKS: dict[str, Callable[[Asking], Outcome]] = {
    **OF_TORCH_GRAPHS, **OF_TORCH_MODES, **OF_TRANSFORMS, **OF_RULES, **OF_JAX_ALONE,
}  # fmt: skip

CLAUSES: dict[str, Callable[[Asking], Outcome]] = {
    FORM: one_array_for_each_input,
    UNTOUCHED[0]: inputs_untouched,
    UNTOUCHED[1]: saved_untouched,
    UNTOUCHED[2]: seed_untouched,
    "same bits again": same_bits_again,
    "never stale": never_stale,
    "memory of its own": memory_of_its_own,
    "floating point": floating_point,
    "linear": linear,
    "zero gives zero": zero_gives_zero,
    "NaN and inf": nan_comes_out,
    "any layout": any_layout,
    "adjoint": adjoint,
    "symmetric": symmetric,
    "accumulates": accumulates,
    "other shapes": other_shapes,
    **OF_FRAMEWORKS,
}


def clauses_of(
    question: Question,
    judge: Callable[[Claim], PointFinding],
    answer: np.ndarray | None = None,
    truth: Estimate | None = None,
    found: PointFinding | None = None,
    rough: str = "",
) -> tuple[Clause, ...]:
    """What became of every clause that goes with the claim.

    Arguments
        question: a claim laid out. judge: the finding of a claim at its point, without its contract.
        answer: what the subject said; truth: the certified one. found: what was found of its value.
        rough: why f may have no unique derivative here.
    Returns
        the clauses in the order of ``CLAUSES``; none for what the engine itself computes by its table of ops. Of a
        function with ops of a user's own each rule is asked, and the worst of them is told.
    """
    claim = question.claim
    whole = Asking(question, judge, answer, truth, found, rough)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of empty and infinite arrays, which are asked for on purpose
        if claim.judged != "engine" or claim.engine != "ad":
            return asked(whole)
        rules = [(name_of(node), _asked_of_rule(whole, node)) for node in own_ops(question)]
    return _worst(rules) + asked_of_second_order(whole) if rules else ()


def rows_by_themselves(question: Question) -> np.ndarray:
    """What a backward pass answers when each row has a forward pass of its own."""
    if question.claim.judged == "engine":
        return question.rows(engine_rows_alone(question, question.leaves))
    asking = Asking(question, _nobody)
    return question.rows([asking.call(seed=row).answers for row in question.cotangents])


def _nobody(claim: Claim) -> PointFinding:
    raise NotAsked("nobody judges here")


def asked(asking: Asking) -> tuple[Clause, ...]:
    """Every clause of one derivative."""
    wanted = {name: ask for name, ask in CLAUSES.items() if name not in asking.claim.unasked}
    clauses = (_clause(name, ask, asking) for name, ask in wanted.items())
    return tuple(clause for clause in clauses if clause is not None)


def asked_of_second_order(asking: Asking) -> tuple[Clause, ...]:
    """The clause about an answer of the engine's that rests on rules of a user's."""
    clause = _clause("symmetric", symmetric, asking)
    return () if clause is None else (clause,)


def _clause(name: str, ask: Callable[[Asking], Outcome], asking: Asking) -> Clause | None:
    shown = name.replace("cotangent", asking.noun) if asking.noun else name
    try:
        outcome = ask(asking)
    except NotAsked as why:
        return Clause(shown, None, str(why))
    except (BrokenContract, BrokenRule) as broken:
        return Clause(shown, False, str(broken))
    except Exception as problem:  # code of users, at arguments that it may not be written for
        return Clause(shown, None, f"{type(problem).__name__}: {problem}")
    return None if outcome is None else Clause(shown, *outcome)


def _asked_of_rule(whole: Asking, node: Node) -> tuple[Clause, ...]:
    """Every clause of an op's rule, asked where f calls it."""
    try:
        question = prepare(rule_of(node, whole.claim))
    except Exception as problem:  # operands that no claim can be made of
        return (Clause(FORM, None, f"{type(problem).__name__}: {problem}"),)
    remarks = survey(question)
    rough = remarks[0].text if remarks else ""
    return asked(Asking(question, whole.judge, rough=rough, rule=True, begun=whole.begun))


def _worst(rules: Sequence[tuple[str, tuple[Clause, ...]]]) -> tuple[Clause, ...]:
    """Of several ops the worst of each clause: broken, not asked, held; with the op's name where there are several."""
    clauses: dict[str, Clause] = {}
    for op, each in rules:
        for clause in each:
            named = replace(clause, text=f"{op}: {clause.text}") if clause.text and len(rules) > 1 else clause
            before = clauses.get(clause.name)
            if before is None or _badness(named) > _badness(before):
                clauses[clause.name] = named
    return tuple(clauses.values())


def _badness(clause: Clause) -> tuple[int, bool]:
    return {True: 0, None: 1, False: 2}[clause.held], bool(clause.text)
