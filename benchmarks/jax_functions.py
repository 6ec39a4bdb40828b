"""The checker over the elementwise functions of jax.numpy, jax.nn and jax.scipy.special: are JAX's own gradients right?

Run ``python benchmarks/jax_functions.py [--write FILE] [name ...]``; a few minutes for all of them. Each function is
asked about in float64 and in float32, at ordinary points and at special ones: 0, -0, 1, tiny and huge numbers, kinks.
The subject is what ``jax.vjp`` answers, compiled; the reference is NumPy's or SciPy's function of that name where
``ad`` differentiates it, else the translation of JAX's own forward pass.

A row counts points: agreed (right), accused (wrong), undefined (no derivative there, or outside of the domain) and
refused (nothing could be decided); ``check_grads`` says at how many of them JAX's own check, at its default settings,
agrees. Every accusation and refusal is printed below with its reason.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy.special
import jax.test_util
import numpy as np

import ad.scipy.special
import verify
from ad.dispatch import MEANINGS, entry
from verify.adapters.jaxprs import translated
from verify.adapters.translation import Untranslatable
from verify.checker import check_claim

Points = Sequence[tuple[float, ...]]

WRONG = {
    verify.Verdict.WRONG, verify.Verdict.NOT_A_SUBGRADIENT, verify.Verdict.INACCURATE, verify.Verdict.BROKEN_CONTRACT,
}  # fmt: skip
INF = float("inf")
LINE = (0.3, -0.7, 1.25, -2.5, 0.0, -0.0, 1.0, -1.0, 1e-30, -1e-10, 25.0, -30.0, 800.0, 1e10, -1e10, 1e30)
PLANE = (
    (0.3, 0.7), (1.5, -0.25), (-2.0, 3.0), (2.5, 2.0), (0.0, 0.0), (1.0, 1.0), (0.0, 2.0), (2.0, 0.0), (-0.0, 1.0),
    (1e-20, 1e20), (1e10, 1.0), (-1e10, 1.5), (25.0, -30.0), (50.0, 40.0),
)  # fmt: skip
# Where a function is differentiable, if that is not the whole line, and more points, such as its kinks.
INSIDE = {
    "log": (0, INF), "log2": (0, INF), "log10": (0, INF), "log1p": (-1, INF), "sqrt": (0, INF), "arccosh": (1, INF),
    "acosh": (1, INF), "arcsin": (-1, 1), "asin": (-1, 1), "arccos": (-1, 1), "acos": (-1, 1), "arctanh": (-1, 1),
    "atanh": (-1, 1), "erfinv": (-1, 1), "logit": (0, 1), "ndtri": (0, 1), "entr": (0, INF), "exp1": (0, INF),
    "factorial": (0, INF), "log1mexp": (0, INF), "spence": (0, INF), "digamma": (0, INF), "loggamma": (0, INF),
    "polygamma(1, x)": (0, INF), "polygamma(2, x)": (0, INF), "expn(3, x)": (0, INF), "zeta(2.5, x)": (0, INF),
    "multigammaln(x, 2)": (0.5, INF),
}  # fmt: skip
FIRST_INSIDE = {
    "beta": (0, INF), "betaln": (0, INF), "boxcox": (0, INF), "boxcox1p": (-1, INF), "gammainc": (0, INF),
    "gammaincc": (0, INF), "kl_div": (0, INF), "rel_entr": (0, INF), "poch": (0, INF), "zeta": (1, INF),
    "power": (0, INF), "pow": (0, INF), "float_power": (0, INF), "comb": (0, INF),
}  # fmt: skip
SECOND_INSIDE = {
    "beta": (0, INF), "betaln": (0, INF), "gammainc": (0, INF), "gammaincc": (0, INF), "kl_div": (0, INF),
    "rel_entr": (0, INF), "xlogy": (0, INF), "xlog1py": (-1, INF), "zeta": (0, INF), "comb": (0, INF),
    "poch": (0, INF),
}  # fmt: skip
MORE: dict[str, tuple[float, ...]] = {
    "hard_sigmoid": (3.0, -3.0), "hard_silu": (3.0, -3.0), "hard_swish": (3.0, -3.0), "relu6": (6.0, 5.5),
    "sparse_plus": (0.5,), "sparse_sigmoid": (0.5,), "log1mexp": (0.6931471805599453, 0.5, 1e-5, 40.0),
    "sinc": (2.0, 0.5, 1e-5), "arcsin": (0.999999,), "erfinv": (0.999999,), "logit": (0.5, 0.999999, 1e-8),
    "ndtri": (0.5, 1e-8, 0.99), "i0": (1e-5,), "log_ndtr": (-8.0, 8.0), "erfcx": (-4.0, 9.0), "dawsn": (5.0, 0.1),
    "expi": (3.0, -0.01), "exp1": (0.01, 3.0), "spence": (0.5, 3.0), "rint": (0.5,), "mish": (-50.0,),
    "soft_sign": (1e-8,), "celu": (1e-5, -1e-5), "elu": (1e-5, -1e-5), "entr": (0.5,),
}  # fmt: skip

ONE = {
    "jnp": (
        "abs absolute acos acosh angle arccos arccosh arcsin arcsinh arctan arctanh asin asinh atan atanh around cbrt "
        "ceil conj cos cosh deg2rad degrees exp exp2 expm1 fabs fix floor i0 imag log log10 log1p log2 nan_to_num "
        "negative positive rad2deg radians real reciprocal rint round sign sin sinc sinh sqrt square tan tanh trunc"
    ),
    "nn": (
        "celu elu gelu hard_sigmoid hard_silu hard_swish hard_tanh identity leaky_relu log1mexp log_sigmoid mish relu "
        "relu6 selu sigmoid silu soft_sign softplus sparse_plus sparse_sigmoid squareplus swish tanh"
    ),
    "special": (
        "dawsn digamma entr erf erfc erfcx erfinv exp1 expi expit factorial gamma gammaln i0 i0e i1 i1e "
        "log_ndtr loggamma logit ndtr ndtri spence"
    ),
}
TWO = {
    "jnp": (
        "add arctan2 copysign divide float_power floor_divide fmax fmin fmod heaviside hypot logaddexp logaddexp2 "
        "maximum minimum mod multiply nextafter power remainder subtract true_divide"
    ),
    "nn": "",
    "special": ("beta betaln boxcox boxcox1p comb gammainc gammaincc kl_div owens_t poch rel_entr xlog1py xlogy zeta"),
}
MODULES = {"jnp": (jnp, np), "nn": (jax.nn, None), "special": (jax.scipy.special, ad.scipy.special)}


@dataclass
class Row:
    """The counts of a function in one dtype, and what is to be said of it."""

    name: str
    dtype: str
    agreed: int = 0
    accused: int = 0
    undefined: int = 0
    refused: int = 0
    checked: int = 0
    seconds: float = 0.0
    remarks: list[str] = field(default_factory=list)

    @property
    def points(self) -> int:
        return self.agreed + self.accused + self.undefined + self.refused


def fixed(function: Any, n: Any) -> Any:
    """A function whose first argument is a whole number, at one."""
    return lambda x: function(n, x)


# Functions of which one argument is no number to differentiate by.
AT_ONE = {
    "special.polygamma(1, x)": (fixed(jax.scipy.special.polygamma, 1), fixed(ad.scipy.special.polygamma, 1)),
    "special.polygamma(2, x)": (fixed(jax.scipy.special.polygamma, 2), fixed(ad.scipy.special.polygamma, 2)),
    "special.expn(3, x)": (fixed(jax.scipy.special.expn, 3), fixed(ad.scipy.special.expn, 3)),
    "special.zeta(2.5, x)": (fixed(jax.scipy.special.zeta, 2.5), fixed(ad.scipy.special.zeta, 2.5)),
    "special.multigammaln(x, 2)": (
        lambda x: jax.scipy.special.multigammaln(x, 2), lambda x: ad.scipy.special.multigammaln(x, 2)
    ),
}  # fmt: skip


def between(x: float, ends: tuple[float, float]) -> bool:
    return ends[0] <= x <= ends[1]


def points_of(name: str, arity: int) -> Points:
    if arity == 1:
        return [(x,) for x in (*LINE, *MORE.get(name, ())) if between(x, INSIDE.get(name, (-INF, INF)))]
    first, second = (table.get(name, (-INF, INF)) for table in (FIRST_INSIDE, SECOND_INSIDE))
    return [(x, y) for x, y in PLANE if between(x, first) and between(y, second)]


def functions(wanted: Sequence[str]) -> Iterator[tuple[str, Callable[..., Any], Callable[..., Any] | None, int]]:
    """A name, JAX's function, its namesake that ``ad`` differentiates or None, and how many arguments."""
    for arity, names in ((1, ONE), (2, TWO)):
        for module, listed in names.items():
            theirs, ours = MODULES[module]
            for name in listed.split():
                label = f"{module}.{name}"
                if hasattr(theirs, name) and (not wanted or name in wanted or label in wanted):
                    yield label, getattr(theirs, name), namesake(ours, name), arity

    for label, (theirs, ours) in AT_ONE.items():
        if not wanted or label in wanted:
            yield label, theirs, ours, 1


