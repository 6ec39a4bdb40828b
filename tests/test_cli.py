"""The command line as a user meets it: what is printed, where, and the exit status."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from verify.cli import NOTHING, OK, UNEXPECTED, USAGE, main
from verify.judge import Verdict

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # of Python 3.12 on, by worker pools

EVIL = "<img src=x onerror=alert(1)>"

CLAIMS = '''
import os, sys
import numpy as np
import verify

def square(x): return np.sum(x * x)
def twice(x): return 2 * x
def thrice(x): return 3 * x
def short(x): return 2 * x[:1]
def clipped(x): return np.where(np.abs(x) < 50.0, 2 * x, 100 * np.sign(x))
def breaks(x): raise RuntimeError("no gradient today")
def leaves(x): sys.exit(3)
def both(x, w): return x * w
def twofold(v, x): return 2 * v
def entry(x, i=0, scale=2.0): return scale * np.sum(x * x) / np.arange(1.0, 4.0)[i]

X = np.array([1.0, 2.0])
right = verify.Claim(square, X, gradient=twice)
wrong = verify.Claim(square, X, gradient=thrice)
known = verify.Claim(square, X, gradient=thrice, expect="WRONG", reason="three is not two", id="known mistake")
raising = verify.Claim(square, X, gradient=breaks)
leaving = verify.Claim(square, X, gradient=leaves)
shape = verify.Claim(square, X, gradient=short)
nan = verify.Claim(square, np.array([1.0, np.nan]), gradient=twice)
PAIR = [verify.Claim("x*w", at={"x": 2.0, "w": 3.0}), verify.Claim(np.sin, 1.0)]
'''

ROWS = [
    {"id": "root", "variables": [{"name": "x", "low": 0.5, "high": 2}], "expr": "sqrt(x)"},
    {"id": "ratio", "variables": [{"name": name, "low": 1, "high": 2} for name in "ab"], "expr": "a/b"},
]


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def is_usage_error(self) -> bool:
        """Status 2, nothing on standard output, one line on standard error."""
        return self.status == USAGE and not self.out and self.err.count("\n") == 1 and self.err.endswith("\n")


Ask = Callable[..., Said]


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Run a command line in a directory of its own that holds claims.py and rows.jsonl."""
    monkeypatch.chdir(tmp_path)
    Path("claims.py").write_text(CLAIMS)
    Path("rows.jsonl").write_text("\n".join(map(json.dumps, ROWS)))

    def ask(*words: str) -> Said:
        try:
            status = main(words)
        except SystemExit as left:
            status = int(left.code or 0)
        printed = capsys.readouterr()
        return Said(status, printed.out, printed.err)

    return ask


# --- usage errors: status 2, one line

