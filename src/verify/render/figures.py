"""Numbers, points and names as a reader sees them, the same in text, Markdown and HTML."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from verify.finding import Finding, PointFinding, Report, Says
from verify.judge import WORST_FIRST

FEWEST, MOST = 8, 17  # significant digits; 17 tell any two float64 numbers apart
ALIKE = 12  # numbers that agree in this many digits are shown with all 17
NUMBERS = 6  # entries of an array that are shown
INPUTS = 12  # inputs of a point that are shown


def digits_needed(point: PointFinding) -> int:
    """How many significant digits show the difference between the answer and the truth.

    Example
        >>> from verify.judge import Verdict
        >>> digits_needed(PointFinding({}, Verdict.WRONG, "", yours=1.5, truth="1.0", gap=0.5))
        8
    """
    truth = _decimal(point.truth)
    if truth is None or not truth.is_finite() or point.gap is None or not math.isfinite(point.gap):
        return FEWEST
    if point.gap == 0 or truth == 0:
        return FEWEST if point.gap else MOST
    agreeing = truth.adjusted() - Decimal(point.gap).adjusted()  # decades between the two leading digits
    return MOST if agreeing > ALIKE else min(max(agreeing + 3, FEWEST), MOST)


def figure(value: float | str | None, digits: int) -> str:
    """A number, or the decimal digits of one, to so many significant digits.

    Example
        >>> figure("0.123456789012345678", 8), figure(float("nan"), 8), figure(None, 8)
        ('0.12345679', 'nan', '')
    """
    if value is None or value == "":
        return ""
    number = _decimal(value)
    if number is None:
        return visible(str(value), 40)
    if not number.is_finite():
        return "nan" if number.is_nan() else "inf" if number > 0 else "-inf"
    if number == 0:
        return "0"
    mantissa, mark, exponent = f"{number:.{digits}g}".partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return mantissa + mark + exponent.replace("+", "")


def _decimal(value: float | str) -> Decimal | None:
    try:
        return Decimal(value)
    except (InvalidOperation, ValueError, TypeError):
        return None


def size(value: float | None, digits: int = 2) -> str:
    """A magnitude such as a gap or an error bar.

    Example
        >>> size(0.00012345), size(1.6e13), size(None)
        ('1.2e-4', '1.6e13', '')
    """
    if value is None:
        return ""
    text = f"{value:.{digits}g}"
    mantissa, mark, exponent = text.partition("e")
    if not mark and 0 < abs(value) < 1e-2:
        mantissa, mark, exponent = f"{value:.{digits - 1}e}".partition("e")
    return mantissa + mark + str(int(exponent)) if mark else text


def witness_value(says: Says, digits: int) -> str:
    """What a witness says, to so many digits, but none far below its own error bar."""
    value, radius = abs(says.value or 0.0), says.radius or 0.0
    if 0 < value < math.inf and 0 < radius < math.inf:
        known = math.floor(math.log10(value)) - math.floor(math.log10(radius)) + 2
        digits = min(digits, max(known, 2))
    return figure(says.digits or says.value, digits)


def visible(text: str, longest: int = 400) -> str:
    """Text on one line: line breaks become blanks, what cannot be printed is spelled out.

    Example
        >>> print(visible("a\\n\\x1b[31mred"))
        a \\x1b[31mred
    """
    shown = "".join(_seen(c) for c in text)
    return shown if len(shown) <= longest else shown[: longest - 3] + "..."


def _seen(character: str) -> str:
    if character in "\n\r\t":
        return " "
    return character if character.isprintable() else ascii(character)[1:-1]


def place(at: Mapping[str, Any]) -> str:
    """The point: every number of a small one, the shape and first entries of a large one.

    Example
        >>> place({"x": 3.0, "w": [[1.0, 2.0], [3.0, 4.0]]})
        'x = 3.0, w = [[1.0, 2.0], [3.0, 4.0]]'
    """
    shown = [f"{visible(str(name), 60)} = {_leaf(x)}" for name, x in list(at.items())[:INPUTS]]
    more = len(at) - INPUTS
    return ", ".join(shown) + (f", and {more} more inputs" if more > 0 else "")


def _leaf(x: Any) -> str:
    if not isinstance(x, list):
        return visible(str(x), 60)
    shape, flat = _shape(x), list(_flat(x))
    if len(flat) <= NUMBERS:
        return visible(str(x), 160)
    first = ", ".join(visible(str(number), 30) for number in flat[:3])
    return f"array of {' x '.join(map(str, shape))} [{first}, ...]"


def _shape(x: Any) -> list[int]:
    shape = []
    while isinstance(x, list):
        shape.append(len(x))
        x = x[0] if x else None
    return shape


def _flat(x: Any) -> Iterable[Any]:
    if isinstance(x, list):
        for part in x:
            yield from _flat(part)
    else:
        yield x


def counted(counts: Mapping[str, int]) -> str:
    """Counts by verdict, the worst first: "WRONG 1, CERTIFIED 4"."""
    return ", ".join(f"{v.name} {counts[v.name]}" for v in WORST_FIRST if counts.get(v.name))


def plural(n: int, noun: str) -> str:
    """The number with its noun: "1 entry", "3 entries"."""
    if n == 1:
        return f"1 {noun}"
    return f"{n} {noun[:-1]}ies" if noun.endswith("y") else f"{n} {noun}s"


def worst_first(report: Report) -> list[Finding]:
    """Findings that are not as expected first, then by verdict, then by units; ties by id."""
    return sorted(report.findings, key=_badness)


def _badness(finding: Finding) -> tuple[bool, int, float, str]:
    units = finding.worst_point.units
    shown = -1.0 if units is None else math.inf if math.isnan(units) else units
    return finding.as_expected, WORST_FIRST.index(finding.verdict), -shown, finding.id
