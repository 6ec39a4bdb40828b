"""A ``torch.autograd.Function`` from a forward and a backward, as most people write one: inputs and output are saved."""

from __future__ import annotations


def function(torch, forward, backward):
    """The function's ``apply``.

    Arguments
        torch: the module. forward: tensors -> y. backward: (g, y, *tensors) -> one gradient for each input (a bare
        tensor for one input), None for those that are not differentiated.
    """

    def save(ctx, *xs):
        y = forward(*xs)
        ctx.save_for_backward(y, *xs)
        return y

    def back(ctx, g):
        return backward(g, *ctx.saved_tensors)

    return declared(torch, forward=save, backward=back)


def declared(torch, **rules):
    """The ``apply`` of a ``torch.autograd.Function`` with these static methods."""
    return type("Op", (torch.autograd.Function,), {name: staticmethod(rule) for name, rule in rules.items()}).apply