def namesake(module: Any, name: str) -> Callable[..., Any] | None:
    function = getattr(module, name, None)
    known = entry(function) is not None or function in MEANINGS or hasattr(function, "__wrapped__")
    return function if function is not None and known else None


def plain(x: Any) -> bool:
    return isinstance(x, np.ndarray | np.generic | float)


def is_wide(values: Sequence[Any]) -> bool:
    return np.asarray(values[0]).dtype == np.float64


def claim_of(f: Callable[..., Any], reference: Callable[..., Any] | None, xs: Sequence[Any]) -> verify.Claim:
    """Whether JAX's vjp of f is right at a point; over exact numbers the translations of f and its vjp stand for it."""
    wide = [np.asarray(x, np.float64) for x in xs]

    def pulled(*operands: Any) -> Any:
        return jax.vjp(f, *operands[:-1])[1](operands[-1])

    forward, backward = translated(f, wide), translated(pulled, [*wide, wide[0]])
    value, pull = jax.jit(f), jax.jit(pulled)

    def fwd(*values: Any) -> Any:
        if not all(map(plain, values)):
            return forward.run(values)[0], values
        with jax.enable_x64(is_wide(values)):
            return np.asarray(value(*values)), values

    def bwd(values: Any, g: Any) -> Any:
        if not all(map(plain, (*values, g))):
            found = backward.run([*values, g])
        else:
            with jax.enable_x64(is_wide(values)):
                found = [np.asarray(part) for part in pull(*values, np.asarray(g, np.asarray(values[0]).dtype))]
        return found[0] if len(values) == 1 else tuple(found)

    def translation(*values: Any) -> Any:
        return forward.run(values)[0]

    return verify.Claim(reference or translation, *xs, vjp=(fwd, bwd), budget=3.0)


