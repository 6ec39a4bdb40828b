"""Where an equation of a jaxpr comes from: the user's line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from verify.adapters.frameworks import loaded

OURS = str(Path(__file__).parents[2])


def line_of(equation: Any) -> str:
    """The innermost line that is neither JAX's nor ours, as "examples/op.py:14"; "" where JAX does not tell."""
    found = loaded("jax._src.source_info_util")
    frames = getattr(found, "user_frames", None)
    if frames is None:  # a part of JAX that is not promised
        return ""
    for frame in frames(equation.source_info.traceback):
        if not frame.file_name.startswith((OURS, "<")):
            path = Path(frame.file_name)
            here = path.is_relative_to(Path.cwd())
            return f"{path.relative_to(Path.cwd()) if here else path.name}:{frame.start_line}"
    return ""
