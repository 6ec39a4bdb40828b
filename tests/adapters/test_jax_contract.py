"""JAX's contract: each clause has ops that it must refuse, and no right op is accused of anything."""

import functools

import numpy as np
import pytest

import verify
from verify.contract import CLAUSES
from verify.contract.asking import Asking, NotAsked
from verify.contract.foreign_rules import CLAUSES as OF_RULES
from verify.contract.jax_transforms import CLAUSES as OF_TRANSFORMS
from verify.point import judged, point_finding

jax = pytest.importorskip("jax")
jnp = jax.numpy
lax = jax.lax

OWN = (*OF_TRANSFORMS, *OF_RULES)
X = np.array([0.5, -1.5, 2.25], np.float32)


def ruled(forward, backward, **options):
    op = functools.partial(jax.custom_vjp, **options)(forward)
    op.defvjp(lambda *xs: (forward(*xs), xs), backward)
    return op


def pushed(forward, push):
    op = jax.custom_jvp(forward)
    op.defjvp(lambda xs, ts: (forward(*xs), push(xs, ts)))
    return op


def square(backward):
    """x * x with a rule of x and g."""
    return ruled(lambda x: x * x, lambda xs, g: (backward(xs[0], g),))


def traced(x):
    return isinstance(x, jax.core.Tracer)


def thrice_when_mapped():
    double = jax.custom_batching.custom_vmap(lambda x: 2 * x)
    double.def_vmap(lambda size, batched, x: (3 * x, True))
    return double


def value_when_mapped():
    f = jax.custom_batching.custom_vmap(lambda x: x * x)
    f.def_vmap(lambda size, batched, x: (x * x * x, True))
    return ruled(f, lambda xs, g: (2 * xs[0] * g,))


def linear_with(forward, transposed):
    """A custom_jvp of x * x whose tangent and cotangent are multiplied by different factors of x."""

    def push(xs, ts):
        call = jax.custom_derivatives.linear_call
        return call(lambda x, t: forward * x * t, lambda x, g: transposed * x * g, xs[0], ts[0])

    return pushed(lambda x: x * x, push)


def in_place(x):
    x *= 2
    return x * x


def other_for_numpy(x):
    return x * x if not isinstance(x, np.ndarray) else x + x


def keeps_nothing_of_x():
    op = jax.custom_vjp(lambda x: x * x)
    op.defvjp(lambda x: (x * x, 2 * x), lambda slope, g: (lax.stop_gradient(slope) * g,))
    return op


def scaled(backward):
    op = functools.partial(jax.custom_vjp, nondiff_argnums=(1,))(lambda x, n: x * x * n)
    op.defvjp(lambda x, n: (x * x * n, x), lambda n, x, g: (backward(n, x) * g,))
    return op


# A clause, what is wrong with the op, the op, its arguments, words of the text.
MUTANTS = [
    ("jit", "a bwd with an if on a value", square(lambda x, g: 2 * x * g if float(x[0]) > 0 else 3 * x * g), (X,),
     "under jit the gradient raises ConcretizationTypeError"),
    ("jit", "a bwd that is another one when it is traced", square(lambda x, g: (1 if traced(x) else 2) * x * g), (X,),
     "under jit the gradient of x["),
    ("vmap", "a rule for batches in bwd that is wrong", square(lambda x, g: thrice_when_mapped()(x) * g), (X,),
     "under vmap over a batch of 1 the gradient of x["),
    ("vmap", "a rule for batches of the function itself that is wrong", value_when_mapped(), (X,),
     "under vmap over a batch of 1 the result["),
    ("python numbers", "a function that writes into NumPy's arrays", ruled(in_place, lambda xs, g: (8 * xs[0] * g,)),
     (X,), "is written into"),
    ("python numbers", "another function for NumPy's arrays", ruled(other_for_numpy, lambda xs, g: (2 * xs[0] * g,)),
     (X,), "for NumPy arrays and Python numbers the result["),
    ("forward and reverse", "a tangent that is not the transposed cotangent", linear_with(3.0, 2.0), (X,),
     "by forward mode and"),
    ("second order", "a slope that is no function of x", keeps_nothing_of_x(), (X,), "x[0] is 0, the truth -4.4375"),
    ("second order", "NaN at the origin", square(lambda x, g: 2 * jnp.sqrt(x * x) * jnp.sign(x) * g), (X,),
     "at the origin x[0] is nan, the truth 2"),
    ("residuals", "a cotangent of float16", square(lambda x, g: (2 * x * g).astype(jnp.float16)), (X,),
     "the bwd rule returned float16 for the float32 of x"),
    ("nondiff arguments", "a rule for one number alone", scaled(lambda n, x: 4 * x), (X, 2.0), "with n = 2.0625 x["),
    ("nondiff arguments", "a rule that forgets a factor that is 1", scaled(lambda n, x: 2 * x), (X, 1.0),
     "with n = 1.03125"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "what", "op", "xs", "text"), MUTANTS, ids=[row[1] for row in MUTANTS])
