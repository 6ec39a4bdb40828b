"""Programs of numbers alone: plain Python over ``math``, or a register program where numba is installed.

Every step is within 4 units in the last place of NumPy's; those that IEEE 754 fixes (+ - * / sqrt, comparisons) have
the same bits. Where ``math`` raises (exp overflows, 1/0) the call is computed by the NumPy code of the same program.
"""

from __future__ import annotations

import functools
import itertools
import math
import operator
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ad.compiler.arrays import Compiled, array_code, borrower
from ad.compiler.guards import take_arguments
from ad.compiler.interpreter import OPERATIONS, machine
from ad.compiler.program import Check, Program, Step, Value, values_in
from ad.compiler.text import Writer
from ad.declare import cast

PIECE = 2000  # lines of one Python function
FEWEST = 24  # steps from which the register machine, entered once a call, is faster than Python
LONGEST = 2**23  # steps: a row has 24 bits for its third place
WHOLE = 2**53  # integers up to here are floats

# Of one number these are the number.
COPIES = {np.positive, np.sum, np.prod, np.max, np.min, np.reshape, np.broadcast_to, cast}
TEXTS: dict[str, str] = {
    "add": "{} + {}", "subtract": "{} - {}", "multiply": "{} * {}", "divide": "{} / {}", "negative": "-{}",
    "positive": "{}", "absolute": "abs({})", "square": "{0} * {0}", "reciprocal": "1.0 / {}", "power": "pow({}, {})",
    "less": "{} < {}", "less_equal": "{} <= {}", "greater": "{} > {}", "greater_equal": "{} >= {}",
    "equal": "{} == {}", "not_equal": "{} != {}", "where": "{1} if {0} else {2}",
    "maximum": "{0} if {0} >= {1} or {0} != {0} else {1}", "minimum": "{0} if {0} <= {1} or {0} != {0} else {1}",
    "sign": "1.0 if {0} > 0.0 else -1.0 if {0} < 0.0 else 0.0 if {0} == 0.0 else {0}",
    "arcsin": "asin({})", "arccos": "acos({})", "arctan": "atan({})", "arctan2": "atan2({}, {})",
    "arcsinh": "asinh({})", "arccosh": "acosh({})", "arctanh": "atanh({})", "hypot": "hypot({}, {})",
    "floor": "copysign(floor({0}), {0})", "ceil": "copysign(ceil({0}), {0})", "trunc": "copysign(trunc({0}), {0})",
    "rint": "copysign(round({0}), {0})", "copysign": "copysign({}, {})",
    "logical_and": "{} != 0.0 and {} != 0.0", "logical_or": "{} != 0.0 or {} != 0.0", "logical_not": "{} == 0.0",
    "isnan": "{0} != {0}",
}  # fmt: skip
NAMES: dict[Any, str] = {getattr(np, name): name for name in OPERATIONS if hasattr(np, name)} | {
    np.fabs: "absolute", np.float_power: "power", operator.pow: "power", operator.add: "add", operator.sub: "subtract",
    operator.mul: "multiply", operator.truediv: "divide", operator.neg: "negative", operator.abs: "absolute",
    operator.lt: "less", operator.le: "less_equal", operator.gt: "greater", operator.ge: "greater_equal",
    operator.eq: "equal", operator.ne: "not_equal", **dict.fromkeys(COPIES, "positive"),
}  # fmt: skip


TEXT_ARITY = {name: 2 if "{1}" in text or text.count("{}") == 2 else 1 for name, text in TEXTS.items()} | {
    name: 1 for name in OPERATIONS if name not in TEXTS
}
YES_OR_NO = {"less", "less_equal", "greater", "greater_equal", "equal", "not_equal", "isnan", "where", "positive"} | {
    "logical_and", "logical_or", "logical_not",
}
FUNCTIONS = {name: getattr(math, name) for name in dir(math) if not name.startswith("_")}


