"""Contractions: matmul, dot, einsum and what is made of them."""

from typing import Any

import numpy as np

from ad.declare import composite, multilinear, multilinear_in_sequence
from ad.table.arrangements import named
from ad.table.shapes import getitem, normalized


def matmul_first(g, a, b):
    if np.ndim(b) == 1:
        return np.expand_dims(g, -1) * b if np.ndim(a) > 1 else g * b
    g = np.expand_dims(g, -2) if np.ndim(a) == 1 else g
    found = np.matmul(g, np.swapaxes(b, -1, -2))
    return np.reshape(found, (*np.shape(found)[:-2], np.shape(found)[-1])) if np.ndim(a) == 1 else found


def matmul_second(g, a, b):
    if np.ndim(a) == 1:
        return np.expand_dims(a, -1) * np.expand_dims(g, -2) if np.ndim(b) > 1 else g * a
    if np.ndim(a) == 2 and np.ndim(b) == 1:
        return np.matmul(g, a)  # BLAS reads a row by row; in a column by a transpose it would not
    g = np.expand_dims(g, -1) if np.ndim(b) == 1 else g
    found = np.matmul(np.swapaxes(a, -1, -2), g)
    return np.reshape(found, np.shape(found)[:-1]) if np.ndim(b) == 1 else found


multilinear(np.matmul, transposes=(matmul_first, matmul_second))


def dot_first(g, a, b):
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return g * b
    contracted = -1 if np.ndim(b) == 1 else -2
    return np.tensordot(g, b, (tuple(range(np.ndim(a) - 1, np.ndim(g))), kept_axes(b, contracted)))


def dot_second(g, a, b):
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return g * a
    lead = tuple(range(np.ndim(a) - 1))
    found = np.tensordot(a, g, (lead, lead))
    return np.moveaxis(found, 0, -1 if np.ndim(b) == 1 else -2)


def kept_axes(b, contracted):
    return tuple(i for i in range(np.ndim(b)) if i != contracted % np.ndim(b))


multilinear(np.dot, transposes=(dot_first, dot_second))


def einsum_bind(args, kwargs):
    subscripts, *operands = args
    if not isinstance(subscripts, str):
        raise TypeError("np.einsum on traced arrays takes its subscripts as one string, such as 'ij,jk->ik'")
    unknown = kwargs.keys() - {"optimize"}
    if unknown:
        raise TypeError(f"np.einsum on traced arrays does not take {sorted(unknown)[0]}")
    return tuple(operands), {"subscripts": explicit(subscripts.replace(" ", ""), operands)}


def explicit(subscripts, operands):
    """Subscripts with the output written out and every ellipsis replaced by letters."""
    inputs, arrow, output = subscripts.partition("->")
    terms = inputs.split(",")
    free = [c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if c not in subscripts]
    widths = [np.ndim(x) - len(t.replace("...", "")) for t, x in zip(terms, operands, strict=True)]
    widest = max((w for t, w in zip(terms, widths, strict=True) if "..." in t), default=0)
    dots = free[:widest]
    terms = [t.replace("...", "".join(dots[widest - w :])) for t, w in zip(terms, widths, strict=True)]
    if not arrow:
        letters = "".join(terms)
        output = "".join(dots) + "".join(sorted(c for c in set(letters) - set(dots) if letters.count(c) == 1))
    return ",".join(terms) + "->" + output.replace("...", "".join(dots))


def einsum(*operands, subscripts):
    return np.einsum(subscripts, *operands)


def einsum_transpose(i, g, *operands, subscripts):
    """Contract g with all other operands; an index that only operand i has is summed: broadcast it back."""
    inputs, output = subscripts.split("->")
    terms = inputs.split(",")
    mine = terms[i]
    rest = [t for j, t in enumerate(terms) if j != i]
    others = [x for j, x in enumerate(operands) if j != i]
    unique = "".join(dict.fromkeys(mine))
    shape = dict(zip(mine, np.shape(operands[i]), strict=True))
    # An index of length 1 was stretched to the others' length: its cotangent is summed.
    reachable = [c for c in unique if shape[c] != 1 and (c in output or any(c in t for t in rest))]
    found = np.einsum(",".join([output, *rest]) + "->" + "".join(reachable), g, *others)
    length = dict(zip(reachable, np.shape(found), strict=True))
    full = np.reshape(found, tuple(length.get(c, 1) for c in unique))
    full = np.broadcast_to(full, tuple(shape[c] for c in unique))
    if unique == mine:
        return full
    onto = np.ones(())  # a repeated index reads a diagonal: put the entries back on it
    for c in set(mine):
        onto = onto * diagonal_mask(mine, c, np.shape(operands[i]))
    spread = np.reshape(full, tuple(shape[c] if mine.index(c) == k else 1 for k, c in enumerate(mine)))
    return np.where(onto != 0, spread, 0.0)


