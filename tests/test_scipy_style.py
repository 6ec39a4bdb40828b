"""Gradients as SciPy's optimisers take them: args, fused functions, sparse Jacobians, operators, and check_grad."""

import math

import numpy as np
import pytest

import verify

sp = pytest.importorskip("scipy.sparse")
LinearOperator = pytest.importorskip("scipy.sparse.linalg").LinearOperator

X = np.array([0.5, -1.5, 2.25])


def scaled_power(x, a, n):
    return np.sum(a * x**n)


def test_args_are_constants_behind_the_point():
    right = verify.check(scaled_power, X, args=(2.0, 3), gradient=lambda x, a, n: a * n * x ** (n - 1))
    wrong = verify.check(scaled_power, X, args=(2.0, 3), gradient=lambda x, a, n: a * x ** (n - 1))
    assert (right.verdict.name, right.inputs, wrong.verdict.name) == ("CERTIFIED", ("x",), "WRONG")


def test_one_that_is_no_tuple_stands_for_itself_and_wrt_may_name_one():
    f, df = (lambda x, a: np.sum(a * x)), (lambda x, a: np.sum(x))
    assert verify.check(f, X, args=2.0, gradient=lambda x, a: a * np.ones(3)).ok
    assert verify.check(f, X, args=2.0, wrt="a", gradient=df).inputs == ("a",)
    assert verify.Claim(f, X, 2.0).wrt is None


def test_a_fused_function_is_judged_with_true_as_scipy_has_it():
    right = verify.check(lambda x: (np.sum(x * x), 2 * x), X, value_and_gradient=True)
    wrong = verify.check(lambda x: (np.sum(x * x), 3 * x), X, value_and_gradient=True)
    assert (right.verdict.name, wrong.verdict.name) == ("CERTIFIED", "WRONG")
    with pytest.raises(verify.ClaimError, match="returns a pair"):
        verify.check(lambda x: np.sum(x), X, value_and_gradient=True)
    with pytest.raises(verify.ClaimError, match="takes a function"):
        verify.check(lambda x: np.sum(x), X, gradient=True)


def test_an_array_of_one_number_is_a_number():
    assert verify.check(lambda x: x[:1] ** 2, X, gradient=lambda x: np.array([2 * x[0], 0, 0])).ok
    assert not verify.check(lambda x: x[:1] ** 2, X, gradient=lambda x: 2 * x).ok


@pytest.mark.parametrize("fmt", ["bsr", "coo", "csc", "csr", "dia", "dok", "lil"])
@pytest.mark.parametrize("make", [sp.diags_array, sp.diags], ids=["array", "matrix"])
def test_sparse_jacobians_of_every_format(fmt, make):
    right = verify.check(lambda x: x * x, X, jacobian=lambda x: make(2 * x).asformat(fmt))
    wrong = verify.check(lambda x: x * x, X, jacobian=lambda x: make(2.001 * x).asformat(fmt))
    assert (right.verdict.name, wrong.verdict.name) == ("CERTIFIED", "WRONG")


def residuals(x):
    return np.exp(x[:2]) * x[1:] - 1


def residual_jacobian(factor):
    def jacobian(x):
        rows = np.zeros((2, 3))
        for i in range(2):
            rows[i, i], rows[i, i + 1] = np.exp(x[i]) * x[i + 1], factor * np.exp(x[i])
        return sp.csr_array(rows)

    return jacobian


def test_residuals_of_least_squares():
    assert verify.check(residuals, X, jacobian=residual_jacobian(1.0)).ok
    finding = verify.check(residuals, X, jacobian=residual_jacobian(1.01))
    assert finding.verdict.name == "WRONG"
    transposed = verify.check(residuals, X, jacobian=lambda x: residual_jacobian(1.0)(x).T)
    assert transposed.verdict.name == "BROKEN_CONTRACT"
    assert "shape (3, 2)" in transposed.explain()


