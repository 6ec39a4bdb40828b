"""Namesakes of SciPy's functions that do not hand their arguments on by NumPy's protocols.

``ad.scipy.stats.norm.logpdf`` has the signature and the values of ``scipy.stats.norm.logpdf``, and can be
differentiated: it is written in functions of the op table. A module is imported when it is first asked for, and SciPy
with it where it computes with SciPy's functions.
"""

from __future__ import annotations

import importlib
from typing import Any

MODULES: tuple[str, ...] = ("fft", "integrate", "linalg", "ndimage", "signal", "special", "stats")


def __getattr__(name: str) -> Any:
    if name in MODULES:
        return importlib.import_module(f"ad.scipy.{name}")
    raise AttributeError(f"ad.scipy has no module {name!r}; it has {', '.join(MODULES)}")


def __dir__() -> list[str]:
    return [*MODULES]
