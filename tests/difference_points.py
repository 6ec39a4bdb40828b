"""Problems with a known answer for `verify.slopes`: functions of a step, and their exact slopes.

The exact slope is the closed form of the derivative, written here by hand and evaluated in balls of 300 bits
at the exact float64 point, so it shares nothing with differences. Everything is generated from one seed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from flint import arb, ctx

Function = Callable[[np.ndarray], np.ndarray]
Derivative = Callable[[arb], arb]
Draw = Callable[[np.random.Generator], float]

SEED = 20240229
EASY = ("easy", "near zero", "magnitude")  # a user expects a sharp answer here


@dataclass(frozen=True)
class Problem:
    """phi(h), the magnitude of the input, the declared roundoff, and phi'(0), or nan where there is none."""

    family: str
    name: str
    phi: Function
    scale: float
    roundoff: float
    exact: float


@dataclass(frozen=True)
class Subject:
    """A NumPy function, its derivative over balls, and where to try it."""

    name: str
    function: Function
    derivative: Derivative
    draw: Draw


def between(low: float, high: float) -> Draw:
    return lambda rng: float(rng.uniform(low, high))


def spread(low: float, high: float) -> Draw:
    """Log-uniform."""
    return lambda rng: float(math.exp(rng.uniform(math.log(low), math.log(high))))


def signed(draw: Draw) -> Draw:
    return lambda rng: float(draw(rng) * rng.choice([-1.0, 1.0]))


def at(point: float) -> Draw:
    return lambda rng: point


def zero(x: arb) -> arb:
    return arb(0)


def one(x: arb) -> arb:
    return arb(1)


