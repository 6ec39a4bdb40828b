"""The command line: ``adverify check | sweep | prove | power | run | report | ops``.

Exit status: 2 usage or broken input; else 1 a verdict is not the expected one; else 5 nothing to check; else 0.
Findings go to standard output, progress to standard error; a usage error is one line.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from verify.catalogue import BUILT_IN, Group, load
from verify.checker import check_points
from verify.claim import Claim
from verify.claimreading import ClaimError
from verify.coverage import rows as coverage_rows
from verify.exhibiting import smallest
from verify.expression import ExpressionError
from verify.finding import Finding
from verify.numerals import positive, whole
from verify.proof import prove_points
from verify.render.counts import suite_lines
from verify.render.coverage import coverage_text
from verify.render.documents import documents
from verify.render.files import write_whole
from verify.render.json import report_from_json
from verify.render.text import explain, summary_line
from verify.reproducing import FORMS
from verify.runner import TIME_LIMIT, cannot_be_asked, run
from verify.sample import SampleError
from verify.search.commandline import Sweep, as_sweep, in_question
from verify.search.sweeping import POINTS, sweep_claims
from verify.suite import SuiteError
from verify.target import Target, TargetError, asked

OK, UNEXPECTED, USAGE, NOTHING = 0, 1, 2, 5
INTERRUPTED, PIPE_CLOSED = 130, 141  # 128 and the number of the signal, as shells count
JUDGED = ("gradient", "value-and-gradient", "jacobian", "vjp", "jvp", "hvp")
FILES = {"script": "a script that shows the wrong number", "pytest": "a test that fails until it is mended"}
PARTS = ("adverify", "numpy", "sympy", "python-flint")  # what a verdict depends on


class UsageError(Exception):
    """A command that cannot be carried out; its text is one line."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status; argparse's own usage errors raise SystemExit(2)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal may lack the characters of a name
    try:
        arguments = _parser().parse_args(_shielded(sys.argv[1:] if argv is None else argv))
        return int(arguments.command(arguments))
    except (UsageError, TargetError, SuiteError, ClaimError, ExpressionError, SampleError) as problem:
        print("adverify: " + " ".join(str(problem).split()), file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print("adverify: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader, such as head, has seen enough
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED


class _OneLine(argparse.ArgumentParser):
    """A parser whose usage errors are one line."""

    def error(self, message: str) -> Any:
        print(f"{self.prog}: {' '.join(message.split())} (see {self.prog} --help)", file=sys.stderr)
        raise SystemExit(USAGE)


def _parser() -> argparse.ArgumentParser:
    parser = _OneLine(prog="adverify", description="Is this gradient right? With certified numbers.")
    parser.add_argument("--version", action="version", version=_versions())
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND", parser_class=_OneLine)

    check = commands.add_parser("check", help="check one expression, or one claim or function of a file")
    _add_target(check, 'an expression such as "x*exp(-x)", FILE.py::NAME, FILE.jsonl::ID, or a built-in SUITE/ID')
    check.set_defaults(command=_check, ask=check_points)

    sweep = commands.add_parser("sweep", help="search for the point at which a derivative is most wrong")
    _add_target(sweep, "as for check: an expression, FILE.py::NAME, FILE.jsonl::ID, or a built-in SUITE/ID")
    sweep.add_argument(
        "--range", metavar="x=-5:5,y=0:1", help="where to search, by variable (default: all finite numbers)"
    )
    sweep.add_argument("--points", type=whole, default=POINTS, help="judged at most (default: %(default)s)")
    sweep.add_argument(
        "--budget", type=positive, metavar="SECONDS", help="in all (default: 5; 20 for a framework's)"
    )
    sweep.set_defaults(command=_check, ask=sweep_claims)

    prove = commands.add_parser("prove", help="prove a derivative for all inputs of a branch, or refute it")
    _add_target(prove, "an expression, FILE.py::NAME, FILE.jsonl::ID, a built-in SUITE/ID such as ops/tanh")
    prove.set_defaults(command=_check, ask=prove_points)

    power = commands.add_parser("power", help="make a derivative wrong in every known way: do its checks notice?")
    _add_target(power, "as for check, or FILE.py, whose claims of one derivative count together", files={})
    power.set_defaults(command=_power)

    runner = commands.add_parser("run", help="check many claims and write a report")
    runner.add_argument(
        "paths", nargs="*", metavar="PATH",
        help="suites: .jsonl or .py files, FILE::NAME, or directories of them (none: the built-in suites)",
    )  # fmt: skip
    runner.add_argument("-o", "--output", metavar="DIR", help="write index.html, index.md and index.json there")
    runner.add_argument(
        "--workers", type=whole, metavar="N", help="processes (default: one per core; 0: this one, unprotected)"
    )
    runner.add_argument(
        "--time-limit", type=positive, default=TIME_LIMIT, metavar="SECONDS",
        help="for one claim, at all its points (default: %(default)g)",
    )  # fmt: skip
    runner.set_defaults(command=_run)

    report = commands.add_parser("report", help="render a report again from its index.json")
    report.add_argument("index", metavar="INDEX.json")
    report.add_argument("-o", "--output", metavar="DIR", help="where to write (default: beside INDEX.json)")
    report.set_defaults(command=_report)

    ops = commands.add_parser("ops", help="list the functions that can be differentiated")
    ops.add_argument(
        "--coverage", dest="command", action="store_const", const=_coverage,
        help="beside what other engines differentiate, with the reason for what is left out",
    )  # fmt: skip
    ops.set_defaults(command=_ops)
    return parser


def _add_target(command: argparse.ArgumentParser, target: str, files: Mapping[str, str] = FILES) -> None:
    """What check, sweep, prove and power are asked alike; ``files`` can be written where something is wrong."""
    command.add_argument("target", help=target)
    command.add_argument("--at", metavar="x=3,w=2", help="the point, by variable name; arrays as x=[1,2]")
    command.add_argument("--wrt", metavar="x,w", help="the variables to differentiate (default: all)")
    command.add_argument("--order", type=int, choices=(1, 2), help="2: second derivatives (default: 1; of an hvp 2)")
    command.add_argument("--seed", type=whole, default=0, help="seed of everything random")
    for name in JUDGED:
        command.add_argument(f"--{name}", metavar="NAME", help=f"the function in FILE that claims to be the {name}")
    command.add_argument("--reference", metavar="NAME", help="the function in FILE that a framework's op computes")
    command.add_argument("--json", action="store_true", help="print the finding as JSON")
    for form, what in files.items():
        command.add_argument(f"--{form}", metavar="FILE", help=f"where it is wrong, write {what} there")


def _shielded(argv: Sequence[str]) -> list[str]:
    """A target that begins with a minus sign, ``check "-x" --at x=3``, is no option: a blank tells argparse so."""
    if not argv or argv[0] not in ("check", "sweep", "prove", "power"):
        return list(argv)
    minus = [word.startswith("-") and not word.startswith("--") and word not in ("-", "-h") for word in argv]
    return [f" {word}" if is_minus else word for word, is_minus in zip(argv, minus, strict=True)]


def _versions() -> str:
    found = []
    for part in PARTS:
        try:
            found.append(f"{part} {metadata.version(part)}")
        except metadata.PackageNotFoundError:  # run from a source tree that was not installed
            found.append(f"{part} unknown")
    return f"{found[0]} ({', '.join(found[1:])})"


# --- check


def _target(arguments: argparse.Namespace) -> Target:
    options = {name: getattr(arguments, name) for name in (n.replace("-", "_") for n in (*JUDGED, "reference"))}
    judged = {name: given for name, given in options.items() if given is not None}
    return Target(
        arguments.target.strip(), arguments.at, arguments.wrt, judged, arguments.seed, arguments.order
    )  # fmt: skip


def _check(arguments: argparse.Namespace) -> int:
    target = _target(arguments)
    aside = contextlib.redirect_stdout(sys.stderr) if arguments.json else contextlib.nullcontext()
    with aside:  # what user code prints must not end up inside the JSON
        group = _asked_to(arguments, asked(target))
        finding = _finding(group)
        for form in FILES:
            if (path := getattr(arguments, form)) is not None:
                finding = _written(form, path, in_question(group, finding), finding)
    print(json.dumps(finding.to_json(), indent=2, allow_nan=False) if arguments.json else explain(finding))
    return OK if finding.as_expected else UNEXPECTED


def _written(form: str, path: str, claims: Sequence[Claim], finding: Finding) -> Finding:
    """The finding with its smallest counterexample, which is written to a file; as it is where nothing is wrong."""
    example = finding.counterexample or smallest(claims)
    if example is None:
        print(f"adverify: {path} is not written: no point is wrong", file=sys.stderr)
        return finding
    try:
        write_whole(Path(path), FORMS[form](example))
    except OSError as problem:
        raise UsageError(f"cannot write to {path}: {problem.strerror or problem}") from problem
    return replace(finding, counterexample=example)


def _asked_to(arguments: argparse.Namespace, group: Group) -> Group:
    """The group under the command's own question; a group that is to be proved anyway is."""
    if arguments.ask is sweep_claims:
        return as_sweep(group, Sweep(arguments.range, arguments.points, arguments.budget))
    return (
        replace(group, ask=arguments.ask, reproduce=group.reproduce.replace("adverify check", "adverify prove", 1))
        if (arguments.ask is prove_points and group.ask is check_points)
        else group
    )


def _finding(group: Group) -> Finding:
    try:
        return group.finding()
    except ClaimError:
        raise  # the command asks something that has no answer: a usage error
    except (Exception, SystemExit) as problem:
        return cannot_be_asked(group, problem)


def _power(arguments: argparse.Namespace) -> int:
    from verify.mutation.targeted import power_of

    aside = contextlib.redirect_stdout(sys.stderr) if arguments.json else contextlib.nullcontext()
    with aside:
        found = power_of(_target(arguments))
    print(json.dumps(found.to_json(), indent=2, allow_nan=False) if arguments.json else found.explain())
    if not found.applicable:
        return UNEXPECTED if found.unasked else NOTHING
    return OK if found.ok else UNEXPECTED


# --- run, report, ops


def _run(arguments: argparse.Namespace) -> int:
    from verify.render.progress import progress_bar

    sources = arguments.paths or [BUILT_IN]
    total = sum(len(load(source)) for source in sources)
    if total == 0:
        print(f"adverify: nothing to check in {', '.join(sources)}", file=sys.stderr)
        return NOTHING
    output = None if arguments.output is None else _writable(arguments.output)
    with progress_bar(total) as progress:
        report = run(sources, workers=arguments.workers, progress=progress, time_limit=arguments.time_limit)
    for finding in report.findings:
        if not finding.as_expected:
            print(summary_line(finding))
    print("\n".join(suite_lines(report)))
    if output is not None:
        page = report.write(output)
        if not arguments.paths:
            for name, text in documents(report).items():
                write_whole(output / name, text)
        print(page)
    return OK if report.ok else UNEXPECTED


def _writable(directory: str) -> Path:
    """The directory, made if it is missing; refused before the run rather than after it."""
    path = Path(directory)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise UsageError(f"cannot write to {directory}: {problem.strerror or problem}") from problem
    if not os.access(path, os.W_OK | os.X_OK):
        raise UsageError(f"cannot write to {directory}: permission denied")
    return path


def _report(arguments: argparse.Namespace) -> int:
    path = Path(arguments.index)
    try:
        report = report_from_json(json.loads(path.read_text(encoding="utf-8")))
    except OSError as problem:
        raise UsageError(f"{path}: cannot be read: {problem.strerror or problem}") from problem
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise UsageError(f"{path} is not a report of this version: {problem}") from problem
    print(report.write(_writable(arguments.output or str(path.parent))))
    if not report.findings:
        return NOTHING
    return OK if report.ok else UNEXPECTED


def _ops(arguments: argparse.Namespace) -> int:
    from ad.dispatch import ELSEWHERE, definitions_of, entries_of, shown_name
    from ad.variable import MEANINGS, TABLE

    rows = [(shown_name(function), op.family, op.needs) for function, op in TABLE.items()]
    rows += [(shown_name(function), "composite", "") for function in MEANINGS]
    for package in ELSEWHERE:
        if find_spec(package.partition(".")[0]) is not None:
            rows += [(shown_name(function), op.family, op.needs) for function, op in entries_of(package).items()]
            rows += [(shown_name(function), "composite", "") for function in definitions_of(package)]
    width = max(len(name) for name, _, _ in rows)
    for name, family, needs in sorted(rows):
        print(f"{name:{width}}  {family:12}  {needs}".rstrip())
    return OK


def _coverage(arguments: argparse.Namespace) -> int:
    print(coverage_text(coverage_rows()), end="")
    return OK


if __name__ == "__main__":
    sys.exit(main())
