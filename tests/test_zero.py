"""Deciding that an expression is zero: what each step proves, what none may prove, and the limits they work under."""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from verify import limits, zero
from verify.limits import Stopped, within
from verify.numbers.field import vanishes
from verify.zero import STEPS, decide_zero

x, y, z = sp.symbols("x y z", real=True)
root, e, s, c = sp.sqrt(x**2 + 1), sp.exp(x), sp.sin(x), sp.cos(x)
tenth = sp.Rational(0.1)

# --- what is proved, and by which step

ZEROS = [
    ("structure", x - x),
    ("rational", 1 / (1 + x) - (1 - x) / (1 - x**2)),
    ("rational", e / (e + sp.exp(y)) - 1 / (1 + sp.exp(y - x))),
    ("rational", (root - 1) * (root + 1) - x**2),
    ("rational", 1 / (root + x) - (root - x)),
    ("rational", 1 / (sp.sqrt(1 / x + 1) + 1) - (sp.sqrt(1 / x + 1) - 1) * x),
    ("rational", 1 / (sp.sqrt(root + x) + 1) - (sp.sqrt(root + x) - 1) / (root + x - 1)),
    ("rational", (sp.cbrt(1 + x**2) + 1) * root - (1 + x**2) ** sp.Rational(5, 6) - root),
    ("rational", s**2 + c**2 - 1),
    ("rational", sp.tan(x) ** 2 + 1 - 1 / c**2),
    ("rational", sp.cosh(x) ** 2 - sp.sinh(x) ** 2 - 1),
    ("rational", sp.tanh(x) ** 2 + 1 / sp.cosh(x) ** 2 - 1),
    ("rational", (sp.exp(tenth * x) + 1) ** 2 - sp.exp(2 * tenth * x) - 2 * sp.exp(tenth * x) - 1),
    ("rational", (sp.exp(sp.Rational(1, 2)) + 1) * (sp.exp(sp.Rational(3, 2)) - sp.E) - sp.E**2 + sp.E),
    ("rational", (1 + x**2) ** (2 * y + 1) - (1 + x**2) * ((1 + x**2) ** y) ** 2),
    ("rational", ((1 + x**2) ** tenth + 1) / (1 + x**2) - (1 + x**2) ** (tenth - 1) - 1 / (1 + x**2)),
    ("rational", sp.log((1 - x**2) / (1 + x)) - sp.log(1 - x)),
    ("rational", 1 / (x + sp.I) - (x - sp.I) / (x**2 + 1)),
    ("rational", sp.atan(x) - sp.atan((x**2 + x) / (x + 1))),
    ("exponential", sp.tanh(x) ** 2 + 4 / (e + 1 / e) ** 2 - 1),
    ("exponential", sp.sin(2 * x) - 2 * s * c),
    ("exponential", sp.cosh(x + y) - sp.cosh(x) * sp.cosh(y) - sp.sinh(x) * sp.sinh(y)),
    ("simplify", sp.gamma(x + 2) - (x + 1) * x * sp.gamma(x)),
]
NEAR = [sp.Rational(1, 10**12) * x, sp.Rational(1, 10**30), sp.exp(-1000 * x**2)]


@pytest.mark.parametrize(("step", "expression"), ZEROS, ids=[str(expression) for _, expression in ZEROS])
def test_a_zero_is_proved_by_the_cheapest_step_that_can(step, expression):
    assert decide_zero(expression).step == step


@pytest.mark.parametrize("expression", [expression for _, expression in ZEROS], ids=str)
def test_no_step_proves_what_is_almost_zero(expression):
    for almost in NEAR:
        assert not any(step(expression + almost) for name, step in STEPS.items() if name != "simplify")


def test_simplify_proves_nothing_that_is_almost_zero():
    assert not any(zero.simplify(expression + NEAR[0]) for _, expression in ZEROS[::5])


