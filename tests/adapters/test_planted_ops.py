"""Every planted op of PyTorch and JAX: the right one is accepted, its wrong twins are refused, in every dtype.

Facts
    In float32, where kernels run, an op and its first wrong twin are judged every time; all others take minutes.
"""

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest

from verify.catalogue import load
from verify.complete import contract_finding
from verify.judge import Verdict
from verify.render.adapters import OURS, OpRow, adapters_markdown
from verify.render.markdown import cell
from verify.suite import SuiteError
from verify.suites import opsdocument
from verify.suites.customops import REFUSED, RIGHT, Planted, claim_of, imported, planted, tensors
from verify.suites.frameworkcheckers import ACCEPTS, RAISES, REFUSES, jax_says, said, torch_says
from verify.suites.opcase import ALL, SHOWS
from verify.target import Target, asked

torch = pytest.importorskip("torch")
jax = pytest.importorskip("jax")

MODULES = {"torch": torch, "jax": jax}
EVERY = {one.id: one for name, module in MODULES.items() for one in planted(module, name)}
CASES = list({(one.framework, one.case.id): one.case for one in EVERY.values()}.items())
REPORTS = Path(__file__).parents[2] / "reports"
LEAST = {"torch": 34, "jax": 24}


RARELY = {id for i, ((name, id), _) in enumerate(CASES) if name == "jax" and i % 2}  # right ones take 2 s each in JAX


def often(one: Planted) -> bool:
    """Whether this one is judged every time."""
    if one.slip is None:
        first = one.framework == "torch" or one.case.id not in RARELY
    else:
        first = one.slip is one.case.wrong[0]
    return one.dtype == "float32" and first and one.shows == "value"


def parameters() -> list:
    return [pytest.param(one, id=id, marks=() if often(one) else pytest.mark.slow) for id, one in EVERY.items()]


@pytest.mark.parametrize("one", parameters())
def test_the_right_op_is_accepted_and_its_wrong_twins_are_refused(one: Planted) -> None:
    found = contract_finding(claim_of(MODULES[one.framework], one))
    if one.must_be_refused:
        assert found.verdict.name in REFUSED, (found.verdict, found.reason)
    else:
        assert found.verdict.ok, (found.verdict, found.reason)


# --- the list


def test_the_list_is_as_long_as_promised_and_every_op_has_a_wrong_twin() -> None:
    for framework, least in LEAST.items():
        cases = [case for (name, _), case in CASES if name == framework]
        assert len(cases) >= least
        for case in cases:
            assert case.wrong
            names = [slip.name for slip in case.wrong]
            assert len(set(names)) == len(names)
            assert all(slip.says and slip.shows in SHOWS and set(slip.dtypes) <= set(ALL) for slip in case.wrong)
    assert len(EVERY) == sum(len(list(planted(module, name))) for name, module in MODULES.items())  # ids are unique


def values(framework: str, op: object, xs: tuple) -> list[np.ndarray]:
    module = MODULES[framework]
    given = tensors(module, framework, xs, "float64")
    if framework == "torch":
        found = op(*given)
    else:
        with jax.enable_x64(True):
            found = op(*given)
    return [np.asarray(y) for y in (found if isinstance(found, tuple) else (found,))]


@pytest.mark.parametrize(("key", "case"), CASES, ids=["/".join(key) for key, _ in CASES])
def test_right_and_wrong_compute_the_reference(key: tuple[str, str], case: object) -> None:
    wanted = case.reference(*case.xs)
    wanted = wanted if isinstance(wanted, tuple) else (wanted,)
    for op in (case.right, *(slip.op for slip in case.wrong)):
        found = values(key[0], op, case.xs)
        assert all(np.allclose(a, b, rtol=1e-12, atol=1e-14) for a, b in zip(found, wanted, strict=True))


# --- what the frameworks' own checkers say

