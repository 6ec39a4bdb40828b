"""Linear systems given by the product of their matrix with a vector.

Facts
    JAX differentiates a solution by that product. What the function's own solver does may be held constant, and then
    says nothing about how the solution changes; so the matrix is asked for, and the system solved.
    A stack of systems is one of many blocks. Which entries belong together is seen with other constants, drawn at
    random; the blocks' columns are then asked for side by side.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from verify.adapters.jaxprs.equations import Evaluate, kind

Product = Callable[[Any], Any]  # of the matrix with a flat vector


def without_solver(evaluate: Evaluate, equation: Any) -> Any:
    """A ``custom_linear_solve`` with the constants of the product and the right side as its only operands.

    What its solver alone needs, such as a factorization with its pivots, is then needed by nothing.
    """
    lengths, operands = equation.params["const_lengths"], equation.invars
    constants, right = operands[: lengths.matvec], operands[sum(lengths) :]
    size = sum(math.prod(b.aval.shape) for b in right)
    blocks = [np.arange(size)]
    if all(kind(atom) in "fc" for atom in constants):  # integers may be indices: which ones is not known yet
        rng = np.random.default_rng(0)
        blocks = _blocks(_product(evaluate, equation, [rng.normal(size=c.aval.shape) for c in constants]), size)
    return equation.replace(invars=[*constants, *right], params={**equation.params, "blocks": blocks})


def linear_solve(evaluate: Evaluate, equation: Any, *xs: Any) -> list[Any]:
    """The solution of the system of a ``custom_linear_solve``, of which ``without_solver`` has left the product."""
    count, blocks = equation.params["const_lengths"].matvec, equation.params["blocks"]
    solution = _solved(_product(evaluate, equation, xs[:count]), blocks, joined(xs[count:]))
    cuts = _cuts(equation)
    return [np.reshape(solution[a:b], v.aval.shape) for a, b, v in zip(cuts, cuts[1:], equation.outvars, strict=False)]


def _cuts(equation: Any) -> list[int]:
    """Where the parts of the solution begin and end when they are laid out one after the other."""
    return [int(cut) for cut in np.cumsum([0, *(math.prod(v.aval.shape) for v in equation.outvars)])]


def _product(evaluate: Evaluate, equation: Any, constants: Sequence[Any]) -> Product:
    cuts, shapes = _cuts(equation), [v.aval.shape for v in equation.outvars]

    def product(v: Any) -> Any:
        parts = [np.reshape(v[a:b], shape) for a, b, shape in zip(cuts, cuts[1:], shapes, strict=False)]
        return joined(evaluate(equation.params["jaxprs"].matvec, [*constants, *parts]))

    return product


def joined(arrays: Any) -> Any:
    """The entries of several arrays in one."""
    return np.concatenate([np.reshape(x, (-1,)) for x in arrays])


def _blocks(product: Product, n: int) -> list[np.ndarray]:
    """The entries of a vector in groups that the matrix does not mix."""
    group = np.arange(n)
    for j, unit in enumerate(np.eye(n)):
        met = np.unique(group[np.append(np.flatnonzero(product(unit)), j)])
        group[np.isin(group, met)] = met[0]
    return [np.flatnonzero(group == g) for g in np.unique(group)]


def _solved(product: Product, blocks: Sequence[np.ndarray], right: Any) -> Any:
    """The solution, one block after the other."""
    columns = []
    for k in range(max(map(len, blocks), default=0)):
        v = np.zeros(np.shape(right)[0])
        v[[block[k] for block in blocks if k < len(block)]] = 1.0
        columns.append(product(v))
    parts = []
    for block in blocks:
        matrix = np.stack([np.take(column, block) for column in columns[: len(block)]], axis=1)
        parts.append(np.linalg.solve(matrix, np.take(right, block)))
    return np.take(np.concatenate(parts), np.argsort(np.concatenate(blocks)))
