"""Wrong ops of PyTorch that are right where and how most tests ask: another layout, another call, another use."""

from __future__ import annotations

from typing import Any

import pytest

from verify import check

torch: Any = pytest.importorskip("torch")

X = torch.tensor([0.5, 2.0], dtype=torch.float64)
IMAGE = torch.arange(1.0, 13.0, dtype=torch.float64).reshape(1, 2, 3, 2) / 7


def made(forward: Any, backward: Any) -> Any:
    """The apply of a Function that saves its input: backward(x, g)."""

    def saving(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return forward(x)

    def from_saved(ctx: Any, g: Any) -> Any:
        return backward(*ctx.saved_tensors, g)

    return type("Op", (torch.autograd.Function,), {
        "forward": staticmethod(saving),
        "backward": staticmethod(torch.autograd.function.once_differentiable(from_saved)),
    }).apply  # fmt: skip


def in_memory(x: Any) -> Any:
    """The numbers as a kernel reads them that takes its input for contiguous."""
    return torch.as_strided(x, (x.numel(),), (1,), x.storage_offset()).reshape(x.shape)


def across(x: Any, g: Any) -> Any:
    return g * x.sum(1, keepdim=True) + (g * x).sum(1, keepdim=True)


def forgets_for_images(x: Any, g: Any) -> Any:
    last = x.is_contiguous(memory_format=torch.channels_last) and not x.is_contiguous()
    return g * x.sum(1, keepdim=True) if last else across(x, g)


def times_its_sum(x: Any) -> Any:
    return x * x.sum(1, keepdim=True)


KEPT: dict[Any, Any] = {}


def kept_by_shape(x: Any, g: Any) -> Any:
    return g * KEPT.setdefault(x.shape, torch.cos(x))


# what is wrong: (the op, its right twin, the input, the clause, what it is told by)
MISTAKES = {
    "reads transposed inputs as they lie": (
        made(lambda x: x**3, lambda x, g: 3 * g * in_memory(x) ** 2), made(lambda x: x**3, lambda x, g: 3 * g * x**2),
        torch.arange(1.0, 7.0, dtype=torch.float64).reshape(2, 3), "input layouts", "with columns first",
    ),
    "wrong for images with the channels last": (
        made(times_its_sum, forgets_for_images), made(times_its_sum, across), IMAGE, "input layouts", "channels last",
    ),
    "reads cotangents as they lie": (
        made(torch.sin, lambda x, g: in_memory(g) * torch.cos(x)), made(torch.sin, lambda x, g: g * torch.cos(x)),
        IMAGE, "any layout", "for the same cotangent",
    ),
    "keeps a factor by the shape of its input": (
        made(torch.sin, kept_by_shape), made(torch.sin, lambda x, g: g * torch.cos(x)), X, "never stale",
        "asked at another point, the answer is still the one of the first",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_that_shows_in_another_use_alone_is_refused(name: str) -> None:
    wrong, right, x, clause, text = MISTAKES[name]
    finding = check(wrong, x)
    assert finding.verdict.name in ("BROKEN_CONTRACT", "WRONG"), finding.explain()
    broken = {c.name: c.text for c in finding.worst_point.clauses if c.held is False}
    assert text in broken[clause]
    assert check(right, x).verdict.name == "CERTIFIED"


def test_what_a_layout_changes_in_the_value_too_is_noted_and_what_refuses_one_as_well() -> None:
    x = torch.arange(1.0, 7.0, dtype=torch.float64).reshape(2, 3)
    reads = check(made(lambda x: in_memory(x) ** 2, lambda x, g: 2 * g * in_memory(x)), x, reference=lambda x: x**2)
    refuses = check(lambda x: (x.view(-1) ** 2).sum(), x)
    for finding, text in ((reads, "the value is another one"), (refuses, "are refused: RuntimeError")):
        assert finding.verdict.name == "CERTIFIED", finding.explain()
        assert text in {c.name: c.text for c in finding.worst_point.clauses}["input layouts"]


def test_a_linear_op_that_answers_the_same_at_every_point_is_right() -> None:
    assert check(made(lambda x: 3 * x, lambda x, g: 3 * g), X).verdict.name == "CERTIFIED"


# --- what is told


class Forgetful(torch.autograd.Function):  # type: ignore[misc]
    """Writes into what it saved."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        y = torch.exp(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return ctx.saved_tensors[0].data.mul_(g)


def test_what_was_saved_has_the_name_that_its_function_has_for_it() -> None:
    text = check(Forgetful.apply, X).explain()
    assert "Forgetful's saved_tensors[0][0] was" in text
    assert "residuals" not in text


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16], ids=str)
def test_a_term_that_is_missing_to_rounding_has_no_factor(dtype: Any) -> None:
    x = torch.tensor([1.0469, -0.7422, 1.1797, 0.4785, -1.0625], dtype=dtype)
    through = "what comes through expit(x)"
    for sign, said in ((0, f"lacks {through}"), (-1, f"has the wrong sign in {through}")):
        op = made(
            lambda x: x * torch.sigmoid(x),
            lambda x, g, k=sign: g * (torch.sigmoid(x) + k * x * torch.sigmoid(x) * torch.sigmoid(-x)),
        )
        assert said in check(op, x).explain()


def test_operations_that_only_hand_on_are_no_part_of_a_formula() -> None:
    index = torch.tensor([0, 2, 2, 1])
    x = torch.tensor([0.5, 2.0, 1.0], dtype=torch.float64)
    finding = check(made(lambda x: x[index] ** 1, lambda x, g: torch.zeros_like(x).index_copy(0, index, g)), x)
    assert "assigns where it must add: x[[0, 2, 2, 1]] uses an entry more than once" in finding.explain()


def test_a_tangent_and_its_step_have_no_internal_name() -> None:
    class Detached(torch.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return torch.sin(x)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g.detach() * torch.cos(ctx.saved_tensors[0])

    finding = check(Detached.apply, X)
    assert "differentiated by the cotangent, <g, J t> is 0, the truth" in finding.worst_point.reason


def test_numbers_that_differ_are_shown_to_the_digits_that_differ_and_reasons_once() -> None:
    finding = check(made(torch.sin, lambda x, g: g * torch.cos(x) * (1 + 1e-12)), X)
    broken = next(c.text for c in finding.worst_point.clauses if c.name == "adjoint")
    pushed, pulled = broken.partition(" and <J'g, t> is ")[::2]
    assert pushed.removeprefix("<g, J t> is ") != pulled.partition(",")[0]
    stale = check(MISTAKES["keeps a factor by the shape of its input"][0], X)
    assert stale.explain().count("it differs from call to call") == 1
