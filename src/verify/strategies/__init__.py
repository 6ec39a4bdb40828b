"""Hypothesis strategies for code that computes derivatives: points, shapes, arrays, cotangents, programs.

This is the only part that needs Hypothesis, and it is imported when ``verify.strategies`` is first asked for.
"""

try:
    from verify.strategies.arrays import LAYOUTS, arrays, broadcastable_shapes, cotangents, laid_out, shapes
    from verify.strategies.points import points
    from verify.strategies.programs import programs
except ModuleNotFoundError as missing:
    if (missing.name or "").partition(".")[0] != "hypothesis":
        raise
    raise ImportError("verify.strategies needs Hypothesis: pip install adverify[strategies]") from missing

__all__ = ["LAYOUTS", "arrays", "broadcastable_shapes", "cotangents", "laid_out", "points", "programs", "shapes"]