USAGE_ERRORS: dict[tuple[str, ...], str] = {
    (): "required: COMMAND",
    ("chek", "x"): "invalid choice: 'chek'",
    ("check",): "required: target",
    ("check", "x", "--at", "x=1", "--tolerance", "1e-6"): "unrecognized arguments: --tolerance 1e-6",
    ("check", "x", "--at", "x=1", "--seed", "many"): "'many' is not a whole number from 0 on",
    ("check", "x", "--at", "x=1", "--seed", "-1"): "'-1' is not a whole number from 0 on",
    ("power", "x", "--at", "x=1", "--script", "f.py"): "unrecognized arguments: --script f.py",
    ("check", "x", "--at", "x=1", "--order", "3"): "invalid choice: 3 (choose from 1, 2)",
    ("prove", "x", "--at", "x=1", "--order", "2"): "are answered at points",
    ("check", "claims.py::right", "--order", "2"): "leave out --order",
    ("check", ""): "the target is empty",
    # expressions
    ("check", "hamming"): "give its value, --at hamming=...",
    ("check", "x*w", "--at", "x=1"): "no value for w: give --at w=... as well",
    ("check", "x*w", "--at", "x=1,w=2,b=3"): "--at names 'b'; the variables of the expression are x, w",
    ("check", "1 + 2", "--at", "x=1"): "has no variable",
    ("check", "1 + 2"): "has no variable",
    ("check", "sigmoid_typo(x)", "--at", "x=1"): "unknown function 'sigmoid_typo'",
    ("check", "x +", "--at", "x=1"): "column 3: not an expression",
    ("check", "__import__('os').system('true')", "--at", "x=1"): "column",
    ("check", EVIL, "--at", "x=1"): "column 9: '=' has no meaning here",
    ("check", "x*w", "--at", "x=1,w=2", "--wrt", "z"): "--wrt names 'z'; the variables are x, w",
    ("check", "x*x", "--at", "x=1", "--gradient", "df"): "the target is then FILE.py::NAME",
    # the point
    ("check", "x", "--at", "3"): "'3' is not NAME=NUMBER",
    ("check", "x", "--at", ""): "'' is not NAME=NUMBER",
    ("check", "x", "--at", "x=1,x=2"): "--at names x twice",
    ("check", "x", "--at", "x="): "x='' is not a number",
    ("check", "x", "--at", "x=one"): "x='one' is not a number",
    ("check", "x", "--at", "x=1/3"): "x='1/3' is not a number",
    ("check", "x", "--at", "x=[1,2"): "x='[1,2' is not a number",
    ("check", "x", "--at", "x=[1,[2]]"): "x='[1,[2]]' is not a number",
    ("check", "x", "--at", "x=[1,null]"): "x='[1,null]' is not a number",
    ("check", "x", "--at", 'x=["1"]'): "is not a number",
    ("check", "x", "--at", "x=[true]"): "is not a number",
    ("check", "x", "--at", "x=[1] 2"): "is not a number",
    ("check", "x", "--at", "x=" + "[" * 5_000): "is not a number",
    ("check", "x", "--at", "x-1=3"): "'x-1=3' is not NAME=NUMBER",
    # sweeps
    ("sweep", "x*x", "--at", "x=1", "--range", "x"): "--range: 'x' is not NAME=LOW:HIGH, as in --range x=-5:5",
    ("sweep", "x*x", "--at", "x=1", "--range", "x=1:two"): "--range: 'x=1:two' is not NAME=LOW:HIGH",
    ("sweep", "x*x", "--at", "x=1", "--range", "y=0:1"): "--range names 'y'; the inputs are x",
    ("sweep", "x*x", "--at", "x=1", "--range", "x=2:1"): "--range leaves nothing for x: give (low, high)",
    ("sweep", "x*x", "--at", "x=1", "--range", "x=0:1,x=1:2"): "--range names x twice",
    ("sweep", "x*x", "--at", "x=1", "--points", "-3"): "'-3' is not a whole number from 0 on",
    ("sweep", "x*x", "--at", "x=1", "--points", "0"): "--points is 0",
    ("sweep", "x*x", "--at", "x=1", "--points", "few"): "'few' is not a whole number",
    ("sweep", "x*x", "--at", "x=1", "--budget", "0"): "'0' is not a positive number of seconds",
    ("sweep", "x*x"): "no value for x: give --at x=...",
    # files and ids
    ("check", "claims.py"): "name one claim, as in claims.py::NAME; adverify run claims.py checks all",
    ("check", "rows.jsonl"): "adverify run rows.jsonl checks all",
    ("check", "nowhere.py::f", "--at", "x=1"): "nowhere.py: no such file",
    ("check", "nowhere.jsonl::a"): "nowhere.jsonl: cannot be read",
    ("check", "claims.txt::a"): "a target with :: is FILE.py::NAME or FILE.jsonl::ID",
    ("check", "claims.py::nothing"): "has no claim named 'nothing'; it has right, wrong, known mistake",
    ("check", "claims.py::nothing", "--at", "x=1"): "has no function 'nothing'; it has square",
    ("check", "claims.py::square"): "is a function: give the point, as in --at x=3",
    ("check", "claims.py::square", "--gradient", "twice"): "is a function: give the point",
    ("check", "claims.py::square", "--at", "x=1", "--gradient", "no"): "has no function 'no'",
    ("check", "claims.py::square", "--at", "y=1"): "--at names 'y', which is not in square; its variables are x",
    ("check", "claims.py::square", "--at", "x=1", "--gradient", "twice", "--vjp", "twice"): "judges one derivative",
    ("check", "claims.py::right", "--at", "x=1"): "is a claim with its own point: leave out the options",
    ("check", "claims.py::right", "--wrt", "x"): "leave out --wrt",
    ("check", "claims.py::PAIR"): "names 2 claims: PAIR[0], sin; name one; adverify run asks all",
    ("check", "rows.jsonl::nothing"): "has no claim named 'nothing'; it has root, ratio",
    ("check", "rows.jsonl::root", "--at", "x=1"): "leave out --at",
    ("check", "teaching/neurone"): "there is no built-in claim 'teaching/neurone'; did you mean teaching/neuron",
    ("check", "teaching/neuron", "--at", "x=1"): "leave out --at",
    # runs and reports
    ("run", "nowhere.jsonl"): "nowhere.jsonl: cannot be read: No such file",
    ("run", "nowhere.py"): "nowhere.py: no such file",
    ("run", "claims.txt"): "a suite is a .jsonl file of expressions, a .py file of claims, or a directory",
    ("run", "nowhere"): "nowhere: a suite is",
    ("run", "rows.jsonl", "--workers", "-1"): "'-1' is not a whole number",
    ("run", "rows.jsonl", "--time-limit", "0"): "'0' is not a positive number of seconds",
    ("run", "rows.jsonl", "--time-limit", "nan"): "'nan' is not a positive number of seconds",
    ("run", "rows.jsonl", "-o", "claims.py"): "cannot write to claims.py: File exists",
    ("report", "nowhere.json"): "nowhere.json: cannot be read: No such file",
    ("report", "."): ".: cannot be read: Is a directory",
    ("report", "claims.py"): "claims.py is not a report of this version",
    ("report", "rows.jsonl"): "rows.jsonl is not a report of this version",
}


