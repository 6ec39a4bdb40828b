"""The coverage table as text."""

from __future__ import annotations

from collections.abc import Sequence

from verify.coverage import ENGINES, Row


def coverage_text(rows: Sequence[Row]) -> str:
    """One line a function, by area: what it is called here, or why it is left out, and who else differentiates it.

    Arguments
        rows: as ``verify.coverage.rows`` gives them.
    Example
        >>> from verify.coverage import rows
        >>> print(coverage_text([row for row in rows() if row.name == "numpy.tanh"]))
        ufunc
          numpy.tanh  autograd  jax  mygrad  torch  chainrules  np.tanh
        <BLANKLINE>
        1 of 1 functions; autograd 1, jax 1, mygrad 1, torch 1, chainrules 1
        <BLANKLINE>
    """
    width = max((len(row.name) for row in rows), default=0)
    lines: list[str] = []
    for category in dict.fromkeys(row.category for row in rows):
        lines += [category, *(_line(row, width) for row in rows if row.category == category), ""]
    covered = sum(bool(row.ours) for row in rows)
    others = ", ".join(f"{engine} {sum(engine in row.engines for row in rows)}" for engine in ENGINES)
    return "\n".join([*lines, f"{covered} of {len(rows)} functions; {others}"]) + "\n"


def _line(row: Row, width: int) -> str:
    others = "  ".join(engine if engine in row.engines else "-".ljust(len(engine)) for engine in ENGINES)
    return f"  {row.name:{width}}  {others}  {row.ours or f'left out: {row.reason}'}"
