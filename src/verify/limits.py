"""Limits on work that nobody can predict, such as polynomial arithmetic on a user's formula: a child process does it.

Facts
    The child is started when first asked and serves one question after the other, so that SymPy is imported once
    in it. One that was late, ran out of memory or died is replaced at the next question.
    It is a plain subprocess: the workers of a run are daemons, which may have no children by ``multiprocessing``.
    It ends when its input closes, that is with its parent, however that ends; and while it works, by its own
    alarm at the latest.
    A forked process does not inherit it: it would share the pipes.
    Questions and answers are pickled between two processes of our own, and hold what we put there.
"""

from __future__ import annotations

import atexit
import functools
import importlib
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any, BinaryIO

MEMORY = 3 << 30  # bytes of address space of the child, of which the imports take 0.2 GiB
START = 60.0  # seconds for the child's imports, which take less than one on an idle machine
GRACE = 1.0  # seconds after which the child ends itself if nobody else does


class Stopped(Exception):
    """The work was not finished; the text says why: time, memory, or what it raised."""


def within(seconds: float, function: Callable[..., Any], *arguments: Any) -> Any:
    """Do the work in a process of its own, in limited time and memory, and return its result.

    Arguments
        seconds: of wall time, from when the child has the question.
        function: of a module of ours or of the standard library, by whose name the child finds it.
        arguments: what it is called with; like the result they must pickle.
    Returns
        what the function returns.
    Raises
        Stopped with the reason when it does not return in time, needs more than MEMORY bytes (where the system
        can limit them), ends its process or raises.
    Example
        >>> import math
        >>> within(60.0, math.factorial, 5)
        120
    """
    return _worker().ask(seconds, function, arguments)


@functools.cache
def _worker() -> Worker:
    """The one child of this process."""
    worker = Worker()
    atexit.register(worker.stop)
    return worker


def _disown() -> None:
    """After a fork: the child is the parent's, and this process gets one of its own when it asks."""
    if _worker.cache_info().currsize:
        _worker().disown()
        _worker.cache_clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_disown)


class Worker:
    """A child process that answers one question at a time; started when first asked, replaced when it fails."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = threading.Lock()

    def ask(self, seconds: float, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        """The function's result; raises Stopped."""
        try:
            work = pickle.dumps((function, arguments))
        except RecursionError as deep:
            raise Stopped("it is nested too deeply to be sent") from deep
        with self._turn:
            if self._process is None or self._process.poll() is not None:
                self._start()
            return self._exchange(seconds, pickle.dumps((seconds, work)))

    def stop(self) -> None:
        """End the child, if there is one."""
        process = self._process
        if process is not None:
            process.kill()
            process.wait()
            self.disown()

    def disown(self) -> None:
        """Forget the child, which is the parent's or has ended; touches no lock, since a thread may have held it."""
        process, self._process = self._process, None
        if process is not None:
            process.stdin.close()  # type: ignore[union-attr]
            process.stdout.close()  # type: ignore[union-attr]
            process.returncode = process.returncode or 0  # nothing is left to wait for

    def _start(self) -> None:
        self.stop()
        path = [entry for entry in sys.path if isinstance(entry, str)]
        code = f"import sys; sys.path[:] = {path!r}; from {__name__} import serve; serve()"
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", code],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,  # a buffer would be copied by a fork, and written twice
                env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},  # whose threads would take address space
            )
        except OSError as problem:
            raise Stopped(f"no process could be started for it: {problem}") from problem
        self._exchange(START, b"")

    def _exchange(self, seconds: float, question: bytes) -> Any:
        """Send a question and return its answer; the child is gone after it when it was late or says so."""
        process = self._process
        assert process is not None
        late = threading.Event()

        def stop_late() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(seconds, stop_late)
        timer.start()
        keep = False
        try:
            _send(process.stdin, question)
            done, result, keep = _receive(process.stdout)
        except (OSError, EOFError):
            process.kill()
            code = process.wait()
            how = f"signal {-code}" if code < 0 else f"status {code}"
            done, result = False, f"it took longer than {seconds:g} s" if late.is_set() else f"it ended with {how}"
        finally:  # an interrupted child goes too: its answer would be taken for that to the next question
            timer.cancel()
            timer.join()
            if late.is_set() or not keep:
                self.stop()
        if not done:
            raise Stopped(result)
        return result


def _send(pipe: Any, message: bytes) -> None:
    left = memoryview(message)
    while left:
        left = left[pipe.write(left) :]


def _receive(pipe: Any) -> Any:
    """One answer: its length in 8 bytes, and so many bytes."""
    return pickle.loads(_exactly(pipe, int.from_bytes(_exactly(pipe, 8))))  # noqa: S301  # from our own child


def _exactly(pipe: Any, count: int) -> bytearray:
    found = bytearray(count)
    left = memoryview(found)
    while left:
        read = pipe.readinto(left)
        if not read:
            raise EOFError
        left = left[read:]
    return found


# --- in the child


def serve() -> None:
    """Answer questions from standard input until it closes."""
    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the work prints is no answer
    _limit_memory()
    _alarm(0)
    _answer(answers, (True, None, True))
    keep = True
    while keep:
        try:
            seconds, work = pickle.load(questions)  # noqa: S301  # from our own parent
        except EOFError:
            return
        _alarm(seconds + GRACE)
        done, result, keep = _done(work)
        _answer(answers, (done, result, keep))
        _alarm(0)


def _done(work: bytes) -> tuple[bool, Any, bool]:
    """(Whether it was done, result or reason, whether this process is fit for more)."""
    try:
        function, arguments = pickle.loads(work)  # noqa: S301
        return True, function(*arguments), True
    except MemoryError:
        return False, f"it needed more than {MEMORY >> 30} GiB of memory", False
    except Exception as problem:
        return False, f"it raised {type(problem).__name__}: {problem}", True


def _answer(pipe: BinaryIO, answer: tuple[bool, Any, bool]) -> None:
    message = pickle.dumps(answer)
    pipe.write(len(message).to_bytes(8) + message)
    pipe.flush()


def _alarm(seconds: float) -> None:
    """End this process after so many seconds (0: no longer), in C code too: the parent may be gone."""
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _limit_memory() -> None:
    try:
        resource = importlib.import_module("resource")
    except ImportError:  # not POSIX
        return
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    limit = MEMORY if hard == resource.RLIM_INFINITY else min(MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