@pytest.mark.parametrize("words", USAGE_ERRORS, ids=lambda words: " ".join(words)[:60])
def test_a_usage_error_is_one_line_that_says_what_to_write(ask: Ask, words: tuple[str, ...]) -> None:
    said = ask(*words)
    assert said.is_usage_error, said
    assert USAGE_ERRORS[words] in said.err
    assert said.err.startswith("adverify")


BROKEN_FILES: dict[str, tuple[str, str]] = {
    "empty.jsonl": ("", "empty.jsonl holds no rows"),
    "blank.jsonl": ("\n  \n", "blank.jsonl holds no rows"),
    "line.jsonl": (json.dumps(ROWS[0]) + "\n{oops\n", "line.jsonl line 2: not JSON"),
    "name.jsonl": (json.dumps({**ROWS[0], "expr": "sqrt(x) + foo(x)"}), "line 1: field 'expr': column 11: unknown"),
    "room.jsonl": (json.dumps({**ROWS[0], "pre": "x > 5"}), "exclude each other"),
    "empty.py": ("", "empty.py holds no claims: list verify.Claim"),
    "syntax.py": ("def f(:", "syntax.py cannot be imported: SyntaxError"),
    "raises.py": ("1 / 0", "raises.py cannot be imported: ZeroDivisionError"),
    "exits.py": ("raise SystemExit(0)", "exits.py cannot be imported: SystemExit"),
    "many.py": ("raise ValueError('two\\nlines')", "many.py cannot be imported: ValueError: two lines"),
    "twins.py": (
        "import verify\na = verify.Claim('x', at={'x': 1.0}, id='t')\nb = verify.Claim('2*x', at={'x': 1.0}, id='t')",
        "twins.py: two claims have the id 't'",
    ),
    "point.py": ("import verify\na = verify.Claim('x', at={'y': 1.0})", "ClaimError: at= names 'y'"),
    "list.py": ("def claims(): return [1]", "claims()[0] is of type int, not verify.Claim"),
    "call.py": ("def claims(): 1 / 0", "claims() raised ZeroDivisionError"),
    "lesson.py": ("EXPRESSIONS = [('a', 'x')]", "EXPRESSIONS[0] is not (id, expression, point)"),
    "wanting.py": ("EXPRESSIONS = [('a', 'x*y', {'x': 1.0})]", "EXPRESSIONS[0]: at= leaves out 'y'"),
}


