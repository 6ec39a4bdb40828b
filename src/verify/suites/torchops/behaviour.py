"""Ops that compute the right gradient once, and break something else that an op must honour."""

from __future__ import annotations

import functools

from verify.suites.opcase import Slip
from verify.suites.opforwards import case
from verify.suites.torchops.making import declared, function


def cases(torch):
    """All of them."""
    return [make(torch) for make in OPS]


def _cube(torch):
    """What is saved, and where."""
    op = functools.partial(declared, torch)

    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x * x

    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 3 * g * x * x

    def square_kept(ctx, x):
        ctx.square = x.detach() * x.detach()
        return x * ctx.square

    def written(ctx, g):
        return ctx.square.mul_(3 * g)

    def cotangent_written(ctx, g):
        (x,) = ctx.saved_tensors
        return g.mul_(3 * x * x)

    def input_written(ctx, g):
        (x,) = ctx.saved_tensors
        return x.data.mul_(x).mul_(3 * g)

    kept = {}

    def elsewhere(ctx, x):
        kept["x"] = x.detach()
        return x * x * x

    def from_elsewhere(ctx, g):
        return 3 * g * kept["x"] ** 2

    def detached(ctx, g):
        (x,) = ctx.saved_tensors
        return 3 * g * (x * x).detach()

    def at_random(ctx, g):
        found = backward(ctx, g)
        return found * (1 + 4 * torch.finfo(g.dtype).eps * torch.rand_like(found))

    def in_single(ctx, g):
        return backward(ctx, g) if g.dtype == torch.float64 else backward(ctx, g) / 3

    def in_double(ctx, g):
        return backward(ctx, g).float().to(g.dtype)

    right = op(forward=forward, backward=backward)
    return case(
        "cube",
        right,
        Slip(
            "writes what it saved",
            op(forward=square_kept, backward=written),
            "the kept square is multiplied in place: right the first time, wrong the second",
            shows="contract",
        ),
        Slip(
            "writes the cotangent",
            op(forward=forward, backward=cotangent_written),
            "the cotangent that others still need is multiplied in place",
            shows="contract",
        ),
        Slip("writes the input", op(forward=forward, backward=input_written), "the backward writes x", shows="contract"),
        Slip(
            "keeps it on the class",
            op(forward=elsewhere, backward=from_elsewhere),
            "x is kept in one place for all calls: the second call overwrites the first one's",
            shows="contract",
        ),
        Slip(
            "second derivative lost",
            op(forward=forward, backward=detached),
            "the slope is detached: the backward differentiates to 0 by x",
            shows="second order",
        ),
        Slip("at random", op(forward=forward, backward=at_random), "the last bits differ from call to call", shows="contract"),
        Slip(
            "wrong below float64",
            op(forward=forward, backward=in_single),
            "the path for lower precision forgets the factor 3",
            dtypes=("float32", "bfloat16"),
        ),
        Slip(
            "rounded to float32",
            op(forward=forward, backward=in_double),
            "computed in float32: 8 digits of 16",
            dtypes=("float64",),
        ),
    )


def _product(torch):
    """Which gradients are asked for, and what the cotangent looks like."""
    op = functools.partial(declared, torch)

    def forward(ctx, x, y):
        ctx.save_for_backward(x, y)
        return x * y

    def backward(ctx, g):
        x, y = ctx.saved_tensors
        return g * y, g * x

    def needs_both(ctx, g):
        x, y = ctx.saved_tensors
        found = torch.stack([g * part for part, needed in zip((y, x), ctx.needs_input_grad, strict=True) if needed])
        return found[0], found[1]

    def from_memory(ctx, g):
        x, y = ctx.saved_tensors
        packed = g.as_strided(g.shape, (1,)) if g.untyped_storage().nbytes() >= g.numel() * g.element_size() else g[:1]
        return packed * y, packed * x

    def exchanged(ctx, g):
        return backward(ctx, g)[::-1]

    def forward_rule(ctx, s, t):
        x, y = ctx.kept
        return s * y + x * t

    def first_alone(ctx, s, t):
        return s * ctx.kept[1]

    def keeps(ctx, x, y):
        ctx.kept = x.detach(), y.detach()
        return forward(ctx, x, y)

    return case(
        "product",
        op(forward=keeps, backward=backward, jvp=forward_rule),
        Slip("exchanged", op(forward=forward, backward=exchanged), "the gradients in the wrong order"),
        Slip(
            "needs both gradients",
            op(forward=forward, backward=needs_both),
            "raises where only one input wants a gradient",
            shows="contract",
        ),
        Slip(
            "first entry for all",
            op(forward=forward, backward=from_memory),
            "reads the cotangent's memory as if it were packed: wrong for an expanded one",
            shows="contract",
        ),
        Slip(
            "forward rule with one term",
            op(forward=keeps, backward=backward, jvp=first_alone),
            "the product rule's second term is missing in forward mode",
            shows="forward mode",
        ),
    )


def _sum(torch):
    return case(
        "sum",
        function(torch, lambda x, y: x + y, lambda g, out, x, y: (g, g)),
        Slip("minus", function(torch, lambda x, y: x + y, lambda g, out, x, y: (g, -g)), "the rule of a difference"),
    )


def _sine_and_cosine(torch):
    """Two outputs, one of which may not be used."""

    def forward(ctx, x):
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(x)
        return torch.sin(x), torch.cos(x)

    def backward(ctx, g, h):
        (x,) = ctx.saved_tensors
        parts = [] if g is None else [g * torch.cos(x)]
        parts += [] if h is None else [-h * torch.sin(x)]
        return sum(parts[1:], parts[0]) if parts else None

    def needs_both(ctx, g, h):
        (x,) = ctx.saved_tensors
        return g * torch.cos(x) - h * torch.sin(x)

    def first_alone(ctx, g, h):
        (x,) = ctx.saved_tensors
        return torch.zeros_like(x) if g is None else g * torch.cos(x)

    op = functools.partial(declared, torch, forward=forward)
    return case(
        "sine and cosine",
        op(backward=backward),
        Slip(
            "needs both cotangents",
            op(backward=needs_both),
            "raises where one output is not used",
            shows="contract",
        ),
        Slip("second output forgotten", op(backward=first_alone), "the cotangent of the second output is dropped"),
    )


OPS = (_cube, _product, _sum, _sine_and_cosine)
