"""Where the wrong number of a claim is, in what the subject returns when it is called as a script calls it.

Facts
    Where it is not found there (second derivatives, complex parts, scalar classes), only a check shows it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

import ad
from ad.containers import flatten, paths, unflatten
from verify.adapters.foreign import Foreign
from verify.adapters.frameworks import loaded
from verify.adapters.jax_arrays import precise
from verify.arguments import place_of
from verify.breaches import SHOWN
from verify.claim import Claim
from verify.finding import PointFinding
from verify.question import Question, fresh, prepare
from verify.verdict import Verdict

Found = tuple[str, Any]  # where a number is in what the subject returns, as Python text; and the number


def pick(claim: Claim, point: PointFinding) -> str:
    """Where the wrong number is in what the subject returns, as Python text; empty where it is not found there."""
    question = _plain_question(claim)
    if question is None or not point.entry:
        return ""
    try:
        with np.errstate(all="ignore"):
            text, number = _picked(question, point)
            found = float(number)
    except Exception:  # code of users, called once more: any way it fails
        return ""
    same = found == point.yours or (math.isnan(found) and point.yours is not None and math.isnan(point.yours))
    return text if same else ""


def _picked(question: Question, point: PointFinding) -> Found:
    claim = question.claim
    xs = [fresh(x) for x in question.origin.place(question.leaves)]
    entry = question.entries.index(point.entry)
    cotangent, tangent = directions(claim, point)
    if claim.foreign is not None:
        return _in_framework(question, claim.foreign, _returned(claim, xs, cotangent, tangent), entry)
    if claim.judged == "jvp":
        return _along(question, claim.subject(tangent, *xs, **claim.kwargs), cotangent)
    if claim.judged == "jacobian":
        return _of_matrix(question, claim.subject(*xs, **claim.kwargs), cotangent, entry)
    return _in_arrays(question, _returned(claim, xs, cotangent, tangent), entry)


def _returned(claim: Claim, xs: Sequence[Any], cotangent: Any, tangent: Any) -> Any:
    """What the subject answers when it is called as a script calls it."""
    if claim.judged == "engine":
        return ad.vjp(claim.f, *xs, **claim.kwargs)[1](cotangent)
    if claim.judged == "value_and_gradient":
        return claim.subject(*xs, **claim.kwargs)[1]
    if claim.judged == "hvp":
        return claim.subject(tangent, *xs, **claim.kwargs)
    if claim.judged == "gradient":
        return claim.subject(*xs, **claim.kwargs)
    if isinstance(claim.subject, tuple):
        return claim.subject[1](claim.subject[0](*xs, **claim.kwargs)[1], cotangent)
    y = claim.f(*xs, **claim.kwargs)
    return claim.subject(cotangent, y, *xs, **claim.kwargs)


def _in_arrays(question: Question, answer: Any, entry: int) -> Found:
    """An entry of one of the arrays of a gradient: one for each differentiated leaf, or one for each leaf at all."""
    leaves = question.origin.leaves
    k, index = place_of(leaves, entry)
    found = flatten(answer)[1]
    if len(found) == len(leaves):
        return _at(paths(answer, "answer")[k], found[k], index)
    if len(leaves) == 1:
        return _at("answer", answer, index)
    named = [n for n, x in enumerate(found) if x is not None]
    return _at(paths(answer, "answer")[named[k]], found[named[k]], index)


def _in_framework(question: Question, foreign: Foreign, answer: Any, entry: int) -> Found:
    """An entry of what a framework answers: a gradient for each of its tensors, in the order of the arguments."""
    k, index = place_of(question.origin.leaves, entry)
    return _at(f"answer[{foreign.moving[k]}]", np.asarray(flatten(answer)[1][k]), index)


def _at(path: str, array: Any, index: tuple[int, ...]) -> Found:
    if not index:
        return path, np.asarray(array)[()]
    shown = ", ".join(map(str, index))
    if isinstance(array, np.ndarray):
        return f"{path}[{shown}]", array[index]
    return f"np.asarray({path})[{shown}]", np.asarray(array)[index]


def _along(question: Question, answer: Any, cotangent: Any) -> Found:
    """A tangent of the output, weighted by the cotangent: where f returns one array."""
    if len(question.origin.outputs) != 1:
        raise NotImplementedError
    if np.ndim(answer) == 0:
        return ("answer", answer) if float(cotangent) == 1 else ("np.sum(answer * g)", answer * cotangent)
    index = np.argwhere(np.asarray(cotangent) != 0)
    if len(index) == 1 and np.asarray(cotangent)[tuple(index[0])] == 1:
        return _at("answer", answer, tuple(int(i) for i in index[0]))
    return "np.sum(answer * g)", np.sum(answer * cotangent)


def _of_matrix(question: Question, answer: Any, cotangent: Any, entry: int) -> Found:
    """An entry of a dense Jacobian in one block, weighted by the cotangent where that is no unit one."""
    (g,) = question.origin.outputs if len(question.origin.outputs) == 1 else (None,)
    if g is None or len(flatten(answer)[1]) != 1:
        raise NotImplementedError
    weights = np.asarray(cotangent).reshape(-1)
    rows = np.argwhere(weights != 0)
    matrix = np.reshape(answer, (weights.size, -1))
    text = "answer" if np.shape(answer) == matrix.shape else f"np.reshape(answer, {matrix.shape})"
    if len(rows) == 1 and weights[rows[0, 0]] == 1:
        return _at(text, matrix, (int(rows[0, 0]), entry))
    return f"np.dot(np.ravel(g), {text}[:, {entry}])", np.dot(weights, matrix[:, entry])


# --- what a framework shows by itself


def clause_shown(claim: Claim, point: PointFinding, cotangent: Any) -> tuple[str, Any]:
    """The first broken clause that the framework shows by itself at the point, and the cotangent that it shows for.

    Arguments
        cotangent: the one of the row that is wrong; None for ones, which are tried where it shows nothing.
    Returns
        ("", the cotangent as it is) where no clause shows.
    """
    foreign = claim.foreign
    if foreign is None or point.verdict is not Verdict.BROKEN_CONTRACT:
        return "", cotangent
    broken = [clause.name for clause in point.clauses if clause.held is False]
    shown = [name for name in broken if (foreign.framework.name, name) in SHOWN]
    pairs = [(name, g) for name in shown for g in (cotangent, None)]
    return next((pair for pair in pairs if _shows(claim, foreign, *pair)), ("", cotangent))


def _shows(claim: Claim, foreign: Foreign, clause: str, cotangent: Any) -> bool:
    """Whether what a script runs to show a clause finds it broken, called as the script calls it."""
    framework = foreign.framework
    try:
        call = foreign.call([fresh(x) for x in claim.xs], claim.kwargs, chosen=lambda result: {"whole": result})
        tensors = list(call.tensors)

        def whole(*xs: Any) -> Any:
            outputs = call.function(*xs)
            return unflatten(call.container[0], list(outputs))["whole"]

        exactly = precise(tensors) if framework.name == "jax" else nullcontext()
        with foreign.still(), exactly, np.errstate(all="ignore"):
            gs = [framework.tensor(np.asarray(g), tensors[0]) for g in flatten(cotangent)[1] if g is not None]
            show = SHOWN[framework.name, clause]
            return bool(show(loaded(framework.name), foreign.op, whole, tensors, gs))
    except Exception:  # code of users, asked in other ways than before: then a check has to show it
        return False


# --- what the subject is called with


def directions(claim: Claim, point: PointFinding) -> tuple[Any, Any]:
    """The cotangent and the tangent of the row that is wrong, as the subject gets them; None where there is none."""
    question = _plain_question(claim)
    if question is None or not point.entry:
        return None, None
    origin = question.origin
    if claim.judged in ("gradient", "value_and_gradient", "hvp"):
        cotangent = None
    else:
        row = origin.cotangents[point.row % len(origin.cotangents)]
        cotangent = unflatten(origin.container, [g.copy() for g in row])
    if question.tangents is None:
        return cotangent, None
    which = point.row if claim.judged == "hvp" else question.entries.index(point.entry)
    parts = [v[()] if v.ndim == 0 else v for v in question.tangents.parts[which]]
    return cotangent, _boxed(question, parts)


def _boxed(question: Question, parts: Sequence[np.ndarray]) -> Any:
    """A tangent as a subject takes it: bare for one input, else a tuple with one for each."""
    origin = question.origin
    boxed = origin.place(list(parts))
    moving = tuple(boxed[i] for i in origin.chosen)
    return moving[0] if len(moving) == 1 else moving


def _plain_question(claim: Claim) -> Question | None:
    """The question, where a script can ask it by itself: at order 1 or of an hvp, about real numbers."""
    if (claim.order == 2 and claim.judged != "hvp") or (claim.judged == "engine" and claim.engine != "ad"):
        return None
    try:
        question = prepare(claim)
    except Exception:
        return None
    return question if question.origin.claim is claim else None  # of complex numbers it is one about their parts
