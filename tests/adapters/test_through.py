"""What NumPy claims can be asked works for functions of PyTorch and JAX: proofs, sweeps, scripts, reports."""

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import verify
from verify.checker import check_claim
from verify.cli import main
from verify.search.constants import numbers_in

torch = pytest.importorskip("torch")
jax = pytest.importorskip("jax")
jnp = jax.numpy

from torch_ops import saving_input  # noqa: E402


def bell_of_jax(factor=1.0, constant=lambda x: 1.0):
    """exp(-x**2) cos(x); the backward multiplies one of its terms by a factor."""

    @jax.custom_vjp
    def bell(x):
        return jnp.exp(-x * x) * jnp.cos(x) * constant(x)

    def forward(x):
        return bell(x), x

    def backward(x, g):
        decay = jnp.exp(-x * x) * constant(x)
        return (g * (-factor * x * decay * jnp.cos(x) - decay * jnp.sin(x)),)

    bell.defvjp(forward, backward)
    return bell


def bell(x):
    return np.exp(-x * x) * np.cos(x)


# --- proofs


@pytest.mark.parametrize("reference", [None, bell, "exp(-x*x)*cos(x)"])
def test_a_right_backward_is_proved_for_all_inputs_whatever_it_is_held_against(reference):
    assert verify.prove(bell_of_jax(2), jnp.float32(0.7), reference=reference).verdict.name == "PROVED"
    wrong = verify.prove(bell_of_jax(3), jnp.float32(0.7), reference=reference)
    assert wrong.verdict.name == "WRONG"
    assert "its derivative by x is off by -x*exp(-x**2)*cos(x)" in wrong.worst_point.notes


def test_a_factor_that_the_dtype_rounds_away_is_refuted_as_a_formula_and_right_as_a_number():
    found = verify.prove(bell_of_jax(2.0000001), jnp.float32(0.7))
    assert found.verdict.name == "CERTIFIED"  # 2.0000001 is 2 in float32
    assert any("-x*exp(-x**2)*cos(x)/10000000 is certainly not 0" in note for note in found.worst_point.notes)
    with jax.enable_x64(True):
        wide = verify.prove(bell_of_jax(2.0000001), jnp.float64(0.7))
    assert wide.verdict.name == "WRONG"
    assert "its derivative by x is off by -x*exp(-x**2)*cos(x)/10000000" in wide.worst_point.notes


def test_a_proof_reads_the_constants_of_the_code_and_not_what_float32_makes_of_them():
    assert verify.prove(bell_of_jax(2, lambda x: 0.1), jnp.float32(0.7), reference="0.1*exp(-x*x)*cos(x)").proved


@pytest.mark.parametrize("reference", [None, bell])
def test_what_depends_on_the_dtype_is_proved_in_the_dtype_of_the_op(reference):
    """In float64 this backward would be right."""
    by_dtype = lambda x: 1.0 if x.dtype == jnp.float64 else 1.5  # noqa: E731
    f = bell_of_jax(2)
    f.defvjp(lambda x: (f(x), x), lambda x, g: (by_dtype(x) * jax.vjp(bell_of_jax(2).fun, x)[1](g)[0],))
    assert verify.prove(f, jnp.float32(0.7), reference=reference).verdict.name == "WRONG"


def test_a_constant_of_the_dtype_is_the_one_of_the_dtype_that_the_op_runs_in():
    eps = lambda x: 1 + 2**10 * jnp.finfo(x.dtype).eps  # noqa: E731
    assert verify.check(bell_of_jax(2, eps), jnp.float32(0.7)).verdict.name == "CERTIFIED"
    assert verify.prove(bell_of_jax(2, eps), jnp.float32(0.7)).verdict.name == "PROVED"
    assert verify.check(bell_of_jax(3, eps), jnp.float32(0.7)).verdict.name == "WRONG"


# --- scripts

TORCH_OP = '''
import torch

class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, a):
        ctx.save_for_backward(x)
        ctx.a = a
        return a * x * x * x

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return {factor} * ctx.a * x * x * g, None

cube = Cube.apply
'''

JAX_OP = '''
import jax

@jax.custom_vjp
def cube(x, a):
    return a * x * x * x

def forward(x, a):
    return cube(x, a), (x, a)

def backward(kept, g):
    x, a = kept
    return {factor} * a * x * x * g, (x * x * x * g).sum()

cube.defvjp(forward, backward)
'''


