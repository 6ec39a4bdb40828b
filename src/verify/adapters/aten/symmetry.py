"""Torch's derivative by a symmetric matrix, of which an operation reads one triangle.

Facts
    ``torch.linalg.cholesky``, ``eigh`` and their like read one triangle, and torch's gradient is symmetric: that of the
    function of (A + A') / 2, whose value is the same where A is symmetric. ``pinv(hermitian=True)`` has the gradient of
    the pseudo-inverse of any matrix. By the entries that are read alone the derivative is another one.
    Where the example's matrix is symmetric in every bit, torch's is meant. Where it is not, what is read is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from verify.adapters.aten.recorder import Recorder
from verify.adapters.aten.steps import argument_named, framework


def mean(matrix: Any) -> Any:
    return (matrix + matrix.mH) / 2


def whole(matrix: Any) -> Any:
    return matrix.clone()


# The argument by which each is told to read the upper triangle, what it is then, and what torch differentiates by.
READS_ONE: dict[str, tuple[str, Any, Callable[[Any], Any]]] = {
    "aten.linalg_cholesky_ex": ("upper", True, mean),
    "aten.cholesky": ("upper", True, mean),
    "aten._linalg_eigh": ("UPLO", "U", mean),
    "aten.linalg_pinv": ("", None, whole),
}


def reads_half(overload: Any, args: Any, kwargs: Any) -> bool:
    """Whether an operation reads one triangle of its first operand."""
    name = str(overload.overloadpacket)
    return name in READS_ONE and (name != "aten.linalg_pinv" or argument_named(overload, "hermitian", args, kwargs))


def read_from(recorder: Recorder, mode: Any, overload: Any, args: Any, kwargs: Any) -> Any:
    """The matrix that an operation reads, as recorded steps: made of one triangle, or as torch differentiates by it."""
    argument, upper, counted = READS_ONE[str(overload.overloadpacket)]
    matrix, reads_upper = args[0], bool(argument) and argument_named(overload, argument, args, kwargs) == upper
    symmetric = framework().equal(matrix, matrix.mH)
    with mode:
        half = matrix.triu() if reads_upper else matrix.tril()
        read = half + (matrix.triu(1) if reads_upper else matrix.tril(-1)).mH
        if not symmetric:
            return read
        given = counted(matrix)
        rest = read - given
    stopped = rest.clone()
    recorder.step(framework().ops.aten.clone.default, ((recorder.known(rest),), {}), stopped, True)
    with mode:
        return given + stopped