def logistic(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


PLAIN = [
    Subject("sin", np.sin, lambda x: x.cos(), between(-3, 3)),
    Subject("exp", np.exp, lambda x: x.exp(), between(-4, 4)),
    Subject("log", np.log, lambda x: 1 / x, spread(0.05, 30)),
    Subject("tanh", np.tanh, lambda x: 1 / x.cosh() ** 2, between(-3, 3)),
    Subject("sqrt", np.sqrt, lambda x: 1 / (2 * x.sqrt()), spread(0.05, 30)),
    Subject("runge", lambda z: 1 / (1 + z * z), lambda x: -2 * x / (1 + x * x) ** 2, between(-2, 2)),
    Subject("logistic", logistic, lambda x: (-x).exp() / (1 + (-x).exp()) ** 2, between(-4, 4)),
    Subject("cubic", lambda z: z**3 - 2 * z, lambda x: 3 * x**2 - 2, between(-3, 3)),
    Subject("gaussian", lambda z: np.exp(-z * z), lambda x: -2 * x * (-x * x).exp(), between(-2, 2)),
    Subject("arctan", np.arctan, lambda x: 1 / (1 + x * x), between(-3, 3)),
    Subject("cosh", np.cosh, lambda x: x.sinh(), between(-3, 3)),
    Subject(
        "exp(sin)",
        lambda z: np.exp(np.sin(3 * z)),
        lambda x: 3 * (3 * x).cos() * (3 * x).sin().exp(),
        between(-2, 2),
    ),
    Subject("softplus", lambda z: np.log1p(np.exp(z)), lambda x: 1 / (1 + (-x).exp()), between(-4, 4)),
    Subject("power", lambda z: np.power(z, 1.75), lambda x: arb(1.75) * x ** arb(0.75), spread(0.1, 10)),
]

FAMILIES: dict[str, list[Subject]] = {
    "easy": PLAIN,
    "near zero": [
        Subject("sin", np.sin, lambda x: x.cos(), signed(spread(1e-12, 1e-3))),
        Subject("exp", np.exp, lambda x: x.exp(), signed(spread(1e-300, 1e-3))),
        Subject("expm1", np.expm1, lambda x: x.exp(), signed(spread(1e-12, 1e-3))),
        Subject("log1p", np.log1p, lambda x: 1 / (1 + x), signed(spread(1e-12, 1e-3))),
        Subject("exp at 0", np.exp, one, at(0.0)),
        Subject("sin at 0", np.sin, one, at(0.0)),
    ],
    "small slope": [
        Subject("cos", np.cos, lambda x: -x.sin(), signed(spread(1e-12, 1e-3))),
        Subject("cos at 0", np.cos, zero, at(0.0)),
        Subject("square at 0", np.square, zero, at(0.0)),
        Subject(
            "sin at its top",
            np.sin,
            lambda x: x.cos(),
            lambda rng: math.pi * (0.5 + float(rng.integers(0, 9))),
        ),
        Subject(
            "cos far", np.cos, lambda x: -x.sin(), lambda rng: math.pi * float(rng.integers(10**7, 10**8))
        ),
        Subject("1 + exp", lambda z: 1 + np.exp(z), lambda x: x.exp(), between(-45, -20)),
        Subject("tanh tail", np.tanh, lambda x: 1 / x.cosh() ** 2, signed(between(8, 30))),
        Subject("1 + x**5", lambda z: 1 + z**5, lambda x: 5 * x**4, signed(spread(1e-4, 1e-1))),
    ],
    "stiff": [
        Subject("exp(50x)", lambda z: np.exp(50 * z), lambda x: 50 * (50 * x).exp(), between(-2, 2)),
        Subject(
            "tanh(1e3x)",
            lambda z: np.tanh(1e3 * z),
            lambda x: 1000 / (1000 * x).cosh() ** 2,
            signed(spread(1e-5, 1e-2)),
        ),
        Subject("x**20", lambda z: z**20, lambda x: 20 * x**19, between(-2, 2)),
        Subject("sin(1e4x)", lambda z: np.sin(1e4 * z), lambda x: 10000 * (10000 * x).cos(), between(-3, 3)),
        Subject("sin(1e6x)", lambda z: np.sin(1e6 * z), lambda x: 10**6 * (10**6 * x).cos(), between(-3, 3)),
        Subject(
            "narrow bell",
            lambda z: np.exp(-((1e3 * (z - 1)) ** 2)),
            lambda x: -2 * 10**6 * (x - 1) * (-((1000 * (x - 1)) ** 2)).exp(),
            between(0.998, 1.002),
        ),
        Subject(
            "wiggle",
            lambda z: z + 1e-5 * np.sin(1e6 * z),
            lambda x: 1 + arb(1e-5) * 10**6 * (10**6 * x).cos(),
            between(-1, 1),
        ),
    ],
    "far": [
        Subject("sin", np.sin, lambda x: x.cos(), signed(spread(1e6, 1e9))),
        Subject("log", np.log, lambda x: 1 / x, spread(1e6, 1e200)),
        Subject("sqrt", np.sqrt, lambda x: 1 / (2 * x.sqrt()), spread(1e6, 1e200)),
        Subject("arctan", np.arctan, lambda x: 1 / (1 + x * x), signed(spread(1e3, 1e9))),
        Subject("square", np.square, lambda x: 2 * x, signed(spread(1e6, 1e100))),
        Subject(
            "shifted square",
            lambda z: (z - 1e9) ** 2,
            lambda x: 2 * (x - 10**9),
            between(1e9 - 100, 1e9 + 100),
        ),
        Subject("reciprocal", lambda z: 1 / z, lambda x: -1 / (x * x), signed(spread(1e3, 1e100))),
    ],
    "pole": [
        Subject("1/x", lambda z: 1 / z, lambda x: -1 / (x * x), signed(spread(1e-6, 1e-2))),
        Subject(
            "1/(x-1)",
            lambda z: 1 / (z - 1),
            lambda x: -1 / (x - 1) ** 2,
            lambda rng: 1 + float(rng.choice([-1, 1])) * float(np.exp(rng.uniform(-16, -2))),
        ),
        Subject(
            "tan",
            np.tan,
            lambda x: 1 / x.cos() ** 2,
            lambda rng: math.pi / 2 - float(np.exp(rng.uniform(-16, -1))),
        ),
        Subject("x**-3", lambda z: z**-3.0, lambda x: -3 / x**4, signed(spread(1e-6, 1e-2))),
        Subject("log|x|", lambda z: np.log(np.abs(z)), lambda x: 1 / x, signed(spread(1e-9, 1e-2))),
    ],
    "edge": [
        Subject("log", np.log, lambda x: 1 / x, spread(1e-300, 1e-4)),
        Subject("sqrt", np.sqrt, lambda x: 1 / (2 * x.sqrt()), spread(1e-300, 1e-4)),
        Subject("x**1.5", lambda z: z**1.5, lambda x: arb(1.5) * x.sqrt(), spread(1e-12, 1e-4)),
        Subject(
            "arcsin",
            np.arcsin,
            lambda x: 1 / (1 - x * x).sqrt(),
            lambda rng: 1 - float(np.exp(rng.uniform(-20, -3))),
        ),
        Subject(
            "arccosh",
            np.arccosh,
            lambda x: 1 / (x * x - 1).sqrt(),
            lambda rng: 1 + float(np.exp(rng.uniform(-20, -3))),
        ),
        Subject(
            "log1p", np.log1p, lambda x: 1 / (1 + x), lambda rng: -1 + float(np.exp(rng.uniform(-20, -3)))
        ),
        Subject("cbrt", np.cbrt, lambda x: 1 / (3 * (x * x).root(3)), signed(spread(1e-200, 1e-4))),
        Subject("x log x", lambda z: z * np.log(z), lambda x: x.log() + 1, spread(1e-12, 1e-2)),
    ],
    "magnitude": [
        Subject("1e300 sin", lambda z: 1e300 * np.sin(z), lambda x: arb(1e300) * x.cos(), between(-3, 3)),
        Subject("1e-300 sin", lambda z: 1e-300 * np.sin(z), lambda x: arb(1e-300) * x.cos(), between(-3, 3)),
        Subject("1e-150 exp", lambda z: 1e-150 * np.exp(z), lambda x: arb(1e-150) * x.exp(), between(-3, 3)),
        Subject("1e150 log", lambda z: 1e150 * np.log(z), lambda x: arb(1e150) / x, spread(0.1, 10)),
    ],
    "offset": [
        Subject("1e8 + sin", lambda z: 1e8 + np.sin(z), lambda x: x.cos(), between(-3, 3)),
        Subject("1e4 + exp", lambda z: 1e4 + np.exp(z), lambda x: x.exp(), between(-3, 3)),
        Subject("(1e8 + exp) - 1e8", lambda z: (1e8 + np.exp(z)) - 1e8, lambda x: x.exp(), between(-3, 3)),
        Subject("(1e8 + x) - 1e8", lambda z: (1e8 + z) - 1e8, one, between(-3, 3)),
        Subject("sin(x + 1e6)", lambda z: np.sin(z + 1e6), lambda x: (x + 10**6).cos(), between(-3, 3)),
        Subject(
            "1 - cos",
            lambda z: (1 - np.cos(z)) / z**2,
            lambda x: x.sin() / x**2 - 2 * (1 - x.cos()) / x**3,
            signed(spread(1e-4, 1e-1)),
        ),
        Subject(
            "hypot - x",
            lambda z: np.sqrt(z * z + 1) - z,
            lambda x: x / (x * x + 1).sqrt() - 1,
            spread(1e2, 1e6),
        ),
        Subject(
            "expanded (x-1)**5",
            lambda z: z**5 - 5 * z**4 + 10 * z**3 - 10 * z**2 + 5 * z - 1,
            lambda x: 5 * (x - 1) ** 4,
            between(0.9, 1.1),
        ),
        Subject("log(1 + x)", lambda z: np.log(1 + z), lambda x: 1 / (1 + x), signed(spread(1e-9, 1e-3))),
    ],
    "kink close by": [
        Subject("|x - 1e-3| at 0", lambda z: np.abs(z - 1e-3), lambda x: arb(-1), at(0.0)),
        Subject("|x| beside 0", np.abs, lambda x: arb(1 if x > 0 else -1), signed(spread(1e-9, 1e-1))),
        Subject(
            "relu beside 0",
            lambda z: np.maximum(z, 0),
            lambda x: arb(1 if x > 0 else 0),
            signed(spread(1e-9, 1e-1)),
        ),
        Subject(
            "max(x, x**2) beside 1",
            lambda z: np.maximum(z, z * z),
            lambda x: 2 * x if x > 1 else arb(1),
            lambda rng: 1 + float(rng.choice([-1, 1])) * float(np.exp(rng.uniform(-14, -2))),
        ),
        Subject("dead zone", lambda z: np.maximum(np.abs(z) - 1e-3, 0), zero, signed(spread(1e-9, 5e-4))),
        Subject(
            "sin + |x - d|",
            lambda z: np.sin(z) + np.abs(z - 1e-5),
            lambda x: x.cos() - 1,
            between(-5e-6, 5e-6),
        ),
        Subject(
            "clip",
            lambda z: np.clip(z, -1, 1) * z,
            lambda x: 2 * x if abs(x) < 1 else arb(1),
            lambda rng: 1 + float(rng.choice([-1, 1])) * float(np.exp(rng.uniform(-14, -2))),
        ),
    ],
    "flat": [
        Subject("constant", lambda z: 0 * z + 3, zero, between(-3, 3)),
        Subject("zero", lambda z: 0 * z, zero, between(-3, 3)),
        Subject("huge constant", lambda z: 0 * z + 1e300, zero, between(-3, 3)),
        Subject(
            "floor off the integers",
            np.floor,
            zero,
            lambda rng: float(rng.integers(-3, 3) + rng.uniform(0.1, 0.9)),
        ),
        Subject("sign away from 0", np.sign, zero, signed(spread(1e-6, 10))),
        Subject("round", np.round, zero, lambda rng: float(rng.integers(-3, 3) + rng.uniform(-0.4, 0.4))),
        Subject("saturated tanh", lambda z: np.tanh(1e3 * z), zero, signed(between(0.5, 2))),
        Subject("exp(-1/x**2) at 0", lambda z: np.where(z == 0, 0, np.exp(-1 / z**2)), zero, at(0.0)),
    ],
    "tricky": [
        Subject(
            "exp(-1/x**2)",
            lambda z: np.exp(-1 / z**2),
            lambda x: 2 / x**3 * (-1 / x**2).exp(),
            signed(spread(0.05, 0.5)),
        ),
        Subject(
            "x sin(1/x)",
            lambda z: z * np.sin(1 / z),
            lambda x: (1 / x).sin() - (1 / x).cos() / x,
            signed(spread(1e-4, 0.5)),
        ),
        Subject("x**2 sin(1/x) at 0", lambda z: np.where(z == 0, 0, z * z * np.sin(1 / z)), zero, at(0.0)),
        Subject("x|x|", lambda z: z * np.abs(z), lambda x: 2 * abs(x), signed(spread(1e-9, 1))),
        Subject("x|x| at 0", lambda z: z * np.abs(z), zero, at(0.0)),
        Subject("sign(x)|x|**1.5 at 0", lambda z: np.sign(z) * np.abs(z) ** 1.5, zero, at(0.0)),
        Subject("|x|**1.5 at 0", lambda z: np.abs(z) ** 1.5, zero, at(0.0)),
        Subject("x**2 log|x| at 0", lambda z: np.where(z == 0, 0, z * z * np.log(np.abs(z))), zero, at(0.0)),
        Subject(
            "cubed kink",
            lambda z: np.abs(z - 0.5) ** 3 + z,
            lambda x: 3 * (x - arb(0.5)) * abs(x - arb(0.5)) + 1,
            between(0.4, 0.6),
        ),
        Subject(
            "sinc",
            lambda z: np.sin(z) / z,
            lambda x: (x * x.cos() - x.sin()) / x**2,
            signed(spread(1e-3, 20)),
        ),
        Subject(
            "two scales",
            lambda z: np.exp(z) + 1e-3 * np.sin(300 * z),
            lambda x: x.exp() + arb(1e-3) * 300 * (300 * x).cos(),
            between(-2, 2),
        ),
        Subject("chirp", lambda z: np.sin(z**4), lambda x: 4 * x**3 * (x**4).cos(), between(-4, 4)),
        Subject(
            "near pole",
            lambda z: 1 / (1e-6 + z * z),
            lambda x: -2 * x / (arb(1e-6) + x * x) ** 2,
            signed(spread(1e-6, 1e-1)),
        ),
    ],
}


def exact_slope(derivative: Derivative, x: float, direction: float) -> float:
    """direction * f'(x), correctly rounded but for the last bit."""
    saved = ctx.prec
    ctx.prec = 300
    try:
        ball = derivative(arb(x)) * arb(direction)
        if not ball.is_finite() or (ball.rel_accuracy_bits() < 60 and abs(float(ball.rad())) > 1e-300):
            raise ArithmeticError(f"the exact slope at {x!r} is {ball}: raise the precision")
        return float(ball.mid())
    finally:
        ctx.prec = saved


def along(function: Function, x: float, direction: float) -> Function:
    return lambda h: function(x + h * direction)


def in_float32(function: Function, x: float, direction: float) -> Function:
    """The function as float32 code computes it: input, intermediate results and output are float32."""
    return lambda h: function((x + h * direction).astype(np.float32)).astype(np.float64)


def in_float16(function: Function, x: float, direction: float) -> Function:
    return lambda h: function((x + h * direction).astype(np.float16)).astype(np.float64)


def hashed(points: np.ndarray) -> np.ndarray:
    """A fixed number in [-1, 1] for every float64, without any pattern."""
    bits = np.asarray(points, dtype=np.float64).view(np.uint64).copy()
    with np.errstate(over="ignore"):
        for shift, factor in ((33, 0xFF51AFD7ED558CCD), (33, 0xC4CEB9FE1A85EC53), (33, 1)):
            bits = (bits ^ (bits >> np.uint64(shift))) * np.uint64(factor)
    return bits.astype(np.float64) / 2.0**63 - 1.0


def noisy(function: Function, x: float, direction: float, level: float) -> Function:
    def phi(h: np.ndarray) -> np.ndarray:
        points = x + h * direction
        return function(points) * (1 + level * hashed(points))

    return phi


def magnitude(x: float) -> float:
    return abs(x) or 1.0


def _in_double(rng: np.random.Generator, times: int) -> Iterator[Problem]:
    for family, subjects in FAMILIES.items():
        for subject in subjects:
            for _ in range(times):
                x, direction = subject.draw(rng), float(rng.choice([1.0, -1.0, 0.7, -0.3]))
                if x == 0.0:
                    direction = math.copysign(1.0, direction)
                yield Problem(
                    family,
                    f"{subject.name} at {x!r} along {direction}",
                    along(subject.function, x, direction),
                    magnitude(x),
                    2.0**-53,
                    exact_slope(subject.derivative, x, direction),
                )


def _in_single(rng: np.random.Generator) -> Iterator[Problem]:
    for subject in PLAIN:
        for roundoff in (2.0**-53, 2.0**-24):
            for direction in (1.0, -0.7):
                x = float(np.float32(subject.draw(rng)))
                yield Problem(
                    "float32",
                    f"{subject.name} in float32 at {x!r} along {direction}, roundoff {roundoff:.0e}",
                    in_float32(subject.function, x, direction),
                    magnitude(x),
                    roundoff,
                    exact_slope(subject.derivative, x, direction),
                )


def _in_half(rng: np.random.Generator) -> Iterator[Problem]:
    for subject in PLAIN:
        x = float(np.float16(subject.draw(rng)))
        yield Problem(
            "float16",
            f"{subject.name} in float16 at {x!r}",
            in_float16(subject.function, x, 1.0),
            magnitude(x),
            2.0**-11,
            exact_slope(subject.derivative, x, 1.0),
        )


def _with_noise(rng: np.random.Generator) -> Iterator[Problem]:
    for subject in PLAIN:
        for level in (1e-13, 1e-10, 1e-7, 1e-4):
            x = subject.draw(rng)
            yield Problem(
                "noisy",
                f"{subject.name} at {x!r} with noise {level}",
                noisy(subject.function, x, 1.0, level),
                magnitude(x),
                2.0**-53,
                exact_slope(subject.derivative, x, 1.0),
            )


def problems(times: int = 5, seed: int = SEED) -> list[Problem]:
    """All problems that have an answer, `times` draws of every float64 subject."""
    rng = np.random.default_rng(seed)
    return [*_in_double(rng, times), *_in_single(rng), *_in_half(rng), *_with_noise(rng)]


# Points without a derivative: name, function, point. Every one must be noticed.
SHARP: list[tuple[str, Function, float]] = [
    ("abs", np.abs, 0.0),
    ("relu", lambda z: np.maximum(z, 0), 0.0),
    ("leaky relu", lambda z: np.where(z > 0, z, 0.01 * z), 0.0),
    ("max of two crossing lines", lambda z: np.maximum(2 * z - 1, 3 - 2 * z), 1.0),
    ("min of two crossing lines", lambda z: np.minimum(z, 0.5 * z + 0.5), 1.0),
    ("clip at its end", lambda z: np.clip(z, -1, 1), 1.0),
    ("hat at its top", lambda z: np.maximum(0, 1 - np.abs(z - 2)), 2.0),
    ("huge abs", lambda z: 1e300 * np.abs(z), 0.0),
    ("tiny abs", lambda z: 1e-300 * np.abs(z), 0.0),
    ("raised abs", lambda z: 1e4 + np.abs(z), 0.0),
    ("abs among curves", lambda z: np.exp(z) + np.sin(3 * z) + np.abs(z), 0.0),
    ("|sin|", lambda z: np.abs(np.sin(z)), math.pi),
    ("max(x, x**2) at 1", lambda z: np.maximum(z, z * z), 1.0),
    ("small kink", lambda z: np.sin(z) + 1e-6 * np.abs(z), 0.0),
    ("kink closer than any step", lambda z: np.abs(z - 1e-20), 0.0),
    ("kink in the last bits", lambda z: np.abs(z - (1 + 2.0**-51)), 1.0),
    ("float32 abs", lambda z: np.abs(z.astype(np.float32)).astype(np.float64), 0.0),
    (
        "float32 relu among curves",
        lambda z: (np.exp(z.astype(np.float32)) + np.maximum(z.astype(np.float32), 0)).astype(np.float64),
        0.0,
    ),
    ("noisy abs", lambda z: (1 + np.abs(z)) * (1 + 1e-10 * hashed(z)), 0.0),
    ("floor at an integer", np.floor, 3.0),
    ("floor at 0", np.floor, 0.0),
    ("ceil at an integer", np.ceil, -2.0),
    ("sign at 0", np.sign, 0.0),
    ("heaviside", lambda z: np.heaviside(z, 0.5), 0.0),
    ("raised step", lambda z: 1e3 + np.where(z >= 1, 1e-3, 0.0), 1.0),
    ("jump on a slope", lambda z: np.sin(z) + (z > 0.5), 0.5),
    ("jump closer than any step", lambda z: np.floor(z + 1e-20), 0.0),
    ("round at a half", np.round, 0.5),
    ("cbrt at 0", np.cbrt, 0.0),
    ("raised cbrt at 0", lambda z: 1 + np.cbrt(z), 0.0),
    ("sqrt|x| at 0", lambda z: np.sqrt(np.abs(z)), 0.0),
    ("x log|x| at 0", lambda z: np.where(z == 0, 0, z * np.log(np.abs(z))), 0.0),
    ("1/x at 0, patched", lambda z: np.where(z == 0, 0, 1 / z), 0.0),
    ("sqrt at 0", np.sqrt, 0.0),
    ("log at 0", np.log, 0.0),
    ("x**1.5 at 0", lambda z: z**1.5, 0.0),
    ("arcsin at 1", np.arcsin, 1.0),
]

# Slopes of every size in [-1, 1] at every scale: none exists, and steps cannot show more than their spread.
OSCILLATING: list[tuple[str, Function, float]] = [
    ("x sin(1/x) at 0", lambda z: np.where(z == 0, 0, z * np.sin(1 / z)), 0.0),
    ("x cos(log|x|) at 0", lambda z: np.where(z == 0, 0, z * np.cos(np.log(np.abs(z)))), 0.0),
]

UNDEFINED: list[tuple[str, Function, float]] = [
    ("log below 0", np.log, -1.0),
    ("nan everywhere", lambda z: np.full_like(z, np.nan), 1.0),
    ("nan at the point only", lambda z: np.where(z == 1, np.nan, z), 1.0),
    ("nan except at the point", lambda z: np.where(z == 1, 1.0, np.nan), 1.0),
    ("inf everywhere", lambda z: np.full_like(z, np.inf), 1.0),
    ("inf at a pole", lambda z: 1 / z, 0.0),
    ("overflow", lambda z: np.exp(1e3 * z), 1.0),
    ("nan by hash", lambda z: np.where(hashed(z) > 0.0, np.nan, z), 0.3),
]


def sharp() -> list[Problem]:
    """Kinks, jumps, infinite slopes and edges: no derivative here."""
    return [
        Problem("sharp", name, along(f, x, 1.0), magnitude(x), 2.0**-53, math.nan) for name, f, x in SHARP
    ]


def oscillating() -> list[Problem]:
    """No derivative, and one-sided quotients that fill [-1, 1] at every scale."""
    return [
        Problem("oscillating", name, along(f, x, 1.0), magnitude(x), 2.0**-53, math.nan)
        for name, f, x in OSCILLATING
    ]


def undefined() -> list[Problem]:
    """No finite values, or too few."""
    return [
        Problem("undefined", name, along(f, x, 1.0), magnitude(x), 2.0**-53, math.nan)
        for name, f, x in UNDEFINED
    ]
