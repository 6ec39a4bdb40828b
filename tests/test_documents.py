"""Every block of code in README.md and docs/ runs and prints what is shown; so does every doctest in src/.

Facts
    ``python``   one page is one session. A block with prompts (>>>) is a doctest; what another block prints
                 must be the ``text`` block that follows it, when there is one.
    ``console``  lines after "$ " are commands, run in a directory with a copy of examples/; what they print
                 on both streams is what follows. ``adverify`` runs in this process; ``echo $?`` is its status.
    ``sh``       set-up commands, which tests/test_setup.py and the CI run: only the listed ones may be shown.
    A comment ``<!-- needs: torch -->`` before a block leaves it, and what it prints, as they are where that is not
    installed: `make test-adapters` runs it.
    A comment ``<!-- file: NAME -->`` before a block writes the block to that file; a file of claims or rows
    must load.
    ``python tests/test_documents.py`` writes what the commands and blocks print now into the pages.
"""

from __future__ import annotations

import ast
import contextlib
import doctest
import importlib.util
import io
import os
import re
import shlex
import shutil
import sys
import tempfile
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from verify.catalogue import load
from verify.cli import main

ROOT = Path(__file__).parent.parent
# Pages that `make test-adapters` runs: `make test` has no frameworks.
NEEDS = {"adapters.md": ("torch", "jax"), "findings.md": ("torch", "jax")}
EVERY_PAGE = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PAGES = [page for page in EVERY_PAGE if all(map(importlib.util.find_spec, NEEDS.get(page.name, ())))]
FENCE = re.compile(
    r"(?:^<!-- needs: (?P<needs>[\w ]+) -->\n)?(?:^<!-- file: (?P<file>\S+) -->\n)?"
    r"^```(?P<kind>\w*)\n(?P<body>.*?)^```$",
    re.M | re.S,
)
SETUP = {
    "make report", "make test", "make test-adapters", "make", "pip install .", "adverify run -o reports",
    "adverify run -o DIR",
}  # fmt: skip
SHOWN_ONLY = {"", "text", "json"}  # data and forms, not code; text after python is what that prints
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS  # as in pyproject.toml


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, where it stands in the page, the file it is for, and what it needs."""

    kind: str
    body: str
    start: int
    end: int
    file: str | None
    needs: tuple[str, ...] = ()

    @property
    def left(self) -> bool:
        """Whether something that it needs is not installed."""
        return not all(map(importlib.util.find_spec, self.needs))


def blocks(page: str) -> list[Block]:
    return [
        Block(m["kind"], m["body"], m.start("body"), m.end("body"), m["file"], tuple((m["needs"] or "").split()))
        for m in FENCE.finditer(page)
    ]


class Session:
    """Runs the blocks of one page, in order, in the current directory."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"__name__": "__page__"}
        self.status = 0

    def python(self, body: str) -> str:
        """What a block prints."""
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(compile(body, "<page>", "exec"), self.names)  # noqa: S102  our own page
        return printed.getvalue()

    def prompts(self, body: str) -> str:
        """A block of prompts with what they print now: an expression prints its value, as at a prompt."""
        shown = ""
        for example in doctest.DocTestParser().get_examples(body):
            lines = example.source.splitlines()
            shown += "".join(f"{'>>>' if i == 0 else '...'} {line}\n" for i, line in enumerate(lines))
            shown += self._at_prompt(example.source)
        return shown

    def _at_prompt(self, source: str) -> str:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            try:
                exec(compile(source, "<page>", "single"), self.names)  # noqa: S102  our own page
            except Exception as problem:
                last = traceback.format_exception_only(problem)[-1]
                return f"{printed.getvalue()}Traceback (most recent call last):\n    ...\n{last}"
        return printed.getvalue()

    def console(self, body: str) -> str:
        """The commands of a block, each followed by what it prints now."""
        shown = ""
        for line in body.splitlines():
            if line.startswith("$ "):
                shown += f"{line}\n{self._command(line.removeprefix('$ '))}"
        return shown

    def _command(self, line: str) -> str:
        if line == "echo $?":
            return f"{self.status}\n"
        name, *words = shlex.split(line, comments=True)
        if name != "adverify":
            raise ValueError(f"a console block may run adverify and echo $?, not {line!r}")
        with contextlib.redirect_stdout(io.StringIO()) as printed, contextlib.redirect_stderr(printed):
            try:
                self.status = main(words)
            except SystemExit as left:
                self.status = int(left.code or 0)
        return printed.getvalue()


def renewed(page: str) -> str:
    """The page with what its blocks print now; raises when one of them cannot run."""
    session = Session()
    parts, end = [], 0
    found = blocks(page)
    for block, before in zip(found, [None, *found], strict=False):
        parts += [page[end : block.start], _renewed_block(session, block, before, page)]
        end = block.end
    return "".join(parts) + page[end:]


