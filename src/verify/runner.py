"""Run many claims: in this process, or in workers that a crash or a hang does not spread from."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

from verify.adapters.adapting import FRAMEWORKS
from verify.adapters.frameworks import loaded
from verify.catalogue import BUILT_IN, Group, load, sources
from verify.checker import unanswered
from verify.claim import Claim
from verify.finding import Finding, Report

TIME_LIMIT = 120.0  # seconds for one group; the budgets inside it should end long before
TASKS = 200  # of one worker before it is replaced: what user code leaves behind does not pile up

Progress = Callable[[Finding, int, int], None]


@dataclass(frozen=True, eq=False)
class Task:
    """A group of a source, and its number there, by which a worker finds it."""

    source: str
    number: int
    group: Group


def run(
    claims_or_paths: Iterable[Claim | str | os.PathLike[str]] = (),
    workers: int | None = None,
    progress: Progress | None = None,
    time_limit: float = TIME_LIMIT,
) -> Report:
    """Check many claims and collect the findings.

    Arguments
        claims_or_paths: claims, and paths of suites: .jsonl files of expressions, .py files of claims,
            FILE::NAME, directories; none means the built-in suites.
        workers: processes for the paths (default: one per core); 0 runs everything in this process, without
            time limit and without protection from crashes. Claims given as objects always run in this
            process, since functions cannot be sent to another. Where PyTorch or JAX is imported the processes
            are started anew, so that a script which calls this needs ``if __name__ == "__main__":``.
        progress: called as ``progress(finding, done, total)`` after each.
        time_limit: seconds for one claim in a worker, at all its points.
    Returns
        a Report: first the claims given as objects, then those of the paths, in order. A claim that raises,
        crashes or hangs is an INCONCLUSIVE finding with the reason; the rest of the run goes on.
    Raises
        SuiteError, ClaimError, ExpressionError or SampleError for a suite that cannot be read; ValueError for
        a negative number of workers or a time limit that is not positive.
    Example
        >>> import numpy as np
        >>> run([Claim(np.sin, 1.0), Claim(np.log, 2.0, gradient=lambda x: 2 / x)]).counts
        {'CERTIFIED': 1, 'WRONG': 1}
    """
    if workers is not None and workers < 0:
        raise ValueError(f"workers is {workers}: give 0 or more")
    if not time_limit > 0:
        raise ValueError(f"time_limit is {time_limit} s: give a positive number of seconds")
    items = [item if isinstance(item, Claim) else os.fspath(item) for item in claims_or_paths] or [BUILT_IN]
    own = [Group(c.id, "", (c,), "") for c in items if isinstance(c, Claim)]
    files = [file for item in items if isinstance(item, str) for file in sources(item)]
    tasks = [Task(file, i, group) for file in files for i, group in enumerate(load(file))]
    done: list[Finding] = []
    for finding in _findings(own, tasks, workers, time_limit):
        done.append(finding)
        if progress is not None:
            progress(finding, len(done), len(own) + len(tasks))
    return Report(tuple(done))


def checked(group: Group) -> Finding:
    """The finding for a group; what goes wrong on the way is its reason."""
    try:
        return group.finding()
    except (Exception, SystemExit) as problem:
        return cannot_be_asked(group, problem)


def cannot_be_asked(group: Group, problem: BaseException) -> Finding:
    """The INCONCLUSIVE finding of a group that raised before it could be judged."""
    return _unanswered(group, f"it cannot be asked: {type(problem).__name__}: {problem}")


def _findings(
    own: Sequence[Group], tasks: Sequence[Task], workers: int | None, time_limit: float
) -> Iterator[Finding]:
    for group in own:
        yield checked(group)
    count = min(len(tasks), os.cpu_count() or 1) if workers is None else workers
    if count == 0:
        for task in tasks:
            yield checked(task.group)
    elif tasks:
        yield from _in_workers(tasks, count, time_limit)


def _in_workers(tasks: Sequence[Task], workers: int, time_limit: float) -> Iterator[Finding]:
    from pebble import ProcessPool  # after a task that kills its process pebble loses that one alone

    # What a framework's threads hold when a process is forked is never released in the other: it starts anew.
    way = "spawn" if any(map(loaded, FRAMEWORKS)) else None
    with ProcessPool(max_workers=workers, max_tasks=TASKS, context=get_context(way)) as pool:
        try:
            futures = [pool.schedule(_check_one, args=(t.source, t.number), timeout=time_limit) for t in tasks]
            for task, future in zip(tasks, futures, strict=True):
                yield _awaited(future, task.group, time_limit)
        except BaseException:
            pool.stop()  # type: ignore[no-untyped-call]  # an interrupted run ends now, not after its last task
            raise


def _awaited(future: Any, group: Group, time_limit: float) -> Finding:
    from pebble import ProcessExpired

    try:
        found: Finding = future.result()
        return found
    except Late:
        return _unanswered(group, f"it took longer than {time_limit:g} s and was stopped")
    except ProcessExpired as problem:
        code = problem.exitcode
        how = f"signal {-code}" if code < 0 else f"exit status {code}"
        return _unanswered(group, f"it killed its process ({how})")
    except Exception as problem:
        return _unanswered(group, f"its process failed: {type(problem).__name__}: {problem}")


def _unanswered(group: Group, reason: str) -> Finding:
    return unanswered(group.claims[0], group.suite, group.reproduce, reason)


def _check_one(source: str, number: int) -> Finding:
    return checked(load(source)[number])
