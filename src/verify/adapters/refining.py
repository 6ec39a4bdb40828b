"""A backward pass over what the forward pass saves when it runs in float64: of any framework's function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from verify.adapters.calls import Residuals
from verify.adapters.foreign import Foreign
from verify.adapters.saved import widest


def refined(foreign: Foreign, roundoff: float, xs: Sequence[Any]) -> tuple[Any, Residuals, list[Any]]:
    """(y, residuals, the arrays of y in float64): the residuals hold what a forward pass in float64 saves, rounded.

    Arguments
        roundoff: of the format of the arguments xs.
    Raises
        Escapes where the backward pass rests on more than that, and whatever the function raises in float64.
    """
    call, framework = foreign.call(xs), foreign.framework
    wide = [framework.tensor(widest(framework.array(x)), x) for x in call.tensors]
    with foreign.still():
        outputs, exact, pull = framework.refined(*call.over(call.tensors), *call.over(wide), roundoff)
        after = framework.state(foreign.op)
    y = foreign.boxed(call, [framework.array(t) for t in outputs])
    return y, Residuals(foreign.pulled(outputs, pull, after), {}), [framework.array(t) for t in exact]
