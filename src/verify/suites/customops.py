"""The custom ops of PyTorch and JAX as claims: each op, right and wrong, in every dtype that it is to be judged in.

Facts
    A framework is imported here, and here alone, by those who ask for its suite by name: ``claims("torch-ops")``.
    A wrong op is asked in the dtypes in which its mistake is larger than what rounding may do.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.claim import Claim, changed
from verify.suite import SuiteError
from verify.suites.opcase import OpCase, Slip

SUITES = {"torch-ops": "torch", "jax-ops": "jax"}
REFUSED = ("WRONG", "INACCURATE", "NOT_A_SUBGRADIENT", "BROKEN_CONTRACT")
RIGHT = "right"


@dataclass(frozen=True, eq=False)
class Planted:
    """One op of a framework's in one dtype.

    slip: what is wrong with it, None for the right one. shows: what is asked, a key of ``opcase.SHOWS``.
    """

    framework: str
    case: OpCase
    slip: Slip | None
    dtype: str
    shows: str

    @property
    def id(self) -> str:
        name = RIGHT if self.slip is None else self.slip.name
        asked = "" if self.shows in ("value", "contract") else f", {self.shows}"
        return f"{self.framework}-ops/{self.case.id}/{name}/{self.dtype}{asked}"

    @property
    def op(self) -> Callable[..., Any]:
        return self.case.right if self.slip is None else self.slip.op

    @property
    def must_be_refused(self) -> bool:
        return self.slip is not None and self.dtype in self.slip.dtypes


def claims(suite: str) -> list[Claim]:
    """The claims of one suite, the right ops among them.

    Arguments
        suite: a key of ``SUITES``.
    Raises
        SuiteError where the framework is not installed.
    Example
        >>> sorted(SUITES)
        ['jax-ops', 'torch-ops']
    """
    name = SUITES[suite]
    module = imported(name)
    return [claim_of(module, one) for one in planted(module, name)]


def imported(name: str) -> Any:
    """A framework, which whoever asks for its ops wants to be imported; SuiteError where it is not installed."""
    if importlib.util.find_spec(name) is None:
        raise SuiteError(f"{name}-ops: {name} is not installed: pip install {name}")
    return importlib.import_module(name)


def planted(module: Any, framework: str) -> Iterator[Planted]:
    """Every op of a framework's, right and wrong, in every dtype that it is asked in."""
    cases = importlib.import_module(f"verify.suites.{framework}ops").cases(module)
    for case in cases:
        for dtype in case.dtypes:
            for shows in _asked_of_the_right(case):
                yield Planted(framework, case, None, dtype, shows)
            for slip in case.wrong:
                if dtype in slip.dtypes:
                    yield Planted(framework, case, slip, dtype, slip.shows)


def _asked_of_the_right(case: OpCase) -> list[str]:
    """What is asked about a right op: all that its wrong twins are asked."""
    return ["value", *sorted({slip.shows for slip in case.wrong} - {"value", "contract"})]


def claim_of(module: Any, one: Planted) -> Claim:
    """The claim about an op, which is expected to be refused where it is wrong."""
    claim = Claim(
        one.op,
        *tensors(module, one.framework, one.case.xs, one.dtype),
        reference=one.case.reference,
        wrt=one.case.wrt,
        engine=one.framework,
        order=2 if one.shows == "second order" else 1,
        id=one.id,
        expect=REFUSED if one.must_be_refused else "ok",
        reason=one.slip.says if one.slip is not None else "",
    )
    if one.shows != "forward mode":
        return claim
    assert claim.foreign is not None
    return changed(claim, judged="jvp", subject=claim.foreign.push)


def tensors(module: Any, framework: str, xs: Sequence[Any], dtype: str) -> list[Any]:
    """Example inputs as a framework's own arrays, the floating ones cast."""
    if framework == "torch":
        return [module.tensor(x).to(getattr(module, dtype)) if _floats(x) else module.tensor(x) for x in xs]
    with module.enable_x64(dtype == "float64"):  # below it, whole numbers have 32 bits, as a user's do
        return [module.numpy.asarray(x, dtype if _floats(x) else None) for x in xs]


def _floats(x: Any) -> bool:
    return np.asarray(x).dtype.kind == "f"
