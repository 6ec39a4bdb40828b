"""Fourier transforms of aten over NumPy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from verify.adapters.aten.elementwise import Entries, scaled


def scale_of(n: int, normalization: int) -> float:
    """By torch's number: none, 1 / sqrt(n), 1 / n."""
    return (1.0, 1 / math.sqrt(n), 1 / n)[normalization]


def size_along(x: Any, dim: Sequence[int]) -> int:
    return math.prod(np.shape(x)[d] for d in dim)


def real_to_complex(self: Any, dim: Sequence[int], normalization: int, onesided: bool) -> Any:
    found = (np.fft.rfft if onesided else np.fft.fft)(self, axis=dim[-1])
    for d in dim[:-1]:
        found = np.fft.fft(found, axis=d)
    return scaled(found, scale_of(size_along(self, dim), normalization))


def complex_to_complex(self: Any, dim: Sequence[int], normalization: int, forward: bool) -> Any:
    found = self
    for d in dim:
        found = np.fft.fft(found, axis=d) if forward else scaled(np.fft.ifft(found, axis=d), np.shape(self)[d])
    return scaled(found, scale_of(size_along(self, dim), normalization))


def complex_to_real(self: Any, dim: Sequence[int], normalization: int, last_dim_size: int) -> Any:
    found = self
    for d in dim[:-1]:
        found = scaled(np.fft.ifft(found, axis=d), np.shape(self)[d])
    found = scaled(np.fft.irfft(found, last_dim_size, axis=dim[-1]), last_dim_size)
    return scaled(found, scale_of(size_along(found, dim), normalization))


ENTRIES: Entries = {
    "_fft_r2c": real_to_complex,
    "_fft_c2c": complex_to_complex,
    "_fft_c2r": complex_to_real,
}