NO_PROOFS = [
    (sp.sqrt(x**2 + 2 * x + 1) - x - 1, "right on one side only"),
    (sp.sqrt(x * y) - sp.sqrt(x) * sp.sqrt(y), "the sign is wrong where both are negative"),
    (sp.log(x * y) - sp.log(x) - sp.log(y), "so it is here"),
    (sp.exp(x) ** y - sp.exp(y) ** x + sp.pi - sp.Rational(math.pi), "a float is not pi"),
    ((x - x) * sp.zoo + x, "no number"),
    (sp.nan * x, "no number"),
    (sp.Mul(0, 1 / (s**2 + c**2 - 1), evaluate=False), "a denominator that is zero by a relation"),
    (1 / ((root - 1) * (root + 1) - x**2) - 1 / (s**2 + c**2 - 1), "0 as a difference of things that are not there"),
]


@pytest.mark.parametrize(("expression", "reason"), NO_PROOFS, ids=[reason for _, reason in NO_PROOFS])
def test_what_holds_nowhere_or_not_everywhere_is_not_proved(expression, reason):
    assert not vanishes(expression)


polynomials = st.lists(st.integers(-3, 3), min_size=2, max_size=4).map(
    lambda coefficients: sum(n * x**k for k, n in enumerate(coefficients))
)
atoms = st.one_of(polynomials, st.sampled_from([root, e, 1 / e, s, c, sp.cbrt(1 + e), sp.log(1 + x**2), y]))
expressions = st.recursive(
    atoms, lambda inner: st.tuples(inner, inner).flatmap(lambda ab: st.sampled_from([ab[0] + ab[1], ab[0] * ab[1]])),
    max_leaves=5,
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(expressions, expressions, expressions)
def test_the_normal_form_knows_the_laws_of_a_field_and_no_more(a, b, d):
    below = 1 + d**2
    assert vanishes(a * (b + d) - (d * a + b * a))
    assert vanishes((a + b) / below - a / below - sp.expand(b * below) / below**2)
    assert not vanishes(a / below - (a + sp.Rational(1, 1000)) / below)


def test_one_root_serves_all_powers_of_a_base_whatever_their_denominators():
    powers = [Fraction(1, 2), Fraction(1, 3), Fraction(-5, 4), Fraction(7, 6)]
    product = sp.Mul(*[(1 + e) ** sp.Rational(q.numerator, q.denominator) for q in powers], evaluate=False)
    assert vanishes(product - (1 + e) ** sp.Rational(sum(powers).numerator, sum(powers).denominator))


def test_terms_that_cancel_do_so_before_a_common_denominator_grows():
    radii = [sum((sp.Symbol(f"p{i}{k}", real=True) - sp.Symbol(f"q{k}", real=True)) ** 2 for k in range(3))
             for i in range(5)]  # fmt: skip
    assert vanishes(sum(x / r**7 for r in radii) - sum(x * r / r**8 for r in radii))


# --- limits


def test_a_step_that_takes_too_long_gives_no_answer_and_the_next_question_works():
    slow = sum(sp.symbols("a:40")) ** 40 - sp.besselj(0, sp.Symbol("x"))  # every step applies
    decision = decide_zero(slow, seconds=0.3)
    assert decision == zero.Decision("", tuple(f"{step}: it took longer than 0.3 s" for step in STEPS))
    assert decide_zero(s**2 + c**2 - 1).step == "rational"


def test_a_residual_too_large_to_be_sent_is_not_looked_at():
    shared = x
    for _ in range(60):
        shared = shared * (shared + 1)  # 2**60 nodes as a tree
    assert decide_zero(shared).unanswered == (f"it has more than {zero.NODES} nodes",)


STOPPED = [
    ("it took longer than 0.3 s", 0.3, time.sleep, (60.0,)),
    ("it needed more than 3 GiB of memory", 30.0, bytearray, (limits.MEMORY,)),
    ("it ended with status 5", 30.0, os._exit, (5,)),
    ("it ended with signal 6", 30.0, os.abort, ()),
    ("it raised ValueError", 30.0, math.sqrt, (-1,)),
]


@pytest.mark.parametrize(("reason", "seconds", "function", "arguments"), STOPPED, ids=[case[0] for case in STOPPED])
def test_work_beyond_a_limit_is_stopped_with_the_reason_and_the_next_works(reason, seconds, function, arguments):
    start = time.monotonic()
    with pytest.raises(Stopped, match=reason):
        within(seconds, function, *arguments)
    assert time.monotonic() - start < 20
    assert within(30.0, math.factorial, 5) == 120


def test_one_process_answers_all_questions_and_a_stopped_one_is_replaced():
    first = within(30.0, os.getpid)
    assert within(30.0, os.getpid) == first != os.getpid()
    with pytest.raises(Stopped):
        within(0.2, time.sleep, 60.0)
    assert within(30.0, os.getpid) != first
    with pytest.raises(ChildProcessError):  # no zombie is left
        os.waitpid(first, os.WNOHANG)


def test_a_child_that_died_between_two_questions_is_replaced():
    os.kill(within(30.0, os.getpid), signal.SIGKILL)
    time.sleep(0.1)
    assert within(30.0, math.factorial, 5) == 120


def test_large_questions_and_answers_pass():
    assert within(30.0, bytes.upper, b"a" * 3_000_000) == b"A" * 3_000_000


def test_a_question_nested_too_deeply_is_refused_here():
    nested = []
    for _ in range(100_000):
        nested = [nested]
    with pytest.raises(Stopped, match="nested too deeply"):
        within(30.0, len, nested)
    assert within(30.0, math.factorial, 5) == 120


# --- the child's life

ASKS = "import os, time, sys\nfrom verify.limits import Stopped, within\nprint(within(30.0, os.getpid), flush=True)\n"
ENDS = {
    "is killed when idle": "os.kill(os.getpid(), 9)",
    "is killed in the middle of a question": "import threading\nthreading.Timer(0.3, lambda: os.kill(os.getpid(), 9))"
    ".start()\nwithin(1.0, time.sleep, 60.0)",
    "ends": "",
}


@pytest.mark.parametrize("how", ENDS)
def test_the_child_ends_when_its_parent(how):
    assert _ends(_child_after(ASKS + ENDS[how]))


def _child_after(code):
    """The child's number, from a program that has ended after asking it."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert not done.stderr
    return int(done.stdout)


def _ends(pid, seconds=10.0):
    """Whether a process that is no child of this one ends in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            with open(f"/proc/{pid}/stat") as state:
                if state.read().rpartition(")")[2].split()[0] == "Z":  # ended; whoever adopted it has not looked
                    return True
        except FileNotFoundError:
            return True
        time.sleep(0.05)
    return False


def test_a_process_that_lives_is_seen_to_live():
    assert not _ends(within(30.0, os.getpid), seconds=0.2)


def _child_of(_):
    return within(30.0, os.getpid), decide_zero(s**2 + c**2 - 1).step


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # of Python 3.12 on
def test_a_forked_daemon_has_a_child_of_its_own_and_leaves_its_parents_alone():
    mine = within(30.0, os.getpid)
    with multiprocessing.get_context("fork").Pool(2) as pool:  # its workers are daemons
        found = pool.map(_child_of, range(4))
    assert {step for _, step in found} == {"rational"}
    assert mine not in {pid for pid, _ in found}
    assert within(30.0, os.getpid) == mine
    assert all(_ends(pid) for pid, _ in found)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_holds_no_pipe_of_its_parents_child():
    code = ASKS + "if os.fork() == 0:\n    os.closerange(0, 3)\n    time.sleep(15)\nos._exit(0)"
    assert _ends(_child_after(code), seconds=8.0)
