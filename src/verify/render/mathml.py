"""LaTeX formulas as MathML that is safe in a page.

The converter (latex2mathml) hands the text of ``\\text{...}`` through unescaped, so a variable named like a tag
would become one. Names are therefore taken out first and put back as text of the parsed tree; every element and
attribute of that tree must be on a list, and the tree is written out again by the XML library, which escapes.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from xml.etree import ElementTree

from markupsafe import Markup

LONGEST = 1300  # characters of LaTeX that a reader can still take in; the typeset form is about ten times as long
ELEMENTS = frozenset(
    "math mrow mi mn mo mtext mspace mfrac msqrt mroot msup msub msubsup mover munder munderover mtable mtr mtd "
    "mstyle mpadded mphantom".split()
)
ATTRIBUTES = frozenset(
    "accent stretchy fence form separator width columnalign displaystyle scriptlevel linethickness".split()
)
NEEDLESS = frozenset({"form", "fence", "separator"})  # what a browser's own dictionary of operators says
_VALUE = re.compile(r"[A-Za-z0-9.% -]*")
_NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"
_MARK = "\ue000"  # a private character: stands for a name during conversion
_ESCAPED = re.compile(r"\\([_#$%&{}])")


@functools.lru_cache(maxsize=4096)
def mathml(latex: str) -> Markup | None:
    """The formula as a <math> element, or None when it is too long or anything in it is not understood.

    Arguments
        latex: as ``verify.formulas`` writes it; what stands inside ``\\text{...}`` is shown as it is.
    Example
        >>> print(mathml(r"\\text{<b>}^{2}"))
        <math displaystyle="true"><msup><mtext>&lt;b&gt;</mtext><mn>2</mn></msup></math>
    """
    if not latex or len(latex) > LONGEST or _MARK in latex:
        return None
    taken = _taken(latex)
    if taken is None:
        return None
    marked, names = taken
    try:
        from latex2mathml.converter import convert

        root = ElementTree.fromstring(convert(marked))
        _checked(root, iter(names))
        return Markup(ElementTree.tostring(_bare(root), encoding="unicode"))
    except (_Refused, ElementTree.ParseError, RecursionError):
        return None
    except Exception:  # the converter raises errors of many kinds on LaTeX that it cannot read
        return None


class _Refused(ValueError):
    """The converted formula holds something that is not on the lists."""


def _taken(latex: str) -> tuple[str, list[str]] | None:
    """The formula with every \\text{...} replaced by a mark, and the texts; None where a brace is not closed."""
    parts, names, start = [], [], 0
    while (found := latex.find(r"\text{", start)) >= 0:
        end = _closing(latex, found + 6)
        if end < 0:
            return None
        parts += [latex[start:found], rf"\text{{{_MARK}}}"]
        names.append(_ESCAPED.sub(r"\1", latex[found + 6 : end]))
        start = end + 1
    return "".join([*parts, latex[start:]]), names


def _closing(latex: str, start: int) -> int:
    """The position of the first brace that closes and is not escaped; names have their own braces escaped."""
    position = start
    while position < len(latex):
        if latex[position] == "\\":
            position += 1
        elif latex[position] == "}":
            return position
        position += 1
    return -1


def _checked(root: ElementTree.Element, names: Iterator[str]) -> None:
    """Check every element and attribute against the lists; put the names back."""
    for element in root.iter():
        element.tag = str(element.tag).removeprefix(_NAMESPACE)
        if element.tag not in ELEMENTS:
            raise _Refused(element.tag)
        if element.tag == "math":
            element.attrib.clear()
            element.set("displaystyle", "true")  # fractions at full size
        for name, value in list(element.attrib.items()):
            if name not in ATTRIBUTES or not _VALUE.fullmatch(value):
                raise _Refused(name)
            if name in NEEDLESS:
                del element.attrib[name]
        if element.text and "\\" in element.text:
            raise _Refused(element.text)  # a command that the converter does not know
        if element.text and _MARK in element.text:
            element.text = element.text.replace(_MARK, next(names))
    if next(names, None) is not None:
        raise _Refused("a name was lost")


def _bare(element: ElementTree.Element) -> ElementTree.Element:
    """The same tree without rows that hold a single element."""
    for i, child in enumerate(list(element)):
        while child.tag == "mrow" and len(child) == 1:
            child = child[0]
        element[i] = _bare(child)
    return element
