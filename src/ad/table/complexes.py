"""Complex numbers: parts, conjugates and angles.

Facts
    A cotangent g of a result y stands for the change Re(sum(g * dy)), for real and complex y alike. A rule hands on
    what stands for the same change in the operand's terms, so a holomorphic function's is g * dy/dz, as over the reals,
    and no rule conjugates g but that of ``np.conjugate``.
    ``ad.declare.in_dtype_of`` takes the real part of what reaches a real operand (or, in forward mode, a real result).
    So an elementwise op from complex to real numbers has as its slope the s of dy = Re(s * dz).
"""

from typing import Any

import numpy as np

from ad.constants import PI
from ad.containers import tree_map
from ad.declare import composite, constant, elementwise, linear

elementwise(np.real, exact=lambda m, x: x, slope=lambda y, x: 1, holomorphic="no")
elementwise(
    np.imag,
    exact=lambda m, x: 0 * x,
    slope=lambda y, x: -1j if np.iscomplexobj(x) else 0,
    holomorphic="no",
    note="of a real number 0",
)
linear(np.conjugate, transpose=lambda g, x: np.conjugate(g), exact=lambda m, x: x, holomorphic="no")


def angle(z, deg=False):
    """arctan2 of the parts; of real numbers a staircase, 0 or pi."""
    if np.iscomplexobj(z):
        radians = np.arctan2(np.imag(z), np.real(z))
    else:
        radians = np.where(np.less(z, 0), PI, 0.0).astype(z.dtype)
    return np.degrees(radians) if deg else radians


def real_if_close(a, tol=100):
    """The real part where all imaginary parts are below tol roundings (tol > 1) or below tol itself."""
    if not np.iscomplexobj(a):
        return a
    precision = a.dtype if getattr(a, "dtype", None) in (np.dtype(np.complex64), np.dtype(np.complex128)) else complex
    bound = tol * np.finfo(precision).eps if tol > 1 else tol
    return np.real(a) if np.all(np.less(np.absolute(np.imag(a)), bound)) else a


composite(np.angle, angle)
composite(np.real_if_close, real_if_close)
constant(np.iscomplex, np.isreal)


def conjugated(gradient: Any) -> Any:
    """A gradient by complex inputs in the other convention: dL/dx + i dL/dy where ``ad`` has dL/dx - i dL/dy.

    PyTorch and TensorFlow return the one, JAX and autograd the other. L grows fastest along it, so gradient descent is
    ``z - rate * ad.conjugated(ad.grad(L)(z))``. Twice is nothing: it converts theirs to ours, and cotangents too.

    Arguments
        gradient: an array, or nested tuples, lists and dicts of them. Real arrays stay as they are.
    Returns
        the same with every complex array conjugated.
    Example
        >>> import numpy as np, ad
        >>> ad.conjugated(ad.grad(lambda z: np.real(z * z))(1.0 + 2.0j))
        np.complex128(2-4j)
    """
    return tree_map(lambda leaf: np.conjugate(leaf) if np.iscomplexobj(leaf) else leaf, gradient)
