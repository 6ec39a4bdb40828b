"""The discrete Fourier transform, of the last axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.adapters.jaxprs.equations import Rule

KINDS: dict[str, Any] = {"FFT": np.fft.fftn, "IFFT": np.fft.ifftn, "RFFT": np.fft.rfftn, "IRFFT": np.fft.irfftn}


def _fourier(equation: Any, x: Any) -> Any:
    lengths = tuple(equation.params["fft_lengths"])
    name = getattr(equation.params["fft_type"], "name", str(equation.params["fft_type"]))
    return KINDS[name.upper()](x, s=lengths, axes=tuple(range(-len(lengths), 0)))


TRANSFORMS: dict[str, Rule] = {"fft": _fourier}
