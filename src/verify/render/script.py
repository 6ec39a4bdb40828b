"""A counterexample as a script that stands alone, and as a pytest test: every number in hexadecimal.

A script needs NumPy and the functions under test; adverify only where the engine itself is judged, or where nothing
but a check shows what is wrong, and then says so. Writers are by framework: the arrays and the calls differ, all else
is the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from verify.counterexample import UNKNOWN, Counterexample, Given, Origin
from verify.render.writers import MANY, WRITERS, Writer, arguments_of, decimal_text, moving, number_text, short

LISTED = 8  # numbers of an array that a line shows
NEEDS_ADVERIFY = "# Only a check of adverify shows what is wrong here: this script needs it."
DIGITS = 120  # decimal digits in which the gap is computed: a double and 40 digits of the truth


def script(example: Counterexample) -> str:
    """A Python script that prints your number, the truth and the gap; it exits with 1 while the number is wrong.

    Arguments
        example: what ``verify.exhibiting.counterexample_of`` made of a claim.
    """
    writer = WRITERS[example.framework]
    direct = bool(example.pick)
    alone = direct or example.shows is not None
    show = _direct(example, writer) if direct else _by_itself(example, example.shows) or _by_check(example)
    body = [*_arrays(example, writer), "", *show]
    note = [] if alone else [NEEDS_ADVERIFY]
    head = [f'"""{_headline(example)}"""', *note, "", *_statements(example, writer, alone), "", ""]
    lines = ["def main():", *(f"    {line}".rstrip() for line in body), "", ""]  # its names are not those of a closure
    return "\n".join([*head, *lines, 'if __name__ == "__main__":', "    main()", ""])


def shown_script(example: Counterexample) -> str:
    """The script for a reader; empty for data that is no counterexample of ours."""
    try:
        return script(example)
    except (ValueError, LookupError):
        return ""


def summary(example: Counterexample) -> str:
    """The counterexample in one line: the point, what goes with it, and both numbers.

    Example
        >>> given = Given("x", "array", "float64", (1,), ("0x1.4p+4",))
        >>> numbers_text(given)
        'x = [20.0]'
    """
    place = ", ".join(map(numbers_text, (*example.inputs, *example.cotangent, *example.tangent)))
    if not example.yours_hex:
        return place
    yours = decimal_text(example.yours_hex)
    return f"{place}: yours {yours} ({short(example.yours_hex)}), the truth {example.truth}"


def numbers_text(given: Given) -> str:
    """An array by its name and numbers, in decimal digits."""
    listed = [decimal_text(v) if "0x" in v else v for v in given.values[:LISTED]]
    more = ", ..." if len(given.values) > LISTED else ""
    text = f"[{', '.join(listed)}{more}]" if given.shape else "".join(listed)
    shape = f" of shape {given.shape}" if len(given.shape) > 1 else ""
    dtype = f" ({given.dtype})" if given.dtype not in ("float64", "") else ""
    return f"{given.name} = {text}{shape}{dtype}"


def pytest_test(example: Counterexample) -> str:
    """A module with one test, which fails while the derivative is wrong."""
    writer = WRITERS[example.framework]
    name = re.sub(r"\W+", "_", example.title, flags=re.ASCII).strip("_")[:40].lower() or "f"
    lines = [f"def test_gradient_of_{name}():", f'    """{_headline(example)}"""']
    body = (*writer.begin(example), *_point(example, writer), _call(example, "verify.assert_gradient"))
    lines += [f"    {line}" for line in body]
    return "\n".join([f'"""{_headline(example)}"""', "", *_statements(example, writer, False), "", "", *lines, ""])


def _headline(example: Counterexample) -> str:
    what = f"The derivative of {example.title}" + (f" at {example.entry}" if example.entry else "")
    return f"{what} is {example.verdict}.".replace("\\", "\\\\").replace('"', "'").replace("\n", " ")


def _statements(example: Counterexample, writer: Writer, direct: bool) -> list[str]:
    """Imports and definitions, each once, imports first."""
    calls_function = not direct or example.judged == "engine" or (example.judged == "vjp" and len(example.subject) == 1)
    used = [*([example.function] if calls_function else []), *example.subject]
    used = [example.function] if direct and example.framework != "numpy" else used
    found = [*writer.imports] + ([] if direct else ["import verify"])
    if direct and example.pick:
        own = example.judged == "engine" and example.framework == "numpy"
        found += ["from decimal import Decimal, localcontext"] + (["import ad"] if own else [])
    given = (*example.inputs, *example.cotangent, *example.tangent)
    if example.framework == "numpy" and any(array.dtype == "bfloat16" for array in given):
        found.append("import ml_dtypes")
    found += [line for origin in used for line in (*_unknown(origin), *origin.statements)]
    found += example.shows.statements if direct and example.shows is not None else ()
    found = list(dict.fromkeys(found))
    plain = [line for line in found if line.startswith(("import ", "from ")) and "\n" not in line]
    paths = [line for line in found if line.startswith("sys.path.")]
    local = [line for line in plain if found.index(line) > min(map(found.index, paths), default=len(found))]
    rest = [line for line in found if line not in plain and line not in paths]
    return [*sorted(line for line in plain if line not in local), *paths, *local, *_spaced(rest)]


def _unknown(origin: Origin) -> Iterator[str]:
    if not origin.known and not origin.statements:
        yield UNKNOWN.format(name=origin.name)


def _spaced(blocks: list[str]) -> Iterator[str]:
    for block in blocks:
        yield from ("", block) if "\n" in block else (block,)


# --- arrays


def _arrays(example: Counterexample, writer: Writer) -> list[str]:
    given = [*writer.begin(example), *_point(example, writer)]
    held = (example.cotangent, example.cotangent_text, "g"), (example.tangent, example.tangent_text, "t")
    for arrays, text, name in held:
        given += [_assigned(array, writer) for array in arrays]
        given += [f"{name} = {text}"] if text not in ("", name) else []
    return given


def _point(example: Counterexample, writer: Writer) -> list[str]:
    return [_assigned(array, writer) for array in example.inputs]


def _assigned(given: Given, writer: Writer) -> str:
    """An array under its name, and for a reader its numbers in decimal digits."""
    decimal = [decimal_text(v) for v in given.values if "0x" in v]
    shown = f"  # {', '.join(decimal)}" if 0 < len(decimal) <= MANY else ""
    return f"{given.name} = {writer.array(given)}{shown}"


# --- calls


def _direct(example: Counterexample, writer: Writer) -> list[str]:
    """The subject called by itself, and its number beside the truth."""
    return [
        *writer.answer(example),
        f"yours = float({example.pick})",
        "",
        f"TRUTH = {example.truth!r}",
        f"UNIT = {number_text(example.unit_hex)}  # what one rounding may cost here; {example.bar:g} units are allowed",
        "with localcontext() as context:",
        f"    context.prec = {DIGITS}",
        "    gap = 0.0 if yours == float(TRUTH) else float(abs(Decimal(yours) - Decimal(TRUTH)))",
        "print('yours', repr(yours), yours.hex())",
        "print('truth', TRUTH)",
        "print('gap  ', gap, '=', gap / UNIT, 'units')",
        f"raise SystemExit(0 if gap <= {example.bar!r} * UNIT else 1)",
    ]


def _by_itself(example: Counterexample, shows: Origin | None) -> list[str]:
    """A broken contract as its framework shows it; nothing where it does not."""
    if shows is None:
        return []
    names = ", ".join(moving(example))
    given = f"[{names}], [{', '.join(g.name for g in example.cotangent)}]"
    call = f"lambda {names}: {example.function.name}({arguments_of(example)})"
    return [
        f"call = {call}",
        f"said = {shows.name}({example.framework}, {example.function.name}, call, {given})",
        f"print({example.clause!r}, 'is broken:' if said else 'is not broken', said)",
        "raise SystemExit(1 if said else 0)",
    ]


def _by_check(example: Counterexample) -> list[str]:
    """The number as a check finds it."""
    return [
        f"finding = {_call(example, 'verify.check')}",
        "print('yours', repr(finding.worst_point.yours))",
        "print('truth', finding.worst_point.truth)",
        "print(finding.explain())",
        "raise SystemExit(0 if finding.ok else 1)",
    ]


def _call(example: Counterexample, function: str) -> str:
    words = [example.function.name, *example.arguments]
    if example.judged != "engine":
        names = [origin.name for origin in example.subject]
        words.append(f"{example.judged}={names[0] if len(names) == 1 else '(' + ', '.join(names) + ')'}")
    words += [f"{name}={text}" for name, text in example.options]
    return f"{function}({', '.join(words)})"
