"""A function of JAX as a claim: whatever its arguments and results are, a right rule passes, a wrong one does not."""

import dataclasses
import functools
from collections import OrderedDict
from typing import Any, NamedTuple

import numpy as np
import pytest
from shapes import check

import verify

jax = pytest.importorskip("jax")
jnp = jax.numpy

X = np.array([0.5, -1.5, 2.25], np.float32)


def ruled(forward, backward, **options):
    """A custom_vjp: ``forward(*xs)``, and ``backward(xs, g)`` one cotangent for each of xs."""
    op = functools.partial(jax.custom_vjp, **options)(forward)
    op.defvjp(lambda *xs: (forward(*xs), xs), backward)
    return op


def pushed(forward, push):
    """A custom_jvp: ``push(primals, tangents)`` is the tangent of the result."""
    op = jax.custom_jvp(forward)
    op.defjvp(lambda xs, ts: (forward(*xs), push(xs, ts)))
    return op


def square(factor):
    return ruled(lambda x: x * x, lambda xs, g: (factor * xs[0] * g,))


def cube(factor):
    return pushed(lambda x: x**3, lambda xs, ts: factor * xs[0] ** 2 * ts[0])


class Pair(NamedTuple):
    w: Any
    b: Any


@jax.tree_util.register_dataclass
@dataclasses.dataclass
class Layer:
    w: Any
    b: Any


@jax.tree_util.register_pytree_node_class
class Box:
    def __init__(self, value):
        self.value = value

    def tree_flatten(self):
        return (self.value,), None

    @classmethod
    def tree_unflatten(cls, aux, children):
        return cls(*children)


def with_int_output(factor):
    return ruled(lambda x: (x * x, jnp.argmax(x)), lambda xs, gs: (factor * xs[0] * gs[0],))


def with_index(factor):
    def backward(xs, g):
        x, i = xs
        return jnp.zeros_like(x).at[i].add(factor * x[i] * g), None

    return ruled(lambda x, i: x[i] ** 2, backward)


def scaled(factor):
    op = functools.partial(jax.custom_vjp, nondiff_argnums=(0, 2))(lambda f, x, n: f(x) * n)
    op.defvjp(lambda f, x, n: (f(x) * n, x), lambda f, n, x, g: (factor * g * n * jnp.cos(x),))
    return op


def scaled_forward(factor):
    op = functools.partial(jax.custom_jvp, nondiff_argnums=(1,))(lambda x, n: x * x * n)
    op.defjvp(lambda n, xs, ts: (xs[0] * xs[0] * n, factor * xs[0] * n * ts[0]))
    return op


def static(factor):
    inner = square(2.0 * factor)

    @functools.partial(jax.jit, static_argnums=(1, 2))
    def op(x, power, mode):
        y = inner(x) if power > 1.5 else x
        return jnp.sum(y) if mode == "sum" else y

    return op


def of_key(factor):
    return lambda x, key: square(2 * factor)(x) * jax.random.normal(key, x.shape)


def of_containers(factor):
    return lambda p: jnp.sum(square(2 * factor)(p.w) * p.b)


