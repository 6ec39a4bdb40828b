"""Where functions with shapes and other parameters are swept for accuracy: ranges in which the truth is to be had."""

from __future__ import annotations

import numpy as np

from verify.finding import Density

# Functions with shapes and other parameters: the kinds of their operands, below. Beyond these ranges the certified
# truth of derivatives by a shape takes long or is not to be had, and SciPy's hypergeometric functions may not return.
RANGES = {
    "gammainc": "ax", "gammaincc": "ax", "gammainc_by_a": "ax", "gamma_density": "ax", "digamma_gap": "ab",
    "betaln": "ab", "beta": "ab", "poch": "ab", "betainc": "abp", "betaincc": "abp", "betainc_by_a": "abp",
    "betainc_by_b": "abp", "beta_density": "abp", "hyp0f1": "cz", "hyp1f1": "ccz", "hyp2f1": "cccq",
    "binom": "ab", "boxcox": "xz", "boxcox1p": "xz", "exprel_slope": "z", "exprel_curvature": "z",
}  # fmt: skip
SHAPES = (1e-3, 200.0)
EDGE = 1e-9  # how near to 0 and 1 a probability comes


def drawn(kinds: str, density: Density, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Seeded operands of a function with parameters.

    Arguments
        kinds: one letter for each operand: a, b shapes; x above 0; p between 0 and 1; c a parameter;
            z of both signs; q below 1. density: how many. seed: of the points.
    Example
        >>> from verify.accuracy import SAMPLE
        >>> [c.shape == (SAMPLE.pairs,) for c in drawn("abp", SAMPLE)]
        [True, True, True]
    """
    rng = np.random.default_rng(seed)
    n = density.pairs
    low, high = np.log(SHAPES)
    a, b = np.exp(rng.uniform(low, high, (2, n)))
    near = rng.random(n) < 0.5
    x = np.where(near, a * np.exp(rng.normal(0, 2, n) / np.sqrt(np.maximum(a, 1))), np.exp(rng.uniform(low, high, n)))
    p = np.where(near, rng.beta(np.maximum(a, 0.1), np.maximum(b, 0.1)), 10 ** rng.uniform(-9, 0, n))
    z = rng.choice([-1.0, 1.0], n) * 10 ** rng.uniform(-3, 1.3, n)
    columns = {"x": x, "p": np.clip(p, EDGE, 1 - EDGE), "z": z, "q": rng.uniform(-3, 0.9, n)}
    columns |= {"a": a, "b": b}
    return tuple(columns[k] if k in columns else rng.uniform(0.2, 6, n) for k in kinds)
