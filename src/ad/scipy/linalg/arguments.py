"""Arguments of SciPy's functions that do not change what is computed."""

from __future__ import annotations

from typing import Any


def refused(name: str, given: dict[str, Any], *harmless: str) -> None:
    """Raise TypeError for keyword arguments other than the harmless ones, naming the first."""
    for key in given:
        if key not in harmless:
            raise TypeError(f"ad.scipy.linalg.{name} does not take {key}=; leave it out")
