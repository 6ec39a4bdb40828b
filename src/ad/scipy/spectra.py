"""Spectra of ``scipy.signal`` by short Fourier transforms of windowed segments: welch, csd and stft.

Windows are SciPy's own (``scipy.signal.get_window``): constants.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.signal import get_window

from ad.scipy import trends
from ad.table.contractions import conjugate

HANN = "hann"
# How the edges of a signal are extended, and np.pad's arguments for it.
BOUNDARIES: dict[str, dict[str, Any]] = {
    "even": {"mode": "reflect"},
    "odd": {"mode": "reflect", "reflect_type": "odd"},
    "constant": {"mode": "edge"},
    "zeros": {"mode": "constant"},
}


@dataclass(frozen=True)
class Segments:
    """Windowed segments of a signal: the window, how far one begins behind the other, the length of a transform."""

    window: np.ndarray
    step: int
    nfft: int

    @property
    def length(self) -> int:
        return len(self.window)

    def transforms(self, x: Any, detrend: Any) -> Any:
        """The transform of every segment along the last axis: one row for each segment."""
        count = (np.shape(x)[-1] - self.length) // self.step + 1
        places = self.step * np.arange(count)[:, None] + np.arange(self.length)
        window = self.window.astype(x.dtype) if x.dtype.kind == "f" else self.window
        return np.fft.rfft(detrended(x[..., places], detrend) * window, self.nfft)

    def scale(self, fs: float, scaling: str, density: str) -> float:
        """What a product of two transforms is multiplied by; density: what the scaling by frequency is called."""
        if scaling == density:
            return float(1 / (fs * np.sum(self.window**2)))
        if scaling == "spectrum":
            return float(1 / np.sum(self.window) ** 2)
        raise ValueError(f"scaling is {scaling!r}: give {density!r} or 'spectrum'")

    def frequencies(self, fs: float) -> np.ndarray:
        return np.fft.rfftfreq(self.nfft, 1 / fs)


def segments(window: Any, nperseg: int | None, noverlap: int | None, nfft: int | None, size: int) -> Segments:
    """How a signal of a size is cut up, with the defaults of SciPy."""
    if isinstance(window, str | tuple):
        nperseg = min(256 if nperseg is None else int(nperseg), size)
        window = get_window(window, nperseg)
    window = np.asarray(window, float)
    length = len(window)
    if nperseg is not None and nperseg != length:
        raise ValueError(f"nperseg is {nperseg}, the window has {length} entries")
    if length > size:
        raise ValueError(f"the window has {length} entries, the signal {size}")
    overlap = length // 2 if noverlap is None else int(noverlap)
    if overlap >= length:
        raise ValueError(f"noverlap is {overlap}: it is less than the {length} entries of a segment")
    if nfft is not None and nfft < length:
        raise ValueError(f"nfft is {nfft}: it is at least the {length} entries of a segment")
    return Segments(window, length - overlap, length if nfft is None else int(nfft))


def detrended(rows: Any, detrend: Any) -> Any:
    """Segments without their trend, along the last axis."""
    if detrend is False:
        return rows
    return detrend(rows) if callable(detrend) else trends.detrend(rows, type=detrend)


def refuse_two_sided(return_onesided: bool, *xs: Any) -> None:
    if not return_onesided or any(getattr(x, "dtype", np.dtype(float)).kind == "c" for x in xs):
        raise ValueError("ad.scipy.signal computes one-sided spectra of real signals; np.fft.fft gives the other side")


def cross_density(cut: Segments, x: Any, y: Any, fs: float, detrend: Any, scaling: str) -> Any:
    """The mean over segments of the product of two transforms, both sides of the spectrum on one."""
    first = cut.transforms(x, detrend)
    second = first if y is x else cut.transforms(y, detrend)
    twice = np.full(cut.nfft // 2 + 1, 2.0)
    twice[0] = 1.0
    if cut.nfft % 2 == 0:
        twice[-1] = 1.0
    weights = twice * cut.scale(fs, scaling, "density")
    if x.dtype.kind == "f":
        weights = weights.astype(x.dtype)
    return np.mean(conjugate(first) * second, axis=-2) * weights


def welch(
    x: Any,
    fs: float = 1.0,
    window: Any = HANN,
    nperseg: int | None = None,
    noverlap: int | None = None,
    nfft: int | None = None,
    detrend: Any = "constant",
    return_onesided: bool = True,
    scaling: str = "density",
    axis: int = -1,
    average: str = "mean",
) -> tuple[np.ndarray, Any]:
    """``scipy.signal.welch`` that can be differentiated, by the signal.

    Arguments
        x: a real signal along an axis; fs, window, nperseg, noverlap, nfft, detrend, scaling: as SciPy's.
    Returns
        (frequencies, power spectrum): the mean over segments.
    Raises
        ValueError for two-sided spectra, for the average 'median', and for segments that do not fit the signal.
    Example
        >>> from ad.scipy import signal
        >>> f, p = signal.welch(np.array([1.0, -1.0, 1.0, -1.0]), nperseg=2, window="boxcar", detrend=False)
        >>> f, p.round(9)
        (array([0. , 0.5]), array([0., 2.]))
    """
    f, found = csd(x, x, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis, average)
    return f, np.real(found)


def csd(
    x: Any,
    y: Any,
    fs: float = 1.0,
    window: Any = HANN,
    nperseg: int | None = None,
    noverlap: int | None = None,
    nfft: int | None = None,
    detrend: Any = "constant",
    return_onesided: bool = True,
    scaling: str = "density",
    axis: int = -1,
    average: str = "mean",
) -> tuple[np.ndarray, Any]:
    """``scipy.signal.csd`` that can be differentiated, by both signals: see ``welch``.

    Returns
        (frequencies, complex cross spectrum).
    Example
        >>> from ad.scipy import signal
        >>> x = np.array([1.0, -1.0, 1.0, -1.0])
        >>> signal.csd(x, 2 * x, nperseg=2, window="boxcar", detrend=False)[1].real.round(9)
        array([0., 4.])
    """
    refuse_two_sided(return_onesided, x, y)
    if average != "mean":
        raise ValueError(f"average is {average!r}: ad.scipy.signal takes the mean over segments")
    if np.shape(x) != np.shape(y):
        raise ValueError(f"x has shape {np.shape(x)}, y {np.shape(y)}: ad.scipy.signal.csd takes two of one shape")
    first = np.moveaxis(x, axis, -1)
    second = first if y is x else np.moveaxis(y, axis, -1)
    cut = segments(window, nperseg, noverlap, nfft, np.shape(first)[-1])
    return cut.frequencies(fs), np.moveaxis(cross_density(cut, first, second, fs, detrend, scaling), -1, axis)


def stft(
    x: Any,
    fs: float = 1.0,
    window: Any = HANN,
    nperseg: int | None = 256,
    noverlap: int | None = None,
    nfft: int | None = None,
    detrend: Any = False,
    return_onesided: bool = True,
    boundary: str | None = "zeros",
    padded: bool = True,
    axis: int = -1,
    scaling: str = "spectrum",
) -> tuple[np.ndarray, np.ndarray, Any]:
    """``scipy.signal.stft`` that can be differentiated, by the signal.

    Arguments
        x: a real signal along an axis; all others as SciPy's.
    Returns
        (frequencies, times, transforms): the frequencies where the axis was, the times along the last one.
    Raises
        ValueError for two-sided transforms, for another boundary, and for segments that do not fit the signal.
    Example
        >>> from ad.scipy import signal
        >>> f, t, z = signal.stft(np.array([1.0, -1.0, 1.0, -1.0]), nperseg=2, window="boxcar", boundary=None)
        >>> z.real.round(9) + 0.0
        array([[ 0.,  0.,  0.],
               [ 1., -1.,  1.]])
    """
    refuse_two_sided(return_onesided, x)
    if boundary is not None and boundary not in BOUNDARIES:
        raise ValueError(f"boundary is {boundary!r}: give one of {', '.join(BOUNDARIES)}, or None")
    x = np.moveaxis(x, axis, -1)
    cut = segments(window, nperseg, noverlap, nfft, np.shape(x)[-1])
    lead = [(0, 0)] * (np.ndim(x) - 1)
    half = cut.length // 2
    if boundary is not None:
        x = np.pad(x, [*lead, (half, half)], **BOUNDARIES[boundary])
    if padded:
        x = np.pad(x, [*lead, (0, -(np.shape(x)[-1] - cut.length) % cut.step % cut.length)])
    found = cut.transforms(x, detrend) * weight(cut.scale(fs, scaling, "psd") ** 0.5, x)
    times = np.arange(np.shape(found)[-2]) * cut.step / fs + (0.0 if boundary is not None else cut.length / 2 / fs)
    return cut.frequencies(fs), times, np.moveaxis(np.swapaxes(found, -1, -2), -2, axis if axis >= 0 else axis - 1)


def weight(scale: float, x: Any) -> Any:
    """A factor in the dtype of a signal."""
    return x.dtype.type(scale) if x.dtype.kind == "f" else scale