def scalar_code(program: Program) -> Compiled | None:
    """The program as Python over ``math``, on registers where that is faster; None if it is not of numbers alone."""
    numbers = all(_is_number(leaf.value) for leaf in program.inputs if leaf.value)
    if not numbers or not all(map(_is_register_step, program.body)):
        return None
    inputs = [replace(leaf, convert=None if type(leaf.seen) is float else float) for leaf in program.inputs]
    original, program = program, replace(program, inputs=tuple(inputs))
    registers = machine() if FEWEST <= len(program.body) < LONGEST else None
    if registers is not None:
        return Compiled(register_code(program, registers), lambda: plain_text(program)[1])
    writer, text = plain_text(program)
    writer.bound["by_numpy"] = _when_asked(original)
    return Compiled(writer.compiled(text, "program"), lambda: text)


def _is_number(value: Value) -> bool:
    """Whether a value is one float64 or truth value."""
    return value.shape == () and (value.kind in (float, bool) or value.dtype in (np.float64, np.bool_))


def _is_register_step(item: Step | Check) -> bool:
    if type(item) is Check:
        return item.relation == "truth" or (item.relation == "equal" and _constant(item.expected) is not None)
    assert type(item) is Step
    name = NAMES.get(item.function)
    if name is None or not _is_number(item.result):
        return False
    truth = item.result.kind is bool or item.result.dtype == np.bool_
    if truth and name not in YES_OR_NO:
        return False
    if name != "positive" and (item.kwargs or len(item.args) != (3 if name == "where" else TEXT_ARITY[name])):
        return False
    return all(_is_number(x) if type(x) is Value else _constant(x) is not None for x in operands(item))


def operands(step: Step) -> tuple[Any, ...]:
    """The numbers that a step computes with."""
    return step.args[:1] if step.function in COPIES else step.args


def _constant(x: Any) -> float | None:
    """A constant as a float; None where it is none, NaN too, which equals nothing."""
    number = x.item() if isinstance(x, np.generic) or (isinstance(x, np.ndarray) and x.shape == ()) else x
    if isinstance(number, float):
        return None if number != number else float(number)
    return float(number) if isinstance(number, int) and abs(number) <= WHOLE else None


def _when_asked(program: Program) -> Callable[..., Any]:
    """The program's NumPy code, made when it is first needed."""
    made = functools.cache(lambda: array_code(program).run)
    return lambda xs, kwargs: made()(xs, kwargs)


# --- plain Python


def plain_text(program: Program) -> tuple[Writer, str]:
    """The program as Python over ``math``: one function, or for a long one a row of them that share a list."""
    long = len(program.body) > PIECE
    names: dict[Value, str] = {}
    writer = Writer(names.__getitem__)
    writer.bound |= {**FUNCTIONS, "one": np.float64(1.0)}
    values = [leaf.value for leaf in program.inputs if leaf.value] + [s.result for s in program.body if type(s) is Step]
    names.update({v: f"w[{k}]" if long else f"t{k}" for k, v in enumerate(values)})
    take_arguments(program, writer)
    head, writer.lines = writer.lines, []
    pieces = []
    writer.indent = " " * (4 if long else 8)
    for start in range(0, len(program.body), PIECE):
        for item in program.body[start : start + PIECE]:
            writer.add(_line(item, writer))
        pieces.append(writer.lines)
        writer.lines = []
    writer.indent = " " * 8
    if long:
        calls = [f"        if piece{k}(w) is None: return None" for k in range(len(pieces))]
        whole = [[f"def piece{k}(w):", *lines, "    return True"] for k, lines in enumerate(pieces)]
        functions = list(itertools.chain(*whole))
        head = [f"    w = [None] * {len(values)}", *head]
    else:
        calls, functions = list(itertools.chain(*pieces)), []
    writer.add(f"return {answered(program.result, writer, lambda v: f'one * {names[v]}')}")
    tail = ["    except (ArithmeticError, ValueError): return by_numpy(xs, kwargs)", ""]
    lines = [*writer.notes, *functions, "def program(xs, kwargs):", *head, "    try:", *calls, *writer.lines, *tail]
    return writer, "\n".join(lines)


