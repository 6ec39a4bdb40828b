"""The checker over the elementwise functions of jax.numpy, jax.nn and jax.scipy.special: are JAX's own gradients right?

Run ``python benchmarks/jax_functions.py [--write FILE] [name ...]``; a quarter of an hour for all of them. Each
function is asked about in float64 and in float32, at ordinary points and at special ones: 0, -0, 1, tiny and huge
numbers, kinks. The subject is what ``jax.vjp`` answers; the reference is NumPy's or SciPy's function of that name where
``ad`` differentiates it, else the translation of JAX's own forward pass. The value of the gradient is judged, not the
contract of an op (``jit``, ``vmap``, forward mode).

A row counts points: agreed (right), accused (wrong), undefined (no derivative there, or outside of the domain) and
refused (nothing could be decided); ``check_grads`` says at how many of them JAX's own check, at its default settings,
agrees.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy.special
import jax.test_util
import numpy as np
import scipy

import ad.scipy.special
import verify
from ad.dispatch import MEANINGS, entry
from verify.claim import changed
from verify.oracles import TRUTH
from verify.point import point_finding
from verify.single import IS_WRONG

Points = Sequence[tuple[float, ...]]

COUNTERS = dict.fromkeys(IS_WRONG, "accused") | {verify.Verdict.UNDEFINED: "undefined"}
INF = float("inf")
BUDGET = 3.0  # seconds for each witness; most answer in hundredths of one
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
        "ceil conj cos cosh deg2rad degrees exp exp2 expm1 fabs floor i0 imag log log10 log1p log2 nan_to_num "
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

    label: str
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


# Functions of which an argument is no number to differentiate by.
AT_ONE: dict[str, tuple[Callable[..., Any], Callable[..., Any] | None]] = {
    "nn.leaky_relu(x, 0.2)": (lambda x: jax.nn.leaky_relu(x, 0.2), None),
    "nn.leaky_relu(x, -2)": (lambda x: jax.nn.leaky_relu(x, -2.0), None),
    "nn.elu(x, 0.5)": (lambda x: jax.nn.elu(x, 0.5), None),
    "nn.celu(x, 0.5)": (lambda x: jax.nn.celu(x, 0.5), None),
    "nn.gelu(x, False)": (lambda x: jax.nn.gelu(x, approximate=False), None),
    "nn.squareplus(x, 1)": (lambda x: jax.nn.squareplus(x, 1.0), None),
    "jnp.clip(x, -1, 1)": (lambda x: jnp.clip(x, -1, 1), lambda x: np.clip(x, -1, 1)),
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


@dataclass(frozen=True)
class Asked:
    """JAX's function, what it is called, its namesake that ``ad`` differentiates or None, how many arguments."""

    label: str
    function: Callable[..., Any]
    namesake: Callable[..., Any] | None
    arity: int = 1

    @property
    def name(self) -> str:
        return self.label.partition(".")[2]


def functions(wanted: Sequence[str]) -> Iterator[Asked]:
    """Those that are wanted by name or label; all of them where none is."""
    found = [*_named(1, ONE), *_named(2, TWO), *(Asked(label, *pair) for label, pair in AT_ONE.items())]
    return (asked for asked in found if not wanted or asked.name in wanted or asked.label in wanted)


def _named(arity: int, names: Mapping[str, str]) -> Iterator[Asked]:
    for module, listed in names.items():
        theirs, ours = MODULES[module]
        for name in listed.split():
            yield Asked(f"{module}.{name}", getattr(theirs, name), namesake(ours, name), arity)


def namesake(module: Any, name: str) -> Callable[..., Any] | None:
    function = getattr(module, name, None)
    known = entry(function) is not None or function in MEANINGS or hasattr(function, "__wrapped__")
    return function if function is not None and known else None


def agrees_by_differences(f: Callable[..., Any], xs: Sequence[Any]) -> bool:
    try:
        jax.test_util.check_grads(f, xs, order=1, modes=("rev",))
    except Exception:
        return False
    return True


