"""A claim about a framework's function as one over NumPy arrays.

Facts
    The function that the derivative is held against is, in this order: the reference in NumPy or as an expression;
    the translation of a reference in the framework; the translation of the function itself; the function itself in
    its own precision, of which exact numbers learn nothing. ``Adapted.source`` says which one it was.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ad.containers import CONTAINERS, flatten, tree_map
from verify.adapters.calls import PARAMETERS, Constant
from verify.adapters.foreign import Foreign
from verify.adapters.framework import Framework
from verify.adapters.frameworks import loaded
from verify.adapters.hips import AUTOGRAD
from verify.adapters.jax_arrays import JAX
from verify.adapters.opaque import Opaque
from verify.adapters.torch_tensors import TORCH
from verify.adapters.translation import Sampled, Untranslatable
from verify.adapters.written import over_arrays
from verify.claimreading import positions_named
from verify.expression import Expression, parse
from verify.formats import widened

FRAMEWORKS = {framework.name: framework for framework in (TORCH, JAX, AUTOGRAD)}


@dataclass(frozen=True, eq=False)
class Adapted:
    """What a claim asks, over NumPy arrays.

    f, xs, wrt, kwargs, judged, subject  as of a claim: what a framework itself computes is the vjp of a pair
    foreign  a framework's function beside its example; None of NumPy's, and where a derivative of the user's is judged
    source   what the derivative is held against, in words
    opaque   the function that it is held against, where that has no translation
    """

    f: Any
    xs: tuple[Any, ...]
    wrt: Any
    kwargs: dict[str, Any]
    judged: str
    subject: Any
    foreign: Foreign | None = None
    source: str = ""
    opaque: Opaque | None = None


def framework_of(f: Any, xs: Sequence[Any], engine: str | None) -> Framework | None:
    """The framework that a function and its arguments belong to; None for NumPy's."""
    if engine in FRAMEWORKS:
        return FRAMEWORKS[str(engine)] if loaded(str(engine)) else None
    for framework in FRAMEWORKS.values():
        if loaded(framework.name):
            leaves = [leaf for x in xs for leaf in flatten(framework.opened(x))[1]]
            if any(map(framework.owned, (f, *leaves))):
                return framework
    return None


def adapted(
    framework: Framework,
    f: Callable[..., Any],
    xs: Sequence[Any],
    reference: Any,
    wrt: Any,
    kwargs: Mapping[str, Any],
    judged: tuple[str, Any] = ("engine", None),
) -> Adapted:
    """A claim about a framework's function, with NumPy arrays for its tensors.

    Arguments
        framework, f: the function and whose it is. xs, kwargs: its arguments, as the user calls it.
        reference: NumPy function, expression, function of the framework, or None. wrt: as of a claim.
        judged: the form of the derivative that is claimed, and the function over tensors that computes it.
    Raises
        ValueError when wrt names no argument, or a tensor is one that cannot be judged.
    """
    name, arguments = framework.named(f)
    arguments = (arguments + [f"x{i}" for i in range(len(arguments), len(xs))])[: len(xs)]
    parameters = framework.parameters(f)
    arguments += [PARAMETERS] if parameters else []
    wanted = None if wrt is None else positions_named("wrt", wrt, arguments)
    examples = framework.examples(f, xs, wanted) + ((parameters,) if parameters else ())
    chosen = _asking(framework, examples) if wanted is None else wanted
    if not chosen:
        raise ValueError(f"{name} has no floating tensor of {framework.name} among its arguments to differentiate by")
    foreign = Foreign(framework, f, examples, dict(kwargs), chosen, name, tuple(arguments), reference)
    made = _claimed(foreign)
    made = replace(made, source=made.source + _narrowed(framework, xs, foreign))
    kind, subject = judged
    if kind == "engine":
        return made
    return replace(made, judged=kind, subject=over_arrays(foreign, kind, subject), foreign=None)


def in_doubles(foreign: Foreign) -> Adapted:
    """The claim about the same function at its example in 64 bits: constants in its code are then read in full."""
    framework = foreign.framework
    kwargs = {key: _mapped(framework, framework.widened, value) for key, value in foreign.kwargs.items()}
    xs = tuple(tree_map(framework.widened, x) for x in foreign.xs)
    return _claimed(replace(foreign, xs=xs, kwargs=kwargs, translations={}))


def at_example(foreign: Foreign, xs: Sequence[Any]) -> Adapted:
    """The claim about the same function at another example, in arrays: its code is read anew for their dtypes."""
    return _claimed(replace(foreign, xs=tuple(foreign.filled(xs)), translations={}))


def _claimed(foreign: Foreign) -> Adapted:
    """The claim about what the framework itself computes."""
    framework, chosen = foreign.framework, foreign.chosen
    arrays = tuple(tree_map(framework.array, x) for x in foreign.xs)
    keywords = {key: _mapped(framework, framework.array, value) for key, value in foreign.keywords({}).items()}
    held, source, opaque = _held_against(foreign, foreign.reference, arrays, keywords)
    if foreign.kept is not None:
        source += f"; of its results, only number {', '.join(map(str, foreign.kept))} is differentiated"
    shown = tuple(arrays_of(framework, x) if i in chosen else arrays[i] for i, x in enumerate(foreign.xs))
    own = _subject(foreign)
    return Adapted(presented(held, foreign), shown, chosen, keywords, "vjp", own, foreign, source, opaque)


def _mapped(framework: Framework, change: Callable[[Any], Any], tree: Any) -> Any:
    """The leaves of the framework's own containers changed."""
    return framework.closed(tree_map(change, framework.opened(tree)))