@pytest.mark.parametrize("name", BROKEN_FILES)
@pytest.mark.parametrize("command", ["run", "check"])
def test_a_broken_suite_is_a_usage_error_that_names_the_place(ask: Ask, name: str, command: str) -> None:
    text, expected = BROKEN_FILES[name]
    Path(name).write_text(text)
    said = ask("run", name) if command == "run" else ask("check", f"{name}::anything")
    assert said.is_usage_error, said
    assert expected in said.err or (command == "check" and f"{name} has no claim named 'anything'" in said.err)


def test_a_sound_suite_is_no_usage_error(ask: Ask) -> None:
    """The mutant of the two tests above: what they call an error is not what every command says."""
    assert not ask("run", "rows.jsonl", "--workers", "0").is_usage_error


def test_a_directory_without_claims_is_nothing_to_check(ask: Ask) -> None:
    Path("empty").mkdir()
    Path("empty/script.py").write_text("raise RuntimeError('not a file of claims: never imported')")
    Path("empty/verify_user.py").write_text("import verify\nprint('no Claim')\nraise RuntimeError('never imported')")
    Path("empty/test_it.py").write_text("import verify\nverify.Claim\nraise RuntimeError('a test: never imported')")
    said = ask("run", "empty")
    assert (said.status, said.out) == (NOTHING, "")
    assert "nothing to check in empty" in said.err


# --- verdicts and statuses of single checks

CHECKS: dict[tuple[str, ...], tuple[str, int, str]] = {
    ("1/(1+exp(-(x*w+b)))", "--at", "x=3,w=2,b=1"): ("CERTIFIED", OK, "0.00273066354036548"),
    ("-x*x", "--at", "x=-3"): ("CERTIFIED", OK, "6"),
    ("x*w", "--at", "x=0x1.8p+1,w=1e-3", "--wrt", "w"): ("CERTIFIED", OK, "3"),
    ("log(x)", "--at", "x=nan"): ("UNDEFINED", UNEXPECTED, "the input x is nan"),
    ("log(x)", "--at", "x=inf"): ("UNDEFINED", UNEXPECTED, "the input x is inf"),
    ("x*x", "--at", "x=[[0x1p-1, 1e3], [-inf, 2]]"): ("UNDEFINED", UNEXPECTED, "x[1, 0] is -inf"),
    ("x*x", "--at", "x=[1,nan]"): ("UNDEFINED", UNEXPECTED, "x[1] is nan"),
    ("teaching/neuron",): ("CERTIFIED", OK, "teaching/neuron"),
    ("mistakes/rosenbrock/missing_cross_term",): ("WRONG", OK, "x[2]"),
    ("claims.py::right",): ("CERTIFIED", OK, "claims.py::right"),
    ("claims.py::wrong",): ("WRONG", UNEXPECTED, "3/2 x the truth"),
    ("claims.py::known",): ("WRONG", OK, "3/2 x the truth"),
    ("claims.py::known mistake",): ("WRONG", OK, "3/2 x the truth"),
    ("claims.py::raising",): ("INCONCLUSIVE", UNEXPECTED, "raised RuntimeError: no gradient today"),
    ("claims.py::leaving",): ("INCONCLUSIVE", UNEXPECTED, "SystemExit: 3"),
    ("claims.py::shape",): ("BROKEN_CONTRACT", UNEXPECTED, "has shape (1,), the input has (2,)"),
    ("claims.py::nan",): ("UNDEFINED", UNEXPECTED, "x[1] is nan"),
    ("claims.py::PAIR[0]",): ("CERTIFIED", OK, "x*w"),
    ("claims.py::square", "--at", "x=[1,2]", "--gradient", "twice"): ("CERTIFIED", OK, "twice"),
    ("claims.py::square", "--at", "x=[1,2]", "--gradient", "thrice"): ("WRONG", UNEXPECTED, "thrice"),
    ("claims.py::square", "--at", "x=[1,2]"): ("CERTIFIED", OK, "the engine's reverse mode"),
    ("claims.py::both", "--at", "w=3,x=2", "--wrt", "w"): ("CERTIFIED", OK, "1 value judged"),
    ("claims.py::entry", "--at", "x=[1,2]"): ("CERTIFIED", OK, "2 values judged"),  # the index i stays a whole number
    ("claims.py::entry", "--at", "x=[1,2],scale=3"): ("CERTIFIED", OK, "3 values judged"),
    ("claims.py::entry", "--at", "x=[1,2]", "--wrt", "scale"): ("CERTIFIED", OK, "1 value judged"),
    ("rows.jsonl::root",): ("CERTIFIED", OK, "CERTIFIED 5"),
    ("x*exp(x*w)", "--at", "x=2,w=1", "--order", "2"): ("CERTIFIED", OK, "is the Hessian times the unit tangent of x"),
    ("claims.py::square", "--at", "x=[1,2]", "--gradient", "twice", "--order", "2"): ("CERTIFIED", OK, "4 values"),
    ("claims.py::square", "--at", "x=[1,2]", "--hvp", "twofold"): ("CERTIFIED", OK, "twofold"),
    ("claims.py::square", "--at", "x=[1,2]", "--hvp", "both"): ("WRONG", UNEXPECTED, "both"),
    ("claims.py::square", "--at", "x=[1,2]", "--jvp", "both"): ("BROKEN_CONTRACT", UNEXPECTED, "tangent of output 0"),
}