SAID = {
    # the checkers pass what is wrong
    "torch-ops/tanh/zero tail/float64": ("gradcheck", ACCEPTS),
    "torch-ops/sine scaled down/twice/float64": ("gradcheck", ACCEPTS),
    "torch-ops/exp/0.1 % too large/float64": ("gradcheck", ACCEPTS),
    "torch-ops/sine of 300/one entry/float64": ("gradcheck fast_mode", ACCEPTS),
    "torch-ops/product/needs both gradients/float64": ("gradcheck", ACCEPTS),
    "torch-ops/straight-through rounding/stands still/float64": ("gradcheck", ACCEPTS),
    "jax-ops/tanh/zero tail/float64": ("check_grads order=1", ACCEPTS),
    "jax-ops/power 3/2 at 0/NaN at 0/float64": ("check_grads order=1", ACCEPTS),
    "jax-ops/cube/branches on a value/float64": ("check_grads order=2", ACCEPTS),
    # and accuse what is right
    "torch-ops/log near 0/right/float64": ("gradcheck", REFUSES),
    "torch-ops/square far out/right/float64": ("gradcheck", REFUSES),
    "torch-ops/relu/right/float64": ("gradcheck", REFUSES),
    "torch-ops/sigmoid/right/float32": ("gradcheck", REFUSES),
    "jax-ops/log near 0/right/float64": ("check_grads order=1", REFUSES),
    "jax-ops/relu/right/float64": ("check_grads order=1", REFUSES),
    # what they get right
    "torch-ops/linear/right/float64": ("gradcheck", ACCEPTS),
    "torch-ops/linear/weight transposed/float64": ("gradcheck", REFUSES),
    "torch-ops/cube/second derivative lost/float64, second order": ("gradgradcheck", REFUSES),
    "torch-ops/sine and cosine/needs both cotangents/float64": ("gradcheck", RAISES),
    "jax-ops/linear/weight transposed/float64": ("check_grads order=1", REFUSES),
}


@pytest.mark.parametrize("id", SAID)
def test_the_frameworks_checkers_say(id: str) -> None:
    one = EVERY[id]
    checker, answer = SAID[id]
    assert {"torch": torch_says, "jax": jax_says}[one.framework](MODULES[one.framework], one)[checker].answer == answer


def test_what_a_checker_raises_is_told_from_a_refusal() -> None:
    def fails() -> None:
        raise ValueError("first\nsecond")

    assert (said(fails, ValueError).answer, said(fails, ValueError).why) == (REFUSES, "first")
    assert said(fails, AssertionError).why == "ValueError: first"
    one = EVERY["torch-ops/sigmoid/right/float32"]
    assert torch_says(torch, one)["gradcheck"].warned


# --- the suite and its document


def test_a_suite_is_loaded_by_its_name_and_its_ops_by_theirs() -> None:
    groups = load("torch-ops")
    assert [group.id for group in groups] == [id for id in EVERY if id.startswith("torch")]
    id = "torch-ops/linear/weight transposed/float32"
    [group] = load(f"torch-ops::{id}")
    assert group.reproduce == f"adverify check '{id}'"
    assert asked(Target(id)).claims[0].reason == "x.T @ g for g.T @ x"
    assert group.finding().as_expected
    with pytest.raises(SuiteError, match="has no claim named 'torch-ops/no'"):
        load("torch-ops::torch-ops/no")


def test_a_framework_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SuiteError, match="jax-ops: jax is not installed: pip install jax"):
        imported("jax")


def test_the_document_counts_what_each_checker_gets_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = [one for one in EVERY.values() if one.framework == "torch" and one.case.id == "sine scaled down"]
    monkeypatch.setattr(opsdocument, "planted", lambda module, framework: iter(chosen))
    rows = opsdocument.rows_of(torch, "torch")
    text = adapters_markdown({"torch": rows})
    assert "## torch: 1 op, 2 wrong twins" in text
    assert "| adverify | float32 | 2 | 0 | 1 | 0 | 0 |" in text
    assert "| gradcheck | float64 | 2 | 2 | 1 | 0 | 0 |" in text
    assert text == adapters_markdown({"torch": opsdocument.rows_of(torch, "torch")})
    undecided = OpRow("f", "right", "", {(OURS, "float32"): ("open", "INCONCLUSIVE")})
    assert "| adverify | float32 | 2 | 0 | 2 | 0 | 1 |" in adapters_markdown({"torch": [*rows, undecided]})


def committed() -> dict[tuple[str, str, str, str], str]:
    """What the committed table says of (framework, op, variant, checker and dtype)."""
    found = {}
    for section in (REPORTS / "adapters.md").read_text(encoding="utf-8").split("\n## ")[1:]:
        rows = [cells(line) for line in section[section.index("| op |") :].splitlines()]
        for op, variant, *words in rows[2:]:
            keys = ((section.split(":")[0], op, variant, asked) for asked in rows[0][2:])
            found |= dict(zip(keys, words, strict=True))
    return found


def cells(line: str) -> list[str]:
    return [part.strip() for part in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_the_committed_table_has_every_op_and_twin_with_the_verdict_that_it_must_have() -> None:
    table = committed()
    for one in EVERY.values():
        name = RIGHT if one.slip is None else one.slip.name
        name += "" if one.shows in ("value", "contract") else f" ({one.shows})"
        variant = name if one.slip is None else f"{name}: {one.slip.says}"
        verdict = table[one.framework, cell(one.case.id), cell(variant), f"{OURS} {one.dtype}"]
        right = verdict in REFUSED if one.must_be_refused else Verdict[verdict].ok
        assert right, (one.id, verdict)
