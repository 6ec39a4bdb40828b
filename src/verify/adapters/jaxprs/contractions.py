"""Products of matrices: dot_general along any axes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from verify.adapters.jaxprs.equations import Rule, result_shape


def _arranged(x: Any, batch: Any, own: Any, contracted: Any, last: bool) -> Any:
    """An array of matrices: the batch axes first, then its own and the contracted axes, each as one."""
    shape = np.shape(x)
    axes = (*batch, *own, *contracted) if last else (*batch, *contracted, *own)
    sizes = [math.prod(shape[i] for i in part) for part in ((own, contracted) if last else (contracted, own))]
    return np.reshape(np.transpose(x, axes), (*(shape[i] for i in batch), *sizes))


def _product(equation: Any, a: Any, b: Any) -> Any:
    (of_a, of_b), (batch_a, batch_b) = equation.params["dimension_numbers"]
    own_a = [i for i in range(np.ndim(a)) if i not in (*of_a, *batch_a)]
    own_b = [i for i in range(np.ndim(b)) if i not in (*of_b, *batch_b)]
    rows = _arranged(a, batch_a, own_a, of_a, last=True)
    columns = _arranged(b, batch_b, own_b, of_b, last=False)
    return np.reshape(np.matmul(rows, columns), result_shape(equation))


CONTRACTIONS: dict[str, Rule] = {"dot_general": _product}
