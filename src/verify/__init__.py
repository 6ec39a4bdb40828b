"""Verification of derivatives: every verdict rests on certified truth. See DESIGN: ask ``verify.check``."""

from verify.checker import assert_gradient, check
from verify.claim import Claim, ClaimError, Estimate, Refusal
from verify.declared import custom
from verify.expression import Expression, ExpressionError, parse
from verify.finding import Finding, PointFinding, Report
from verify.judge import Verdict
from verify.oracles import CERTIFY, SCREEN
from verify.proof import prove
from verify.runner import run
from verify.scalar import scalar_class
from verify.search.sweeping import sweep

__all__ = [
    "CERTIFY", "SCREEN", "Claim", "ClaimError", "Estimate", "Expression", "ExpressionError", "Finding",
    "PointFinding", "Refusal", "Report", "Verdict", "assert_gradient", "check",
    "custom", "parse", "prove", "run", "scalar_class", "sweep",
]  # fmt: skip
