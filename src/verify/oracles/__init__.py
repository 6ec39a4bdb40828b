"""The witnesses. Each is one function from a question to an Estimate or a Refusal."""

from verify.oracles.certified import forward, reverse, symbolic
from verify.oracles.numeric import complex_step, difference
from verify.oracles.witness import Oracle, oracle

CERTIFY = (symbolic, reverse, forward, difference, complex_step)
SCREEN = (reverse, difference)

__all__ = ["CERTIFY", "SCREEN", "Oracle", "complex_step", "difference", "forward", "oracle", "reverse", "symbolic"]
