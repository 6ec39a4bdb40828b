"""Frameworks that are loaded already: an object of theirs can only be here if their module is."""

from __future__ import annotations

import sys
from typing import Any


def loaded(name: str) -> Any | None:
    """A module that somebody has imported, or None.

    Example
        >>> loaded("numpy").__name__, loaded("no_such_framework")
        ('numpy', None)
    """
    return sys.modules.get(name)