# A name, an op by a factor that is 1 where it is right, the arguments, the keywords of the claim, the judged inputs.
OPS = {
    "custom_vjp": (lambda c: square(2 * c), (jnp.array(X),), {}, ("x",)),
    "custom_jvp": (lambda c: cube(3 * c), (jnp.array(X),), {}, ("x",)),
    "a compiled function": (lambda c: jax.jit(square(2 * c)), (jnp.array(X),), {}, ("x",)),
    "a checkpointed one": (lambda c: jax.checkpoint(square(2 * c)), (jnp.array(X),), {}, ("x",)),
    "a closure over an array": (lambda c: lambda x: jnp.array(X) * square(2 * c)(x), (jnp.array(X),), {}, ("x",)),
    "a Python float": (lambda c: square(2 * c), (1.5,), {}, ("x",)),
    "a NumPy array": (lambda c: square(2 * c), (X,), {}, ("x",)),
    "no function of JAX's to see": (lambda c: lambda x: square(2 * c)(x), (X,), {"engine": "jax"}, ("x",)),
    "no dimensions": (lambda c: square(2 * c), (jnp.array(1.5),), {}, ("x",)),
    "nondiff_argnums of a custom_vjp": (scaled, (jnp.sin, jnp.array(X), 2.0), {}, ("x",)),
    "nondiff_argnums of a custom_jvp": (lambda c: scaled_forward(2 * c), (jnp.array(X), 2.5), {}, ("x",)),
    "static arguments": (static, (jnp.array(X), 2.0, "sum"), {}, ("x",)),
    "a key": (of_key, (jnp.array(X), jax.random.key(3)), {}, ("x",)),
    "a key of the old kind": (of_key, (jnp.array(X), jax.random.PRNGKey(3)), {}, ("x",)),
    "integers": (lambda c: with_index(2 * c), (jnp.array(X), jnp.array([0, 0])), {}, ("x",)),
    "an integer result": (lambda c: with_int_output(2 * c), (jnp.array(X),), {}, ("x",)),
    "several results": (lambda c: lambda x: {"a": square(2 * c)(x), "b": (x, jnp.sin(x))}, (jnp.array(X),), {}, ("x",)),
    "a keyword argument": (
        lambda c: lambda x, scale=1.0: square(2 * c)(x) * scale, (jnp.array(X),),
        {"kwargs": {"scale": jnp.array(2.0)}}, ("x",),
    ),
    "wrt": (lambda c: lambda x, n: square(2 * c)(x) * n, (jnp.array(X), 3.0), {"wrt": "x"}, ("x",)),
    "a dict": (
        lambda c: lambda p: square(2 * c)(p["w"]) * p["b"], ({"w": jnp.array(X), "b": 2.0},), {}, ("p['w']", "p['b']"),
    ),
    "a NamedTuple": (of_containers, (Pair(jnp.array(X), X),), {}, ("p.w", "p.b")),
    "a dataclass": (of_containers, (Layer(jnp.array(X), jnp.array(X)),), {}, ("p.w", "p.b")),
    "a class of a user's": (lambda c: lambda p: square(2 * c)(p.value), (Box(jnp.array(X)),), {}, ("p.0",)),
    "an OrderedDict with None": (
        lambda c: lambda p: square(2 * c)(p["w"]), (OrderedDict(w=jnp.array(X), b=None),), {}, ("p.w",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OPS)
def test_a_right_rule_is_certified_and_a_wrong_one_is_wrong(name):
    make, xs, options, inputs = OPS[name]
    right, wrong = (check(make(factor), *xs, **options) for factor in (1.0, 1.5))
    assert right.verdict.name == "CERTIFIED", right.explain()
    assert right.inputs == inputs
    assert wrong.verdict.name == "WRONG", wrong.explain()


@pytest.mark.slow
@pytest.mark.parametrize("name", OPS)
def test_a_right_rule_is_right_in_other_shapes_too(name):
    make, xs, options, _ = OPS[name]
    assert verify.check(make(1.0), *xs, **options).verdict.name == "CERTIFIED"


def test_other_shapes_are_asked_of_a_function_of_jax():
    op = ruled(lambda x: x * x, lambda xs, g: (2 * xs[0] * g if xs[0].shape == X.shape else 3 * xs[0] * g,))
    assert check(op, jnp.array(X)).ok
    assert verify.check(op, jnp.array(X)).verdict.name == "BROKEN_CONTRACT"


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", "complex64"])
def test_every_dtype_is_judged_in_its_own_precision(dtype):
    x = jnp.array(X).astype(dtype) + (1j if dtype == "complex64" else 0)
    right, wrong = (check(square(factor), x) for factor in (2.0, 3.0))
    assert (right.verdict.name, wrong.verdict.name) == ("CERTIFIED", "WRONG")
    assert right.roundoff == {"float16": 2.0**-11, "bfloat16": 2.0**-8}.get(dtype, 2.0**-24)


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_arrays_made_in_64_bits_are_judged_in_64_bits_also_when_the_context_is_left(dtype):
    with jax.enable_x64(True):
        x = jnp.array([0.1, 1.7]).astype(dtype)
        inside = check(square(2.0), x)
    outside = check(square(2.0), x)
    off = check(square(2.0 * (1 + 1e-9)), x)  # float32 would not see it
    assert (inside.verdict.name, outside.verdict.name, off.verdict.name) == ("CERTIFIED", "CERTIFIED", "WRONG")
    assert outside.roundoff == 2.0**-53


def test_a_float64_array_is_judged_in_float32_while_x64_is_off_and_the_finding_says_so():
    finding = check(square(2.0), np.array([0.1, 1.7]))
    assert finding.verdict.name == "CERTIFIED"
    assert finding.roundoff == 2.0**-24
    assert "jax takes x in float32, not in float64" in finding.explain()
    assert "float64" not in check(square(2.0), X).explain()


def test_a_conjugated_cotangent_is_wrong_for_complex_numbers():
    z = jnp.array([0.5 + 1j, -1.0 + 0.25j])
    right = ruled(lambda z: jnp.abs(z) ** 2, lambda xs, g: (2 * jnp.conj(xs[0]) * g,))
    conjugated = ruled(lambda z: jnp.abs(z) ** 2, lambda xs, g: (2 * xs[0] * g,))
    assert check(right, z).ok, "JAX's cotangent of |z|**2 is 2 conj(z)"
    assert check(conjugated, z).verdict.name == "WRONG"
    assert check(lambda z: z**3, z, order=2).ok


def test_a_python_float_gives_way_to_the_dtype_of_an_array_as_in_jax():
    x = jnp.array(X).astype("bfloat16")
    op = ruled(lambda x, a: x * a, lambda xs, g: (g * xs[1], jnp.sum(g * xs[0])))
    assert check(op, x, 2.0, wrt="x").verdict.name == "CERTIFIED"
    assert str(op(x, 2.0).dtype) == "bfloat16"


def test_subnormal_numbers_are_0_in_jax_and_that_is_no_error_of_a_rule():
    x = jnp.array([1e-20, 1.0], jnp.float32)
    assert check(cube(3.0), x).verdict.name == "CERTIFIED"
    assert check(cube(0.0), jnp.array([1e-15, 1.0])).verdict.name == "WRONG"


def test_a_reference_gets_the_containers_of_jax_with_numpy_arrays():
    layer = Layer(jnp.array(X), jnp.array(2.0))

    def reference(p):
        assert isinstance(p, Layer)
        assert not isinstance(p.w, jax.Array)
        return Pair(p.w * p.w, np.sum(p.w * p.b))

    def op(factor):
        return lambda p: Pair(square(factor)(p.w), jnp.sum(p.w * p.b))

    right = check(op(2.0), layer, reference=reference)
    assert right.verdict.name == "CERTIFIED"
    assert "reference in NumPy" in right.explain()
    assert check(op(2.5), layer, reference=reference).verdict.name == "WRONG"
    other = check(op(2.0), layer, reference=lambda p: Pair(p.w, np.sum(p.w * p.b)))
    assert other.verdict.name == "DIFFERENT_FUNCTION"


def test_a_fwd_that_returns_another_value_than_the_function_is_a_different_function():
    op = jax.custom_vjp(lambda x: x * x)
    op.defvjp(lambda x: (x * x + 1, x), lambda x, g: (2 * x * g,))
    assert check(op, jnp.array(X)).verdict.name == "DIFFERENT_FUNCTION"


# What a rule returns that JAX refuses, and what the finding says of it.
FORMLESS = {
    "a bare array": (lambda xs, g: g, "where a tuple with one cotangent for each argument is asked for"),
    "too many": (lambda xs, g: (g, g), "where a tuple with one cotangent for each argument is asked for"),
    "a dict": (lambda xs, g: ({"x": g},), "where a tuple with one cotangent for each argument is asked for"),
    "another shape": (
        lambda xs, g: (jnp.sum(g),),
        "the bwd rule returned float32[] for primal[0], which is float32[3]",
    ),
}


@pytest.mark.parametrize("name", FORMLESS)
def test_a_bwd_that_returns_something_else_breaks_the_contract_in_plain_words(name):
    backward, text = FORMLESS[name]
    finding = verify.check(ruled(lambda x: x * x, backward), jnp.array(X))
    assert finding.verdict.name == "BROKEN_CONTRACT"
    assert text in finding.worst_point.reason


def reason(op):
    return verify.check(op, jnp.array(X)).worst_point.reason


def test_other_rules_of_the_wrong_form_are_told_in_plain_words():
    no_pair = jax.custom_vjp(lambda x: x * x)
    no_pair.defvjp(lambda x: x * x, lambda x, g: (2 * x * g,))
    assert "must return a pair: the result and the residuals" in reason(no_pair)
    tangent = pushed(lambda x: x * x, lambda xs, ts: jnp.sum(ts[0]))
    assert "a tangent of type float32[] for a result of type float32[3]" in reason(tangent)


def tracer_inside():
    jax.jit(lambda x: verify.check(square(2.0), x).ok)(jnp.array(X))


def donated():
    x = jnp.array(X) + 0
    x.delete()
    verify.check(square(2.0), x)


# What cannot be asked, and what the one error says.
REFUSED = {
    "integers alone": (lambda: verify.check(square(2.0), jnp.array([1, 2])), "no floating tensor of jax"),
    "an integer result alone": (lambda: verify.check(jnp.argmax, jnp.array(X)), "f returns int32"),
    "a tracer": (tracer_inside, "outside of jit, grad and vmap"),
    "a deleted array": (donated, "deleted"),
    "a lambda with NumPy arrays": (lambda: verify.check(lambda x: jnp.sin(x), X), 'give engine="jax"'),
    "wrt of nothing": (lambda: verify.check(square(2.0), jnp.array(X), wrt="y"), "the arguments are x"),
    "wrt of a constant": (lambda: verify.check(scaled(1.0), jnp.sin, jnp.array(X), 2.0, wrt=2), "a constant"),
    "eight bits": (lambda: verify.check(square(2.0), jnp.array(X).astype(jnp.float8_e4m3fn)), "float8_e4m3fn"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_asked_is_one_clear_error(name):
    ask, text = REFUSED[name]
    with pytest.raises(verify.ClaimError, match=text.replace("(", r"\(")):
        ask()


def test_an_array_without_entries_says_that_there_is_nothing_to_judge():
    finding = verify.check(square(2.0), jnp.zeros((0,)))
    assert finding.verdict.name == "INCONCLUSIVE"
    assert "vacuous" in finding.explain()


@pytest.mark.filterwarnings("error")
def test_an_iterator_among_the_arguments_of_a_numpy_function_is_a_constant_while_jax_is_loaded():
    numbers = (i for i in range(3))
    for factor, verdict in ((1.0, "CERTIFIED"), (2.0, "WRONG")):
        found = verify.check(lambda x, held: 3.0 * x, 1.0, numbers, gradient=lambda x, held, k=factor: 3.0 * k)
        assert found.verdict.name == verdict
    assert next(numbers) == 0
