"""The entries of all themes: an operation's name -> what it is over NumPy."""

from __future__ import annotations

from verify.adapters.aten.elementwise import ENTRIES as ELEMENTWISE
from verify.adapters.aten.elementwise import Entries

TABLE: Entries = {f"aten.{name}": entry for entries in (ELEMENTWISE,) for name, entry in entries.items()}
