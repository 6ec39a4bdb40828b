"""Reports on disk: the page, Markdown and JSON side by side, each complete or not there at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from verify.finding import Report
from verify.render.html import report_html
from verify.render.json import report_text
from verify.render.markdown import report_markdown

FILES: dict[str, Callable[[Report], str]] = {
    "index.html": report_html,
    "index.md": report_markdown,
    "index.json": report_text,
}


def write_report(report: Report, directory: str | os.PathLike[str]) -> Path:
    """Write index.html, index.md and index.json into a directory, which is made when it is missing.

    Arguments
        report: what to write. directory: where; files of the same names are replaced, each in one step.
    Returns
        the path of the page.
    Raises
        OSError when the directory or a file cannot be written; files already there are then left whole.
    Example
        >>> import tempfile
        >>> write_report(Report(()), tempfile.mkdtemp()).name
        'index.html'
    """
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    texts = {name: render(report) for name, render in FILES.items()}
    for name, text in texts.items():
        write_whole(folder / name, text)
    return folder / "index.html"


def write_whole(path: Path, text: str) -> None:
    """Write a file beside its place and move it there, so that no reader sees half of it."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        # A name may hold a lone surrogate, which UTF-8 cannot write.
        beside.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
