"""The compiler: a function's value and gradient as straight-line code.

In the order in which to read them: ``program`` (the nouns), ``tracing``, ``recording`` and ``identities`` (how a
program comes to be), ``calls`` (``ad.compile`` and ``ad.source``), then what makes it run: ``text`` and ``guards``,
``scattered``, ``schedule``, ``lowering``, ``buffers`` and ``arrays``, and for programs of numbers alone ``registers``,
with the machine of ``interpreter``.
"""

from ad.compiler.calls import compile, source

__all__ = ["compile", "source"]
