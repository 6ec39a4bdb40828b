"""Ops registered with ``torch.library.custom_op``, opaque to the framework's own tracing, right and wrong."""

from __future__ import annotations

from verify.suites.opcase import Slip
from verify.suites.opforwards import case


def cases(torch):
    """All of them."""
    return [make(torch) for make in OPS]


def registered(torch, name, schema, forward, backward):
    """An operator of torch's registry.

    Arguments
        name: its own; registered again it takes the place of the one before. schema: such as "(Tensor x) -> Tensor". forward: tensors -> y. backward: (g, y, *tensors) -> gradients.
    """

    def saves(ctx, inputs, output):
        ctx.save_for_backward(output, *inputs)

    def back(ctx, g):
        return backward(g, *ctx.saved_tensors)

    op = torch.library.custom_op(f"adverify::{name}", forward, mutates_args=(), schema=schema)
    op.register_autograd(back, setup_context=saves)
    return op


def _sinh(torch):
    def op(name, backward):
        return registered(torch, name, "(Tensor x) -> Tensor", torch.sinh, backward)

    return case(
        "sinh",
        op("sinh", lambda g, y, x: g * torch.cosh(x)),
        Slip("sign of the sine's", op("sinh_minus", lambda g, y, x: -g * torch.cosh(x)), "a minus, as between sine and cosine"),
        Slip("of the output", op("sinh_of_output", lambda g, y, x: g * torch.cosh(y)), "the output was saved for the input"),
    )


def _matrix_product(torch):
    def op(name, backward):
        return registered(torch, name, "(Tensor a, Tensor b) -> Tensor", torch.matmul, backward)

    return case(
        "matrix product",
        op("product", lambda g, y, a, b: (g @ b.T, a.T @ g)),
        Slip("exchanged", op("product_exchanged", lambda g, y, a, b: (b.T @ g, g @ a.T)), "multiplied from the wrong sides"),
        Slip("second transposed", op("product_transposed", lambda g, y, a, b: (g @ b.T, g.T @ a)), "g.T @ a for a.T @ g"),
    )


OPS = (_sinh, _matrix_product)
