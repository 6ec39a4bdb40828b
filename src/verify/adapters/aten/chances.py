"""Random operations in a recorded function: what they draw is a constant of it.

Facts
    Random states are restored around every call, so a function draws the same numbers in each. A mask, or noise, is a
    captured tensor then. It is none where a generator of the function's own draws, or an input moves what is drawn.
    What is drawn from a distribution that an input moves (``torch.normal`` of a mean) moves with it while the state
    stands still, and has the derivative 0 by torch's convention: its values and its derivative are of two functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from verify.adapters.aten.recorder import Recorder, mapped
from verify.adapters.aten.steps import argument_named, framework, written_by
from verify.adapters.translation import Sampled, Untranslatable

# Arguments of a random operation without which it is none.
CHANCES = ("dropout_p", "p", "training", "train")
# What takes its shape alone from an operand.
SHAPED = frozenset(f"aten.{name}" for name in "rand_like randn_like randint_like".split())
# What draws from a distribution that its operands are the parameters of.
SAMPLING = frozenset(f"aten.{name}" for name in "normal bernoulli bernoulli_ poisson binomial".split())


def by_chance(overload: Any, args: Any, kwargs: Any) -> bool:
    """Whether a random operation is one here: not where it drops nothing, or is told that it is not training."""
    if framework().Tag.nondeterministic_seeded not in overload.tags:
        return False
    defaults = {a.name: a.default_value for a in overload._schema.arguments if a.has_default_value()}
    named = {a.name for a in overload._schema.arguments}.intersection(CHANCES)
    given = {n: argument_named(overload, n, args, kwargs) for n in named}
    return all((defaults.get(n) if value is None else value) not in (0, False, None) for n, value in given.items())


def draw(recorder: Recorder, overload: Any, args: Any, kwargs: Any, operands: Sequence[Any]) -> Any:
    """Run a random operation, and keep what it draws as a constant of the function.

    Raises
        Untranslatable where that is no constant: it depends on an input, or a generator of the function's own draws;
        Sampled where the distribution does.
    """
    name = str(overload.overloadpacket)
    if name not in SHAPED and any(map(recorder.moves, operands)):
        if name in SAMPLING:
            raise Sampled(f"{name} draws from a distribution that depends on an input: a sample has no derivative")
        raise Untranslatable(f"{name} is random")
    if argument_named(overload, "generator", args, kwargs) is not None:
        raise Untranslatable(f"{name} is random, by a generator of its own")
    given = mapped((args, kwargs), recorder.known)  # what is written into is a constant as it was before
    found = overload(*args, **kwargs)
    written = written_by(overload, *given)
    if not written:
        mapped(found, recorder.known)
        return found
    drawn = recorder.known(found.detach().clone())
    recorder.step(framework().ops.aten.copy_.default, ((written[0], drawn), {}), found, False)
    return found
