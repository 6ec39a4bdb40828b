"""The set-up on a fresh machine, played with imitation interpreters, and what pyproject promises."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent

# Answers every call that tools/setup.sh makes, without installing; FAULT is replaced by a case of its own.
IMITATION = """#!/bin/sh
case "$*" in
FAULT
--version) echo "Python 3.11.2" ;;
"-c import venv" | "-c import ensurepip") ;;
"-c import sys; print(sys.platform)") echo linux ;;
"-c import sys"*) echo "3.11.2 (imitation)" ;;
"-m venv .venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
"-m pip --version") echo "pip 23.2.1" ;;
"-m pip install "*) echo "$*" >>pip-calls ;;
"-m pytest "*) echo "the tests run" ;;
*) echo "imitation: unexpected call: $*" >&2; exit 99 ;;
esac
"""

# fault of the interpreter -> its case, what the message must name
FAULTS = {
    "too old": ('--version) echo "Python 3.9.18" ;;', ["Python 3.9", ">= 3.11", "PYTHON=python3.12"]),
    "python 2": ('--version) echo "Python 2.7.18" >&2 ;;', ["Python 2.7", ">= 3.11", "PYTHON=python3.12"]),
    "no answer": ("--version) exit 127 ;;", ["names no version", ">= 3.11", "PYTHON="]),
    "no venv module": ('"-c import venv") exit 1 ;;', ["lacks the module venv", "install python3.11-venv"]),
    "no ensurepip": (
        '"-c import ensurepip") exit 1 ;;',
        ["lacks the module ensurepip", "apt install python3.11-venv"],
    ),
    "venv without ensurepip": (
        '"-m venv .venv") printf "Not created,\\nensurepip is not available.\\n\\nInstall it.\\n"; exit 1 ;;',
        ["-m venv .venv' failed", "ensurepip", "apt install python3-venv"],
    ),
    "venv fails": (
        '"-m venv .venv") printf "Traceback:\\nOSError: disk full\\n"; exit 1 ;;',
        ["-m venv .venv' failed: OSError: disk full;", "apt install python3-venv"],
    ),
    "no pip": (
        '"-m pip --version") exit 1 ;;',
        ["made a .venv without pip", "apt install python3-venv python3-pip"],
    ),
    "no network": ('"-m pip install "*) exit 1 ;;', ["pip could not install", "network", "make clean"]),
}

PROGRAMS = "sh cat cksum cp dirname expand head kill make mkdir rm sed tail".split()

# wrong versions of the script: what the checks below must notice
MUTANTS = {
    "accepts 3.8": ("need_minor=11", "need_minor=8"),
    "never satisfied": ("exit 0", ":"),
    "always satisfied": ('&& installed "$target"', "&& [ -d .venv ]"),
    "trusts a half-made .venv": ('[ ! -f "$venv/.installing" ]', "true"),
    "forgets the directory": ("    pwd -P\n", "    echo here\n"),
}


def machine(directory: Path, fault: str = "", mutant: str = "") -> Path:
    """A clone in `directory` whose only Python is an imitation with the named fault; returns the clone."""
    clone, programs = directory / "a clone", directory / "bin"
    (clone / "tools").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "tools/setup.sh"):
        shutil.copy(ROOT / name, clone / name)
    if mutant:
        script, (old, new) = clone / "tools/setup.sh", MUTANTS[mutant]
        assert old in script.read_text(encoding="utf-8"), f"the mutant {mutant!r} no longer applies"
        script.write_text(script.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    programs.mkdir()
    for name in PROGRAMS:
        if (found := shutil.which(name)) is not None:
            (programs / name).symlink_to(found)
    python = programs / "python3"
    python.write_text(IMITATION.replace("FAULT", FAULTS[fault][0] if fault else ""), encoding="utf-8")
    python.chmod(0o755)
    return clone


def call(clone: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the clone with only the imitation machine's programs and settings."""
    settings = {"PATH": str(clone.parent / "bin"), "HOME": str(clone), **environment}
    return subprocess.run(command, cwd=clone, env=settings, capture_output=True, text=True, check=False)


def set_up(clone: Path, part: str = "core", **environment: str) -> subprocess.CompletedProcess[str]:
    return call(clone, "sh", "tools/setup.sh", part, **environment)


def pip_calls(clone: Path) -> list[str]:
    log = clone / "pip-calls"
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_missing_prerequisite_is_named_with_its_cure_in_one_line(fault: str, tmp_path: Path) -> None:
    done = set_up(machine(tmp_path, fault))
    lines = [line for line in done.stderr.splitlines() if not line.startswith("setup: installing")]
    assert done.returncode == 1
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("setup: ")
    assert [word for word in FAULTS[fault][1] if word not in lines[0]] == []
    assert done.stdout == ""