def _line(item: Step | Check, writer: Writer) -> str:
    if type(item) is Check:
        name = writer.of(item.value)
        if item.relation == "truth":
            return f"if {'not ' if item.expected else ''}{name}: return None"
        return f"if {name} != {writer.of(_constant(item.expected))}: return None"
    assert type(item) is Step
    numbers = [x if type(x) is Value else _constant(x) for x in operands(item)]
    return f"{writer.of(item.result)} = {_text(NAMES[item.function]).format(*map(writer.of, numbers))}"


def _text(name: str) -> str:
    return TEXTS.get(name) or f"{name}({{}})"


def answered(tree: Any, writer: Writer, of_float: Callable[[Value], str]) -> str:
    """The result's text, each number of the type that NumPy gives it. of_float: the text of a float64."""
    if type(tree) is Value:
        if tree.kind is np.ndarray:
            return f"np.array({writer.of(tree)}, {writer.bind(tree.dtype)})"
        return of_float(tree) if tree.kind is np.float64 else f"{writer.of(tree.kind)}({writer.of(tree)})"
    return writer.tree(tree, lambda part: answered(part, writer, of_float))


# --- registers

Row = tuple[str, tuple[Any, ...], Value | None]  # operation, numbers, result


def rows_of(program: Program) -> list[Row]:
    """The steps as rows; a product that is added once and not used otherwise is one row with the sum."""
    uses = Counter(v for item in program.body for v in item.operands())
    uses.update(values_in(program.result))
    products = {s.result: s for s in program.body if type(s) is Step and NAMES[s.function] == "multiply"}
    rows: dict[Any, Row] = {}
    for item in program.body:
        if type(item) is Check:
            expected = _constant(item.expected)
            rows[item] = ("check" if item.relation == "equal" else "truth", (item.value, expected), None)
            continue
        assert type(item) is Step
        name, numbers = NAMES[item.function], operands(item)
        if name == "add":
            for x, other in (numbers, numbers[::-1]):
                if type(x) is Value and uses[x] == 1 and x in products:
                    name, numbers = "multiply_add", (*products[x].args, other)
                    del rows[x]
                    break
        rows[item.result] = (name, numbers, item.result)
    return list(rows.values())


def register_code(program: Program, registers: Callable[[Any, Any], bool]) -> Callable[..., Any]:
    """The program as rows of code for the register machine, in a function that fills and reads its registers."""
    rows = rows_of(program)
    place: dict[Any, int] = {leaf.value: k for k, leaf in enumerate(x for x in program.inputs if x.value is not None)}
    first = [0.0] * len(place)
    code: list[int] = []
    numbered = {name: k for k, name in enumerate(OPERATIONS)}
    for _, numbers, _ in rows:
        for x in numbers:
            if type(x) is not Value and _key(x) not in place:
                place[_key(x)] = len(first)
                first.append(float.fromhex(_key(x)))
    for k, (name, numbers, result) in enumerate(rows):
        a, b, c = (*(place[x if type(x) is Value else _key(x)] for x in numbers), 0, 0)[:3]
        code += (numbered[name] + 256 * c, a, b)
        place[result] = len(first) + k
    writer = Writer(lambda v: f"w[{place[v]}]")
    take_arguments(program, writer)
    head, writer.lines = writer.lines, []
    spare: list[Any] = []
    fresh = np.array(first + [0.0] * len(rows))
    writer.bound |= {"spare": spare, "borrow": borrower(spare, fresh.copy), "run": registers}
    writer.bound["code"] = np.array(code, np.uint32).reshape(-1, 3)
    writer.add("if not run(code, w): return None")
    writer.add(f"found = {answered(program.result, writer, writer.of)}")
    lines = ["    w = borrow()", *head, *writer.lines, "    spare.append(w)", "    return found", ""]
    run: Callable[..., Any] = writer.compiled("\n".join(["def program(xs, kwargs):", *lines]), "program")
    return run


def _key(x: Any) -> str:
    """A constant by its bits."""
    number = _constant(x)
    assert number is not None
    return number.hex()