@pytest.mark.parametrize("words", CHECKS, ids=" ".join)
def test_a_check_says_its_verdict_its_evidence_and_its_status(ask: Ask, words: tuple[str, ...]) -> None:
    verdict, status, evidence = CHECKS[words]
    said = ask("check", *words)
    assert said.out.split("\n")[0].endswith(f": {verdict}"), said
    assert (said.status, said.err) == (status, "")
    assert evidence in said.out


@pytest.mark.parametrize("words", CHECKS, ids=" ".join)
def test_the_command_that_a_finding_prints_repeats_it(ask: Ask, words: tuple[str, ...]) -> None:
    said = ask("check", *words)
    [line] = [line for line in said.out.splitlines() if line.startswith("    reproduce: ")]
    command = shlex.split(line.removeprefix("    reproduce: "))
    assert command[:2] == ["adverify", "check"]
    assert ask(*command[1:]) == said


def test_reproduce_commands_of_built_in_findings_repeat_their_verdicts(ask: Ask) -> None:
    """One of every suite."""
    from verify.catalogue import load

    first = {group.suite: group for group in load("built-in")}
    assert len(first) >= 7
    for group in first.values():
        said = ask("check", *shlex.split(group.reproduce)[2:])
        assert said.status == OK, said
        assert group.id in said.out or group.claims[0].text in said.out


def test_json_is_the_finding_alone_whatever_the_claim_prints(ask: Ask) -> None:
    Path("loud.py").write_text("print('hello')\ndef f(x):\n    print('again')\n    return x * x\n")
    said = ask("check", "loud.py::f", "--at", "x=1", "--json")
    data = json.loads(said.out)
    assert (data["verdict"], data["id"], said.status) == ("CERTIFIED", "loud.py::f", OK)
    assert "hello" in said.err
    assert "again" in said.err


def test_a_sweep_finds_what_a_check_at_the_point_does_not(ask: Ask) -> None:
    words = ("claims.py::square", "--at", "x=[1,2]", "--gradient", "clipped")
    assert ask("check", *words).status == OK
    found = ask("sweep", *words, "--points", "30", "--seed", "3", "--json", "--script", "worst.py")
    data = json.loads(found.out)
    assert (data["verdict"], found.status) == ("WRONG", UNEXPECTED)
    assert max(map(abs, data["points"][0]["at"]["x"])) >= 50
    assert data["search"]["seed"] == 3
    assert "clipped" in Path("worst.py").read_text()
    assert data["reproduce"] == shlex.join(("adverify", "sweep", *words, "--seed", "3", "--points", "30"))
    bounded = ask("sweep", *words, "--range", "x=-49:49", "--budget", "9.5")
    assert bounded.status == OK
    assert "--range x=-49:49 --budget 9.5" in bounded.out
    assert "searched" in bounded.out


