"""Counterexamples as files: a script prints the same wrong number, a pytest test fails until the subject is mended."""

from __future__ import annotations

import ast
import dataclasses
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scripts_alone import run

import verify
from verify.claim import Claim
from verify.claimfile import module_at
from verify.claimreading import ClaimError
from verify.cli import main
from verify.counterexample import Counterexample, Given, Origin
from verify.exhibiting import counterexample_of, given_of
from verify.expression import parse
from verify.finding import Report
from verify.origins import origin_of
from verify.render.html import finding_html
from verify.render.json import report_from_json, report_to_json
from verify.render.script import pytest_test, script, summary
from verify.render.text import explain
from verify.render.writers import WRITERS, numpy_array
from verify.suites.case import Case
from verify.suites.mistakes import WRONG as MISTAKES

ROOT = Path(__file__).parent.parent

USER_CODE = '''
import numpy as np
import ad

SLOPE = 3.0

def cube(x): return np.sum(x**3)
def power(x): return SLOPE * x
def both(x): return np.sum(x**3), SLOPE * x**2 + 1e-3
def square(x): return x**2
def matrix(x): return np.diag(SLOPE * x)
def affine(p, x, scale=1.0): return scale * np.sum(p["w"] * x + p["b"][0])
def affine_gradient(p, x, scale=1.0): return {"w": scale * x, "b": [2.0]}, scale * p["w"]
def product(a, b): return a * b
def backward(g, y, a, b): return g * b, 2 * g * a
def forward(a, b): return a * b, (a, b)
def back(residuals, g): return residuals[1] * g, residuals[0]
def push(t, x): return SLOPE * x * t
def hessian(v, x): return SLOPE * x * v
def quarter(z): return np.sum(np.abs(z) ** 2)
def quarter_gradient(z): return 2 * z
def short(x): return x[:1]
def split(x, n): return {"sine": np.sin(x), "scaled": n[0] * x}
def split_back(g, y, x, n): return g["sine"] * np.sin(x) + n[0] * g["scaled"]
def ramp(x): return np.sum(np.maximum(x, 0))
def beyond(x): return np.where(x >= 0, 1.5, 0.0)
def total(x): return np.sum(np.exp(x))
def lost(x): return np.exp(x) - np.inf * (x > 700)

@ad.custom(vjp=lambda g, y, x: g * np.cos(x) * SLOPE)
def wave(x): return np.sin(x)

class Value:
    def __init__(self, value, parents=()):
        self.value, self.parents, self.grad = value, parents, 0.0
    def __mul__(self, other):
        return Value(self.value * other.value, ((self, other.value), (other, 2 * self.value)))
    def backward(self, g=1.0):
        self.grad += g
        for parent, slope in self.parents:
            parent.backward(g * slope)
'''
X = np.array([0.3, -1.7, 2.25])


def claims(user: Any) -> dict[str, Claim]:
    """A claim of every form, each wrong."""
    offset, weights = 0.5, np.array([1.0, 2.0, 4.0])
    return {
        "gradient": Claim(user.cube, X, gradient=user.power),
        "value_and_gradient": Claim(user.cube, X, value_and_gradient=user.both),
        "jacobian": Claim(user.square, X, jacobian=user.matrix),
        "containers": Claim(
            user.affine, {"w": X, "b": [0.5]}, X + 1, gradient=user.affine_gradient, kwargs={"scale": 0.25}
        ),
        "vjp": Claim(user.product, X, X + 1, vjp=user.backward),
        "pair": Claim(user.product, X, X + 1, vjp=(user.forward, user.back), cotangent=np.array([1.0, -2.5, 0.5])),
        "jvp": Claim(user.square, X, jvp=user.push),
        "hvp": Claim(user.cube, X, hvp=user.hessian),
        "float32": Claim(user.cube, X.astype(np.float32), gradient=user.power),
        "lambdas": Claim(lambda x: np.sum(weights * x) + offset, X, gradient=lambda x: weights + offset),
        "expression": Claim("x*exp(x)", at={"x": 0.7}, gradient=lambda x: np.exp(x)),
        "outputs": Claim(user.split, X, np.array([2, 3]), vjp=user.split_back),
        "overflow": Claim(user.total, np.array([705.25, 3.0]), gradient=user.lost),
        "engine": Claim(lambda x: np.sum(user.wave(x) * 2.0), X),
        # only a check shows these
        "complex": Claim(user.quarter, np.array([1.0 + 2.0j]), gradient=user.quarter_gradient),
        "second order": Claim(user.cube, X, gradient=user.power, order=2),
        "scalar class": Claim("x*w", at={"x": 0.3, "w": 0.7}, engine=verify.scalar_class(user.Value, gradient="grad")),
        "contract": Claim(user.cube, X, gradient=user.short),
        "kink": Claim(user.ramp, np.array([0.0, 0.0]), gradient=user.beyond),
    }