def operator(size, forward, backward=None):
    def jacobian(x):
        transposed = backward and (lambda w: backward * x * w)
        return LinearOperator((size, size), matvec=lambda v: forward * x * v, rmatvec=transposed, dtype=float)

    return jacobian


def test_linear_operators_are_asked_by_products():
    assert verify.check(lambda x: x * x, X, jacobian=operator(3, 2.0, 2.0)).verdict.name == "CERTIFIED"
    assert verify.check(lambda x: x * x, X, jacobian=operator(3, 2.0)).verdict.name == "CERTIFIED"
    assert verify.check(lambda x: x * x, X, jacobian=operator(3, 3.0)).verdict.name == "WRONG"
    assert verify.check(lambda x: x * x, X, jacobian=operator(3, 2.0, 3.0)).verdict.name == "WRONG"


def test_large_ones_are_asked_along_seeded_rows_and_never_made_dense():
    n = 500
    x = np.linspace(1.0, 2.0, n)

    def diagonal(wrong):
        def jacobian(x):
            found = 2 * x
            found[n // 2] += wrong
            return sp.diags_array(found)

        return jacobian

    right, wrong = (verify.check(lambda x: x * x, x, jacobian=diagonal(d)) for d in (0.0, 1e-6))
    assert right.verdict.name == "CERTIFIED", right.explain()
    assert wrong.verdict.name == "WRONG"
    assert wrong.worst_point.entry == f"x[{n // 2}]"
    assert verify.check(lambda x: x * x, x, jacobian=operator(n, 2.0, 2.0)).verdict.name == "CERTIFIED"


def test_hess_and_hessp_are_hvp():
    f = lambda x: np.sum(x**3)  # noqa: E731
    assert verify.check(f, X, hvp=lambda v, x: np.diag(6 * x) @ v).ok
    assert verify.check(f, X, hvp=lambda v, x: 6 * x * v).ok
    assert not verify.check(f, X, hvp=lambda v, x: 3 * x * v).ok


# --- check_grad


def test_check_grad_is_tiny_for_right_gradients_of_any_size_and_large_for_wrong_ones():
    for scale in (1e-12, 1.0, 1e12):
        f = lambda x, s: s * np.sum(np.sin(x))  # noqa: E731
        right = verify.scipy_check_grad(f, lambda x, s: s * np.cos(x), X, scale)
        wrong = verify.scipy_check_grad(f, lambda x, s: 2 * s * np.cos(x), X, scale)
        assert right < 1e-14, scale
        assert wrong > 0.5, scale


def test_check_grad_takes_what_scipys_takes():
    from scipy.optimize import check_grad

    f, df = (lambda x: x[0] ** 2 - 0.5 * x[1] ** 3), (lambda x: [2 * x[0], -1.5 * x[1] ** 2])
    for options in ({}, {"epsilon": 1e-6}, {"direction": "random", "rng": np.random.default_rng(0)}):
        theirs, ours = check_grad(f, df, [1.5, -1.5], **options), verify.scipy_check_grad(f, df, [1.5, -1.5], **options)
        assert isinstance(ours, float)
        assert ours < 1e-14 < theirs
    for call in (check_grad, verify.scipy_check_grad):
        with pytest.raises(ValueError, match="direction"):
            call(f, df, [1.5, -1.5], direction="some")


def test_check_grad_of_several_outputs_and_at_kinks():
    assert verify.scipy_check_grad(lambda x: x * x, lambda x: np.diag(2 * x), X) < 1e-14
    assert verify.scipy_check_grad(lambda x: x * x, lambda x: np.diag(3 * x), X) > 0.3
    absolute = lambda x: np.sum(np.abs(x))  # noqa: E731
    assert verify.scipy_check_grad(absolute, np.sign, [0.0, 1.0]) == 0.0
    assert verify.scipy_check_grad(absolute, lambda x: np.sign(x) + 2 * (x == 0), [0.0, 1.0]) == math.inf
    with pytest.raises(ValueError, match="BROKEN_CONTRACT"):
        verify.scipy_check_grad(absolute, lambda x: 1.0, [0.5, 1.0])
