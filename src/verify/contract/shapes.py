"""What a derivative answers for other shapes that its function takes: one entry, none, a number, one that is broadcast.

Facts
    NumPy takes more than anyone means: a vector of one entry where data of six rows is subtracted. So an axis counts as
    free only if function and derivative both take one entry more along it. A gradient is claimed for its own shape: a
    wrong answer in another one is a break where f is elementwise, and of a rule that an op goes by; else it is noted.
    To refuse a shape is loud, and always noted. A value is suspected where it is far from the engine's, and called
    wrong where certified truth says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

import ad
from ad.containers import flatten
from ad.userop import BrokenRule
from verify.adapters.calls import PARAMETERS
from verify.contract.asking import Asking, NotAsked, Outcome
from verify.contract.steady import need_steady
from verify.formats import widened
from verify.question import BrokenContract, Question, fresh, prepare
from verify.single import FORMULA_IS_WRONG

FAR = 2.0**-10  # of the largest entry: what is nearer to the engine's answer is not suspected
OF_A_MODULE = f"{PARAMETERS}["  # shapes that the module has: a kernel of torch's may crash where they do not fit
GROUPS = 3  # of inputs that change their shape together
AXES = 2  # of each
Leaves = list[Any]


def other_shapes(asking: Asking) -> Outcome:
    """Right in other shapes too, wherever the function takes them."""
    claim = asking.claim
    if asking.form == "class" or claim.cotangent is not None or claim.tangent is not None:
        return None
    if not asking.right and not asking.rule:  # what is not right in its own shape is asked for no other
        return None
    if asking.in_parts:
        raise NotAsked("complex arrays are made of parts")
    if claim.foreign is not None and _has_places((*claim.xs, *claim.kwargs.values())):
        raise NotAsked("whole numbers among the arguments may be places in an array, which a kernel does not check")
    need_steady(asking)
    noted = ""
    whole = _is_elementwise(asking.question)
    for leaves, name, one in _shapes(asking):
        asking.in_time()
        there = _asked_at(asking, leaves)
        if there is None:
            continue
        shape = "a number" if not name[1] else f"shape {name[1]}"
        text, kind = _answer_of(asking, there)
        misfit = (whole and _is_elementwise(there.question)) or (asking.rule and one)
        if misfit if kind == "shape" else kind == "value" and (whole or asking.rule):
            return False, f"for {name[0]} of {shape} {text}" if name[1] else f"for {name[0]} as a number {text}"
        noted = noted or (text and f"for {name[0]} of {shape} {text}")
    return True, noted


Shaped = tuple[Leaves, tuple[str, tuple[int, ...]], bool]


def _shapes(asking: Asking) -> Iterator[Shaped]:
    """Leaves in other shapes, what changed, and whether to a single entry."""
    question = asking.question
    arrays = [np.asarray(x) for x in question.leaves]
    for group in _groups(arrays, [i for i, name in enumerate(question.names) if not name.startswith(OF_A_MODULE)]):
        shape = arrays[group[0]].shape
        name = question.names[group[0]] if len(group) == 1 else " and ".join(question.names[i] for i in group)
        free = [axis for axis in range(len(shape))[:AXES] if shape[axis] and _is_free(asking, arrays, group, axis)]
        for axis in free:
            for n in (1, 0) if asking.claim.foreign is None else (1,):  # a compiled kernel may end the process on none
                if n != shape[axis]:
                    changed = [x.take(range(n), axis) if i in group else x for i, x in enumerate(arrays)]
                    yield changed, (name, changed[group[0]].shape), n == 1
        if free and len(shape) == 1:
            yield [x[0] if i in group else x for i, x in enumerate(arrays)], (name, ()), False
        if len(group) > 1 and shape and shape[-1] > 1 and len(question.outputs) == 1:
            last = group[-1]
            narrow = [x.take([0], -1) if i == last else x for i, x in enumerate(arrays)]
            yield narrow, (question.names[last], narrow[last].shape), False


def _has_places(xs: Sequence[Any]) -> bool:
    """Whether there are arrays of whole numbers among the arguments."""
    leaves = [leaf for x in xs for leaf in flatten(x)[1]]
    return any(isinstance(leaf, np.ndarray) and leaf.dtype.kind in "iu" for leaf in leaves)


def _is_elementwise(question: Question) -> bool:
    """Whether the one result has the shape that every input has."""
    return {np.shape(x) for x in question.leaves} == {y.shape for y in question.outputs}


def _groups(arrays: Sequence[np.ndarray], free: Sequence[int]) -> list[tuple[int, ...]]:
    """All free inputs of one shape together, then each alone."""
    found: dict[tuple[int, ...], None] = {}
    for i in free:
        found[tuple(k for k in free if arrays[k].shape == arrays[i].shape)] = None
    for i in free:
        found[(i,)] = None
    return list(found)[:GROUPS]


def _is_free(asking: Asking, arrays: Sequence[np.ndarray], group: Sequence[int], axis: int) -> bool:
    """Whether function and derivative take one entry more along an axis."""
    longer = [np.concatenate([x, x.take([0], axis)], axis) if i in group else x for i, x in enumerate(arrays)]
    there = _asked_at(asking, longer)
    if there is None:
        return False
    try:
        there.call()
    except NotAsked:
        raise
    except Exception:
        return False
    return True


def _asked_at(asking: Asking, leaves: Leaves) -> Asking | None:
    """The same derivative at leaves of other shapes; None where f does not take them, or gives nothing finite."""
    claim = asking.claim
    try:
        there = prepare(claim.at(*asking.question.place(leaves))).origin
    except Exception:  # whatever f, or the claim, has against it
        return None
    finite = all(np.isfinite(np.asarray(y, float)).all() for y in there.outputs)
    same = len(there.outputs) == len(asking.question.outputs)
    if not (finite and same and there.leaves and there.cotangents):
        return None
    return replace(asking, judged=there, answer=None, truth=None, found=None, shared={})


def _answer_of(asking: Asking, there: Asking) -> tuple[str, str]:
    """What is remarkable about the answer there, and which it is: its "shape", its "value", or ""."""
    try:
        answers = there.call().answers
    except (BrokenContract, BrokenRule) as broken:
        return str(broken), "shape"
    except NotAsked:
        raise
    except Exception as problem:
        return f"it is refused: {type(problem).__name__}: {problem}", ""
    known = asking.rule or asking.truth is not None  # f is what was traced: it has no state, and writes nowhere
    here = [np.asarray(b, float) * _seeded(there) / _seeded(asking) for b in asking.first.answers]
    if not known or not _suspicious(there, answers, here):
        return "", ""
    found = asking.judge(there.claim)
    if found.verdict not in FORMULA_IS_WRONG:
        return "", ""
    return f"{found.entry} is {found.yours:.6g}, the truth {found.short_truth}", "value"


def _seeded(asking: Asking) -> float:
    """How large the seed is that an answer is linear in: fewer entries may have a smaller one."""
    return max((float(np.max(np.abs(g), initial=0.0)) for g in asking.seed), default=0.0) or 1.0


def _suspicious(there: Asking, answers: Sequence[np.ndarray], here: Sequence[np.ndarray]) -> bool:
    """Whether values are far from the engine's, by the size of the derivative there and, for the same seed, here."""
    wanted = _by_engine(there.question, there)
    if wanted is None:
        return False
    if not all(np.isfinite(b).all() for b in wanted):
        return False
    allowed = FAR * max(float(np.max(np.abs(b), initial=0.0)) for b in (*wanted, *here))
    return not all((np.abs(np.asarray(a, float) - b) <= allowed).all() for a, b in zip(answers, wanted, strict=True))


def _by_engine(question: Question, there: Asking) -> list[np.ndarray] | None:
    """The engine's answer to the same seed, to an op's by the code of its function; None where it has none."""
    seed = [widened(g)[()] for g in there.fresh_seed()]
    if there.form in ("jacobian", "hvp"):
        return None
    claim = question.claim
    op = getattr(claim.f, "op", None) if there.rule else None
    f = (op.meaning if op is not None else None) or claim.f  # an op as a whole goes by its own rule

    def run(*leaves: Any) -> list[Any]:
        return flatten(f(*question.place(leaves), **claim.kwargs))[1]

    try:
        graph = ad.trace(run, *map(fresh, question.reference))
        if there.form == "jvp":
            return [np.asarray(y, float) for y in graph.push(seed)]
        cotangents = seed or [np.ones(y.shape)[()] for y in question.outputs]
        return [np.asarray(x, float) for x in graph.pull(cotangents)]
    except Exception:
        return None
