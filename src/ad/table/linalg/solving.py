"""Linear systems, inverses, determinants, Cholesky's factor, powers and chains of products."""

import numpy as np

from ad.declare import composite, general, like
from ad.table.linalg.matrices import (
    adjoint,
    conj,
    diagonal,
    hermitian,
    identity,
    is_complex,
    on_diagonal,
    plain,
    read_below,
    scalar,
    transposed,
)
from ad.table.reductions import others
from ad.table.shapes import getitem
from ad.variable import dispatching, trace

# --- systems and inverses


@dispatching
def solve_matrices(a, b):
    """The solution x of a x = b for matrices b; stacks broadcast."""
    return np.linalg.solve(a, b)


general(
    solve_matrices,
    vjp=(
        lambda g, x, a, b: like(-np.matmul(np.linalg.solve(transposed(a), g), transposed(x)), a),
        lambda g, x, a, b: like(solve_matrices(transposed(a), g), b),
    ),
    jvp=(
        lambda t, x, a, b: -solve_matrices(a, np.matmul(t, x)),
        lambda t, x, a, b: solve_matrices(a, np.broadcast_to(t, np.shape(x))),
    ),
)

ONE_AXIS = np.linalg.solve(np.ones((1, 1, 1)), np.ones((1, 1))).ndim == 3  # NumPy 2: vectors are arrays of one axis


def solve(a, b):
    if np.ndim(b) == (1 if ONE_AXIS else np.ndim(a) - 1):
        return getitem(solve_matrices(a, np.expand_dims(b, -1)), (..., 0))
    return solve_matrices(a, b)


composite(np.linalg.solve, solve)
general(
    np.linalg.inv,
    vjp=lambda g, y, a: -transposed(y) @ g @ transposed(y),
    jvp=lambda t, y, a: -y @ t @ y,
)


def tensorinv(a, ind=2):
    if ind <= 0:
        raise ValueError(f"np.linalg.tensorinv needs ind > 0, got {ind}")
    shape = np.shape(a)
    rows = int(np.prod(shape[:ind], dtype=int))
    return np.reshape(np.linalg.inv(np.reshape(a, (rows, -1))), (*shape[ind:], *shape[:ind]))


def tensorsolve(a, b, axes=None):
    if axes is not None:
        rest = [k for k in range(np.ndim(a)) if k not in axes]
        a = np.transpose(a, (*rest, *axes))
    shape = np.shape(a)[np.ndim(b) :]
    columns = int(np.prod(shape, dtype=int))
    return np.reshape(np.linalg.solve(np.reshape(a, (-1, columns)), np.ravel(b)), shape)


composite(np.linalg.tensorinv, tensorinv)
composite(np.linalg.tensorsolve, tensorsolve)


# --- determinants


@dispatching
def det_cofactors(a):
    """The matrix of cofactors, det(a) * inv(a).T where a has an inverse; right where it has none.

    Both come from the same factors of a, whose errors cancel. Without an inverse by singular values: cofactors multiply
    like determinants, and those of a diagonal matrix are products.
    """
    if np.size(a) == 0:
        return np.zeros_like(a)
    try:
        return scalar(np.linalg.det(a)) * transposed(np.linalg.inv(a))
    except np.linalg.LinAlgError:
        u, s, vh = np.linalg.svd(a)
        return turned(u, vh) * conj(u * np.expand_dims(others(s, -1), -2) @ vh)


def turned(u, vh):
    """det(u) det(vh), for each matrix: 1 or -1, where they are real."""
    found = scalar(np.linalg.det(u) * np.linalg.det(vh))
    return found if is_complex(u) else np.sign(found)


def divisionless(a):
    """The determinant as a polynomial in the entries, which has derivatives of any order at any matrix.

    R. S. Bird, A simple division-free algorithm for computing determinants, Inform. Process. Lett. 111, 2011.
    """
    n = np.shape(a)[-1]
    found = a
    for _ in range(n - 1):
        d = diagonal(found)
        after = np.flip(np.cumsum(np.flip(d, -1), axis=-1), -1) - d
        found = (np.triu(found, 1) - np.expand_dims(after, -1) * identity(n, a)) @ a
    return (-1) ** (n - 1) * getitem(found, (..., 0, 0))


def cofactors_moved(a, e):
    """The derivative of the cofactors along e: the second derivative of the determinant, a symmetric form.

    The polynomial is taken in the bases of singular vectors, constants here, where a is diagonal: its terms do not
    cancel there.
    """
    values = plain(a)
    left = right = None
    if values is not None:
        u, _, vh = np.linalg.svd(values)
        left, right = adjoint(u), adjoint(vh)
        a, e = left @ a @ right, left @ e @ right

    def slope(x):
        (g,) = trace(divisionless, x).pull((np.ones(np.shape(x)[:-2]),))
        return np.sum(g * e)

    (found,) = trace(slope, a).pull((1.0,))
    return found if values is None else turned(u, vh) * (transposed(left) @ found @ transposed(right))


