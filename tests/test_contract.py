"""The contract: for every clause a derivative that holds it, and mutants that this clause catches by its name."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_scalar_class import Adding, Naive

import ad
import verify
from verify import check, scalar_class
from verify.contract import CLAUSES, OF_FRAMEWORKS, clauses_of
from verify.finding import Clause, PointFinding
from verify.question import prepare

X = np.array([0.5, -1.25, 2.0])
W = np.array([[1.0, 0.5, -0.25], [2.0, -1.0, 0.75]])
Make = Callable[[], dict[str, Any]]


def square(x: Any) -> Any:
    return x * x


def energy(x: Any) -> Any:
    return np.sum(x * x)


def mean_square(x: Any) -> Any:
    return np.mean(x * x)


def back(g: Any, y: Any, x: Any) -> Any:
    return 2 * g * x


# --- mutants


def written_by_a_view() -> dict[str, Any]:
    def df(x: Any) -> Any:
        flipped = x[::-1]
        found = 2 * x
        flipped *= 0.5
        return found

    return {"gradient": df}


def written_forward() -> dict[str, Any]:
    def fwd(x: Any) -> Any:
        kept = x.copy()
        x *= x
        return x.copy(), kept

    return {"vjp": (fwd, lambda kept, g: 2 * kept * g)}


def written_saved() -> dict[str, Any]:
    def bwd(kept: Any, g: Any) -> Any:
        kept["x"] *= 2
        return kept["x"] * g

    return {"vjp": (lambda x: (x * x, {"x": x.copy()}), bwd)}


def written_result(g: Any, y: Any, x: Any) -> Any:
    y[...] = 2 * x
    return y * g


def written_cotangent(g: Any, y: Any, x: Any) -> Any:
    g *= 2 * x
    return g


def written_tangent(t: Any, x: Any) -> Any:
    t *= 2 * x
    return t


def another_one_later() -> dict[str, Any]:
    calls = itertools.count()
    return {"gradient": lambda x: 2 * x if next(calls) == 0 else 2 * x + 1}


def kept_outside() -> dict[str, Any]:
    """A forward pass that leaves what the backward pass needs in one place for all."""
    last: dict[str, Any] = {}

    def fwd(x: Any) -> Any:
        last["x"] = x.copy()
        return x * x, None

    return {"vjp": (fwd, lambda kept, g: 2 * last["x"] * g)}


def one_behind() -> dict[str, Any]:
    """Answers by what it kept of the call before, for a point of the same shape."""
    kept: dict[Any, Any] = {}

    def vjp(g: Any, y: Any, x: Any) -> Any:
        slope, kept[x.shape] = kept.get(x.shape, 2 * x), 2 * x
        return slope * g

    return {"vjp": vjp}


def one_buffer() -> dict[str, Any]:
    buffers: dict[Any, Any] = {}

    def df(x: Any) -> Any:
        return np.multiply(2, x, out=buffers.setdefault(x.shape, np.empty_like(x)))

    return {"gradient": df}


def normalised(g: Any, y: Any, x: Any) -> Any:
    size = np.sqrt(np.sum(g * g))
    return 2 * x * (g / size) * size


def in_memory_order(g: Any, y: Any, w: Any) -> Any:
    return 2 * w * np.ravel(g, order="K").reshape(w.shape)


def whole_buffer(g: Any, y: Any, x: Any) -> Any:
    """What code does that takes a pointer and believes the entries to lie one after the other."""
    g = np.asarray(g)
    memory = np.lib.stride_tricks.as_strided(g, (g.size,), (0 if 0 in g.strides else g.itemsize,))
    return 2 * x * (memory if g.strides[0] > 0 else memory[:1] * np.ones(g.size))


def only_whole(g: Any, y: Any, x: Any) -> Any:
    """Right for cotangents without a zero, and for those with a single entry."""
    return 2 * x * (g if np.count_nonzero(g) in (1, 3) else 0 * g)


def times(a: Any, b: Any) -> Any:
    return a * b


def times_back(g: Any, y: Any, a: Any, b: Any) -> Any:
    return g * b, g * a


product = ad.custom(vjp=times_back, jvp=lambda ts, y, a, b: ts[0] * b + a * ts[1])(times)
product_wrong_ahead = ad.custom(vjp=times_back, jvp=lambda ts, y, a, b: ts[0] * b - a * ts[1])(times)
RIGHT_OPS = {product_wrong_ahead: product}


def written_constant() -> dict[str, Any]:
    def df(x: Any, c: Any) -> Any:
        found = c.copy()
        c += 1
        return found

    return {"gradient": df, "kwargs": {"c": X.copy()}}


def spread_over(g: Any, y: Any, a: Any, b: Any) -> Any:
    """Takes the mean over an axis that was broadcast, where the sum is meant."""
    db = g * a
    return g * b, db if db.shape == np.shape(b) else np.mean(db, axis=-1, keepdims=True)


def written_operand(g: Any, y: Any, x: Any) -> Any:
    x *= 2
    return x * g


H = np.array([[2.0, 1.0, 0.0], [1.0, 4.0, 0.5], [0.0, 0.5, 1.0]])

# (clause, what the mutant does, f, xs, the mutant's claim, the right one's; the verdict of the mutant)
MUTANTS: list[tuple[str, str, Any, tuple[Any, ...], Make, Make, str]] = [
    ("one array for each input", "drops an entry", energy, (X,), lambda: {"gradient": lambda x: 2 * x[:2]},
     lambda: {"gradient": lambda x: 2 * x}, "BROKEN_CONTRACT"),
    ("one array for each input", "returns the forward's first result alone", square, (X,),
     lambda: {"vjp": (lambda x: x * x, lambda kept, g: 2 * kept * g)},
     lambda: {"vjp": (lambda x: (x * x, x), lambda kept, g: 2 * kept * g)}, "BROKEN_CONTRACT"),
    ("inputs untouched", "writes by way of a view", energy, (X,), written_by_a_view,
     lambda: {"gradient": lambda x: 2 * x}, "BROKEN_CONTRACT"),
    ("inputs untouched", "writes into a keyword argument", lambda x, c=0: np.sum(c * x), (X,),
     written_constant, lambda: {"gradient": lambda x, c: c.copy(), "kwargs": {"c": X.copy()}}, ""),
    ("inputs untouched", "a forward that writes, undeclared", square, (X,), written_forward,
     lambda: {**written_forward(), "mutates": "x"}, "BROKEN_CONTRACT"),
    ("inputs untouched", "the rule of an op writes", ad.custom(vjp=written_operand)(square), (X,), dict,
     lambda: {"vjp": back}, "BROKEN_CONTRACT"),
    ("saved values untouched", "residuals", square, (X,), written_saved,
     lambda: {"vjp": (lambda x: (x * x, {"x": x}), lambda kept, g: 2 * kept["x"] * g)}, "BROKEN_CONTRACT"),
    ("saved values untouched", "the result", square, (X,), lambda: {"vjp": written_result},
     lambda: {"vjp": back}, "BROKEN_CONTRACT"),
    ("cotangent untouched", "uses it as its own", square, (X,), lambda: {"vjp": written_cotangent},
     lambda: {"vjp": back}, "BROKEN_CONTRACT"),
    ("tangent untouched", "uses it as its own", square, (X,), lambda: {"jvp": written_tangent},
     lambda: {"jvp": lambda t, x: 2 * x * t}, "BROKEN_CONTRACT"),
    ("same bits again", "another value at the second call", energy, (X,), another_one_later,
     lambda: {"gradient": lambda x: 2 * x}, "BROKEN_CONTRACT"),
    ("never stale", "one place for what is saved", square, (X,), kept_outside,
     lambda: {"vjp": (lambda x: (x * x, x), lambda kept, g: 2 * kept * g)}, "BROKEN_CONTRACT"),
    ("never stale", "one call behind", square, (X,), one_behind, lambda: {"vjp": back}, "BROKEN_CONTRACT"),
    ("memory of its own", "one buffer for all calls", energy, (X,), one_buffer,
     lambda: {"gradient": lambda x: np.multiply(2, x)}, "BROKEN_CONTRACT"),
    ("floating point", "integers", lambda x: np.sum(2 * x), (X,), lambda: {"gradient": lambda x: np.full(x.shape, 2)},
     lambda: {"gradient": lambda x: np.full(x.shape, 2.0)}, "BROKEN_CONTRACT"),
    ("linear", "clips", square, (X,), lambda: {"vjp": lambda g, y, x: 2 * x * np.clip(g, -1e3, 1e3)},
     lambda: {"vjp": back}, "BROKEN_CONTRACT"),
    ("linear", "not of a sum", square, (X,), lambda: {"vjp": only_whole, "cotangent": X},
     lambda: {"vjp": back, "cotangent": X}, "BROKEN_CONTRACT"),
    ("linear", "ignores the sign", square, (X,), lambda: {"vjp": lambda g, y, x: 2 * x * abs(g)},
     lambda: {"vjp": back}, "WRONG"),
    ("linear", "right along unit tangents alone", square, (X,), lambda: {"jvp": lambda t, x: 2 * x * abs(t)},
     lambda: {"jvp": lambda t, x: 2 * x * t}, "WRONG"),
    ("zero gives zero", "divides by the size", square, (X,), lambda: {"vjp": normalised},
     lambda: {"vjp": back}, "BROKEN_CONTRACT"),
    ("NaN and inf", "cleans", square, (X,), lambda: {"vjp": lambda g, y, x: np.nan_to_num(2 * g * x)},
     lambda: {"vjp": back}, "BROKEN_CONTRACT"),
    ("NaN and inf", "spreads NaN", square, (X,), lambda: {"vjp": lambda g, y, x: 2 * g * x + 0 * np.sum(x)},
     lambda: {"vjp": back}, "BROKEN_CONTRACT"),
    ("NaN and inf", "finite where the slope is infinite", np.sqrt, (0.0,), lambda: {"gradient": lambda x: 0 * x},
     lambda: {"gradient": lambda x: 0.5 / np.sqrt(x)}, "WRONG"),
    ("NaN and inf", "NaN where the slope is finite", np.sin, (0.0,), lambda: {"gradient": lambda x: x / x},
     lambda: {"gradient": np.cos}, "WRONG"),
    ("any layout", "reads in the order of memory", square, (W,), lambda: {"vjp": in_memory_order},
     lambda: {"vjp": back}, "BROKEN_CONTRACT"),
    ("any layout", "ignores the strides", square, (X,), lambda: {"vjp": whole_buffer},
     lambda: {"vjp": back}, "BROKEN_CONTRACT"),
    ("adjoint", "an op whose jvp is not the transpose of its vjp", product_wrong_ahead, (X, X + 1), dict, dict,
     "BROKEN_CONTRACT"),
    ("adjoint", "a wrong vjp, by the engine's jvp", square, (X,), lambda: {"vjp": lambda g, y, x: g * x},
     lambda: {"vjp": back}, "WRONG"),
    ("symmetric", "a Hessian with one entry changed", lambda x: x @ H @ x / 2, (X,),
     lambda: {"hvp": lambda t, x: H @ t + np.stack([t[1], 0 * t[0], 0 * t[0]])},
     lambda: {"hvp": lambda t, x: H @ t}, "WRONG"),
    ("accumulates", "a class that overwrites, each input used once", "x*w + b", (),
     lambda: {"engine": scalar_class(Naive), "at": {"x": 3.0, "w": 2.0, "b": 1.0}},
     lambda: {"engine": scalar_class(Adding), "at": {"x": 3.0, "w": 2.0, "b": 1.0}}, "BROKEN_CONTRACT"),
    ("other shapes", "an op with a number of entries written into its rule",
     ad.custom(vjp=lambda g, y, x: 2 * g * x / 3)(mean_square), (X,), dict,
     lambda: {"vjp": lambda g, y, x: 2 * g * x / x.size}, "BROKEN_CONTRACT"),
    ("other shapes", "drops an axis of length 1", square, (X,),
     lambda: {"vjp": lambda g, y, x: np.squeeze(2 * g * x)}, lambda: {"vjp": back}, "BROKEN_CONTRACT"),
    ("other shapes", "the mean over a broadcast axis", times, (X, X + 1), lambda: {"vjp": spread_over},
     lambda: {"vjp": lambda g, y, a, b: (g * b, ad.vjp(times, a, b)[1](g)[1])}, "BROKEN_CONTRACT"),
]  # fmt: skip


def clause(finding: verify.Finding, name: str) -> Clause:
    (found,) = (clause for clause in finding.worst_point.clauses if clause.name == name)
    return found


def broken(finding: verify.Finding) -> list[str]:
    return [clause.name for clause in finding.worst_point.clauses if clause.held is False]


@pytest.mark.parametrize("row", MUTANTS, ids=[f"{row[0]}: {row[1]}" for row in MUTANTS])
def test_a_clause_catches_its_mutant_by_name_and_lets_a_right_one_pass(row: Any) -> None:
    name, _, f, xs, mutant, right, wanted = row
    finding = check(f, *xs, **mutant())
    assert clause(finding, name).held is False, finding.explain()
    assert clause(finding, name).text
    assert name in finding.explain()
    if wanted:
        assert finding.verdict.name == wanted, finding.explain()
    if wanted == "BROKEN_CONTRACT" and name != "one array for each input":
        assert finding.worst_point.reason == f"clause {broken(finding)[0]}: {clause(finding, broken(finding)[0]).text}"
        assert broken(finding) == [name], finding.explain()
    good = check(RIGHT_OPS.get(f, f), *xs, **right())
    assert good.ok, good.explain()
    assert broken(good) == []
    if name in CLAUSES or name == "tangent untouched":
        assert clause(good, name).held is True


# --- what must not be called broken


def held(f: Any, *xs: Any, **claim: Any) -> dict[str, Clause]:
    """The clauses of a claim by name, without its verdict."""
    right = PointFinding({}, verify.Verdict.CERTIFIED, "")
    return {clause.name: clause for clause in clauses_of(prepare(verify.Claim(f, *xs, **claim)), nobody, found=right)}


def nobody(claim: verify.Claim) -> PointFinding:
    raise AssertionError("nothing was suspicious")


def test_every_clause_has_a_mutant_and_a_line_in_the_documents() -> None:
    assert set(CLAUSES) - set(OF_FRAMEWORKS) <= {row[0] for row in MUTANTS}  # those have theirs in tests/adapters
    text = "".join(Path(f"docs/{name}.md").read_text(encoding="utf-8") for name in ("verdicts", "adapters"))
    assert [name for name in CLAUSES if f"| `{name}` |" not in text] == []


def test_a_random_op_is_named_and_not_broken() -> None:
    def legacy(g: Any, y: Any, x: Any) -> Any:
        return 2 * g * x * np.random.rand(*x.shape)  # noqa: NPY002

    kept = np.random.default_rng(3)
    forms: list[Any] = [
        {"vjp": legacy},
        {"vjp": lambda g, y, x: 2 * g * x * (kept.random(x.shape) < 0.5)},
        {"vjp": lambda g, y, x, rng: 2 * g * x * (rng.random(x.shape) < 0.5), "kwargs": {"rng": kept}},
    ]
    for claim in forms:
        f = (lambda x, rng: x * x) if "kwargs" in claim else square
        clauses = held(f, X, **claim)
        assert (clauses["same bits again"].held, "random" in clauses["same bits again"].text) == (None, True)
        assert clauses["linear"] == Clause("linear", None, "it is random")
        assert all(clause.held is not False for clause in clauses.values())
    unseeded = held(square, X, vjp=lambda g, y, x: 2 * g * x * np.random.default_rng().random(x.shape))
    assert unseeded["same bits again"].held is False


def test_the_seeds_of_a_user_are_left_as_they_were() -> None:
    np.random.seed(5)  # noqa: NPY002
    expected = np.random.rand(3)  # noqa: NPY002
    np.random.seed(5)  # noqa: NPY002
    state = {"calls": 0}

    def changing(g: Any, y: Any, x: Any) -> Any:
        state["calls"] += 1
        return g * state["calls"]

    assert held(square, X, vjp=changing)["same bits again"].held is False
    assert np.array_equal(np.random.rand(3), expected)  # noqa: NPY002


def test_bits_that_spread_within_the_allowance_hold_with_a_note() -> None:
    flips = itertools.cycle([1.0, 1 + 2.0**-51, 1 - 2.0**-52])
    finding = check(square, X, vjp=lambda g, y, x: 2 * g * x * next(flips))
    assert finding.verdict.name == "CERTIFIED", finding.explain()
    assert "spread by" in clause(finding, "same bits again").text
    assert "noted: same bits again (the bits spread by" in " ".join(finding.explain().split())
    far = itertools.cycle([1.0, 1 + 1e-9])
    assert check(square, X, vjp=lambda g, y, x: 2 * g * x * next(far)).verdict.name in ("BROKEN_CONTRACT", "WRONG")


def test_shared_memory_and_another_precision_are_notes() -> None:
    finding = check(lambda x: x + 1, X, vjp=lambda g, y, x: g)
    assert finding.verdict.name == "CERTIFIED"
    assert "shares memory with cotangent" in clause(finding, "memory of its own").text
    single = check(energy, X.astype(np.float32), gradient=lambda x: 2.0 * x.astype(float))
    assert single.verdict.name == "CERTIFIED"
    assert clause(single, "floating point").text == "x is float32 and its derivative float64"
    assert clause(check(energy, X, gradient=lambda x: 2 * x), "floating point").text == ""


REFUSING: list[tuple[str, Any, tuple[Any, ...], dict[str, Any]]] = [
    ("one shape alone", energy, (X,), {"gradient": lambda x: np.array([2 * x[0], 2 * x[1], 2 * x[2]])}),
    ("no numbers", energy, (X,), {"gradient": lambda x: 2 * x[:]}),
    ("no broadcasting", times, (X, X + 1), {"vjp": times_back}),
    ("data of one length", lambda x: np.sum((x - X) ** 2), (X + 1,), {"gradient": lambda x: 2 * (x - X)}),
    ("the gradient of a linear function is its data", lambda x: np.sum(X * x), (X,), {"gradient": lambda x: X}),
    ("a number typed in", lambda x: x * x, (3.0,), {"gradient": lambda x: 6.0}),
]


@pytest.mark.parametrize("row", REFUSING, ids=[row[0] for row in REFUSING])
def test_what_is_right_and_narrow_is_right(row: Any) -> None:
    _, f, xs, claim = row
    finding = check(f, *xs, **claim)
    assert finding.verdict.name == "CERTIFIED", finding.explain()
    assert broken(finding) == []


def test_what_is_right_in_its_own_shape_alone_is_right_with_a_note() -> None:
    finding = check(mean_square, X, gradient=lambda x: 2 * x / 3)
    assert finding.verdict.name == "CERTIFIED", finding.explain()
    assert clause(finding, "other shapes").text == "for x of shape (1,) x[0] is 0.333333, the truth 1.0000000000"


def test_an_answer_that_comes_after_a_spoilt_one_is_explained_by_it() -> None:
    twice = check(square, X, **written_saved())
    assert twice.verdict.name == "BROKEN_CONTRACT"
    assert twice.worst_point.reason == "clause saved values untouched: residuals['x'][0] was 0.5 and is 1"
    wrong = written_saved()["vjp"]
    also_wrong = check(square, X, vjp=(wrong[0], lambda kept, g: 2 * wrong[1](kept, g)))
    assert also_wrong.verdict.name == "WRONG"
    assert broken(also_wrong)[0] == "saved values untouched"


def test_the_rule_of_every_op_in_a_function_is_asked_and_the_op_is_named() -> None:
    right, wrong = ad.custom(vjp=back)(square), ad.custom(vjp=written_cotangent)(square)
    finding = check(lambda x: np.sum(wrong(right(x))), X)
    assert finding.verdict.name == "BROKEN_CONTRACT", finding.explain()
    assert clause(finding, "cotangent untouched").text.startswith(wrong.op.name)
    assert "the judged derivative raised ValueError: output array is read-only" in finding.worst_point.reason
    assert check(lambda x: np.sum(right(right(x))), X).ok
    assert check(lambda x: np.sum(x * x), X).worst_point.clauses == ()  # the table's rules are tested elsewhere


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_infinite_slopes_say_nothing_about_sums_and_zeros(dtype: Any) -> None:
    x = np.array([0.0, 0.25, 3.0], dtype)
    for claim in ({"vjp": lambda g, y, x: g * dtype(0.5) / y}, {"jvp": lambda t, x: t * dtype(0.5) / np.sqrt(x)}):
        clauses = held(np.sqrt, x, **claim)
        assert [clause for clause in clauses.values() if clause.held is False] == []
        assert clauses["zero gives zero"].held is True


def test_complex_arrays_are_asked_by_their_parts() -> None:
    z = np.array([1 + 2j, -0.5j])
    finding = check(lambda z: z * z, z, vjp=lambda g, y, z: 2 * g * z)
    assert finding.verdict.name == "CERTIFIED", finding.explain()
    assert clause(finding, "inputs untouched") == Clause(
        "inputs untouched", None, "complex arrays are handed over as copies"
    )
    assert clause(finding, "linear").held is True


def test_mutates_takes_names_and_positions_and_refuses_others() -> None:
    for mutates in ("x", 0, -1, ("x",)):
        assert check(square, X, **written_forward(), mutates=mutates).ok
    with pytest.raises(verify.ClaimError, match="mutates names 'z'; the arguments are x"):
        check(square, X, **written_forward(), mutates="z")


def test_a_gradient_that_cancels_accumulates_all_the_same() -> None:
    at = {"x": 0.1, "a": 1.0 + 2.0**-50}
    finding = check("a*x*3 - x*3 + (x + a)*0", at=at, engine=scalar_class(Adding), wrt="x")
    assert clause(finding, "accumulates").held is True, finding.explain()


def test_a_proof_says_nothing_about_the_contract() -> None:
    assert verify.prove(square, X, vjp=back).verdict.name == "PROVED"
    assert verify.prove(square, X, vjp=lambda g, y, x: 2 * x * np.clip(g, -1e3, 1e3)).verdict.name == "BROKEN_CONTRACT"


def test_second_derivatives_of_an_op_are_symmetric_or_named() -> None:
    cube = ad.custom(vjp=lambda g, y, x: 3 * g * x * x)(lambda x: x**3)
    finding = check(lambda x: np.sum(cube(x)), X, order=2)
    assert finding.ok
    assert clause(finding, "symmetric").held is True


# --- laws


@settings(max_examples=25, deadline=None)
@given(shape=st.lists(st.integers(0, 3), max_size=3), seed=st.integers(0, 99))
def test_a_linear_backward_pass_holds_every_clause_in_every_shape(shape: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.asarray(rng.uniform(-2, 2, shape))
    c = rng.uniform(-2, 2, shape[-1:])
    clauses = held(lambda x: c * x * x, x, vjp=lambda g, y, x: 2 * c * x * g)
    assert [clause for clause in clauses.values() if clause.held is False] == []


@settings(max_examples=15, deadline=None)
@given(n=st.integers(1, 4), m=st.integers(2, 4), seed=st.integers(0, 99), single=st.booleans())
def test_a_product_of_matrices_holds_every_clause_and_its_clipped_twin_does_not(
    n: int, m: int, seed: int, single: bool
) -> None:
    dtype = np.float32 if single else np.float64
    rng = np.random.default_rng(seed)
    a, b = rng.uniform(-2, 2, (n, m)).astype(dtype), rng.uniform(-2, 2, (m, m)).astype(dtype)
    clauses = held(np.matmul, a, b, vjp=lambda g, y, a, b: (g @ b.T, a.T @ g))
    assert [clause for clause in clauses.values() if clause.held is False] == []
    twin = held(np.matmul, a, b, vjp=lambda g, y, a, b: (np.clip(g, -1e3, 1e3) @ b.T, a.T @ g))
    assert twin["linear"].held is False


# --- cost


def test_the_contract_costs_a_few_calls_and_stops_at_the_budget() -> None:
    calls = []

    def vjp(g: Any, y: Any, x: Any) -> Any:
        calls.append(1)
        return 2 * g * x

    assert [clause for clause in held(square, X, vjp=vjp).values() if not clause.held] == []
    assert len(calls) < 40

    def slow(g: Any, y: Any, x: Any) -> Any:
        time.sleep(0.02)
        return 2 * g * x

    begun = time.monotonic()
    clauses = held(square, X, vjp=slow, budget=0.1)
    assert time.monotonic() - begun < 1
    assert clauses["other shapes"] == Clause("other shapes", None, "the budget of 0.1 s was used up")
    assert clauses["inputs untouched"].held is True
