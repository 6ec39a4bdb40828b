"""Custom ops of JAX, right and wrong: ``cases(jax)`` builds them with the module that it is given."""

from __future__ import annotations

from verify.suites.jaxops import arrays, behaviour, elementwise, layers

FAMILIES = (elementwise, layers, arrays, behaviour)


def cases(jax):
    """All of them, in the order of the files."""
    return [case for family in FAMILIES for case in family.cases(jax)]
