"""The witnesses. Each is one function from a question to an Estimate or a Refusal."""

from verify.oracles import numeric
from verify.oracles.certified import forward, reverse
from verify.oracles.composites import composite
from verify.oracles.second import enclosure, of_derivatives, series, symbolic
from verify.oracles.witness import Oracle, oracle

complex_step, difference = of_derivatives(numeric.complex_step), of_derivatives(numeric.difference)

CERTIFY = (symbolic, series, enclosure, reverse, forward, difference, complex_step)
SCREEN = (reverse, difference)
TRUTH = (symbolic, series, enclosure)  # certified, and resting on no rule of the engine's

__all__ = [
    "CERTIFY", "SCREEN", "TRUTH", "Oracle", "complex_step", "composite", "difference", "enclosure", "forward", "oracle",
    "reverse", "series", "symbolic",
]  # fmt: skip
