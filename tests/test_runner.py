"""A run goes on whatever a claim does, and its report does not depend on how it was run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import verify
from verify.finding import Finding, Report
from verify.judge import Verdict
from verify.runner import run

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # of Python 3.12 on, by worker pools

DANGEROUS = '''
import os, signal, sys, time
import numpy as np
import verify

def sine(x): return np.sin(x)
def dies(x): os._exit(3)
def is_killed(x): os.kill(os.getpid(), signal.SIGKILL)
def hangs(x):
    while True: time.sleep(0.05)
def leaves(x): sys.exit("done")
def raises(x): raise RuntimeError("not today")
def runs_deep(x): return runs_deep(x)
def loses(x): raise MemoryError
def f_raises(x): raise KeyError("f itself")
def f_hangs(x): return hangs(x)

CLAIMS = [
    verify.Claim(sine, 1.0, gradient=np.cos, id="before"),
    verify.Claim(sine, 1.0, gradient=dies, id="dies"),
    verify.Claim(sine, 1.0, gradient=is_killed, id="is killed"),
    verify.Claim(sine, 1.0, gradient=hangs, id="hangs"),
    verify.Claim(f_hangs, 1.0, id="f hangs"),
    verify.Claim(sine, 1.0, gradient=leaves, id="leaves"),
    verify.Claim(sine, 1.0, gradient=raises, id="raises"),
    verify.Claim(sine, 1.0, gradient=runs_deep, id="runs deep"),
    verify.Claim(sine, 1.0, gradient=loses, id="loses"),
    verify.Claim(f_raises, 1.0, id="f raises"),
    verify.Claim(sine, 1.0, gradient=np.sin, id="after"),
]
'''

REASONS = {
    "dies": "it killed its process (exit status 3)",
    "is killed": "it killed its process (signal 9)",
    "hangs": "it took longer than 2 s and was stopped",
    "f hangs": "it took longer than 2 s and was stopped",
    "leaves": "it cannot be asked: SystemExit: done",
    "raises": "the judged derivative raised RuntimeError: not today",
    "runs deep": "the judged derivative raised RecursionError",
    "loses": "the judged derivative raised MemoryError",
    "f raises": "f raised KeyError: 'f itself'",
}


def by_id(report: Report) -> dict[str, Finding]:
    return {finding.id: finding for finding in report.findings}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_claim_that_kills_its_process_or_hangs_costs_itself_alone(tmp_path: Path, workers: int) -> None:
    file = tmp_path / "dangerous.py"
    file.write_text(DANGEROUS)
    report = run([file], workers=workers, time_limit=2.0)
    found = by_id(report)
    assert list(found) == ["before", *REASONS, "after"]
    assert (found["before"].verdict, found["after"].verdict) == (Verdict.CERTIFIED, Verdict.WRONG)
    for id, reason in REASONS.items():
        assert found[id].verdict is Verdict.INCONCLUSIVE
        assert found[id].worst_point.reason.startswith(reason), id
        assert found[id].reproduce.endswith(f"dangerous.py::{id}'") or found[id].reproduce.endswith(f"::{id}")
    assert not report.ok


def test_one_claim_alone_is_run_in_a_worker_too(tmp_path: Path) -> None:
    file = tmp_path / "dangerous.py"
    file.write_text(DANGEROUS)
    [finding] = run([f"{file}::dies"]).findings
    assert finding.worst_point.reason == REASONS["dies"]


def test_claims_as_objects_come_first_and_keep_their_order(tmp_path: Path) -> None:
    file = tmp_path / "two.py"
    file.write_text("import verify\nlast = verify.Claim('x*x', at={'x': 1.0})\n")
    claims = [verify.Claim(np.sin, float(i), id=str(i)) for i in range(3)]
    report = run([str(file), *claims], workers=0)
    assert [finding.id for finding in report.findings] == ["0", "1", "2", "last"]


def test_progress_is_told_of_every_finding_once(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    row = '{{"id": "{}", "variables": [{{"name": "x", "low": 1, "high": 2}}], "expr": "x*x"}}'
    file.write_text("\n".join(row.format(i) for i in range(4)))
    told: list[tuple[str, int, int]] = []

    def tell(finding: Finding, done: int, total: int) -> None:
        told.append((finding.id, done, total))

    for workers in (0, 2):
        told.clear()
        report = run([file], workers=workers, progress=tell)
        assert told == [(finding.id, i + 1, 4) for i, finding in enumerate(report.findings)]


def test_what_progress_raises_ends_the_run(tmp_path: Path) -> None:
    """As an interruption from the keyboard does: the workers are stopped, not waited for."""
    file = tmp_path / "dangerous.py"
    file.write_text(DANGEROUS)

    def interrupt(finding: Finding, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run([file], workers=2, progress=interrupt, time_limit=1000.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"workers": -1}, "workers is -1"),
        ({"time_limit": 0.0}, "time_limit is 0.0 s"),
        ({"time_limit": float("nan")}, "time_limit is nan s"),
    ],
)
def test_arguments_without_meaning_are_refused(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        run([verify.Claim(np.sin, 1.0)], **arguments)  # type: ignore[arg-type]


def test_a_claim_that_is_no_question_is_inconclusive_in_a_run() -> None:
    claims = [verify.Claim(lambda x: x * x, np.ones(2), gradient=lambda x: 2 * x), verify.Claim(np.sin, 3)]
    first, second = run(claims).findings
    assert first.verdict is Verdict.INCONCLUSIVE
    assert "needs a function with one number as output" in first.worst_point.reason
    assert second.verdict is Verdict.CERTIFIED  # the Python number 3 became the float 3.0