def module_of(path, text):
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def exit_status(text, folder):
    (folder / "shown.py").write_text(text, encoding="utf-8")
    package = str(Path(verify.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": package, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-B", "shown.py"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("source", "x", "a"),
    [
        (TORCH_OP, torch.tensor([[0.3, -1.7], [2.4, 1.1]]), 2.0),
        (TORCH_OP, torch.tensor([0.3, -1.7], dtype=torch.bfloat16), 2.0),
        (JAX_OP, jnp.array([0.3, -1.7]), jnp.float32(2.0)),
    ],
    ids=["torch", "torch bfloat16", "jax"],
)
def test_a_script_shows_the_wrong_number_by_itself_until_the_op_is_mended(source, x, a, tmp_path):
    name = "mended_" + hashlib.blake2b((source + str(x)).encode(), digest_size=4).hexdigest()
    op = module_of(tmp_path / f"{name}.py", source.format(factor=2)).cube
    text = verify.reproduction(verify.Claim(op, x, a), budget=1.0)
    assert "import verify" not in text
    status, said = exit_status(text, tmp_path)
    assert (status, "yours" in said) == (1, True), said
    (tmp_path / f"{name}.py").write_text(source.format(factor=3), encoding="utf-8")
    assert exit_status(text, tmp_path)[0] == 0


def test_an_op_that_no_module_holds_is_written_out(tmp_path):
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            return ctx.saved_tensors[0] * g

    @jax.custom_vjp
    def square(x):
        return x * x

    def forward(x):
        return square(x), x

    square.defvjp(forward, lambda x, g: (x * g,))
    for claim in (verify.Claim(Square.apply, torch.tensor([0.7])), verify.Claim(square, jnp.array([0.7]))):
        status, said = exit_status(verify.reproduction(claim, budget=1.0), tmp_path)
        assert (status, "yours" in said) == (1, True), said


def test_a_module_is_called_with_its_parameters(tmp_path):
    source = TORCH_OP + "\nclass Layer(torch.nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    source += "        self.w = torch.nn.Parameter(torch.tensor([0.3, 0.4]))\n\n    def forward(self, x):\n"
    source += "        return (cube(self.w, 1.0) * x).sum()\n\nlayer = Layer()\n"
    layer = module_of(tmp_path / "layers_held.py", source.format(factor=2)).layer
    text = verify.reproduction(verify.Claim(layer, torch.tensor([1.0, 2.0])), budget=1.0)
    status, said = exit_status(text, tmp_path)
    assert (status, "yours" in said) == (1, True), text + said


# --- sweeps, blame, power, many claims


def jax_function(forward, backward):
    @jax.custom_vjp
    def op(x):
        return forward(x)

    op.defvjp(lambda x: (op(x), x), lambda x, g: (backward(x, g),))
    return op


def cube(x):
    return x * x * x


def banded(where):
    """The slope of x**3, save in a band far from everywhere else."""
    return lambda x, g: where((x > 137.25) & (x < 138.0), 2 * x * x, 3 * x * x) * g


def test_a_mistake_in_a_band_that_only_the_code_of_the_backward_names_is_found():
    cases = (saving_input, torch.where, torch.tensor(0.5)), (jax_function, jnp.where, jnp.array(0.5))
    for made, where, x in cases:
        right = made(cube, lambda x, g: 3 * x * x * g)
        found = verify.sweep(made(cube, banded(where)), x)
        assert found.verdict.name == "WRONG"
        assert 137.25 <= found.worst_point.at["x"] <= 138.0
        assert found.counterexample is not None
        assert verify.sweep(right, x, budget=4.0).ok


def test_the_numbers_in_the_code_of_an_op_are_found_wherever_it_stands():
    one = saving_input(lambda x: x * 3.5, lambda x, g: 4.5 * g)
    other = jax_function(lambda x: x * 5.5, lambda x, g: 6.5 * g)

    class Layer(torch.nn.Module):
        limit = 1.0

        def __init__(self):
            super().__init__()
            self.edge = 7.5

        def forward(self, x):
            return one(x) + 8.5 * self.edge

    assert numbers_in(Layer()) == [0.0, 3.5, 4.5, 7.5, 8.5]  # 0 is the place of the saved tensor
    assert numbers_in(jax.jit(lambda x: other(x))) == [5.5, 6.5]


LOST = """
import {framework}

def forward(x):
    return {module}.tanh(x)

def backward(x, g):
    y = {module}.tanh(x)
    slope = 1 - y * y
    return g * slope
"""


@pytest.mark.parametrize(("framework", "module"), [("torch", "torch"), ("jax", "jax.numpy")])
def test_lost_digits_are_told_by_the_line_of_the_user(framework, module, tmp_path):
    name = f"lost_digits_in_{framework}"
    held = module_of(tmp_path / f"{name}.py", LOST.format(framework=framework, module=module))
    made, x = {
        "torch": (saving_input, torch.tensor([0.5, 5.0])),
        "jax": (jax_function, jnp.array([0.5, 5.0])),
    }[framework]
    found = verify.check(made(held.forward, held.backward), x, reference=np.tanh)
    assert found.verdict.name == "INACCURATE"
    assert f"{name}.py:9: `slope = 1 - y * y`" in found.explain()


def test_claims_of_a_file_run_in_workers_beside_claims_in_this_process(tmp_path):
    (tmp_path / "ops.py").write_text(
        JAX_OP.format(factor=2) + "\nimport verify\nwrong = verify.Claim(cube, jax.numpy.array([0.5]), 2.0,"
        ' expect="WRONG", reason="2 in place of 3")\n',
        encoding="utf-8",
    )
    own = verify.Claim(saving_input(cube, lambda x, g: 3 * x * x * g), torch.tensor([0.5]), id="own")
    report = verify.run([own, tmp_path / "ops.py"], workers=1)
    assert [f.id for f in report.findings] == ["own", "wrong"]
    assert report.ok, report.findings[1].explain()
    page = report.write(tmp_path / "out")
    assert "run by torch" in page.read_text(encoding="utf-8")
    data = json.loads((tmp_path / "out" / "index.json").read_text(encoding="utf-8"))
    assert data["findings"][1]["verdict"] == "WRONG"


def test_a_function_of_a_file_is_checked_by_name_at_a_point(tmp_path, capsys):
    path = tmp_path / "named.py"
    path.write_text(TORCH_OP.format(factor=2) + "\ndef plain(x, a):\n    return a * x**3\n", encoding="utf-8")
    words = ["--at", "x=3,a=2", "--wrt", "x"]
    assert main(["check", f"{path}::Cube", *words]) == 1
    assert main(["check", f"{path}::Cube", *words, "--reference", "plain"]) == 1
    assert "held against the reference in NumPy" in capsys.readouterr().out
    path.write_text(TORCH_OP.format(factor=3), encoding="utf-8")
    assert main(["check", f"{path}::Cube", *words]) == 0


def test_a_claim_moves_to_tensors_and_to_arrays_alike():
    claim = verify.Claim(saving_input(cube, lambda x, g: 2 * x * x * g), torch.tensor([0.5]))
    points = [check_claim(claim.at(x)).worst_point for x in (torch.tensor([1.5, 2.0]), np.float32([1.5, 2.0]))]
    assert points[0].yours == points[1].yours
    assert points[0].at == {"x": [1.5, 2.0]}
    shrunk = verify.shrink(claim.at(torch.tensor([1.5, 2.25])), budget=2.0)
    assert shrunk.xs[0].size == 1
    assert check_claim(shrunk).verdict.name == "WRONG"


def test_whole_numbers_and_constants_are_those_of_the_point():
    pick = lambda x, k, a: a * x[k] ** 2  # noqa: E731
    claim = verify.Claim(pick, torch.tensor([0.5, 1.5]), torch.tensor(0), 2.0)
    assert check_claim(claim).ok
    assert check_claim(claim.at(torch.tensor([0.5, 1.5]), torch.tensor(1), 3.0)).ok


def test_planted_mistakes_in_a_reference_are_refused_as_they_are_for_numpy():
    claim = verify.Claim(saving_input(torch.sin, lambda x, g: g * torch.cos(x)), torch.tensor(0.5), reference=np.sin)
    outcome = verify.power(claim)
    assert outcome is not None


def test_numpy_claims_import_no_framework():
    text = "import sys, numpy as np, verify; assert verify.check(np.sin, 1.0, gradient=np.cos).ok; "
    text += "print([n for n in ('torch', 'jax', 'autograd') if n in sys.modules])"
    package = str(Path(verify.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": package}
    done = subprocess.run([sys.executable, "-c", text], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
