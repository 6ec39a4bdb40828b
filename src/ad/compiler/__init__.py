"""The compiler: a function's value and gradient as straight-line code.

In the order in which to read them: ``program`` (the nouns), ``tracing`` (how a program is recorded), ``calls``
(``ad.compile`` and ``ad.source``), then what makes it run: ``guards``, ``schedule``, ``buffers``, ``arrays``, and for
programs of numbers alone ``registers``.
"""

from ad.compiler.calls import compile, source

__all__ = ["compile", "source"]
