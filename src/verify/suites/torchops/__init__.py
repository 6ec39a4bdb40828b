"""Custom ops of PyTorch, right and wrong: ``cases(torch)`` builds them with the module that it is given."""

from __future__ import annotations

from verify.suites.torchops import arrangements, behaviour, elementwise, layers, library, losses

FAMILIES = (elementwise, losses, layers, arrangements, behaviour, library)


def cases(torch):
    """All of them, in the order of the files."""
    return [case for family in FAMILIES for case in family.cases(torch)]
