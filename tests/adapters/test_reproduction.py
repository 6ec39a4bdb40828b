"""Scripts of failures in PyTorch and JAX: each fails by itself in a fresh process, and passes once the op is mended."""

from __future__ import annotations

import functools
import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from scripts_alone import run

import verify
from verify.breaches import SHOWN
from verify.checker import check_claim
from verify.claimreading import ClaimError
from verify.exhibiting import counterexample_of
from verify.finding import Report
from verify.render.json import report_from_json, report_to_json
from verify.render.script import NEEDS_ADVERIFY, script

torch: Any = pytest.importorskip("torch")
jax: Any = pytest.importorskip("jax")
jnp: Any = jax.numpy

X = torch.tensor([0.5, 2.0], dtype=torch.float64)


def module_of(path: Path, text: str) -> Any:
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


# --- rules and modules that no file holds under a name


class Square(torch.autograd.Function):  # type: ignore[misc]
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return ctx.saved_tensors[0] * g


def ops_of_jax() -> dict[str, Any]:
    """Ops with a wrong rule, each made in another way."""
    factor = 3.0
    both = jax.custom_vjp(lambda x: x * x)
    both.defvjp(lambda x: (x * x, x), lambda x, g: (factor * x * g,))
    op = jax.custom_vjp(lambda x: x * x)
    op.defvjp(lambda x: (op(x), x), lambda x, g: (x * g,))

    def implementation(x: Any) -> Any:
        return x * x

    def forward(x: Any) -> Any:
        return named(x), x

    named = jax.custom_vjp(implementation)
    named.defvjp(forward, lambda x, g: (x * g,))
    fixed = jax.custom_vjp(lambda x, n: x**n, nondiff_argnums=(1,))
    fixed.defvjp(lambda x, n: (x**n, x), lambda n, x, g: (g * x**n,))
    pushed = jax.custom_jvp(lambda x: x * x)
    pushed.defjvp(lambda p, t: (p[0] * p[0], 3 * p[0] * t[0]))
    each = jax.custom_jvp(lambda x: x * x)
    each.defjvps(lambda t, y, x: 3 * x * t)

    @jax.custom_jvp
    def decorated(x: Any) -> Any:
        return x * x

    @decorated.defjvp
    def push(p: Any, t: Any) -> Any:
        return decorated(p[0]), 3 * p[0] * t[0]

    return {
        "lambdas": both, "a lambda that calls the op": op, "under another name": named, "jvp": pushed, "jvps": each,
        "decorated": decorated, "compiled": jax.jit(op), "a lambda of an op": lambda x: op(x) * 2,
        "a constant": lambda x: fixed(x, 3),
    }  # fmt: skip


class Layer(torch.nn.Module):  # type: ignore[misc]
    """Has a parameter, a buffer, constants and a function; changes its buffer."""

    def __init__(self, after: Any) -> None:
        super().__init__()
        self.w = torch.nn.Parameter(torch.tensor([0.5, -0.25]))
        self.register_buffer("calls", torch.tensor(1.0))
        self.after, self.scale, self.kept = after, 2.0, {"names": ["a", "b"]}

    def forward(self, x: Any) -> Any:
        self.calls += 1
        return self.after(Square.apply(self.w * x)) * self.scale * self.calls


def modules() -> dict[str, Any]:
    class Local(Layer):
        def forward(self, x: Any) -> Any:
            return Square.apply(self.w) * x

    shared = torch.nn.Linear(2, 2)
    layer = Layer(torch.sin)
    return {
        "of a module": layer, "of a local class": Local(torch.sin), "a method": layer.forward,
        "inside a function": lambda x: layer(x) * 2, "a partial": functools.partial(layer),
        "in a row": torch.nn.Sequential(Layer(torch.tanh), torch.nn.Tanh()),
        "shared": torch.nn.Sequential(shared, Layer(torch.nn.functional.softplus), shared),
    }  # fmt: skip


def test_ops_and_modules_that_no_file_holds_are_written_out_and_fail_by_themselves(tmp_path: Path) -> None:
    claims = {name: verify.Claim(op, jnp.array([0.7, 1.5])) for name, op in ops_of_jax().items()}
    claims |= {name: verify.Claim(op, torch.tensor([0.7, 1.5])) for name, op in modules().items()}
    texts = {name: script(counterexample_of(claim)) for name, claim in claims.items()}
    small = ("lambdas", "of a module")
    texts |= {f"{name}, made small": verify.reproduction(claims[name], budget=0.5) for name in small}
    for name, (status, said, _) in run(texts, tmp_path).items():
        assert status == 1, (name, status, texts[name])
        assert said.startswith("yours"), name
        assert "import verify" not in texts[name], name


