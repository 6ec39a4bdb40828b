"""The ways in which a rule is made wrong, as a table: each changes what a rule answers at one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from verify.mutation.rule import Call, Change, Mutant, Rule, SameAnswer, equal, nothing, plain
from verify.mutation.terms import dropped, first_slice, overwritten, unsummed

TAIL = 3.0  # |x| from here on is the tail: e-folding functions have left 5 % there, and float formulas still digits
# Times the inputs, entry by entry in turn: those of the call before. Another branch, another order, another scale;
# where f is not defined there, the same without the signs. Exact in every format.
BEFORE = (-0.875, 0.75, -0.625)
SLIGHTLY = 1e-4  # relative: below the tolerances of common checkers, above rounding in float32


# --- what is done to the arrays that come out


def _each(function: Callable[[Any], Any]) -> Change:
    return lambda rule, call, memory: [function(p) for p in rule.answer(call)]


def _flat(function: Callable[[Any], Any]) -> Change:
    """A change of every array of more than one entry, as a vector."""

    def change(rule: Rule, call: Call, memory: dict[str, Any]) -> list[Any]:
        parts = rule.answer(call)
        if all(np.size(p) < 2 for p in parts):
            raise SameAnswer("there is a single entry")
        return [np.reshape(function(np.reshape(p, (-1,))), np.shape(p)) if np.size(p) > 1 else p for p in parts]

    return change


def _transposed(rule: Rule, call: Call, memory: dict[str, Any]) -> list[Any]:
    parts = rule.answer(call)
    if all(np.ndim(p) < 2 or min(np.shape(p)[-2:]) < 2 for p in parts):
        raise SameAnswer("there is no matrix to transpose")
    return [np.reshape(np.swapaxes(p, -1, -2), np.shape(p)) if np.ndim(p) > 1 else p for p in parts]


def _conjugated(rule: Rule, call: Call, memory: dict[str, Any]) -> list[Any]:
    parts = rule.answer(call)
    if not any(np.iscomplexobj(p) for p in parts):
        raise SameAnswer("the derivative is real")
    return [np.conj(p) for p in parts]


def _one_entry(part: Any) -> Any:
    return np.concatenate([part[:-1], 1.5 * part[-1:]])


def _single_precision(rule: Rule, call: Call, memory: dict[str, Any]) -> list[Any]:
    if not all(isinstance(x, np.ndarray | np.generic | float) and np.result_type(x).itemsize in (8, 16)
               and np.result_type(x).kind in "fc" for x in call.inputs):  # fmt: skip
        raise SameAnswer("its inputs are no float64")
    parts = rule.answer(replace(call, inputs=tuple(map(_rounded, call.inputs))))
    return [_rounded(p) for p in parts]


def _rounded(x: Any) -> Any:
    kind = np.complex64 if np.iscomplexobj(x) else np.float32
    wide = np.complex128 if np.iscomplexobj(x) else np.float64
    return np.asarray(x).astype(kind).astype(wide)[()]


def _nan_hidden(part: Any) -> Any:
    return np.nan_to_num(part) if isinstance(part, np.ndarray | np.generic | float) else part


# --- what is done to the weights


def _weights(function: Callable[[Any], Any]) -> Change:
    def change(rule: Rule, call: Call, memory: dict[str, Any]) -> list[Any]:
        if call.weights is None:
            raise SameAnswer("the gradient of one number is given no cotangent")
        return rule.answer(replace(call, weights=tuple(map(function, call.weights))))

    return change


def _masked(outside: Callable[[Any], Any]) -> Change:
    """0 where the input is in a region: in the answer, or for a push in the tangent."""

    def change(rule: Rule, call: Call, memory: dict[str, Any]) -> list[Any]:
        keep = [np.where(outside(x), 0.0, 1.0) for x in call.inputs]
        if rule.pushes:
            assert call.weights is not None
            kept = keep if call.operand is None else [keep[call.operand]]
            _fitting(call.weights, kept)
            return rule.answer(replace(call, weights=tuple(w * k for w, k in zip(call.weights, kept, strict=True))))
        parts = rule.answer(call)
        if len(parts) == 1 and np.shape(parts[0])[-1:] == (sum(map(np.size, keep)),):  # columns of a Jacobian
            return [parts[0] * np.concatenate([np.reshape(k, (-1,)) for k in keep])]
        _fitting(parts, keep)
        return [np.where(k == 0, 0.0, p) if plain(p) else p * k for p, k in zip(parts, keep, strict=True)]

    return change


def _fitting(parts: Sequence[Any], inputs: Sequence[Any]) -> None:
    if [np.shape(p) for p in parts] != [np.shape(x) for x in inputs]:
        raise SameAnswer("its answer is not laid out as its inputs are")


# --- what is done with the call


def _stale(rule: Rule, call: Call, memory: dict[str, Any]) -> list[Any]:
    """The rule at the inputs of the call before; the first call comes after one elsewhere."""
    factors = memory.setdefault("factors", BEFORE)
    if not all(map(plain, call.inputs)):
        return rule.answer(replace(call, inputs=_moved(call.inputs, factors)))
    now = memory.get("now")
    if now is None or not equal(now, call.inputs):
        memory["factors"] = factors = BEFORE if _defined(rule, _moved(call.inputs, BEFORE)) else tuple(map(abs, BEFORE))
        fits = now is not None and [np.shape(x) for x in now] == [np.shape(x) for x in call.inputs]
        memory["before"] = now if fits else _moved(call.inputs, factors)
        memory["now"] = tuple(np.array(x) for x in call.inputs)
    return rule.answer(replace(call, inputs=memory["before"]))


def _moved(inputs: Sequence[Any], factors: Sequence[float]) -> tuple[Any, ...]:
    """Inputs times factors in turn, those of every further input begun one later."""
    found = []
    for k, x in enumerate(inputs):
        times = np.reshape(np.resize(np.roll(factors, -k), np.size(x)), np.shape(x))[()]
        found.append(x * times.astype(x.dtype) if isinstance(x, np.ndarray) else x * times)
    return tuple(found)


def _defined(rule: Rule, inputs: Sequence[Any]) -> bool:
    try:
        return all(np.isfinite(y).all() for y in rule.f(*inputs))
    except Exception:  # f does not take them
        return False


def _elsewhere(function: Callable[[Any], Any]) -> Change:
    """The rule at a function of its inputs."""
    return lambda rule, call, memory: rule.answer(replace(call, inputs=tuple(map(function, call.inputs))))


def _for_many(rule: Rule, call: Call, memory: dict[str, Any]) -> list[Any]:
    parts = rule.answer(call)
    if all(np.size(x) < 2 for x in call.inputs):
        raise SameAnswer("every input is a single number")
    return [2.0 * p for p in parts]


def _for_strides(rule: Rule, call: Call, memory: dict[str, Any]) -> list[Any]:
    given = (*call.inputs, *(call.weights or ()))
    if all(not isinstance(x, np.ndarray) or x.flags.c_contiguous for x in given):
        raise SameAnswer("every input lies in memory without gaps")
    return [2.0 * p for p in rule.answer(call)]


def _swapped(rule: Rule, call: Call, memory: dict[str, Any]) -> list[Any]:
    shapes = [np.shape(x) for x in call.inputs]
    pair = next(((i, j) for j in range(len(shapes)) for i in range(j) if shapes[i] == shapes[j]), None)
    if pair is None:
        raise SameAnswer("no two inputs have one shape")
    if call.operand is not None:
        other = {pair[0]: pair[1], pair[1]: pair[0]}.get(call.operand, call.operand)
        return rule.answer(replace(call, operand=other))
    if rule.pushes:
        assert call.weights is not None
        return rule.answer(replace(call, weights=tuple(_exchanged(call.weights, *pair))))
    parts = rule.answer(call)
    if len(parts) != len(shapes):
        raise SameAnswer("its answer is not laid out as its inputs are")
    return _exchanged(parts, *pair)


def _exchanged(parts: Sequence[Any], i: int, j: int) -> list[Any]:
    found = list(parts)
    found[i], found[j] = found[j], found[i]
    return found


MUTANTS: dict[str, Mutant] = {
    mutant.name: mutant
    for mutant in (
        Mutant("sign", "the wrong sign", _each(lambda p: -p)),
        Mutant("factor 2", "twice the truth", _each(lambda p: 2.0 * p)),
        Mutant("factor 1.0001", "a factor of 1 + 1e-4", _each(lambda p: (1 + SLIGHTLY) * p)),
        Mutant("factor 0.9999", "a factor of 1 - 1e-4", _each(lambda p: (1 - SLIGHTLY) * p)),
        Mutant("detached", "0 everywhere", _each(nothing)),
        Mutant("dropped term", "what one use, or one input, adds is missing", dropped),
        Mutant("overwritten", "the last use of an input overwrites what the others add", overwritten),
        Mutant("unsummed", "not summed over a broadcast axis: the first slice", unsummed(first_slice)),
        Mutant("broadcast shape", "not summed over a broadcast axis: the broadcast shape", unsummed(lambda p, _: p)),
        Mutant("transposed", "every matrix transposed", _transposed),
        Mutant("rolled", "every entry one place on", _flat(lambda p: np.concatenate([p[1:], p[:1]]))),
        Mutant("reversed", "the entries in reverse order", _flat(lambda p: p[::-1])),
        Mutant("swapped", "the answers for two inputs exchanged", _swapped),
        Mutant("one wrong entry", "the last entry of an array half as large again", _flat(_one_entry)),
        Mutant("stale", "the inputs of the call before", _stale),
        Mutant("x*x for x", "the square of the inputs in their place", _elsewhere(lambda x: x * x)),
        Mutant("x*x for 2x", "the square of the inputs for twice the inputs", _elsewhere(lambda x: 0.5 * x * x)),
        Mutant("ignores g", "the cotangent or tangent taken to be ones", _weights(np.ones_like)),
        Mutant("g squared", "the square of the cotangent or tangent", _weights(lambda g: g * g)),
        Mutant("abs g", "the size of the cotangent or tangent", _weights(np.abs)),
        Mutant("zero in the tail", f"0 where |x| > {TAIL:g}", _masked(lambda x: np.abs(x) > TAIL)),
        Mutant("zero for negative x", "0 where x < 0", _masked(lambda x: np.real(x) < 0)),
        Mutant("float32 inside", "computed in float32", _single_precision),
        Mutant("NaN hidden", "NaN is made 0, and an infinity the largest number", _each(_nan_hidden)),
        Mutant("wrong for n > 1", "twice the truth for more than one entry", _for_many),
        Mutant("wrong with strides", "twice the truth for arrays with gaps in memory", _for_strides),
        Mutant("conjugated", "the complex conjugate", _conjugated),
    )
}