def test_each_clause_refuses_what_is_wrong(name, what, op, xs, text):
    finding = verify.check(op, jnp.array(xs[0]), *xs[1:])
    assert finding.verdict.name == "BROKEN_CONTRACT", finding.explain()
    (clause,) = [clause for clause in finding.worst_point.clauses if clause.name == name]
    assert clause.held is False
    assert text in clause.text


def test_every_clause_of_jax_has_mutants():
    assert set(OWN) == {row[0] for row in MUTANTS}


def logistic(x):
    return 1 / (1 + jnp.exp(-x))


def rescaled(x, y):
    return x / jnp.sqrt(1 + y * y)


def by_index(x, i):
    return x[i] ** 2


def summed(x):
    return lax.scan(lambda c, v: (c + v * v, c), 0.0, x)


RIGHT = {
    "a square": (square(lambda x, g: 2 * x * g), (X,)),
    "a cube in forward mode": (pushed(lambda x: x**3, lambda xs, ts: 3 * xs[0] ** 2 * ts[0]), (X,)),
    "a sigmoid by its value": (
        pushed(logistic, lambda xs, ts: logistic(xs[0]) * (1 - logistic(xs[0])) * ts[0]), (X,),
    ),
    "two inputs": (ruled(rescaled, lambda xs, g: jax.vjp(rescaled, *xs)[1](g)), (X, X[::-1].copy())),
    "a product of matrices": (
        ruled(jnp.matmul, lambda xs, g: (g @ xs[1].T, xs[0].T @ g)), (np.outer(X, X[:2]), np.outer(X[:2], X)),
    ),
    "a constant of a rule": (scaled(lambda n, x: 2 * n * x), (X, 2.5)),
    "an index": (
        ruled(by_index, lambda xs, g: (jnp.zeros_like(xs[0]).at[xs[1]].add(2 * xs[0][xs[1]] * g), None)),
        (X, np.array([0, 0, 2])),
    ),
    "a scan": (summed, (X,)),
    "softmax": (jax.nn.softmax, (X,)),
    "an if on a value in function and rule": (
        ruled(lambda x: x * x if float(x) > 0 else x, lambda xs, g: (2 * xs[0] * g if float(xs[0]) > 0 else g,)),
        (1.5,),
    ),
    "code on the host": (
        ruled(lambda x: jax.pure_callback(lambda v: np.asarray(v) ** 2, x, x), lambda xs, g: (2 * xs[0] * g,)), (X,),
        {"reference": lambda x: x * x},
    ),
    "sixteen bits": (square(lambda x, g: 2 * x * g), (jnp.array(X).astype("bfloat16"),)),
    "complex numbers": (square(lambda x, g: 2 * x * g), (X[:2] + 1j,)),
    "a kink": (jax.nn.relu, (np.array([0.0, 1.0], np.float32),)),
    "no smooth origin": (
        pushed(lambda x: jnp.abs(x) ** 0.5, lambda xs, ts: jnp.sign(xs[0]) * ts[0] / (2 * jnp.abs(xs[0]) ** 0.5)), (X,),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_no_right_op_is_accused(name):
    op, xs, *options = RIGHT[name]
    claim = verify.Claim(op, *(x if isinstance(x, float) else jnp.array(x) for x in xs), **dict(*options))
    found = judged(claim)
    assert found.point.ok, found.point.reason
    rough = found.remarks[0].text if found.remarks else ""
    asking = Asking(found.question, point_finding, found.answer, found.truth, found.point, rough)
    asked = []
    for clause in OWN:
        try:
            outcome = CLAUSES[clause](asking)
        except NotAsked:
            continue
        if outcome is not None:
            asked.append(clause)
            assert outcome[0] is True, (clause, outcome[1])
    assert asked


def clauses_of(op, *xs):
    return {clause.name: clause for clause in verify.check(op, *xs).worst_point.clauses}


def test_what_cannot_be_asked_is_said_with_its_reason():
    on_value = RIGHT["an if on a value in function and rule"][0]
    clauses = clauses_of(on_value, 1.5)
    assert clauses["jit"].held is None
    assert "under jit the function raises" in clauses["jit"].text
    assert clauses["forward and reverse"].text == "there is no forward mode: a custom_vjp"
    wrong = clauses_of(square(lambda x, g: 3 * x * g), jnp.array(X))
    assert wrong["second order"].text == "the first derivative is not found right"


def test_clauses_of_jax_are_not_asked_of_numpys_functions():
    claimed = verify.check(np.sin, 1.0, vjp=lambda g, y, x: g * np.cos(x))
    assert not {clause.name for clause in claimed.worst_point.clauses} & set(OWN)
