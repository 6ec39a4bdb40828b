"""A claim that cannot be asked is refused with one clear sentence that names the argument."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import verify
from ad import Neuron
from verify import Claim, ClaimError, Estimate, Verdict, check
from verify.claim import approximate
from verify.question import prepare

X = np.array([1.0, 2.0])


class Tagged(np.ndarray):
    """A subclass, whose operators may mean something else."""


def total(x: Any) -> Any:
    return np.sum(x * x)


def two(x: Any, w: Any) -> Any:
    return np.sum(x * w)


def twice(x: Any) -> Any:
    return 2 * x


MADE: list[tuple[str, tuple[Any, ...], dict[str, Any], str]] = [
    ("an unknown argument", (total, X), {"grad": twice}, "unknown argument 'grad'; a claim judges one of gradient,"),
    ("two derivatives", (total, X), {"gradient": twice, "vjp": twice}, "judges one derivative, got gradient and vjp"),
    (
        "a derivative and a class",
        (total, X),
        {"gradient": twice, "engine": verify.scalar_class(Neuron)},
        "judges one derivative, got gradient= and engine=",
    ),
    ("an array as gradient", (total, X), {"gradient": 2 * X}, "gradient= takes a function, got ndarray"),
    ("three functions as vjp", (total, X), {"vjp": (twice, twice, twice)}, "vjp= takes backward(g, y, *xs) or a pair"),
    ("a pair of non-functions", (total, X), {"vjp": (twice, 3)}, "vjp= takes backward(g, y, *xs) or a pair"),
    ("f is no function", (3.0, X), {}, "f is float: give a function or an expression as text"),
    ("f is an array", (X, X), {}, "f is ndarray: give a function"),
    ("f is None, with at", (None,), {"at": {"x": 1.0}}, "f is NoneType: give a function"),
    ("an expression without its point", ("x*w",), {}, "the expression has the variables x, w: give at={...}"),
    ("too few numbers for an expression", ("x*w", 1.0), {}, "the expression has the variables x, w"),
    ("at leaves out a variable", ("x*w",), {"at": {"x": 1.0}}, "at= leaves out 'w', which is in the expression"),
    (
        "at names a stranger",
        ("x*w",),
        {"at": {"x": 1, "w": 2, "q": 3}},
        "at= names 'q', which is not in the expression",
    ),
    ("at leaves out an argument", (two,), {"at": {"x": X}}, "at= leaves out 'w', which is in two"),
    ("at names no argument", (total,), {"at": {"x": X, "y": X}}, "at= names 'y', which is not in total"),
    ("at is no mapping", ("x*x",), {"at": 3.0}, "at= is 3.0: give a mapping"),
    ("the point twice", ("x*x", 1.0), {"at": {"x": 1.0}}, "the point is given twice"),
    ("the point of a function twice", (total, X), {"at": {"x": X}}, "the point is given twice"),
    ("no units", (total, X), {"units": 0}, "units= is 0: give a positive number"),
    ("negative units", (total, X), {"units": -1.0}, "units= is -1.0: give a positive number"),
    ("NaN units", (total, X), {"units": np.nan}, "units= is nan: give a positive number"),
    ("units as text", (total, X), {"units": "16"}, "units= is '16': give a positive number"),
    ("roundoff of 0", (total, X), {"roundoff": 0.0}, "roundoff= is 0.0: give a positive number up to 0.125"),
    ("roundoff of 1", (total, X), {"roundoff": 1.0}, "roundoff= is 1.0: give a positive number up to 0.125"),
    ("no budget", (total, X), {"budget": 0}, "budget= is 0: give a positive number"),
    ("a budget as text", (total, X), {"budget": "10s"}, "budget= is '10s': give a positive number"),
    ("a negative seed", (total, X), {"seed": -1}, "seed= is -1: give a whole number, 0 or more"),
    ("a seed between", (total, X), {"seed": 0.5}, "seed= is 0.5: give a whole number"),
    ("kwargs as a list", (total, X), {"kwargs": [1]}, "kwargs= is [1]: give a mapping"),
    ("kwargs with numbers as names", (total, X), {"kwargs": {1: 2}}, "kwargs= is {1: 2}: give a mapping"),
    ("an unknown engine", (total, X), {"engine": "numpy"}, "engine= is 'numpy': give \"ad\" or verify.scalar_class"),
    ("no oracles", (total, X), {"oracles": ()}, "oracles= is (): give oracles, such as verify.CERTIFY"),
    ("a function as oracle", (total, X), {"oracles": [twice]}, "oracles= is [<function twice"),
    (
        "an unknown verdict",
        (total, X),
        {"expect": "WRNG"},
        "expect= holds 'WRNG': give \"ok\" or one of PROVED, CERTIFIED",
    ),
    ("an unknown verdict in a set", (total, X), {"expect": {"ok", "right"}}, "expect= holds 'right'"),
    ("nothing expected", (total, X), {"expect": ()}, "expect= is empty"),
    ("a number expected", (total, X), {"expect": 3}, "expect= holds 3"),
    (
        "outside as an array",
        (total, X),
        {"outside": {"paper": X}},
        "outside= is {'paper': array([1., 2.])}: give a mapping",
    ),
    ("outside as an estimate", (total, X), {"outside": approximate(X, 0)}, "outside= is"),
]


@pytest.mark.parametrize(("name", "args", "claim", "words"), MADE, ids=[row[0] for row in MADE])
def test_a_bad_argument_is_named(name: str, args: tuple[Any, ...], claim: dict[str, Any], words: str) -> None:
    with pytest.raises(ClaimError) as error:
        Claim(*args, **claim)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


LAID_OUT: list[tuple[str, tuple[Any, ...], dict[str, Any], str]] = [
    ("nothing to differentiate", (total, np.array([1, 2])), {}, "there is no floating input to differentiate"),
    ("no arguments", (lambda: 3.0,), {}, "there is no floating input to differentiate"),
    ("an unknown name", (two, X, X), {"wrt": "v"}, "wrt names 'v'; the arguments are x, w"),
    ("a position beyond", (two, X, X), {"wrt": 2}, "wrt names 2; the arguments are x, w"),
    ("a name twice", (two, X, X), {"wrt": ("x", 0)}, "wrt names an argument twice: ('x', 0)"),
    (
        "an integer input",
        (two, X, np.array([1, 2])),
        {"wrt": "w"},
        "wrt names 'w', but w is of dtype int64: a constant",
    ),
    ("a text input", (lambda x, mode: x, X, "sum"), {"wrt": "mode"}, "wrt names 'mode', but mode is 'sum': a constant"),
    ("a complex Jacobian", (total, X + 1j), {"jacobian": total}, "jacobian= is judged for real numbers"),
    ("a masked array", (total, np.ma.masked_array(X, [0, 1])), {}, "x is a MaskedArray: give a plain array"),
    ("a subclass", (total, X.view(Tagged)), {}, "x is a Tagged: give a plain array, np.asarray(x)"),
    ("a record array", (total, np.zeros(2, [("a", float)])), {}, "x has dtype [('a', '<f8')]: float64, float32,"),
    ("a generator as output", (lambda x: (v for v in x), X), {}, "the output of f has dtype object"),
    ("a complex output", (lambda x: x * 1j, X), {"hvp": lambda t, x: t}, "hvp= is judged for real numbers"),
    (
        "a long double",
        (total, X.astype(np.longdouble)),
        {},
        f"x has dtype {np.dtype(np.longdouble)}: float64, float32, float16, bfloat16 are judged",
    ),
    (
        "gradient of two numbers",
        (twice, X),
        {"gradient": twice},
        "gradient= needs a function with one number as output, f",
    ),
    ("gradient of two results", (lambda x: (x, x), 1.0), {"gradient": twice}, "f returns 2; claim jacobian= or vjp="),
    (
        "value_and_gradient of two numbers",
        (twice, X),
        {"value_and_gradient": twice},
        "value_and_gradient= needs a function",
    ),
    (
        "a class and two results",
        (lambda a: (a, a), 1.0),
        {"engine": verify.scalar_class(Neuron)},
        "a scalar class needs a function with one number as output, f returns 2",
    ),
    (
        "a gradient with a cotangent",
        (total, X),
        {"gradient": twice, "cotangent": 2.0},
        "a gradient has the cotangent 1",
    ),
    (
        "a cotangent of another shape",
        (twice, X),
        {"cotangent": np.ones(3)},
        "cotangent= has shape (3,), the output of f (2,)",
    ),
    ("too few cotangents", (lambda x: (x, x), X), {"cotangent": X}, "cotangent= has 1 arrays, f returns 2"),
    ("a cotangent of text", (twice, X), {"cotangent": "ones"}, "cotangent= holds ['ones']: give one array of numbers"),
    ("a cotangent of NaN", (twice, X), {"cotangent": X * np.nan}, "cotangent= is not finite"),
]


@pytest.mark.parametrize(("name", "args", "claim", "words"), LAID_OUT, ids=[row[0] for row in LAID_OUT])
def test_a_point_that_cannot_be_laid_out_is_named(
    name: str, args: tuple[Any, ...], claim: dict[str, Any], words: str
) -> None:
    with pytest.raises(ClaimError) as error:
        check(*args, **claim)
    assert words in str(error.value)


FINE: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((total, X), {"units": 4, "roundoff": 2.0**-11, "budget": np.float64(3), "seed": np.int64(7)}),
    ((total, X), {"gradient": None, "vjp": None}),
    ((total, X), {"expect": Verdict.CERTIFIED}),
    ((total, X), {"expect": {"ok", Verdict.WRONG}, "reason": "either"}),
    ((total, X), {"expect": ["INACCURATE", "ok"]}),
    ((total, X), {"oracles": verify.SCREEN}),
    ((total, X), {"oracles": verify.CERTIFY[0]}),
    ((two,), {"at": {"w": X, "x": X}}),
    (("x*w",), {"at": {"x": 3, "w": np.float32(2)}}),
    (("x*w", 3, 2), {}),
    ((two, X, X), {"wrt": ("w", -2), "wrong_at": "w"}),
    ((total, X), {"outside": {"paper": approximate(2 * X, 1e-9)}}),
]


@pytest.mark.parametrize(("args", "claim"), FINE)
def test_these_claims_can_be_asked(args: tuple[Any, ...], claim: dict[str, Any]) -> None:
    assert check(*args, **claim).ok  # the mutant: a claim that refuses everything


def test_a_claim_keeps_what_it_was_given() -> None:
    claim = Claim(two, X, X, wrt="w", expect=Verdict.WRONG, wrong_at="w", gradient=twice, id="mine", title="a title")
    assert (claim.judged, claim.subject, claim.id, claim.title) == ("gradient", twice, "mine", "a title")
    assert claim.expect == {"WRONG"}
    assert claim.wrong_at == ("w",)
    assert claim.text == "two"
    assert Claim("x*w", at={"w": 2, "x": 3}).xs == (3.0, 2.0)
    assert Claim("x*w", at={"w": 2, "x": 3}).text == "x*w"
    with pytest.raises(AttributeError):
        claim.seed = 3  # type: ignore[misc]


def test_entries_are_named_as_one_would_write_them() -> None:
    def f(params: Any, x: Any, *rest: Any) -> Any:
        return np.sum(params["w"]) + params["b"][0] + np.sum(x) + rest[0]

    question = prepare(Claim(f, {"w": np.ones((1, 2)), "b": [1.0]}, X, 2.0, np.arange(2)))
    assert question.names == ("params['w']", "params['b'][0]", "x", "x2")
    assert question.entries == ("params['w'][0, 0]", "params['w'][0, 1]", "params['b'][0]", "x[0]", "x[1]", "x2")
    odd = prepare(Claim(lambda x1, *more: x1 * more[0] * more[1], 1.0, 2.0, 3.0))
    assert len(set(odd.names)) == 3


def test_wrt_chooses_and_orders_the_inputs() -> None:
    def f(a: Any, b: Any, c: Any) -> Any:
        return a * b * c

    for wrt, names in (("b", ("b",)), (("c", "a"), ("c", "a")), (-1, ("c",)), ([1, "a"], ("b", "a"))):
        question = prepare(Claim(f, 2.0, 3.0, 5.0, wrt=wrt))
        assert question.names == names
        placed = question.place([10.0 * k for k in range(1, 1 + len(names))])
        assert [placed["abc".index(name)] for name in names] == [10.0 * k for k in range(1, 1 + len(names))]


def test_cotangents_are_a_basis_or_seeded_and_signed() -> None:
    small = prepare(Claim(lambda x: (x, x * x), X))
    assert np.array_equal([np.concatenate(row) for row in small.cotangents], np.eye(4))
    large = prepare(Claim(lambda x: np.outer(x, np.arange(20.0)), X, seed=3))
    again = prepare(Claim(lambda x: np.outer(x, np.arange(20.0)), X, seed=3))
    other = prepare(Claim(lambda x: np.outer(x, np.arange(20.0)), X, seed=4))
    rows = np.array([row[0] for row in large.cotangents])
    assert rows.shape == (2, 2, 20)
    assert (rows > 0).any()
    assert (rows < 0).any()
    assert (np.abs(rows[0]) >= 0.5).all()
    assert np.abs(rows[1]).max() > 64 * np.abs(rows[1]).min() > 0  # what clips g, or drops small parts, shows
    backward = prepare(Claim(lambda x: (x, x * x), X, vjp=lambda g, y, x: x))
    assert len(backward.cotangents) == 5  # and whether it is linear in g
    assert np.array_equal(rows, [row[0] for row in again.cotangents])
    assert not np.array_equal(rows, [row[0] for row in other.cotangents])


def test_an_estimate_is_rows_with_bounds() -> None:
    answer = approximate([1.0, 2.0], 1e-3)
    assert isinstance(answer, Estimate)
    assert (answer.value.shape, answer.radius.shape, answer.low.shape) == ((1, 2), (1, 2), (1, 2))
    assert not answer.certified