def test_what_cannot_be_written_is_refused_in_one_sentence() -> None:
    hooked, wide, made = Layer(torch.sin), Layer(torch.sin), Layer(torch.sin)
    hooked.register_forward_hook(lambda *_: None)
    wide.register_buffer("table", torch.ones(300))
    made.handle = object()
    ghost: dict[str, Any] = {}
    exec(  # noqa: S102  a class without a file
        "class Ghost(torch.nn.Module):\n  def forward(self, x): return square(x)",
        {"torch": torch, "square": Square.apply, "__name__": "nowhere"}, ghost,
    )  # fmt: skip

    class Large(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.w = torch.nn.Parameter(torch.ones(20_000))

        def forward(self, x: Any) -> Any:
            return Square.apply(self.w).reshape(200, 100).sum() * x

    refused = {
        "it has hooks, in _forward_hooks": hooked, "its 'table' holds 300 numbers, more than the 256": wide,
        "its 'handle' is a object, which cannot": made, "the source of Ghost is not to be had": ghost["Ghost"](),
    }  # fmt: skip
    for text, module in refused.items():
        with pytest.raises(ClaimError, match=f"no script can be written of .*: {text}.*; put it into a file that can"):
            verify.reproduction(verify.Claim(module, torch.tensor([0.7, 1.5])), budget=0.5)
    with pytest.raises(ClaimError, match=r"its point holds 20001 numbers, more than 10000; ask it at smaller shapes"):
        verify.reproduction(verify.Claim(Large(), torch.tensor(1.0)), budget=0.5)


def test_a_gradient_of_none_is_the_number_0(tmp_path: Path) -> None:
    class Nothing(Square):
        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return None

    text = verify.reproduction(verify.Claim(Nothing.apply, torch.tensor([0.7])), budget=0.5)
    ((status, said, _),) = run({"none": text}, tmp_path).values()
    assert (status, said.splitlines()[0]) == (1, "yours 0.0 0x0.0p+0")


# --- broken contracts

OP_OF_TORCH = """
import torch

class Op(torch.autograd.Function):
    generate_vmap_rule = {vmap}

    @staticmethod
    def forward({forward}

    @staticmethod
    def setup_context(ctx, inputs, output):
        {setup}

    @staticmethod
    def backward(ctx, {backward}
{jvp}
op = Op.apply
"""
OF_X = {"vmap": False, "forward": "x):\n        return x.exp() * x", "setup": "ctx.save_for_backward(inputs[0])"}
RIGHT = "g):\n        (x,) = ctx.saved_tensors\n        return g * x.exp() * (1 + x)"
OF_X |= {"backward": RIGHT, "jvp": ""}
PUSHES = "    @staticmethod\n    def jvp(ctx, " + RIGHT.replace("g", "t", 1).replace("g *", "t *")
PUSHED_TOO = {**OF_X, "setup": f"{OF_X['setup']}\n        ctx.save_for_forward(inputs[0])", "jvp": PUSHES}
PRODUCT = {
    "vmap": False, "forward": "x, y):\n        return x * y",
    "setup": "ctx.save_for_backward(*inputs)", "jvp": "",
    "backward": "g):\n        x, y = ctx.saved_tensors\n        return g * y, g * x",
}  # fmt: skip
BOTH = {
    "vmap": False, "forward": "x):\n        return torch.sin(x), torch.cos(x)", "jvp": "",
    "setup": "ctx.save_for_backward(*inputs)\n        ctx.set_materialize_grads(False)",
    "backward": "g, h):\n        (x,) = ctx.saved_tensors\n        zero = torch.zeros_like(x)\n"
                "        g, h = (zero if g is None else g), (zero if h is None else h)\n"
                "        return g * torch.cos(x) - h * torch.sin(x)",
}  # fmt: skip

# A clause: (a right op, how many tensors it takes, what is replaced in it, by what)
BROKEN = {
    "inputs untouched": (OF_X, 1, RIGHT, RIGHT.replace("        return", "        x = x.clone()\n        "
                         "ctx.saved_tensors[0].data.add_(1)\n        return")),
    "cotangent untouched": (OF_X, 1, RIGHT, RIGHT.replace("g * x.exp()", "g.mul_(x.exp())")),
    "saved tensors": (OF_X, 1, RIGHT, RIGHT.replace("        return", "        assert not hasattr(ctx, 'used')\n"
                      "        ctx.used = True\n        return")),
    "double backward": (OF_X, 1, RIGHT, RIGHT.replace("        return", "        x = x.detach()\n        return")),
    "needs_input_grad": (PRODUCT, 2, "return g * y, g * x", "return (g if all(ctx.needs_input_grad) else g / 2) * y, "
                         "g * x"),
    "undefined cotangents": (BOTH, 1, "zero = torch.zeros_like", "zero = torch.ones_like"),
    "expanded cotangents": (OF_X, 1, RIGHT, RIGHT.replace("return g", "return (g if 0 not in g.stride() else 0 * g)")),
    "forward AD": (PUSHED_TOO, 1, "return t *", "return 2 * t *"),
    "torch.vmap": ({**OF_X, "vmap": True}, 1, "return g * x.exp()",
                   "return (2 if torch._C._functorch.maybe_current_level() else 1) * g * x.exp()"),
    "one array for each input": (OF_X, 1, "g * x.exp() * (1 + x)", "(g * x.exp() * (1 + x))[:1]"),
}  # fmt: skip

OP_OF_JAX = """
import jax
import jax.numpy as jnp

def f(x):
    {of_numpy}
    return x * x

op = jax.custom_vjp(f, nondiff_argnums=())
op.defvjp(lambda x: (x * x, {saved}), lambda saved, g: ({backward},))
"""
OF_JAX = {"of_numpy": "x = x + 0", "saved": "x", "backward": "2 * saved * g"}
PUSHED = """
import jax

def push(f, t):
    call = jax.custom_derivatives.linear_call
    return call(lambda x, t: {forward} * x * t, lambda x, g: 2 * x * g, f, t)

op = jax.custom_jvp(lambda x: x * x)
op.defjvp(lambda xs, ts: (xs[0] * xs[0], push(xs[0], ts[0])))
"""
SEEN = """
import jax
import jax.numpy as jnp

def is_zero(t):
    return isinstance(t, jax.custom_derivatives.SymbolicZero)

{op}
"""
OF_TWO = """
def push(primals, tangents):
    (x, y), (tx, ty) = primals, tangents
    if is_zero(tx):
        return x * y, {alone}
    return x * y, tx * y if is_zero(ty) else tx * y + x * ty

op = jax.custom_jvp(lambda x, y: x * y)
op.defjvp(push, symbolic_zeros=True)
"""
TWO_RESULTS = """
def backward(x, gs):
    a, b = gs
    if is_zero(a):
        return ({alone},)
    return (a * jnp.cos(x) - (0.0 if is_zero(b) else b * jnp.sin(x)),)

op = jax.custom_vjp(lambda x: (jnp.sin(x), jnp.cos(x)))
op.defvjp(lambda x: ((jnp.sin(x.value), jnp.cos(x.value)), x.value), backward, symbolic_zeros=True)
"""

# A clause: (the text of a module with a wrong op, that of the mended one, how many arguments it takes)
BROKEN_IN_JAX = {
    "jit": [OP_OF_JAX.format(**{**OF_JAX, "backward": b})
            for b in ("(3 if isinstance(g, jax.core.Tracer) else 2) * saved * g", OF_JAX["backward"])] + [1],
    "vmap": [OP_OF_JAX.format(**{**OF_JAX, "backward": b})
             for b in ("2 * saved * g + twice(g) - 2 * g", "2 * saved * g")] + [1],
    "python numbers": [OP_OF_JAX.format(**{**OF_JAX, "of_numpy": b}) for b in ("x *= 1.5; x = x / 1.5", "x = x + 0")]
            + [1],
    "second order": [OP_OF_JAX.format(**{**OF_JAX, "saved": b}) for b in ("jax.lax.stop_gradient(x)", "x")] + [1],
    "residuals": [OP_OF_JAX.format(**{**OF_JAX, "backward": b})
                  for b in ("(2 * saved * g).astype(jnp.float16)", "2 * saved * g")] + [1],
    "forward and reverse": [PUSHED.format(forward=3), PUSHED.format(forward=2), 1],
    "one argument alone": [SEEN.format(op=OF_TWO.format(alone=b)) for b in ("x * y * ty", "x * ty")] + [2],
    "one result alone": [SEEN.format(op=TWO_RESULTS.format(alone=b)) for b in ("jnp.zeros_like(x)", "-b * jnp.sin(x)")]
            + [1],
}  # fmt: skip
BATCHED = """
import jax

twice = jax.custom_batching.custom_vmap(lambda x: 2 * x)
twice.def_vmap(lambda size, batched, x: (3 * x, True))
"""


def broken_in_torch(clause: str) -> tuple[str, str, tuple[Any, ...]]:
    right, count, old, new = BROKEN[clause]
    text = OP_OF_TORCH.format(**right)
    assert old in text
    return text.replace(old, new), text, (X, X + 1)[:count]


def broken_in_jax(clause: str) -> tuple[str, str, tuple[Any, ...]]:
    wrong, right, count = BROKEN_IN_JAX[clause]
    if clause == "vmap":
        wrong, right = BATCHED + wrong, BATCHED + right
    return wrong, right, (jnp.array([0.5, 2.0]), jnp.array([1.0, 3.0]))[:count]


@pytest.mark.parametrize(("framework", "names", "texts"), [
    ("torch", BROKEN, broken_in_torch), ("jax", BROKEN_IN_JAX, broken_in_jax),
], ids=["torch", "jax"])  # fmt: skip
def test_a_broken_contract_is_shown_by_the_framework_alone_until_the_op_is_mended(
    framework: str, names: dict[str, Any], texts: Any, tmp_path: Path
) -> None:
    scripts, files = {}, {}
    for k, name in enumerate(names):
        wrong, right, xs = texts(name)
        file = tmp_path / f"broken_in_{framework}_{k}.py"
        example = counterexample_of(verify.Claim(module_of(file, wrong).op, *xs))
        assert example.verdict == "BROKEN_CONTRACT", (name, example.reason)
        assert example.clause == name, (name, example.clause, example.reason)
        scripts[name], files[name] = script(example), (file, right)
        assert "import verify" not in scripts[name], name
        assert NEEDS_ADVERIFY not in scripts[name], name
    for name, (status, said, with_verify) in run(scripts, tmp_path).items():
        assert (status, with_verify) == (1, False), (name, status, said)
        assert said.startswith(f"{name} is broken: "), name
    for file, right in files.values():
        file.write_text(right, encoding="utf-8")
    for name, (status, said, _) in run(scripts, tmp_path).items():
        assert status == 0, (name, status, said)


def test_a_finding_that_was_read_again_gives_the_same_script(tmp_path: Path) -> None:
    wrong, _, xs = broken_in_torch("double backward")
    claim = verify.Claim(module_of(tmp_path / "broken_and_kept.py", wrong).op, *xs)
    example = counterexample_of(claim)
    report = Report((replace(check_claim(claim), counterexample=example),))
    (found,) = report_from_json(report_to_json(report)).findings
    assert found.counterexample == example
    assert "differentiates_twice_wrongly" in script(found.counterexample)


def test_every_clause_that_a_framework_shows_has_an_op_that_breaks_it() -> None:
    shown = {"torch": {*BROKEN, "saved values untouched"}, "jax": {*BROKEN_IN_JAX}}
    assert {name: {clause for f, clause in SHOWN if f == name} for name in shown} == shown


def test_a_script_that_needs_adverify_says_so_at_its_top(tmp_path: Path) -> None:
    """A constant of a rule that is right for one number alone: only a check asks for another."""
    op = jax.custom_vjp(lambda x, n: x * x * n, nondiff_argnums=(1,))
    op.defvjp(lambda x, n: (x * x * n, x), lambda n, x, g: (4 * x * g,))
    text = script(counterexample_of(verify.Claim(op, jnp.array([0.5, 2.0]), 2.0)))
    assert text.splitlines()[1] == NEEDS_ADVERIFY
    ((status, said, with_verify),) = run({"constant": text}, tmp_path).values()
    assert (status, with_verify) == (1, True), (status, text)
    assert "nondiff arguments" in said