def measured(asked: Asked, dtype: str) -> Row:
    """What the checker says of a function at every point that the dtype holds."""
    row, start, claim = Row(asked.label, dtype), time.perf_counter(), None
    with jax.enable_x64(dtype == "float64"):
        for point in points_of(asked.name, asked.arity):
            xs = [jnp.asarray(x, dtype) for x in point]
            if not np.isfinite(np.array(xs)).all():
                continue
            if claim is None:
                one = np.asarray(1, dtype)
                claim = verify.Claim(
                    jax.jit(asked.function), *xs, reference=asked.namesake, cotangent=one, budget=BUDGET
                )
                claim = claim if claim.opaque else changed(claim, oracles=TRUTH)
            counted(row, point, point_finding(claim.at(*xs)))
            row.checked += agrees_by_differences(asked.function, xs)
    row.seconds = time.perf_counter() - start
    return row


def measured_by_name(label: str, dtype: str) -> Row:
    """The same for a process of its own, to which no function can be sent."""
    with warnings.catch_warnings(action="ignore"):
        return measured(next(functions([label])), dtype)


def counted(row: Row, point: tuple[float, ...], found: Any) -> None:
    counter = "agreed" if found.verdict.ok else COUNTERS.get(found.verdict, "refused")
    setattr(row, counter, getattr(row, counter) + 1)
    if counter in ("accused", "refused"):
        numbers = "" if found.yours is None else f"JAX {found.yours}, truth {found.truth}; "
        row.remarks.append(f"{found.verdict.name} at {point}: {numbers}{found.reason:.200}")


COUNTED = ("points", "agreed", "accused", "undefined", "refused", "checked")
HEADER = "| function | dtype | points | agreed | accused | undefined | refused | check_grads |"


def line(row: Row) -> str:
    return f"| {row.label} | {row.dtype} | {' | '.join(str(getattr(row, name)) for name in COUNTED)} |"


def document(rows: Sequence[Row], names: Sequence[str]) -> str:
    """The table in Markdown, the same for the same versions."""
    sums = " | ".join(str(sum(getattr(row, name) for row in rows)) for name in COUNTED)
    command = " ".join(["python benchmarks/jax_functions.py --write docs/jax_functions.md", *names])
    return "\n".join([
        "# JAX's elementwise functions", "",
        f"Written by `{command}`: JAX {jax.__version__}, NumPy {np.__version__}, SciPy {scipy.__version__}, on a CPU.",
        "A row counts points: agreed (right), accused (wrong), undefined (no derivative there, or outside of the",
        "domain) and refused (nothing could be decided). The last column counts the points at which",
        "`jax.test_util.check_grads(f, (x,), order=1, modes=(\"rev\",))` passes. What was found is told in",
        "[findings](findings.md).", "",
        HEADER, "|---|---|--:|--:|--:|--:|--:|--:|", *map(line, rows), f"| all | | {sums} |", "",
        "## Every accusation and refusal", "",
        *(f"- {row.label}, {row.dtype}: {remark}" for row in rows for remark in row.remarks), "",
    ])  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", type=Path, help="a file for the table in Markdown")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("names", nargs="*", help="functions, such as tanh or special.i0 (default: all)")
    given = parser.parse_args()
    asked = [(one.label, dtype) for one in functions(given.names) for dtype in ("float64", "float32")]
    rows = []
    print(HEADER, flush=True)
    with ProcessPoolExecutor(given.jobs, get_context("spawn")) as pool:  # JAX's threads do not survive a fork
        for row in pool.map(measured_by_name, *zip(*asked, strict=True)):
            rows.append(row)
            print(f"{line(row)} {row.seconds:.1f} s", *row.remarks, sep="\n    ", flush=True)
    if given.write:
        given.write.write_text(document(rows, given.names), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
