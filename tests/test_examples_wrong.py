"""The wrong gradients of examples/wrong: each is accused, at the input that is wrong, and its mistake is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from verify.checker import check_claim
from verify.claim import Claim
from verify.claimfile import listed_claims, module_at

FOLDER = Path(__file__).parent.parent / "examples" / "wrong"
NAMED = {
    "attention.py::keys_transposed": "the derivative by q uses k.T where its transpose belongs",
    "attention.py::scale_lost": "the derivative by k is 2 x the truth (sqrt(4), 4 being the length of each axis of k",
    "bias.py::summed_over_features": "the derivative by b is summed over axis 1",
    "bilinear.py::arguments_swapped": "the derivative by x is the derivative by y",
    "convolution.py::kernel_flipped": "the derivative by kernel is the truth reversed along axis 0",
    "cross_entropy.py::of_the_sum": "is 5 x the truth (5 is the length of axis 0 of scores: mean or sum?)",
    "divergence.py::entropy_left_out": "the derivative by log_sigma lacks the term -1",
    "divergence.py::sigma_for_log_sigma": "the derivative by log_sigma lacks the factor exp(log_sigma)",
    "gelu.py::inner_derivative_left_out": "lacks what comes through 0.044715 * x**3",
    "gelu.py::tanh_not_squared": "takes 1 - y for the derivative of tanh(",
    "huber.py::tail_of_slope_one": "holds 1/DELTA x what comes through DELTA * (absolute(r) - ",
    "layer_norm.py::forgets_the_variance": "lacks what comes through sqrt(var(x, axis=1) + EPSILON)",
    "logsumexp.py::ignores_g": "ignores the cotangent g",
    "rms_norm.py::one_call_behind": "is right for the input of the call before",
    "solve.py::not_transposed": "the derivative by b uses the Jacobian where its transpose belongs",
}


def claims() -> dict[str, Claim]:
    """Every claim of the folder, as FILE::NAME."""
    found = {}
    for file in sorted(FOLDER.glob("*.py")):
        listed = listed_claims(module_at(str(file)), file.stem, file.name)
        found |= {f"{file.name}::{one.claim.id}": one.claim for one in listed}
    return found


CLAIMS = claims()


def test_every_example_has_its_words() -> None:
    assert set(NAMED) == set(CLAIMS)
    assert len({name.partition("::")[0] for name in NAMED}) >= 10


@pytest.mark.parametrize("name", NAMED)
def test_the_explanation_names_the_mistake(name: str) -> None:
    finding = check_claim(CLAIMS[name])
    assert not finding.ok
    assert finding.as_expected, finding.explain()
    assert CLAIMS[name].reason
    assert NAMED[name] in " ".join(e.text for e in finding.worst_point.explanations), finding.explain()