def _renewed_block(session: Session, block: Block, before: Block | None, page: str) -> str:
    if block.left:
        return block.body
    if block.file is not None:
        Path(block.file).write_text(block.body, encoding="utf-8")
        if not block.file.endswith("_ref.jsonl"):
            load(block.file)
        return block.body
    if block.kind == "console":
        return session.console(block.body)
    if block.kind == "python":
        if block.body.startswith(">>>"):
            return session.prompts(block.body)
        session.names["__printed__"] = session.python(block.body)
        return block.body
    if block.kind == "sh":
        unknown = [line for line in block.body.splitlines() if line.partition("#")[0].strip() not in SETUP]
        if unknown:
            raise ValueError(f"an sh block may show set-up commands only, not {unknown[0]!r}")
    elif block.kind not in SHOWN_ONLY:
        raise ValueError(f"a block of kind {block.kind!r} is neither run nor known as data")
    adjoining = before is not None and page[before.end : block.start].strip() == "```\n\n```text".strip()
    if block.kind == "text" and adjoining and before is not None and before.kind == "python" and not before.left:
        return str(session.names["__printed__"])
    return block.body


@contextlib.contextmanager
def beside_examples(directory: Path) -> Iterator[None]:
    """Work in a directory that holds a copy of examples/."""
    shutil.copytree(ROOT / "examples", directory / "examples")
    here = Path.cwd()
    os.chdir(directory)
    try:
        yield
    finally:
        os.chdir(here)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_of_a_page_runs_and_prints_what_is_shown(page: Path, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    with beside_examples(tmp_path):
        assert renewed(text) == text


MUTANTS = {
    "```python\nprint(1 + 1)\n```\n\n```text\n3\n```\n": "2\n",
    "```python\n>>> 1 + 1\n3\n```\n": ">>> 1 + 1\n2\n",
    "```python\n>>> 1 / 0\n```\n": "ZeroDivisionError",
    '```console\n$ adverify check "x" --at y=1\n$ echo $?\n0\n```\n': "adverify: --at names 'y'",
}


@pytest.mark.parametrize("page", MUTANTS)
def test_output_that_is_not_true_is_noticed(page: str, tmp_path: Path) -> None:
    with beside_examples(tmp_path):
        new = renewed(page)
        assert new != page
        assert MUTANTS[page] in new
        assert renewed(new) == new


def test_a_block_is_left_as_it_is_where_what_it_needs_is_not_installed(tmp_path: Path) -> None:
    page = "<!-- needs: {} -->\n```python\nprint(2)\n```\n\n```text\n3\n```\n"
    with beside_examples(tmp_path):
        assert renewed(page.format("no_such_module")) == page.format("no_such_module")
        assert renewed(page.format("numpy")) == page.format("numpy").replace("3", "2")


@pytest.mark.parametrize(
    "page",
    [
        "```python\n1 / 0\n```\n",
        "```sh\nrm -rf build\n```\n",
        "```console\n$ make report\n```\n",
        "```ruby\nputs 1\n```\n",
        "<!-- file: rows.jsonl -->\n```json\n{\n```\n",
    ],
)
def test_a_block_that_cannot_run_is_noticed(page: str, tmp_path: Path) -> None:
    with beside_examples(tmp_path), pytest.raises((ZeroDivisionError, ValueError)):
        renewed(page)


def test_links_between_pages_lead_somewhere() -> None:
    for page in EVERY_PAGE:
        text = FENCE.sub("", page.read_text(encoding="utf-8"))
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_verdicts_page_and_the_readme_name_every_verdict() -> None:
    from verify.judge import Verdict

    for page in (ROOT / "README.md", ROOT / "docs" / "verdicts.md"):
        text = page.read_text(encoding="utf-8")
        rows = [line.split("|")[1].strip(" `") for line in text.splitlines() if line.startswith("| `")]
        assert [name for name in rows if name in Verdict.__members__] == list(Verdict.__members__), page.name


# --- doctests

MODULES = sorted(
    ".".join(file.relative_to(ROOT / "src").with_suffix("").parts).removesuffix(".__init__")
    for file in (ROOT / "src").rglob("*.py")
    if ">>> " in file.read_text(encoding="utf-8")
)


def failures(module: Any) -> tuple[int, str]:
    """How many examples a module has, and what the failing ones print."""
    printed = io.StringIO()
    runner = doctest.DocTestRunner(optionflags=FLAGS, verbose=False)
    count = 0
    for test in doctest.DocTestFinder(exclude_empty=True).find(module):
        count += len(test.examples)
        runner.run(test, out=printed.write)
    return count, printed.getvalue()


@pytest.mark.parametrize("name", MODULES)
def test_every_example_in_a_docstring_runs(name: str) -> None:
    count, printed = failures(importlib.import_module(name))
    assert printed == ""
    assert count > 0


def test_an_example_in_a_docstring_that_is_not_true_is_noticed() -> None:
    module = type(sys)("wrong", ">>> 1 + 1\n3\n")
    count, printed = failures(module)
    assert count == 1
    assert "Expected:\n    3" in printed


def test_every_example_is_python_that_parses() -> None:
    for page in PAGES:
        for block in blocks(page.read_text(encoding="utf-8")):
            if block.kind == "python" and not block.body.startswith(">>>"):
                ast.parse(block.body)


if __name__ == "__main__":
    for page in PAGES:
        with tempfile.TemporaryDirectory() as directory, beside_examples(Path(directory)):
            page.write_text(renewed(page.read_text(encoding="utf-8")), encoding="utf-8")
