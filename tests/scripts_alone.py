"""Runs the scripts that findings are taken home as, all in one fresh process: importing torch takes long."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import verify

RUNNER = '''
import contextlib, io, json, runpy, sys, traceback
said = {}
for path in sys.argv[1:]:
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            runpy.run_path(path, run_name="__main__")
        status = 0
    except SystemExit as left:
        status = left.code
    except BaseException:
        status = traceback.format_exc()
    said[path] = [status, out.getvalue(), "verify" in sys.modules]
print(json.dumps(said))
'''


def run(texts: Mapping[str, str], folder: Path) -> dict[str, list[Any]]:
    """Of every script its status, or what it raised, what it printed, and whether verify was imported by then."""
    files = {name: folder / f"script_{k}.py" for k, name in enumerate(texts)}
    for name, text in texts.items():
        files[name].write_text(text, encoding="utf-8")
    known = Path(verify.__file__).parents[1], Path(__file__).parent  # a script imports a test file, and that this one
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, known)), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-B", "-c", RUNNER, *map(str, files.values())], cwd=folder, capture_output=True, text=True,
        check=False, timeout=110, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    return {name: found[str(file)] for name, file in files.items()}
