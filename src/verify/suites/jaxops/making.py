"""A ``jax.custom_vjp`` or ``jax.custom_jvp`` from a forward and its rule, as most people write one."""

from __future__ import annotations


def by_vjp(jax, forward, backward):
    """A custom_vjp that saves inputs and output.

    Arguments
        jax: the module. forward: arrays -> y. backward: (g, y, *arrays) -> one gradient for each input (a bare array
        for one input), None for those that are not differentiated.
    """
    op = jax.custom_vjp(forward)

    def save(*xs):
        y = forward(*xs)
        return y, (y, *xs)

    def back(saved, g):
        found = backward(g, *saved)
        return found if isinstance(found, tuple) else (found,)

    op.defvjp(save, back)
    return op


def by_jvp(jax, forward, push):
    """A custom_jvp of one input.

    Arguments
        jax: the module. forward: x -> y. push: (t, y, x) -> the tangent of y.
    """
    op = jax.custom_jvp(forward)

    def rule(primals, tangents):
        y = forward(*primals)
        return y, push(*tangents, y, *primals)

    op.defjvp(rule)
    return op
