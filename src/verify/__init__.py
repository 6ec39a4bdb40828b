"""Verification of derivatives: every verdict rests on certified truth. See DESIGN: ask ``verify.check``."""

import importlib
from typing import Any

from verify.checker import assert_gradient, check
from verify.claim import Claim, Estimate, Refusal
from verify.claimreading import ClaimError
from verify.declared import custom
from verify.expression import Expression, ExpressionError, parse
from verify.finding import Finding, PointFinding, Report
from verify.judge import Verdict
from verify.migration.gradcheck import torch_gradcheck, torch_gradgradcheck
from verify.migration.jax_grads import jax_check_grads
from verify.migration.scipy_grads import scipy_check_grad
from verify.mutation.outcome import Power
from verify.mutation.table import power
from verify.oracles import CERTIFY, SCREEN
from verify.proof import prove
from verify.reproducing import reproduction
from verify.runner import run
from verify.scalar import scalar_class
from verify.search.sweeping import sweep
from verify.shrinking import shrink

__all__ = [
    "CERTIFY", "SCREEN", "Claim", "ClaimError", "Estimate", "Expression", "ExpressionError", "Finding",
    "PointFinding", "Power", "Refusal", "Report", "Verdict", "assert_gradient", "check", "custom",
    "jax_check_grads", "parse", "power", "prove", "reproduction", "run", "scalar_class", "scipy_check_grad", "shrink",
    "sweep", "torch_gradcheck", "torch_gradgradcheck",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """``verify.strategies`` is imported when it is asked for: it needs Hypothesis, which nothing else does."""
    if name == "strategies":
        return importlib.import_module("verify.strategies")
    raise AttributeError(f"module 'verify' has no attribute {name!r}")
