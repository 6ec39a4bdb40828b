"""The expressions of a first lesson on derivatives: one operation at a time, then one neuron."""

from __future__ import annotations

# (id, expression, where): each is small enough to check with a pencil.
EXPRESSIONS: tuple[tuple[str, str, dict[str, float]], ...] = (
    ("add_one", "a + 1", {"a": 3.0}),
    ("one_add", "1 + a", {"a": 3.0}),
    ("times_one", "a * 1", {"a": 3.0}),
    ("minus_one", "a - 1", {"a": 3.0}),
    ("one_minus", "1 - a", {"a": 3.0}),
    ("over_one", "a / 1", {"a": 3.0}),
    ("one_over", "1 / a", {"a": 3.0}),
    ("difference", "a - b", {"a": 3.0, "b": 2.0}),
    ("neuron", "1/(1+exp(-(x*w+b)))", {"x": 3.0, "w": 2.0, "b": 1.0}),
    ("same_factor_twice", "a * a", {"a": 3.0}),  # 6: both uses must be added, one alone gives 3
    ("same_term_twice", "2*a + 5*a", {"a": 1.0}),  # 7
    # x = x + x three times, written out: 8; overwriting instead of adding gives 1
    ("doubled_three_times", "((x + x) + (x + x)) + ((x + x) + (x + x))", {"x": 1.0}),
    ("exponential", "exp(a)", {"a": 3.0}),
    ("logarithm", "log(a)", {"a": 3.0}),
)