def test_a_complete_python_meets_none_of_these_complaints(tmp_path: Path) -> None:
    done = set_up(machine(tmp_path))
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("setup: installing adverify")
    assert len(done.stderr.splitlines()) == 1


def test_the_version_check_is_what_refuses_an_old_python(tmp_path: Path) -> None:
    assert set_up(machine(tmp_path, "too old", mutant="accepts 3.8")).returncode == 0


def test_a_python_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = set_up(machine(tmp_path), PYTHON="python3.99")
    assert done.returncode == 1
    assert "there is no 'python3.99' on PATH" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("target", ["report", "test"])
def test_make_stops_at_the_message(target: str, tmp_path: Path) -> None:
    done = call(machine(tmp_path, "too old"), "make", target)
    lines = [line for line in done.stderr.splitlines() if not line.startswith("make: ***")]
    assert done.returncode != 0
    assert len(lines) == 1
    assert "needs >= 3.11" in lines[0]


def test_make_test_alone_installs_and_runs(tmp_path: Path) -> None:
    clone = machine(tmp_path)
    done = call(clone, "make", "test")
    assert (done.returncode, done.stdout) == (0, "the tests run\n"), done.stderr
    assert [line.split()[-4:] for line in pip_calls(clone)] == [["-c", "constraints.txt", "-e", ".[test]"]]


def installs(clone: Path, *parts: str) -> int:
    """How often pip installed while the parts were set up one after the other, each successfully."""
    for part in parts:
        done = set_up(clone, part)
        assert done.returncode == 0, done.stderr
    return len(pip_calls(clone))


def test_pip_is_called_once_for_each_part_and_not_again(tmp_path: Path) -> None:
    assert installs(machine(tmp_path / "right"), "core", "core", "test", "test", "core") == 2
    assert installs(machine(tmp_path / "covers"), "test", "core", "test") == 1
    assert installs(machine(tmp_path / "wrong", mutant="never satisfied"), "core", "core") == 2


def test_make_test_adapters_installs_the_build_for_the_cpu_first(tmp_path: Path) -> None:
    clone = machine(tmp_path)
    done = call(clone, "make", "test-adapters")
    assert (done.returncode, done.stdout) == (0, "the tests run\n"), done.stderr
    assert [line.split()[-1] for line in pip_calls(clone)] == ["torch==2.13.0+cpu", ".[test,adapters]"]
    assert installs(clone, "test", "adapters", "core") == 2


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_a_changed_list_is_installed_and_a_touched_one_is_not(name: str, tmp_path: Path) -> None:
    def after_touch_and_change(clone: Path) -> tuple[int, int]:
        installs(clone, "core")
        (clone / name).touch()
        touched = installs(clone, "core")
        with (clone / name).open("a", encoding="utf-8") as lines:
            lines.write("# changed\n")
        return touched, installs(clone, "core")

    assert after_touch_and_change(machine(tmp_path / "right")) == (1, 2)
    assert after_touch_and_change(machine(tmp_path / "wrong", mutant="always satisfied")) == (1, 1)


def test_what_an_interrupted_run_left_is_made_anew(tmp_path: Path) -> None:
    def half_made_survives(clone: Path) -> bool:
        (clone / ".venv/bin").mkdir(parents=True)
        shutil.copy(clone.parent / "bin/python3", clone / ".venv/bin/python")
        (clone / ".venv/half-made").touch()
        (clone / ".venv/.installing").write_text("999999999\n", encoding="utf-8")  # above every process id
        installs(clone, "core")
        return (clone / ".venv/half-made").exists()

    assert not half_made_survives(machine(tmp_path / "right"))
    assert half_made_survives(machine(tmp_path / "wrong", mutant="trusts a half-made .venv"))


WITHOUT_PIP = IMITATION.replace("FAULT", FAULTS["no pip"][0])


@pytest.mark.parametrize("python", ["", "#!/bin/sh\nexit 1\n", WITHOUT_PIP])
def test_a_venv_that_cannot_work_is_made_anew(python: str, tmp_path: Path) -> None:
    clone = machine(tmp_path)
    (clone / ".venv/bin").mkdir(parents=True)
    if python:
        (clone / ".venv/bin/python").write_text(python, encoding="utf-8")
        (clone / ".venv/bin/python").chmod(0o755)
    assert installs(clone, "core", "core") == 1
    assert call(clone, ".venv/bin/python", "-m", "pip", "--version").returncode == 0


