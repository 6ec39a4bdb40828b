"""Torch's derivative by a symmetric matrix, of which an operation reads one triangle.

Facts
    ``torch.linalg.cholesky``, ``eigh`` and their like read one triangle, and torch's gradient is symmetric: that of the
    function of (A + A') / 2, whose value is the same where A is symmetric. In which both halves count: it is not the
    derivative by the entries of A, where those of the other triangle have none.
    Where the example's matrix is symmetric in every bit, that is the function. Where it is not, what is read is.
"""

from __future__ import annotations

from typing import Any

from verify.adapters.aten.recorder import Recorder
from verify.adapters.aten.steps import argument_named, framework

# The argument by which each is told to read the upper triangle, and what it is then; the lower one else.
READS_ONE = {
    "aten.linalg_cholesky_ex": ("upper", True),
    "aten.cholesky": ("upper", True),
    "aten._linalg_eigh": ("UPLO", "U"),
    "aten.linalg_pinv": ("", None),
}


def reads_half_of_symmetric(overload: Any, args: Any, kwargs: Any) -> bool:
    """Whether an operation reads one triangle, of a matrix that is symmetric."""
    name = str(overload.overloadpacket)
    if name not in READS_ONE or (name == "aten.linalg_pinv" and not argument_named(overload, "hermitian", args, kwargs)):
        return False
    return bool(framework().equal(args[0], args[0].mH))


def symmetrised(recorder: Recorder, mode: Any, overload: Any, args: Any, kwargs: Any) -> Any:
    """The matrix that is read as the mean of both halves, recorded as that: what they differ by has no derivative."""
    argument, upper = READS_ONE[str(overload.overloadpacket)]
    matrix, reads_upper = args[0], bool(argument) and argument_named(overload, argument, args, kwargs) == upper
    with mode:
        half = matrix.triu() if reads_upper else matrix.tril()
        read = half + (matrix.triu(1) if reads_upper else matrix.tril(-1)).mH
        mean = (matrix + matrix.mH) / 2
        rest = read - mean
    stopped = rest.clone()
    recorder.step(framework().ops.aten.clone.default, ((recorder.known(rest),), {}), stopped, True)
    with mode:
        return mean + stopped