def test_a_sweep_of_an_expression_that_begins_with_a_minus_sign(ask: Ask) -> None:
    said = ask("sweep", "-x*x", "--at", "x=2", "--range", "x=-3:3")
    assert said.status == OK
    assert "CERTIFIED" in said.out


def test_a_file_of_claims_imports_its_neighbours(ask: Ask) -> None:
    Path("neighbour_of_claims.py").write_text("import numpy as np\ndef f(x): return np.exp(x)\n")
    Path("asks.py").write_text("import verify\nfrom neighbour_of_claims import f\na = verify.Claim(f, 1.0)\n")
    assert ask("check", "asks.py::a").status == OK


def test_version_and_help_name_the_tool(ask: Ask) -> None:
    said = ask("--version")
    assert said.status == OK
    assert said.out.startswith("adverify ")
    assert "numpy" in said.out
    assert ask("--help").out.startswith("usage: adverify")


def test_ops_lists_every_function_once(ask: Ask) -> None:
    from ad.dispatch import definitions_of, entries_of
    from ad.variable import MEANINGS, TABLE

    lines = ask("ops").out.splitlines()
    present = find_spec("scipy")
    elsewhere = [*entries_of("scipy.special"), *definitions_of("scipy.special")] if present else []
    assert len(lines) == len(TABLE) + len(MEANINGS) + len(elsewhere)
    assert len({line.split()[0] for line in lines}) == len(lines)
    assert [line.split()[0] for line in lines] == sorted(line.split()[0] for line in lines)
    assert any(line.split() == ["log", "elementwise", "x", ">", "0"] for line in lines)


def test_a_reader_that_closes_early_gets_no_traceback() -> None:
    command = f"{shlex.quote(sys.executable)} -m verify.cli ops | head -n 1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.startswith("absolute")
    assert done.stderr == ""


# --- runs and reports


def test_a_run_of_claims_with_expectations_fails_on_the_unexpected_only(ask: Ask) -> None:
    said = ask("run", "claims.py", "--workers", "0", "-o", "out")
    data = json.loads(Path("out/index.json").read_text())
    verdicts = {finding["id"]: finding["verdict"] for finding in data["findings"]}
    assert verdicts == {
        "right": "CERTIFIED", "wrong": "WRONG", "known mistake": "WRONG", "raising": "INCONCLUSIVE",
        "leaving": "INCONCLUSIVE", "shape": "BROKEN_CONTRACT", "nan": "UNDEFINED", "PAIR[0]": "CERTIFIED",
        "sin": "CERTIFIED",
    }  # fmt: skip
    assert said.status == UNEXPECTED
    assert data["unexpected"] == ["wrong", "raising", "leaving", "shape", "nan"]
    lines = said.out.splitlines()
    assert [line.split()[1] for line in lines[:5]] == data["unexpected"]
    assert lines[5].startswith("9 claims: BROKEN_CONTRACT 1, WRONG 2, INCONCLUSIVE 2, UNDEFINED 1, CERTIFIED 3; 5 NOT")
    assert lines[6] == str(Path("out/index.html"))

    fixed = CLAIMS.replace("gradient=thrice)", "gradient=twice)")
    unexpected = ("raising", "leaving", "shape", "nan")
    fixed = "\n".join(line for line in fixed.splitlines() if not line.startswith(unexpected))
    Path("fixed.py").write_text(fixed)
    assert ask("run", "fixed.py", "--workers", "0").status == OK


def test_a_run_over_a_directory_takes_all_suites_in_it(ask: Ask) -> None:
    Path("inner").mkdir()
    Path("inner/more.jsonl").write_text(json.dumps({**ROWS[0], "id": "more"}))
    Path("inner/more_ref.jsonl").write_text(json.dumps({"id": "more", "points": []}))
    said = ask("run", ".", "--workers", "0", "-o", "out")
    data = json.loads(Path("out/index.json").read_text())
    assert {finding["suite"] for finding in data["findings"]} == {"claims", "more", "rows"}
    assert len(data["findings"]) == 9 + 2 + 1
    assert said.out.splitlines()[-5].split() == ["claims", "9", *said.out.splitlines()[-5].split()[2:]]


