"""What a derivative must leave alone: its inputs, what was saved for it, and the cotangent that it is handed.

Facts
    Every call gets fresh arrays, so that nothing is spoilt here; in use the same arrays go to others. A cotangent is
    handed on to every operand of a sum, a saved value is needed again by a second backward pass.
    That an input is bitwise as it was includes a change by way of another array that shares its memory.
"""

from __future__ import annotations

from verify.contract.asking import HOLDS, Asking, Call, NotAsked, Outcome


def inputs_untouched(asking: Asking) -> Outcome:
    """Inputs and keyword arguments hold the same bits after a call; a forward may change those that mutates= names."""
    if asking.form == "class":
        return None
    for call in _calls(asking):
        for role, text in call.wrote:
            if role == "input":
                return False, text
            if role == "forward":
                return False, f"in the forward {text}, which mutates= does not declare"
    return HOLDS


def saved_untouched(asking: Asking) -> Outcome:
    """The result y, or the residuals, that a backward pass is handed hold the same bits after it."""
    return _untouched(asking, "saved") if asking.form in ("vjp", "pair") else None


def seed_untouched(asking: Asking) -> Outcome:
    """The cotangent or tangent holds the same bits after a call."""
    return _untouched(asking, "seed") if asking.noun else None


def _untouched(asking: Asking, role: str) -> Outcome:
    for call in _calls(asking):
        for found, text in call.wrote:
            if found == role:
                return False, text
    return HOLDS


def _calls(asking: Asking) -> tuple[Call, ...]:
    if asking.in_parts:
        raise NotAsked("complex arrays are handed over as copies")
    return asking.first, asking.again