def arrays_of(framework: Framework, tree: Any) -> Any:
    """A container with arrays for tensors; what else is in it is a constant."""
    if not isinstance(tree, CONTAINERS):
        return framework.array(tree)
    return tree_map(lambda x: framework.array(x) if framework.owns(x) else Constant(x), tree)


def _narrowed(framework: Framework, xs: Sequence[Any], foreign: Foreign) -> str:
    """Which arguments a framework takes in another precision than they were given in, in words."""
    texts = []
    for name, x, taken in zip(foreign.arguments, xs, foreign.xs, strict=False):
        pairs = zip(flatten(framework.opened(x))[1], flatten(taken)[1], strict=True)
        dtypes = {(a.dtype, framework.array(b).dtype) for a, b in pairs if isinstance(a, np.ndarray | np.generic)}
        texts += [f"; {framework.name} takes {name} in {new}, not in {old}" for old, new in dtypes if old != new]
    return "".join(texts)


def _asking(framework: Framework, xs: Sequence[Any]) -> tuple[int, ...]:
    """The positions of tensors that ask to be differentiated, else of all that can be."""
    moving = [[leaf for leaf in flatten(x)[1] if framework.owns(leaf) and framework.moves(leaf)] for x in xs]
    asking = [i for i, leaves in enumerate(moving) if any(getattr(leaf, "requires_grad", False) for leaf in leaves)]
    return tuple(asking or [i for i, leaves in enumerate(moving) if leaves])


def _held_against(
    foreign: Foreign, reference: Any, arrays: Sequence[Any], keywords: Mapping[str, Any]
) -> tuple[Callable[..., Any], str, Opaque | None]:
    """The function over NumPy that the derivative is held against, what it is in words, and where it is opaque."""
    if reference is None:
        return _over_numpy(foreign, "itself")
    if isinstance(reference, str):
        reference = parse(reference)
    if isinstance(reference, Expression):
        return reference, "the expression given as reference", None
    called = _with_parameters(reference) if foreign.holds_parameters else reference
    called = _of_containers(called, foreign.framework)
    if _computes_arrays(called, arrays, keywords):
        return called, "the reference in NumPy", None
    composite = Foreign(
        foreign.framework, called, foreign.xs, foreign.kwargs, foreign.chosen,
        getattr(reference, "__name__", "the reference"), (),
    )  # fmt: skip
    return _over_numpy(composite, "the reference")


def _over_numpy(foreign: Foreign, what: str) -> tuple[Callable[..., Any], str, Opaque | None]:
    """The translation of a function; where it has none, the function in its own precision."""
    name = foreign.framework.name
    try:
        foreign.translation()
    except Sampled as sampled:
        return foreign.translated_value, f"{what} in {name}, of which nothing can be asked: {sampled}", None
    except Untranslatable as untranslatable:
        reason = str(untranslatable)
    except Exception as problem:  # the function itself raises: whoever asks for its value will say so
        reason = f"{type(problem).__name__}: {problem}"
    else:
        return foreign.translated_value, f"{what} in {name}, translated", None
    opaque = Opaque(foreign, reason)
    return opaque.value, f"{what} in {name}, which exact numbers cannot enter: {reason}", opaque


def _of_containers(reference: Callable[..., Any], framework: Framework) -> Callable[..., Any]:
    """A reference that takes and returns containers of the framework's own."""

    def called(*xs: Any, **kwargs: Any) -> Any:
        return framework.opened(reference(*map(framework.closed, xs), **kwargs))

    return called


def _with_parameters(reference: Callable[..., Any]) -> Callable[..., Any]:
    def called(*xs: Any, **kwargs: Any) -> Any:
        return reference(*xs[:-1], params=xs[-1], **kwargs)

    return called


def _computes_arrays(reference: Callable[..., Any], arrays: Sequence[Any], keywords: Mapping[str, Any]) -> bool:
    """Whether a reference takes NumPy's arrays and answers with such: then it is written in NumPy."""
    with np.errstate(all="ignore"):
        try:
            leaves = flatten(reference(*[tree_map(_own, x) for x in arrays], **keywords))[1]
        except Exception:  # a function of the framework meets arrays that it does not know: any way it fails
            return False
    return all(y is None or isinstance(y, np.ndarray | np.generic | int | float | complex) for y in leaves)


def _own(x: Any) -> Any:
    """A copy as f would get it: no reference is run in 16 bits, which half of NumPy's functions do not know."""
    return widened(x.copy()) if isinstance(x, np.ndarray) else x


def presented(held: Any, foreign: Foreign) -> Any:
    """The same function under the name and with the arguments of the one that is judged."""
    if isinstance(held, Expression):
        return held

    def function(*xs: Any, **kwargs: Any) -> Any:
        return foreign.of_result(held(*tree_map(_bare, xs), **kwargs))

    function.__name__ = foreign.name
    kinds = inspect.Parameter.POSITIONAL_ONLY
    function.__signature__ = inspect.Signature([inspect.Parameter(n, kinds) for n in foreign.arguments])  # type: ignore[attr-defined]
    return function


def _bare(x: Any) -> Any:
    """What a reference gets for an argument: the constant itself, and 16 bits as float64, where sums do not stop."""
    if isinstance(x, Constant):
        return x.value
    return widened(x) if isinstance(x, np.ndarray | np.generic) else x


def _subject(foreign: Foreign) -> tuple[Callable[..., Any], Callable[..., Any]]:
    def forward(*xs: Any, **kwargs: Any) -> Any:
        return foreign.forward(*xs, **kwargs)

    def backward(residuals: Any, g: Any) -> Any:
        return foreign.backward(residuals, g)

    forward.__name__ = f"{foreign.name}"
    backward.__name__ = f"its vjp in {foreign.framework.name}"
    return forward, backward
