"""Operations that only move entries about: torch runs them on the entries' positions, which says where each one went.

Facts
    Positions are counted from 1 in float64 (exact up to 2**53), so that what an operation fills in, 0, is no position.
    A filling other than 0 gets the position -1 on the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ad.table.selection import whole
from verify.adapters.aten.comparisons import decided
from verify.adapters.aten.steps import Layout, Step, argument_named, filled, framework, slots_of
from verify.adapters.translation import moved

# What moves entries of its floating-point operands, each to any number of places; the others are indices and masks.
MOVES = frozenset(
    f"aten.{name}"
    for name in (
        "cat stack flip roll rot90 gather index _unsafe_index index_select take repeat constant_pad_nd pad "
        "reflection_pad1d reflection_pad2d reflection_pad3d replication_pad1d replication_pad2d replication_pad3d "
        "tril triu diag_embed slice_scatter select_scatter diagonal_scatter as_strided_scatter scatter index_put "
        "_unsafe_index_put _index_put_impl masked_select masked_scatter index_copy index_fill put im2col "
        "pixel_shuffle pixel_unshuffle channel_shuffle upsample_nearest1d upsample_nearest2d upsample_nearest3d "
        "_upsample_nearest_exact1d _upsample_nearest_exact2d _upsample_nearest_exact3d repeat_interleave "
        "slice_backward select_backward diagonal_backward view_copy unfold_copy expand_copy permute_copy "
        "transpose_copy t_copy select_copy slice_copy diagonal_copy squeeze_copy unsqueeze_copy alias_copy "
        "detach_copy split_copy split_with_sizes_copy unbind_copy as_strided_copy _reshape_copy block_diag"
    ).split()
)


# The arguments of theirs that say where: what they hold is not moved.
WHERE = ("index", "indices", "mask", "repeats")


def moves_only(step: Step, name: str) -> bool:
    """Whether a step moves entries about and nothing else: what it puts somewhere does not add up there."""
    named = [argument_named(step.overload, key, step.args, step.kwargs) for key in ("accumulate", "reduce")]
    return name in MOVES and not any(named)


def moved_by(step: Step) -> list[bool]:
    """For each operand of a step of ``MOVES`` whether its entries are what is moved."""
    still = slots_of([argument_named(step.overload, key, step.args, step.kwargs) for key in WHERE])
    return [slot not in still for slot in slots_of((step.args, step.kwargs))]


def within(whole: Layout, part: Layout, size: int) -> np.ndarray | None:
    """For each entry of a view the position of it in a tensor with the same storage; None where one is not there."""
    found = np.full(size, -1)
    found[whole.places] = np.reshape(np.arange(np.prod(whole.shape, dtype=int)), whole.shape)
    positions = found[part.places]
    return positions if (positions >= 0).all() else None


def run_move(step: Step, values: Sequence[Any], kinds: Sequence[str], known: dict[Step, Any]) -> Any:
    """The results of a step of ``MOVES`` on values of its slots, in order, of these kinds.

    known: positions by step; those that no index decides are kept there.
    """
    moving = moved_by(step)
    found = known[step] if step in known else positions_of(step, values, kinds, moving)
    if all(moving):
        known[step] = found
    flat = [np.reshape(v, (-1,)) for v, moves in zip(values, moving, strict=True) if moves]
    return _taken(np.concatenate(flat) if len(flat) > 1 else flat[0], *found)


def _taken(whole: Any, positions: Any, filling: Any) -> Any:
    if isinstance(positions, list):
        return [_taken(whole, p, filling) for p in positions]
    found = moved(whole, positions)
    return found if not filling else np.where(positions == -2, filling, found)


def positions_of(
    step: Step, values: Sequence[Any], kinds: Sequence[str], moving: Sequence[bool]
) -> tuple[Any, Any]:
    """Where the entries of each result come from, in the flat operands one after the other, and what is filled in."""
    torch = framework()
    start, given = 1, []
    for value, kind, moves in zip(values, kinds, moving, strict=True):
        if moves:
            size = int(np.prod(np.shape(value), dtype=int))
            given.append(torch.arange(start, start + size, dtype=torch.float64).reshape(np.shape(value)))
            start += size
        else:
            given.append(torch.tensor(index_of(value, kind)))
    pending = iter(given)
    args, kwargs = filled((step.args, step.kwargs), lambda slot: next(pending))
    filling = argument_named(step.overload, "value", args, kwargs)
    filling = filling if isinstance(filling, int | float) and filling != 0 else None
    if filling is not None:
        args, kwargs = _marked(step, args, kwargs)
    found = step.overload(*args, **kwargs)
    return _integers(found), filling


def index_of(value: Any, kind: str) -> np.ndarray:
    """A plain array of an index or a mask; what depends on exact numbers is decided."""
    return decided(value) if kind == "b" or isinstance(value, np.ndarray | np.generic | int) else whole(value)


def _marked(step: Step, args: Any, kwargs: Any) -> tuple[Any, Any]:
    """The arguments with -1 for what is filled in."""
    names = [argument.name for argument in step.overload._schema.arguments]
    place = names.index("value")
    if "value" in kwargs:
        return args, {**kwargs, "value": -1}
    return (*args[:place], -1, *args[place + 1 :]), kwargs


def _integers(found: Any) -> Any:
    if isinstance(found, tuple | list):
        return [_integers(f) for f in found]
    return found.numpy().astype(int) - 1