general(
    det_cofactors,
    vjp=lambda g, y, a: cofactors_moved(a, g),
    jvp=lambda t, y, a: cofactors_moved(a, t),
)
general(
    np.linalg.det,
    vjp=lambda g, y, a: scalar(g) * det_cofactors(a),
    jvp=lambda t, y, a: np.sum(det_cofactors(a) * t, axis=(-2, -1)),
)

SignAndLog = type(np.linalg.slogdet(np.eye(1)))  # NumPy's own pair, with the names sign and logabsdet


@dispatching
def slogdet_parts(a):
    """The sign of the determinant and the logarithm of its size, along a last axis."""
    return np.stack(np.linalg.slogdet(a), axis=-1)


def slogdet_slope(g, y, a):
    """The logarithm moves with Re(z), a complex sign s with i s Im(z), where z is the change of log(det(a))."""
    along = getitem(g, (..., 1))
    if is_complex(a):
        along = np.real(along) + 1j * np.imag(getitem(g, (..., 0)) * getitem(y, (..., 0)))
    return scalar(along) * transposed(np.linalg.inv(a))


def slogdet_tangent(t, y, a):
    z = np.sum(transposed(np.linalg.inv(a)) * t, axis=(-2, -1))
    if is_complex(a):
        return np.stack([1j * getitem(y, (..., 0)) * np.imag(z), np.real(z) + 0j], axis=-1)
    return np.stack([np.zeros_like(z), z], axis=-1)


def slogdet(a):
    both = slogdet_parts(a)
    size = getitem(both, (..., 1))
    return SignAndLog(getitem(both, (..., 0)), np.real(size) if is_complex(size) else size)


general(
    slogdet_parts,
    vjp=slogdet_slope,
    jvp=slogdet_tangent,
    domain=lambda a: np.expand_dims(np.abs(np.linalg.det(a)), -1),
    needs="a matrix that is not singular",
)
composite(np.linalg.slogdet, slogdet)


# --- Cholesky's factor


@dispatching
def cholesky_lower(a):
    """Cholesky's lower factor; of a its lower triangle alone is read."""
    return np.linalg.cholesky(a)


def halved(a):
    """The lower triangle, its diagonal halved: L^-1 dL of the L^-1 dA L^-H that it comes from."""
    return np.tril(a) - on_diagonal(a) / 2


def cholesky_slope(g, y, a):
    """I. Murray, Differentiation of the Cholesky decomposition, 2016, with the triangle that is read."""
    inner = halved(adjoint(y) @ conj(g))
    inner = inner + adjoint(inner)
    left = solve_matrices(adjoint(y), inner)
    return conj(read_below(adjoint(solve_matrices(adjoint(y), adjoint(left))) / 2))


def cholesky_tangent(t, y, a):
    left = solve_matrices(y, hermitian(t))
    return y @ halved(adjoint(solve_matrices(y, adjoint(left))))


general(
    cholesky_lower,
    vjp=cholesky_slope,
    jvp=cholesky_tangent,
    holomorphic="no",
    note="the upper triangle is not read: the derivative by its entries is 0",
)
composite(
    np.linalg.cholesky,
    lambda a, *, upper=False: adjoint(cholesky_lower(adjoint(a))) if upper else cholesky_lower(a),
)


# --- powers and chains


def matrix_power(a, n):
    if n != int(n):
        raise TypeError(f"np.linalg.matrix_power needs a whole exponent, got {n!r}")
    if n == 0:
        return a * 0 + identity(np.shape(a)[-1], a)
    a, n = (np.linalg.inv(a), -n) if n < 0 else (a, n)
    found = None
    while n:
        n, odd = divmod(n, 2)
        if odd:
            found = a if found is None else found @ a
        a = a @ a if n else a
    return found


def multi_dot(arrays):
    """The product in the order that takes the fewest multiplications; the ends may be vectors."""
    shapes = [np.shape(x) for x in arrays]
    wide = [np.expand_dims(arrays[0], 0) if len(shapes[0]) == 1 else arrays[0], *arrays[1:]]
    wide[-1] = np.expand_dims(wide[-1], -1) if len(shapes[-1]) == 1 else wide[-1]
    found = in_order(wide)
    if len(shapes[0]) == 1:
        found = getitem(found, 0)
    return getitem(found, (..., 0)) if len(shapes[-1]) == 1 else found


def in_order(matrices):
    """T. H. Cormen et al., Introduction to Algorithms, 3rd ed., 2009, section 15.2."""
    sizes = [np.shape(matrices[0])[0], *(np.shape(m)[1] for m in matrices)]
    best = {(i, i): (0, i) for i in range(len(matrices))}
    for length in range(1, len(matrices)):
        for i in range(len(matrices) - length):
            j = i + length
            best[i, j] = min(
                (best[i, k][0] + best[k + 1, j][0] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)
            )

    def product(i, j):
        return matrices[i] if i == j else np.dot(product(i, best[i, j][1]), product(best[i, j][1] + 1, j))

    return product(0, len(matrices) - 1)


composite(np.linalg.matrix_power, matrix_power)
composite(np.linalg.multi_dot, multi_dot)