def test_a_report_rendered_again_is_the_same(ask: Ask) -> None:
    said = ask("run", "claims.py", "rows.jsonl", "--workers", "0", "-o", "out")
    files = {file.name: file.read_bytes() for file in Path("out").iterdir()}
    assert set(files) == {"index.html", "index.md", "index.json"}
    again = ask("report", "out/index.json", "-o", "again")
    assert again.status == said.status == UNEXPECTED
    assert {file.name: file.read_bytes() for file in Path("again").iterdir()} == files
    assert ask("report", "out/index.json").status == UNEXPECTED  # beside it, over itself
    assert {file.name: file.read_bytes() for file in Path("out").iterdir()} == files

    data = json.loads(files["index.json"])
    data["findings"] = [finding for finding in data["findings"] if finding["as_expected"]]
    Path("some.json").write_text(json.dumps(data))
    assert ask("report", "some.json", "-o", "some").status == OK
    Path("none.json").write_text(json.dumps({**data, "findings": []}))
    assert ask("report", "none.json", "-o", "none").status == NOTHING
    Path("old.json").write_text(json.dumps({**data, "schema_version": 0}))
    assert ask("report", "old.json").is_usage_error


def test_workers_change_nothing_in_a_report(ask: Ask) -> None:
    ask("run", "claims.py", "rows.jsonl", "--workers", "0", "-o", "here")
    ask("run", "claims.py", "rows.jsonl", "--workers", "2", "-o", "there")
    for name in ("index.json", "index.md", "index.html"):
        assert Path("here", name).read_bytes() == Path("there", name).read_bytes()


HOSTILE = f'''
import numpy as np
import verify
name = {EVIL!r}
def f(x): return np.sin(x["{EVIL}"])
f.__name__ = "<blink>" + name
def df(x): return {{"{EVIL}": 1.0}}
df.__name__ = "<blink>" + name
first = verify.Claim(f, {{name: 1.0}}, gradient=df, id=name, title=name, expect="WRONG", reason=name)
second = verify.Claim(f, {{name: 2.0}}, gradient=df, id="[red]" + name, title="`|" + name)
'''


def test_names_made_of_markup_survive_everywhere_as_text(ask: Ask) -> None:
    Path("hostile.py").write_text(HOSTILE)
    Path("hostile.jsonl").write_text(json.dumps({**ROWS[0], "id": EVIL, "name": EVIL, "source": EVIL}))
    said = ask("run", "hostile.py", "hostile.jsonl", "--workers", "0", "-o", "out")
    assert said.status == UNEXPECTED
    assert f"[red]{EVIL}" in said.out
    page, text = Path("out/index.html").read_text(), Path("out/index.md").read_text()
    data = json.loads(Path("out/index.json").read_text())
    assert [finding["id"] for finding in data["findings"]] == [EVIL, "[red]" + EVIL, EVIL]
    assert not any(mark in page for mark in ("<img", "<blink>", "<marquee>"))
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "\n<img" not in text
    for id in (EVIL, "[red]" + EVIL):
        again = ask("check", f"hostile.py::{id}")
        assert again.out.split("\n")[0].endswith("WRONG")
    assert ask("check", f"hostile.jsonl::{EVIL}").status == OK


def test_every_exit_status_is_documented(ask: Ask) -> None:
    """The order of precedence: broken input before verdicts, verdicts before nothing to check."""
    Path("empty").mkdir()
    statuses = {
        OK: ask("run", "rows.jsonl", "--workers", "0").status,
        UNEXPECTED: ask("run", "claims.py", "--workers", "0").status,
        USAGE: ask("run", "claims.py", "nowhere.py", "--workers", "0").status,
        NOTHING: ask("run", "empty").status,
    }
    assert statuses == {status: status for status in (0, 1, 2, 5)}
    assert Verdict.INCONCLUSIVE.name in ask("check", "claims.py::raising").out