def agrees_by_differences(f: Callable[..., Any], xs: Sequence[Any]) -> bool:
    try:
        with jax.enable_x64(is_wide(xs)):
            jax.test_util.check_grads(f, [jnp.asarray(x) for x in xs], order=1, modes=("rev",))
    except Exception:
        return False
    return True


def measured(label: str, f: Callable[..., Any], reference: Any, arity: int, dtype: str) -> Row:
    row = Row(label, dtype)
    start = time.perf_counter()
    claim = None
    for point in points_of(label.partition(".")[2], arity):
        xs = [np.asarray(x, dtype)[()] for x in point]
        if not all(np.isfinite(xs)):
            continue
        try:
            claim = claim_of(f, reference, xs) if claim is None else claim.at(*xs)
            finding = check_claim(claim)
        except Untranslatable as reason:
            row.remarks.append(f"untranslatable: {reason}")
            break
        except NotImplementedError:
            row.remarks.append("JAX has no derivative of it")
            break
        counted(row, point, finding)
        row.checked += agrees_by_differences(f, xs)
    row.seconds = time.perf_counter() - start
    return row


def flushed(point: Any, dtype: str) -> bool:
    """Whether a truth is subnormal and JAX's answer 0."""
    return point.yours == 0 and bool(point.truth) and abs(float(point.truth)) < np.finfo(dtype).tiny


def counted(row: Row, point: tuple[float, ...], finding: Any) -> None:
    name = finding.verdict.name
    if finding.ok:
        row.agreed += 1
    elif name == "UNDEFINED":
        row.undefined += 1
    elif finding.verdict in WRONG and flushed(finding.points[0], row.dtype):
        row.refused += 1
        row.remarks.append(f"below the smallest normal number, which XLA flushes to 0, at {point}")
        return
    elif finding.verdict in WRONG:
        row.accused += 1
    else:
        row.refused += 1
    if name != "UNDEFINED" and not finding.ok:
        worst = finding.points[0]
        row.remarks.append(f"{name} at {point}: JAX {worst.yours}, truth {worst.truth}; {worst.reason:.200}")


HEADER = "| function | dtype | points | agreed | accused | undefined | refused | check_grads | seconds |"


def line(row: Row) -> str:
    cells = (row.points, row.agreed, row.accused, row.undefined, row.refused, row.checked)
    return f"| {row.name} | {row.dtype} | {' | '.join(map(str, cells))} | {row.seconds:.1f} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", type=Path, help="a file for the table in Markdown")
    parser.add_argument("--dtype", choices=("float64", "float32"), action="append")
    parser.add_argument("names", nargs="*")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    table = [HEADER, "|---|---|--:|--:|--:|--:|--:|--:|--:|"]
    print("\n".join(table), flush=True)
    rows = []
    for label, f, reference, arity in functions(asked.names):
        for dtype in asked.dtype or ("float64", "float32"):
            rows.append(measured(label, f, reference, arity, dtype))
            table.append(line(rows[-1]))
            print(table[-1], flush=True)
    remarks = [f"- {row.name} {row.dtype}: {remark}" for row in rows for remark in row.remarks]
    sums = [
        sum(getattr(row, name) for row in rows)
        for name in ("points", "agreed", "accused", "undefined", "refused", "checked")
    ]
    end = "points {}, agreed {}, accused {}, undefined {}, refused {}, check_grads agrees at {}".format(*sums)
    print("\n".join(["", *remarks, "", end]))
    if asked.write:
        asked.write.write_text("\n".join([*table, "", *remarks, "", end, ""]), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