def diagonal_mask(term, letter, shape):
    """1 where all axes named by the letter have the same index."""
    axes = [k for k, c in enumerate(term) if c == letter]
    grids = np.indices(shape)
    return np.all([grids[axes[0]] == grids[k] for k in axes], axis=0) * 1.0


multilinear_in_sequence(np.einsum, einsum, bind=einsum_bind, transpose=einsum_transpose)


def tensordot(a, b, axes=2):
    if isinstance(axes, int):
        first, second = tuple(range(np.ndim(a) - axes, np.ndim(a))), tuple(range(axes))
    else:
        first, second = (normalized(x, np.ndim(v)) for x, v in zip(axes, (a, b), strict=True))
    keep_a = [i for i in range(np.ndim(a)) if i not in first]
    keep_b = [i for i in range(np.ndim(b)) if i not in second]
    shape = [np.shape(a)[i] for i in keep_a] + [np.shape(b)[i] for i in keep_b]
    inner = entries(a, first)
    left = np.reshape(np.transpose(a, (*keep_a, *first)), (entries(a, keep_a), inner))
    right = np.reshape(np.transpose(b, (*second, *keep_b)), (inner, entries(b, keep_b)))
    return np.reshape(np.matmul(left, right), shape)


def entries(x, axes):
    """How many entries x has along the axes."""
    return int(np.prod([np.shape(x)[i] for i in axes], dtype=int))


composite(np.tensordot, tensordot)
composite(np.outer, lambda a, b: np.reshape(a, (-1, 1)) * np.reshape(b, (1, -1)))
composite(
    np.inner,
    lambda a, b: a * b if np.ndim(a) == 0 or np.ndim(b) == 0 else tensordot(a, b, ((-1,), (-1,))),
)
composite(
    np.vdot,
    lambda a, b: np.sum(np.ravel(np.conjugate(a) if np.iscomplexobj(a) else a) * np.ravel(b)),
)
composite(np.kron, lambda a, b: kron(a, b))


def kron(a, b):
    n = max(np.ndim(a), np.ndim(b))
    a = np.reshape(a, (1,) * (n - np.ndim(a)) + np.shape(a))
    b = np.reshape(b, (1,) * (n - np.ndim(b)) + np.shape(b))
    wide_a = np.reshape(a, tuple(d for n in np.shape(a) for d in (n, 1)))
    wide_b = np.reshape(b, tuple(d for n in np.shape(b) for d in (1, n)))
    return np.reshape(wide_a * wide_b, tuple(p * q for p, q in zip(np.shape(a), np.shape(b), strict=True)))


# --- products of stacks of vectors


def conjugate(x: Any) -> Any:
    """The complex conjugate, which a real array is without a step of its own."""
    return np.conj(x) if getattr(x, "dtype", np.dtype(float)).kind == "c" else x


def vecdot(x1, x2, axis=-1):
    return np.sum(conjugate(x1) * x2, axis=axis)


def matvec(x1, x2):
    found = np.matmul(x1, np.expand_dims(x2, -1))
    return np.reshape(found, np.shape(found)[:-1])


def vecmat(x1, x2):
    found = np.matmul(np.expand_dims(conjugate(x1), -2), x2)
    return np.reshape(found, (*np.shape(found)[:-2], np.shape(found)[-1]))


for name, product in (("vecdot", vecdot), ("matvec", matvec), ("vecmat", vecmat)):
    for function in named(name):
        composite(function, product)


def cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis,) * 3
    a, b = np.moveaxis(a, axisa, -1), np.moveaxis(b, axisb, -1)
    if np.shape(a)[-1] != 3 or np.shape(b)[-1] != 3:
        raise ValueError(
            f"np.cross on traced arrays takes vectors of length 3, found {np.shape(a)[-1]} and {np.shape(b)[-1]}"
        )
    (a0, a1, a2), (b0, b1, b2) = ([getitem(x, (..., i)) for i in range(3)] for x in (a, b))
    return np.stack([a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0], axis=axisc)


composite(np.cross, cross)
