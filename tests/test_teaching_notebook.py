"""The notebook of the teaching session prints what it shows."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

NOTEBOOK = Path(__file__).parent.parent / "examples" / "teaching.ipynb"


def notebook() -> Any:
    return json.loads(NOTEBOOK.read_text(encoding="utf-8"))


def replay(document: Any) -> list[tuple[str, str, str]]:
    """For each code cell: its id, the printed output that is stored, and what running it prints now."""
    names: dict[str, Any] = {}
    found = []
    for cell in document["cells"]:
        if cell["cell_type"] != "code":
            continue
        stored = "".join("".join(output["text"]) for output in cell["outputs"])
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile("".join(cell["source"]), cell["id"], "exec"), names)  # noqa: S102  our own file
        found.append((cell["id"], stored, printed.getvalue()))
    return found


def test_every_cell_prints_the_output_that_is_stored() -> None:
    cells = replay(notebook())
    assert len(cells) >= 8
    for name, stored, printed in cells:
        assert printed == stored, name


def test_a_changed_output_is_noticed() -> None:
    document = notebook()
    code = [cell for cell in document["cells"] if cell["cell_type"] == "code"]
    code[0]["outputs"][0]["text"] = ["value: 4, local_grad: None\n"]
    assert [name for name, stored, printed in replay(document) if stored != printed] == [code[0]["id"]]


@pytest.mark.parametrize(
    "line",
    [
        "value: 3, local_grad: None", "value: 4, local_grad: None", "value: 2, local_grad: None",
        "value: -2, local_grad: None", "value: 3.0, local_grad: None",
        "value: 0.3333333333333333, local_grad: None", "value: 3, local_grad: 1", "value: 2, local_grad: -1",
        "value: 3, local_grad: 6", "value: 3, local_grad: 7", "True",
    ],
)  # fmt: skip
def test_the_session_shows(line: str) -> None:
    assert line in "".join(stored for _, stored, _ in replay(notebook())).splitlines()


def test_it_is_a_notebook_of_format_4_with_outputs_of_print_alone() -> None:
    document = notebook()
    assert (document["nbformat"], document["nbformat_minor"]) == (4, 5)
    assert document["metadata"]["kernelspec"]["language"] == "python"
    ids = [cell["id"] for cell in document["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in document["cells"]:
        wanted = {"cell_type", "id", "metadata", "source"}
        if cell["cell_type"] == "code":
            wanted |= {"execution_count", "outputs"}
            for output in cell["outputs"]:
                assert set(output) == {"name", "output_type", "text"}
                assert (output["name"], output["output_type"]) == ("stdout", "stream")
        assert set(cell) == wanted
