"""What a user asks for: the derivative functions, their arguments, containers and errors."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ad
from ad import Variable

Layer = namedtuple("Layer", "w b")
A = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
X = np.array([0.5, -1.0, 2.0])


def close(a: Any, b: Any) -> bool:
    """Equal to 1e-12 of the largest entry, in shape too; the mutants are 1e-6 off."""
    a, b = np.asarray(a), np.asarray(b)
    return a.shape == b.shape and bool(np.all(np.abs(a - b) <= 1e-12 * np.max(np.abs(b), initial=0.0)))


def quadratic(x: Any) -> Any:
    return np.sum((A @ x) ** 2) / 2


GRADIENT, HESSIAN = A.T @ A @ X, A.T @ A
T = np.array([1.0, -2.0, 0.5])
# mode -> (what it computes, the same by hand)
MODES: dict[str, tuple[Callable[[], Any], Any]] = {
    "grad": (lambda: ad.grad(quadratic)(X), GRADIENT),
    "value_and_grad value": (lambda: ad.value_and_grad(quadratic)(X)[0], quadratic(X)),
    "value_and_grad gradient": (lambda: ad.value_and_grad(quadratic)(X)[1], GRADIENT),
    "vjp value": (lambda: ad.vjp(quadratic, X)[0], quadratic(X)),
    "vjp": (lambda: ad.vjp(quadratic, X)[1](2.0)[0], 2 * GRADIENT),
    "vjp of an array": (lambda: ad.vjp(lambda x: A @ x, X)[1](np.array([1.0, 2.0]))[0], A.T @ [1.0, 2.0]),
    "jvp value": (lambda: ad.jvp(quadratic, (X,), (T,))[0], quadratic(X)),
    "jvp": (lambda: ad.jvp(quadratic, (X,), (T,))[1], GRADIENT @ T),
    "jacobian, by rows": (lambda: ad.jacobian(lambda x: A @ x)(X), A),
    "jacobian, by columns": (lambda: ad.jacobian(lambda x: A.T @ x)(X[:2]), A.T),
    "jacobian of a number": (lambda: ad.jacobian(quadratic)(X), GRADIENT),
    "jacobian by a number": (lambda: ad.jacobian(lambda s: s * X)(2.0), X),
    "jacobian of a matrix": (lambda: ad.jacobian(lambda w: w @ X)(A), np.einsum("ik,j->ikj", np.eye(2), X)),
    "jacobian, nothing out": (lambda: ad.jacobian(lambda x: x[:0])(X), np.zeros((0, 3))),
    "jacobian, nothing in": (lambda: ad.jacobian(lambda x: np.sum(x) * np.ones(2))(X[:0]), np.zeros((2, 0))),
    "jacobian of a constant": (lambda: ad.jacobian(lambda x: np.ones(2))(X), np.zeros((2, 3))),
    "hessian": (lambda: ad.hessian(quadratic)(X), HESSIAN),
    "hessian by a number": (lambda: ad.hessian(lambda s: s**3)(2.0), 12.0),
    "hvp": (lambda: ad.hvp(quadratic, (X,), (T,))[0], HESSIAN @ T),
    "jacobian of the gradient": (lambda: ad.jacobian(ad.grad(quadratic))(X), HESSIAN),
    "gradient of a constant": (lambda: ad.grad(lambda x: 1.0)(X), np.zeros(3)),
    "gradient of one argument": (lambda: ad.grad(lambda x: x)(2), 1.0),
    "gradient of a step": (lambda: ad.grad(lambda x: np.where(x > 0, 1, 0))(2.0), 0.0),
    "one entry of any shape": (lambda: ad.grad(lambda x: np.sum(x**2, keepdims=True))(X), 2 * X),
}


@pytest.mark.parametrize("name", MODES)
def test_modes_compute_what_they_say(name: str) -> None:
    compute, expected = MODES[name]
    assert close(compute(), expected)


def test_that_table_notices_small_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    for factor in (1 + 1e-6, -1.0):
        wrong = [name for name, (compute, e) in MODES.items() if np.any(e) and close(compute() * factor, e)]
        assert wrong == []
    assert not close(ad.jacobian(lambda x: A @ x)(X).T, A)


def test_wrt_names_positions() -> None:
    f = lambda a, b, c: a * b + b * c**2  # noqa: E731
    at = (2.0, 3.0, 5.0)
    assert ad.grad(f)(*at) == 3.0
    assert ad.grad(f, wrt=1)(*at) == 27.0
    assert ad.grad(f, wrt=-1)(*at) == 30.0
    assert ad.grad(f, wrt=(2, 0))(*at) == (30.0, 3.0)
    assert ad.grad(f, wrt=(1,))(*at) == (27.0,)
    assert ad.value_and_grad(f, wrt=(0, 1))(*at) == (81.0, (3.0, 27.0))
    assert ad.jacobian(f, wrt=(0, 2))(*at) == (3.0, 30.0)
    assert ad.hessian(f, wrt=2)(*at) == 6.0


def test_jacobians_by_several_arguments_have_each_one_s_shape() -> None:
    by_rows = ad.jacobian(lambda w, x: w @ x, wrt=(0, 1))(A, X)
    assert [j.shape for j in by_rows] == [(2, 2, 3), (2, 3)]
    by_columns = ad.jacobian(lambda s, x: np.outer(x, x) * s, wrt=(0, 1))(2.0, X)
    assert [j.shape for j in by_columns] == [(3, 3), (3, 3, 3)]
    assert close(by_columns[0], np.outer(X, X))
    assert close(by_columns[1][0, 1], [2 * X[1], 2 * X[0], 0.0])


def model(parameters: Any, x: Any, scale: float = 1.0) -> Any:
    hidden = np.tanh(parameters["layers"][0].w @ x + parameters["layers"][0].b)
    return scale * (np.sum(parameters["layers"][1].w * hidden) + parameters["bias"])


PARAMETERS = {"layers": [Layer(A / 4, np.array([0.1, -0.2])), Layer(np.array([1.0, 3.0]), ())], "bias": 0.5}


def test_nested_containers_come_back_as_they_went_in() -> None:
    gradient = ad.grad(model)(PARAMETERS, X)
    assert list(gradient) == ["layers", "bias"]
    assert type(gradient["layers"][0]) is Layer
    assert gradient["layers"][1].b == ()
    h = np.tanh(A / 4 @ X + np.array([0.1, -0.2]))
    inner = np.array([1.0, 3.0]) * (1 - h * h)
    assert close(gradient["layers"][0].w, np.outer(inner, X))
    assert close(gradient["layers"][0].b, inner)
    assert close(gradient["layers"][1].w, h)
    assert gradient["bias"] == 1.0


def test_containers_go_through_every_mode() -> None:
    y, pullback = ad.vjp(lambda p: {"sum": p["a"] + p["b"][0], "rest": (p["a"] * 2,)}, {"a": X, "b": [T]})
    assert close(y["sum"], X + T)
    (back,) = pullback({"sum": np.ones(3), "rest": (X,)})
    assert close(back["a"], 1 + 2 * X)
    assert close(back["b"][0], np.ones(3))
    y, t = ad.jvp(lambda p: [p["a"] * p["b"]], ({"a": X, "b": T},), ({"a": T, "b": X},))
    assert close(y[0], X * T)
    assert close(t[0], T * T + X * X)
    (product,) = ad.hvp(lambda p: np.sum(p[0] * p[1]), ((X, T),), ((T, X),))
    assert close(product[0], X)
    assert close(product[1], T)
    jacobians = ad.jacobian(lambda p: p["a"] * p["s"])({"a": X, "s": 2.0})
    assert close(jacobians["a"], 2 * np.eye(3))
    assert close(jacobians["s"], X)


def test_keyword_arguments_are_constants() -> None:
    assert ad.grad(model)(PARAMETERS, X, scale=3)["bias"] == 3.0
    assert ad.value_and_grad(model, wrt=1)(PARAMETERS, X, scale=0.0)[1].tolist() == [0.0, 0.0, 0.0]
    assert close(ad.jacobian(lambda x, power: x**power)(X, power=2), np.diag(2 * X))


def test_the_derivative_keeps_name_and_documentation() -> None:
    for derivative in (ad.grad, ad.value_and_grad, ad.jacobian, ad.hessian):
        assert derivative(model).__name__ == "model"


@pytest.mark.parametrize("dtype", [np.float32, np.longdouble, np.float64, np.float16])
def test_derivatives_keep_the_dtype(dtype: Any) -> None:
    x = X.astype(dtype)
    found = [
        ad.grad(lambda v: np.sum(np.tanh(v)))(x), ad.jacobian(lambda v: v * np.sum(v))(x),
        ad.jvp(np.sin, (x,), (x,))[1], ad.vjp(np.sin, x)[1](x)[0], ad.jacobian(lambda v: v[0] * x)(x),
    ]  # fmt: skip
    assert {part.dtype for part in found} == {np.dtype(dtype)}
    assert ad.vjp(np.sin, x[0])[1](1.0)[0].dtype == dtype


# call -> (kind of error, words of its message)
ERRORS: dict[str, tuple[Callable[[], Any], type[Exception], tuple[str, ...]]] = {
    "gradient of an array": (
        lambda: ad.grad(np.sin)(X), TypeError, ("shape (3,)", "ad.jacobian", "ad.vjp", "sum"),
    ),
    "gradient of two results": (lambda: ad.grad(lambda x: (x, x))(1.0), TypeError, ("2 arrays", "one")),
    "gradient of None": (lambda: ad.grad(lambda x: None)(1.0), TypeError, ("None", "return")),
    "gradient of text": (lambda: ad.grad(lambda x: "y")(1.0), TypeError, ("'y'", "return")),
    "jacobian of None": (lambda: ad.jacobian(lambda x: None)(1.0), TypeError, ("None", "return")),
    "jacobian of two results": (lambda: ad.jacobian(lambda x: [x, x])(1.0), TypeError, ("2 arrays",)),
    "hessian of an array": (lambda: ad.hessian(np.sin)(X), TypeError, ("shape (3,)",)),
    "wrt beyond the arguments": (lambda: ad.grad(np.sin, wrt=2)(1.0), IndexError, ("wrt=2", "1 positional")),
    "wrt given as keyword": (
        lambda: ad.grad(lambda x: x)(x=1.0), IndexError, ("wrt=0", "0 positional", "wrt='x'"),
    ),
    "wrt names no argument": (
        lambda: ad.grad(lambda x, scale=1.0: x, wrt="size")(1.0, scale=2.0),
        TypeError, ("wrt='size'", "x, scale", "default"),
    ),
    "wrt names a default": (
        lambda: ad.grad(lambda x, scale=1.0: x, wrt="scale")(1.0), TypeError, ("wrt='scale'", "only x", "default"),
    ),
    "wrt names one argument twice": (
        lambda: ad.grad(lambda x, y: x, wrt=(0, "x"))(1.0, 2.0), ValueError, ("(0, 'x')", "twice"),
    ),
    "wrt names an integer": (
        lambda: ad.grad(lambda x, n: x, wrt="n")(1.0, n=np.arange(2)), TypeError, ("argument 'n'", "int64"),
    ),
    "jvp without tuples": (lambda: ad.jvp(np.sin, 1.0, 1.0), TypeError, ("two tuples", "(x,)")),
    "push of too few": (lambda: ad.linearize(np.multiply, X, X)[1](X), ValueError, ("2 arguments", "1 tangents")),
    "push of another shape": (lambda: ad.linearize(np.sin, X)[1](1.0), ValueError, ("tangent 0", "()", "(3,)")),
    "a batch of other length": (
        lambda: ad.batched_jacobian(lambda x, w: x @ w, wrt=(0, 1))(A, np.ones((3, 2))),
        ValueError, ("(2, 2)", "(2, 3), (3, 2)", "ad.jacobian"),
    ),
    "no batch": (lambda: ad.batched_jacobian(np.sum)(A), ValueError, ("()", "(2, 3)", "ad.jacobian")),
    "cotangent of another shape": (
        lambda: ad.vjp(np.sin, X)[1](np.ones(2)), ValueError, ("cotangent 0", "(2,)", "(3,)"),
    ),
    "cotangents too few": (
        lambda: ad.vjp(lambda x: (x, x), X)[1](X), ValueError, ("cotangent has 1", "2"),
    ),
    "tangent of another shape": (
        lambda: ad.jvp(np.multiply, (X, X), (X, 1.0)), ValueError, ("tangent 1", "()", "(3,)"),
    ),
    "tangents too few": (lambda: ad.jvp(np.multiply, (X, X), (X,)), ValueError, ("2 arguments", "1 tangents")),
    "tangent in another container": (
        lambda: ad.jvp(lambda p: p[0], ([X, X],), ([X],)), ValueError, ("tangent", "1", "2"),
    ),
    "integer in a container": (
        lambda: ad.grad(lambda p: p["w"])({"w": np.array([1])}), TypeError, ("argument 0['w']", "int64"),
    ),
    "backward of an array": (
        lambda: (Variable(X) * 2).backward(), ValueError, ("shape (3,)", "y.backward(g)", "np.sum"),
    ),
    "backward with another shape": (
        lambda: (Variable(X) * 2).backward(np.ones(2)), ValueError, ("(2,)", "(3,)"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_errors_say_what_was_found_and_what_to_do(name: str) -> None:
    call, kind, words = ERRORS[name]
    with pytest.raises(kind) as caught:
        call()
    assert type(caught.value) is kind
    assert [word for word in words if word not in str(caught.value)] == []


def test_an_error_of_the_function_arrives_unchanged() -> None:
    def f(x: Any) -> Any:
        raise KeyError("mine")

    for derivative in (ad.grad, ad.jacobian, ad.hessian):
        with pytest.raises(KeyError, match="mine"):
            derivative(f)(1.0)


# --- names, containers of second derivatives, many tangents, batches


def test_wrt_names_arguments_however_they_are_given() -> None:
    f = lambda x, scale=1.0, *, shift=0.0: scale * x**2 + shift * x  # noqa: E731
    assert ad.grad(f, wrt="x")(3.0, 2.0) == 12.0
    assert ad.grad(f, wrt="x")(x=3.0, scale=2.0) == 12.0
    assert ad.grad(f, wrt="scale")(3.0, 2.0) == 9.0
    assert ad.grad(f, wrt="scale")(3.0, scale=2.0) == 9.0
    assert ad.grad(f, wrt="shift")(3.0, shift=1.0) == 3.0
    assert ad.grad(f, wrt=(0, "shift", "scale"))(3.0, scale=2.0, shift=1.0) == (13.0, 3.0, 9.0)
    assert ad.value_and_grad(f, wrt=("scale",))(3.0, scale=2.0) == (18.0, (9.0,))
    assert ad.jacobian(f, wrt="scale")(X, scale=2.0).tolist() == (X**2).tolist()
    assert ad.hessian(f, wrt="x")(x=3.0, scale=2.0) == 4.0
    assert ad.grad(np.multiply, wrt=1)(3.0, 2.0) == 3.0


def test_a_nested_container_may_be_a_keyword() -> None:
    gradient = ad.grad(lambda x, p: np.sum(p["w"][0] * x) + p["b"], wrt="p")(X, p={"w": [2.0], "b": 1.0})
    assert gradient == {"w": [np.sum(X)], "b": 1.0}


def test_keywords_reach_the_function_in_every_mode() -> None:
    f = lambda x, *, power: x**power  # noqa: E731
    assert ad.vjp(f, X, power=3)[1](T)[0].tolist() == (3 * X**2 * T).tolist()
    assert ad.jvp(f, (X,), (T,), power=3)[1].tolist() == (T * (3 * X**2)).tolist()
    assert ad.linearize(f, X, power=3)[1](T).tolist() == (T * (3 * X**2)).tolist()
    assert close(ad.hvp(lambda x, *, power: np.sum(x**power), (X,), (T,), power=3)[0], 6 * X * T)


def test_a_linearization_runs_the_function_once() -> None:
    runs = []

    def f(p: Any, x: Any) -> Any:
        runs.append(1)
        return {"y": np.tanh(p["w"] @ x) + p["b"]}

    p, x = {"w": A / 4, "b": 1.0}, X
    y, push = ad.linearize(f, p, x)
    assert len(runs) == 1
    for seed in range(4):
        rng = np.random.default_rng(seed)
        ts = {"w": rng.normal(size=(2, 3)), "b": rng.normal()}, rng.normal(size=3)
        slope = 1 - np.tanh(A / 4 @ X) ** 2
        assert close(push(*ts)["y"], slope * (ts[0]["w"] @ X + A / 4 @ ts[1]) + ts[0]["b"])
    assert len(runs) == 1
    assert close(y["y"], np.tanh(A / 4 @ X) + 1)


def test_hessians_of_containers_are_containers_of_containers() -> None:
    def f(p: Any, s: Any) -> Any:
        return s * np.sum(p["w"] ** 3) + p["b"] * np.sum(p["w"]) * s**2

    p, s = {"w": X, "b": 2.0}, 3.0
    h = ad.hessian(f, wrt=(0, "s"))(p, s=s)
    assert close(h[0]["w"][0]["w"], np.diag(6 * s * X))
    assert close(h[0]["w"][0]["b"], np.full(3, s**2))
    assert close(h[0]["b"][0]["w"], np.full(3, s**2))
    assert h[0]["b"][0]["b"] == 0.0
    assert close(h[0]["w"][1], 3 * X**2 + 2 * s * 2.0)
    assert close(h[1][0]["w"], 3 * X**2 + 2 * s * 2.0)
    assert h[1][1] == 2 * 2.0 * np.sum(X)
    assert close(ad.hessian(lambda w: f({"w": w, "b": 2.0}, s))(X), np.diag(6 * s * X))


def test_a_hessian_runs_the_function_once_and_pushes_each_entry() -> None:
    runs = []
    n = 40

    def f(x: Any) -> Any:
        runs.append(1)
        return np.sum(np.sin(x) * x[::-1])

    x = np.linspace(-1, 1, n)
    found = ad.hessian(f)(x)
    assert len(runs) == 1
    assert close(found, np.diag(-np.sin(x) * x[::-1]) + np.fliplr(np.diag(np.cos(x) + np.cos(x[::-1]))))


ROWS = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.5], [2.0, 1.0, 0.125], [-1.0, 3.0, 0.75]])
# name -> (a function of a batch, the same of a row)
BATCHES: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "elementwise": (lambda x: np.sin(x) * x, lambda x: np.sin(x) * x),
    "a layer": (lambda x: np.tanh(x @ A.T), lambda x: np.tanh(A @ x)),
    "wider than it is deep": (
        lambda x: np.reshape(np.expand_dims(x, 2) * np.expand_dims(x, 1), (-1, 9)), lambda x: np.ravel(np.outer(x, x)),
    ),
    "softmax": (
        lambda x: np.exp(x) / np.sum(np.exp(x), axis=1, keepdims=True), lambda x: np.exp(x) / np.sum(np.exp(x)),
    ),
    "one number a row": (lambda x: np.sum(x**3, axis=1), lambda x: np.sum(x**3)),
    "matrices": (lambda x: x[:, :, None] * A[0], lambda x: x[:, None] * A[0]),
    "rows apart in scale": (lambda x: x * np.array([[1e-9], [1.0], [1e9], [3.0]]), lambda x: x),
}


@pytest.mark.parametrize("name", BATCHES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_jacobian_of_each_row_is_that_of_the_row_alone(name: str, dtype: Any) -> None:
    of_batch, of_row = BATCHES[name]
    x = ROWS.astype(dtype)
    found = ad.batched_jacobian(of_batch)(x)
    scale = np.array([1e-9, 1.0, 1e9, 3.0]) if "scale" in name else np.ones(4)
    expected = np.stack([ad.jacobian(of_row)(row.astype(float)) * k for row, k in zip(x, scale, strict=True)])
    assert found.shape == expected.shape
    for a, b in zip(found, expected, strict=True):
        assert np.max(np.abs(a - b)) <= 16 * np.finfo(dtype).eps * np.max(np.abs(b))


def test_batched_jacobians_take_the_passes_of_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    passes = []
    for mode in ("pull", "push"):
        right = getattr(ad.Graph, mode)
        monkeypatch.setattr(
            ad.Graph, mode, lambda self, g, right=right, mode=mode: passes.append(mode) or right(self, g)
        )
    for f, expected in ((BATCHES["a layer"][0], ["pull"] * 3), (BATCHES["matrices"][0], ["push"] * 3 + ["pull"])):
        passes.clear()
        ad.batched_jacobian(f)(np.tile(ROWS, (25, 1)))
        assert passes == expected  # with the pass that checks


def test_batches_may_be_containers_and_several_arguments() -> None:
    f = lambda p, x: p["s"][:, None] * x * p["w"]  # noqa: E731
    p = {"s": np.array([1.0, 2.0, 3.0, 4.0]), "w": ROWS + 1}
    by_p, by_x = ad.batched_jacobian(f, wrt=("p", "x"))(p, x=ROWS)
    assert close(by_p["s"], ROWS * p["w"])
    assert close(by_x, (p["s"][:, None] * p["w"])[:, :, None] * np.eye(3))
    assert ad.batched_jacobian(lambda x: x[:, :0])(ROWS).shape == (4, 0, 3)
    assert ad.batched_jacobian(np.sin)(ROWS[:0]).shape == (0, 3, 3)


DEPENDENT: dict[str, Callable[[Any], Any]] = {
    "less the mean": lambda x: x - np.mean(x, axis=0),
    "over the norm": lambda x: x / np.sqrt(np.sum(x * x)),
    "the row before": lambda x: np.roll(x, 1, axis=0),
    "another row, weakly": lambda x: x + 1e-6 * x[::-1],
    "one row alone": lambda x: np.concatenate([x[:3], x[3:] + x[:1]]),
    "sorted": lambda x: np.sort(x, axis=0),
    "less the mean, wide": lambda x: np.concatenate([x - np.mean(x, axis=0), x], axis=1),
}


@pytest.mark.parametrize("name", DEPENDENT)
def test_rows_that_depend_on_each_other_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"row \d of the arguments reaches other rows"):
        ad.batched_jacobian(DEPENDENT[name])(ROWS)


# --- eager Variables


def test_backward_adds_to_what_is_there() -> None:
    x, w = Variable(3.0), Variable(np.array([1.0, 2.0]))
    y = np.sum(w * x) ** 2
    assert x.grad is None
    y.backward()
    assert x.grad == 2 * 9 * 3
    assert close(w.grad, [54.0, 54.0])
    y.backward()
    assert x.grad == 2 * 54.0
    (x * 2).backward()
    assert x.grad == 2 * 54.0 + 2
    x.grad = None
    y.backward(0.5)
    assert x.grad == 27.0
    assert "adds" in str(Variable.backward.__doc__)


def test_backward_takes_a_cotangent_of_the_result_s_shape() -> None:
    x = Variable(X)
    (x * x).backward(T)
    assert close(x.grad, 2 * X * T)


def test_backward_reaches_leaves_alone_and_a_leaf_itself() -> None:
    x = Variable(2.0)
    middle = x * x
    (middle * 3).backward()
    assert middle.grad is None
    assert x.grad == 12.0
    leaf = Variable(1.5)
    leaf.backward()
    assert leaf.grad == 1.0


def test_gradients_are_not_shared_between_leaves() -> None:
    """Two leaves may receive one and the same array; writing to one gradient must not change the other."""
    a, b = Variable(X), Variable(X)
    (a + b).backward(T.copy())
    a.grad = a.grad + 1
    assert close(b.grad, T)


def test_eager_variables_are_constants_inside_a_derivative() -> None:
    w = Variable(3.0)
    slope = ad.grad(lambda x: w * x * x)(2.0)
    assert isinstance(slope, Variable)
    slope.backward()
    assert slope.value == 12.0
    assert w.grad == 4.0


def test_python_numbers_become_float64() -> None:
    x = Variable(3)
    (x * x).backward()
    assert type(x.value) is np.float64
    assert (x.grad, type(x.grad)) == (6.0, np.float64)