BY_CHECK = ("complex", "second order", "scalar class", "contract", "kink")


def python(*words: str, at: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    return subprocess.run(
        [sys.executable, *words], cwd=at, env=environment, capture_output=True, text=True, timeout=110, check=False
    )


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("code") / "user_code.py"
    path.write_text(USER_CODE)
    return module_at(str(path))


@pytest.fixture(scope="module")
def examples(user: Any) -> dict[str, Counterexample]:
    return {name: counterexample_of(verify.shrink(claim)) for name, claim in claims(user).items()}


@pytest.fixture(scope="module")
def said(examples: dict[str, Counterexample], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return run({name: script(example) for name, example in examples.items()}, tmp_path_factory.mktemp("scripts"))


def test_every_script_prints_the_wrong_number_of_the_finding(
    examples: dict[str, Counterexample], said: dict[str, Any]
) -> None:
    for name, example in examples.items():
        status, out, with_verify = said[name]
        assert status == 1, (name, out)
        assert with_verify == (name in (*BY_CHECK,)), name
        assert (name in BY_CHECK) == (not example.pick), name
        if name in ("contract", "kink"):
            assert {"contract": "BROKEN_CONTRACT", "kink": "NOT_A_SUBGRADIENT"}[name] in out
            continue
        yours = float.fromhex(example.yours_hex)
        assert out.splitlines()[0].startswith(f"yours {yours!r}"), (name, out)
        assert out.splitlines()[1].split()[1].startswith(example.truth[:17]), (name, out)


def test_scripts_are_small_and_hold_hexadecimal_numbers(examples: dict[str, Counterexample]) -> None:
    for name, example in examples.items():
        text = script(example)
        assert "float.fromhex('" in text, name
        assert len(text.splitlines()) < 60, name
        assert sum(np.prod(given.shape, dtype=int) for given in example.inputs) <= 6, name
    assert "weights = np.array([1.0, 2.0, 4.0])" in script(examples["lambdas"])
    assert "return wave(" in script(examples["engine"])


def test_a_script_ends_with_0_once_the_number_is_right(examples: dict[str, Counterexample], tmp_path: Path) -> None:
    text = script(examples["gradient"])
    assert f"yours = float({examples['gradient'].pick})" in text
    mended = text.replace(f"yours = float({examples['gradient'].pick})", "yours = float(TRUTH)").splitlines()
    truth = next(line for line in mended if line.startswith("    TRUTH"))
    mended.insert(next(i for i, line in enumerate(mended) if line.startswith("    yours")), truth)
    (tmp_path / "mended.py").write_text("\n".join(mended))
    assert python("mended.py", at=tmp_path).returncode == 0


def test_the_pytest_test_fails_for_the_wrong_subject_and_passes_for_the_mended_one(tmp_path: Path) -> None:
    code = tmp_path / "user_code.py"
    code.write_text(USER_CODE)
    wrong = claims(module_at(str(code)))
    for name in ("gradient", "vjp", "containers"):
        text = verify.reproduction(wrong[name], form="pytest")
        (tmp_path / f"test_{name}.py").write_text(text)
    words = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", str(tmp_path))
    before = python(*words, at=tmp_path)
    assert "3 failed" in before.stdout, before.stdout
    assert before.stdout.count("WRONG") >= 3
    mended = {"SLOPE * x\n": "SLOPE * x**2\n", "2 * g * a": "g * a", "[2.0]": "[3 * scale]"}
    text = USER_CODE
    for old, new in mended.items():
        assert old in text
        text = text.replace(old, new)
    n = claims(module_at(str(code)))["containers"].xs[0]["w"].size
    assert n == 3
    code.write_text(text.replace("[3 * scale]", "[scale * np.size(x)]"))
    after = python(*words, at=tmp_path)
    assert "3 passed" in after.stdout, after.stdout


def test_a_right_claim_has_no_counterexample() -> None:
    with pytest.raises(ClaimError, match="no counterexample to show: the claim is CERTIFIED"):
        counterexample_of(Claim(np.sin, 1.0, gradient=np.cos))
    with pytest.raises(ClaimError, match="form= is 'html': give one of script, pytest"):
        verify.reproduction(Claim(np.sin, 1.0, gradient=np.sin), form="html")


@pytest.mark.slow
@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: case.id)
def test_every_mistake_of_the_suite_is_made_small_and_has_a_script(case: Case) -> None:
    claim = Claim(case.f, *case.xs, kwargs=case.kwargs, **{case.judged: case.subject})
    example = counterexample_of(verify.shrink(claim, budget=60.0))
    assert example.verdict == "WRONG"
    assert example.pick, "the number is where the subject returns it"
    assert all(origin.known for origin in (example.function, *example.subject))
    assert example.entry.startswith((case.wrong_input, *case.also_wrong))
    entries = sum(len(given.values) for given in example.inputs)
    assert entries <= sum(len(given.values) for given in counterexample_of(claim).inputs)
    for text in (script(example), pytest_test(example)):
        ast.parse(text)


# --- where functions are to be had


def test_functions_are_imported_or_written_out(user: Any) -> None:
    assert origin_of(np.linalg.norm, "f") == Origin("np.linalg.norm")
    by_file = origin_of(user.cube, "f")
    assert by_file.statements[-1] == "cube = user_code_module.cube"
    installed = origin_of(json.dumps, "f")
    assert (installed.name, installed.statements) == ("dumps", ("from json import dumps",))
    here = origin_of(python, "f")
    assert here.statements == ("import sys", f"sys.path.insert(0, {str(Path(__file__).parent)!r})",
                               f"from {__name__} import python")  # fmt: skip
    method = origin_of(Report.write, "f")
    assert (method.name, method.statements[-1]) == ("Report.write", "from verify.finding import Report")
    assert origin_of(parse("x*w"), "f").statements[-1] == "f = verify.parse('x*w')"


def test_a_lambda_is_found_among_others_on_its_line() -> None:
    first, second = (lambda x: x + 1), (lambda x: np.sin(x) * 2)
    assert origin_of(first, "f").statements == ("f = lambda x: x + 1",)
    assert origin_of(second, "g").statements == ("import numpy as np", "g = lambda x: np.sin(x) * 2")
    (other,) = (
        lambda x: x
        + 3,
    )  # fmt: skip
    assert origin_of(other, "h").statements == ("h = (lambda x: x\n        + 3)",)


def test_names_of_closures_and_of_the_script_are_kept_apart(tmp_path: Path) -> None:
    """A closure's y, g and x are other numbers than those that the script calls so."""

    def shifted(y: float, g: float) -> Any:
        return lambda x: np.sin(x) * y + g, lambda cotangent, value, x: cotangent * np.cos(x) * y * 2

    f, backward = shifted(0.5, 0.25)
    example = counterexample_of(Claim(f, np.array([0.5, 1.0]), vjp=backward))
    (tmp_path / "shown.py").write_text(script(example))
    assert python("shown.py", at=tmp_path).stdout.startswith(f"yours {float.fromhex(example.yours_hex)!r} ")
    assert [given.name for given in example.inputs] == ["x"]
    other = shifted(0.75, 0.0)[1]
    assert not counterexample_of(Claim(f, 0.5, vjp=other)).subject[0].known

    def x(x: Any) -> Any:
        return np.sum(x**2)

    assert counterexample_of(Claim(x, np.ones(2), gradient=lambda x: x)).inputs[0].name == "x_"


def test_a_function_that_needs_what_cannot_be_written_is_not_known() -> None:
    handle = open(os.devnull)  # noqa: SIM115
    with handle:
        found = origin_of(lambda x: x + len(handle.name), "f")
    assert found == Origin("f", known=False)
    big = np.zeros(10_000)
    assert not origin_of(lambda x: x + big, "f").known
    example = dataclasses.replace(counterexample_of(Claim(np.sin, 1.0, gradient=np.sin)), subject=(found,))
    assert "# f could not be imported, and is not self-contained: define it here\nf = ..." in script(example)


# --- numbers, and the writers of other frameworks


@pytest.mark.parametrize("x", [
    np.array([[0.1, -np.inf], [np.nan, 5e-324]]), np.float32([1 / 3]), np.array(2.5), np.float32(0.1), 0.1, 7, True,
    np.array([], dtype=float), np.array([[True, False]]), np.array([3, -4]), np.complex64(1j),
    np.array([1 + 2j, -0.5j]), np.linspace(0, 1, 9).reshape(3, 3), -0.0,
])  # fmt: skip
def test_arrays_are_written_to_the_last_bit(x: Any) -> None:
    text = numpy_array(given_of("x", x))
    found = eval(text, {"np": np, "nan": np.nan, "inf": np.inf})  # noqa: S307  text that we wrote
    assert type(found) is type(x)
    assert np.asarray(found).dtype == np.asarray(x).dtype
    assert np.shape(found) == np.shape(x)
    assert np.asarray(found).tobytes() == np.asarray(x).tobytes()


@pytest.mark.parametrize("framework", WRITERS)
def test_every_framework_gets_python_with_hexadecimal_numbers(
    framework: str, examples: dict[str, Counterexample]
) -> None:
    for name in ("engine", "float32", "gradient"):
        example = dataclasses.replace(examples[name], framework=framework)
        for text in (script(example), pytest_test(example)):
            ast.parse(text)
            assert re.search(r"float\.fromhex\('-?0x", text)
            assert {"numpy": "np.array(", "torch": "torch.tensor(", "jax": "jnp.array("}[framework] in text


# --- in findings and on the command line


def test_a_script_loads_a_file_whose_dataclasses_look_up_their_annotations(tmp_path: Path) -> None:
    file = tmp_path / "held.py"
    file.write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass Held:\n    factor: float = 3.0\n"
        "def square(x): return x * x\ndef slope(x): return Held().factor * x\n"
    )
    held = module_at(str(file))
    shown = tmp_path / "shown.py"
    shown.write_text(verify.reproduction(Claim(held.square, 2.0, gradient=held.slope)))
    ran = subprocess.run([sys.executable, str(shown)], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (1, "")
    assert "yours 3.0" in ran.stdout


def test_a_finding_holds_its_counterexample_as_data(examples: dict[str, Counterexample]) -> None:
    bare = verify.check(np.sin, 1.0, gradient=np.sin)
    assert "float.fromhex" not in finding_html(bare)
    assert "smallest" not in explain(bare)
    for example in examples.values():
        finding = dataclasses.replace(bare, counterexample=example)
        data = json.loads(json.dumps(report_to_json(Report((finding,))), allow_nan=False))
        assert report_from_json(data).findings[0] == finding
        assert f"smallest     {summary(example)[:20]}" in explain(finding)
        assert "float.fromhex(&#39;0x" in finding_html(finding)


def test_a_line_shows_the_point_and_both_numbers() -> None:
    example = counterexample_of(Claim(np.sin, np.float32(0.5), gradient=np.sin))
    assert summary(example).startswith("x = 0.5 (float32): yours 0.4794255495071411 (0x1.eaee88p-2), the truth 0.87758")
    large = dataclasses.replace(example, inputs=(Given("x", "array", "float64", (3, 3), ("0x1.0p+0",) * 9),))
    assert "x = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, ...] of shape (3, 3)" in summary(large)


def test_the_command_line_writes_the_file_where_something_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("code.py").write_text(USER_CODE)
    words = ["check", "code.py::cube", "--at", "x=[0.3, 2.5]", "--gradient", "power"]
    assert main([*words, "--script", "shown.py", "--pytest", "test_shown.py"]) == 1
    assert "smallest" in capsys.readouterr().out
    assert "answer = power(x)" in Path("shown.py").read_text()
    assert "verify.assert_gradient(cube, x, gradient=power)" in Path("test_shown.py").read_text()
    assert main(["check", "x*x", "--at", "x=3", "--script", "none.py"]) == 0
    assert not Path("none.py").exists()
    assert "none.py is not written: no point is wrong" in capsys.readouterr().err
    assert main([*words, "--script", "missing/shown.py"]) == 2
