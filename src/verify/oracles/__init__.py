"""The witnesses. Each is one function from a question to an Estimate or a Refusal."""

from verify.oracles.certified import forward, reverse, symbolic
from verify.oracles.directions import enclosure, series
from verify.oracles.numeric import complex_step, difference
from verify.oracles.witness import Oracle, oracle

CERTIFY = (symbolic, series, enclosure, reverse, forward, difference, complex_step)
SCREEN = (reverse, difference)

__all__ = [
    "CERTIFY", "SCREEN", "Oracle", "complex_step", "difference", "enclosure", "forward", "oracle", "reverse",
    "series", "symbolic",
]  # fmt: skip
