"""A progress bar on standard error; a line for each finding that is not as expected."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from verify.finding import Finding

Progress = Callable[[Finding, int, int], None]


@contextmanager
def progress_bar(total: int) -> Iterator[Progress]:
    """Show how many of ``total`` findings are done; yields the function to call after each."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    latest = TextColumn("{task.fields[id]}")
    columns = (TextColumn("checking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), latest)
    console = Console(file=sys.stderr)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=total, id="")

        def advance(finding: Finding, done: int, of: int) -> None:
            bar.update(task, completed=done, total=of, id=finding.id[:40].replace("[", "\\["))

        yield advance
