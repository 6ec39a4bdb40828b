"""A counterexample as data: one wrong entry, and all that is needed to see it again to the last bit."""

from __future__ import annotations

from dataclasses import dataclass

# What stands for a function that a reader has to define.
UNKNOWN = "# {name} could not be imported, and is not self-contained: define it here\n{name} = ..."


@dataclass(frozen=True)
class Given:
    """An array or number of a counterexample.

    name    an identifier; kind: "array", "scalar" (of NumPy), "number" (of Python), or "constant", whose one value is
            Python text
    values  in C order: hexadecimal for floating dtypes, two for each complex entry, decimal for whole numbers
    """

    name: str
    kind: str
    dtype: str
    shape: tuple[int, ...]
    values: tuple[str, ...]


@dataclass(frozen=True)
class Origin:
    """Where a function of a counterexample is to be had.

    name        what calls it. known: whether the statements define it; else a reader has to
    statements  Python statements that define the name: imports, or its source with what that needs
    """

    name: str
    known: bool = True
    statements: tuple[str, ...] = ()


@dataclass(frozen=True)
class Counterexample:
    """One wrong entry of a derivative at a point, as small as it was found.

    framework  whose arrays the functions take: "numpy", "torch" or "jax"
    judged     the argument of a claim that was judged, or "engine"
    function, subject  what is differentiated, and what claims to be its derivative (two for a pair, none for "engine")
    inputs     every array and number of the point
    arguments  what the functions are called with, as Python text in the names of inputs; keywords likewise
    cotangent, tangent  arrays that go with it; cotangent_text, tangent_text: their containers, in their names
    options    the other arguments of the claim, as Python text
    pick       the number within ``answer``, what the subject returns, as Python text; empty where only a
               check shows it
    entry, row, yours_hex, truth  as in the finding; the last two are empty for a broken contract
    unit_hex   what one unit is here; bar: how many are allowed
    clause, shows  the broken clause of the contract that the framework shows by itself, and the function that shows it
               (verify.breaches); empty and None where there is none
    """

    verdict: str
    reason: str
    framework: str
    judged: str
    title: str
    function: Origin
    subject: tuple[Origin, ...]
    inputs: tuple[Given, ...]
    arguments: tuple[str, ...]
    keywords: tuple[tuple[str, str], ...]
    cotangent: tuple[Given, ...]
    cotangent_text: str
    tangent: tuple[Given, ...]
    tangent_text: str
    options: tuple[tuple[str, str], ...]
    pick: str
    entry: str
    row: int
    yours_hex: str
    truth: str
    unit_hex: str
    bar: float
    clause: str = ""
    shows: Origin | None = None