def test_a_run_at_work_is_left_alone(tmp_path: Path) -> None:
    clone = machine(tmp_path)
    (clone / ".venv").mkdir()
    (clone / ".venv/.installing").write_text(f"{os.getpid()}\n", encoding="utf-8")
    done = set_up(clone)
    assert done.returncode == 1
    assert f"process {os.getpid()} is installing" in done.stderr
    assert (clone / ".venv/.installing").exists()


def test_a_failed_download_keeps_the_venv_that_worked(tmp_path: Path) -> None:
    clone = machine(tmp_path)
    installs(clone, "core")
    working = (clone / ".venv/bin/python").read_text(encoding="utf-8")
    offline = IMITATION.replace("FAULT", FAULTS["no network"][0])
    (clone / ".venv/bin/python").write_text(offline, encoding="utf-8")
    assert set_up(clone, "test").returncode == 1
    (clone / ".venv/bin/python").write_text(working, encoding="utf-8")
    assert installs(clone, "core") == 1


def test_a_moved_clone_gets_a_venv_of_its_own(tmp_path: Path) -> None:
    def installs_after_move(clone: Path) -> int:
        installs(clone, "core")
        return installs(clone.rename(clone.with_name("elsewhere")), "core")

    assert installs_after_move(machine(tmp_path / "right")) == 2
    assert installs_after_move(machine(tmp_path / "wrong", mutant="forgets the directory")) == 1


def test_another_python_is_used_when_it_is_named_and_kept_afterwards(tmp_path: Path) -> None:
    clone = machine(tmp_path)
    newer = tmp_path / "bin/python3.13"
    newer.write_text(IMITATION.replace("FAULT", "").replace("3.11.2", "3.13.1"), encoding="utf-8")
    newer.chmod(0o755)
    installs(clone, "core")
    assert set_up(clone, PYTHON="python3.13").returncode == 0
    assert installs(clone, "core") == 2
    assert "3.13.1" in call(clone, ".venv/bin/python", "--version").stdout


def test_make_alone_lists_every_target(tmp_path: Path) -> None:
    clone = machine(tmp_path)
    listed = {line.split()[1] for line in call(clone, "make").stdout.splitlines()}
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert listed == targets - {"core", "tools"}


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def unmet(requirements: list[str], constraints: str) -> list[str]:
    """The requirements that no line `name==version` of the constraints meets."""
    pins = dict(line.split("==") for line in constraints.splitlines() if line and not line.startswith("#"))
    pinned = {canonicalize_name(name): version for name, version in pins.items()}
    wanted = [Requirement(text) for text in requirements]
    return [str(r) for r in wanted if not r.specifier.contains(pinned.get(canonicalize_name(r.name), "0"))]


def test_every_dependency_is_pinned_inside_its_range() -> None:
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    extras = project()["project"]["optional-dependencies"]
    wanted = project()["project"]["dependencies"] + extras["test"] + extras["adapters"]
    assert unmet(wanted, constraints) == []
    assert unmet(wanted, re.sub("sympy==.*", "sympy==1.9", constraints)) == ["sympy<2,>=1.13"]
    assert unmet(wanted, re.sub("numpy==.*\n", "", constraints)) == ["numpy>=1.26"]


def test_the_extra_and_the_group_of_test_tools_are_the_same() -> None:
    assert project()["dependency-groups"]["test"] == project()["project"]["optional-dependencies"]["test"]


SET_UP_FILES = ["pyproject.toml", "constraints.txt", "Makefile", "tools/setup.sh", ".ci/run"]


@pytest.mark.parametrize("name", SET_UP_FILES)
def test_no_package_index_is_written_down(name: str) -> None:
    index = re.compile(r"--(extra-)?index-url|--find-links|https?://|\[\[tool\.uv\.index|tool\.poetry\.source")
    assert index.search("--extra-index-url x")
    assert not index.search((ROOT / name).read_text(encoding="utf-8"))


def test_the_wheel_holds_every_file_of_the_two_packages(tmp_path: Path) -> None:
    builder = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(builder, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        packed = set(wheel.namelist())
    ours = {p.relative_to(ROOT / "src").as_posix() for p in (ROOT / "src").rglob("*") if p.is_file()}
    ours = {name for name in ours if "__pycache__" not in name}
    assert {"ad/py.typed", "verify/py.typed"} <= ours
    assert ours - packed == set()
    assert {name.split("/")[0] for name in packed} == {"ad", "verify", "adverify-0.1.0.dist-info"}
