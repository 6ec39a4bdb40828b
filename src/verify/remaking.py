"""Objects that hold functions as statements that make them again: rules of JAX, modules of PyTorch, partials, methods.

Facts
    Each is told by its parts, which are had again as every function is: ``defined(name, value)`` gives the statements
    that give a name its value.
    A module is made without its ``__init__``, whose arguments nobody kept: what it holds says all.
"""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Callable, Iterable, Iterator
from types import FunctionType
from typing import Any

from verify.adapters.frameworks import loaded
from verify.counterexample import Origin
from verify.sourcetext import NotToBeHad, clash, definition, known_to, needed_of
from verify.straightline import constant_text

Defined = Callable[[str, Any], Iterable[str]]
Making = Callable[[Any, str, Defined], Origin]

LARGEST = 256  # entries of an array that is written out
STATE = ("_parameters", "_buffers", "_modules")  # of a module: what it registers; all else it keeps is an attribute

MADE = """\
def module_made(kind, held, buffers):
    module = kind.__new__(kind)
    torch.nn.Module.__init__(module)
    for name, value in buffers.items():
        module.register_buffer(name, value)
    for name, value in held.items():
        setattr(module, name, value)
    return module"""


def remade(thing: Any, name: str, defined: Defined) -> Origin:
    """Statements that make an object again.

    Arguments
        thing: an object that is no function of Python's and no class. name: what to call it where it has no other name.
    Raises
        NotToBeHad where there is no way, or a part is not to be had.
    Example
        >>> import functools
        >>> remade(functools.partial(max, 3), "f", lambda name, value: [f"{name} = {value!r}"]).statements[-1]
        'f = functools.partial(f_0, f_1)'
    """
    make = next((make for holds, make in WAYS if holds(thing)), None)
    if make is None:
        raise NotToBeHad(f"an object of {type(thing).__name__} cannot be written out")
    return _under_a_free_name(make, thing, name, defined)


def _under_a_free_name(make: Making, thing: Any, name: str, defined: Defined) -> Origin:
    """What makes an object, under another name where what it needs has this one."""
    for free in (name, f"{name}_"):
        found = make(thing, free, defined)
        if not clash(found.statements):
            return found
    raise NotToBeHad(f"two different things that {name} needs have one name")


# --- rules of JAX


def _rule(op: Any, name: str, defined: Defined) -> Origin:
    """A ``custom_vjp`` or ``custom_jvp`` by the texts of its functions; a lambda stands where it stood."""
    method, roles = RULES[type(op).__name__]
    parts = [getattr(op, role, None) for role in roles]
    several = _one_for_each(parts[0]) if method == "defjvp" else None
    method, parts = ("defjvps", list(several)) if several else (method, parts)
    written = [f for f in (op.fun, *parts) if f is not None]
    if not written or not all(isinstance(f, FunctionType) for f in written) or parts == [None] * len(parts):
        raise NotToBeHad("its rule is no function of Python's, or there is none")
    found = {f: definition(f) for f in written}
    needs = [pair for f in written for pair in needed_of(found[f][1], known_to(f), set())]
    own = op.fun.__name__ if isinstance(found[op.fun][1], ast.FunctionDef) else name
    called = next((n for n, value in needs if value is op), own)
    others = [(n, value) for n, value in needs if value is not op]
    while any(n == called for n, _ in others):
        called += "_"
    aliases = [f"{n} = {called}" for n in dict.fromkeys(n for n, value in needs if value is op) if n != called]
    names = {f: f.__name__ if isinstance(node, ast.FunctionDef) else text for f, (text, node) in found.items()}
    rules = [line for f in written[1:] if names[f] != found[f][0] for line in _had(f, found[f][0], defined)]
    zeros = ["symbolic_zeros=True"] if getattr(op, "symbolic_zeros", False) and several is None else []
    given = ", ".join(["None" if f is None else names[f] for f in parts] + zeros)
    before = dict.fromkeys(line for n, value in others for line in defined(n, value))
    made = _ruled(op, called, names[op.fun], found[op.fun][0], defined)
    last = f"{called}.{method}({given})"
    return Origin(called, True, (*before, "import jax", *made, *dict.fromkeys(rules), last, *aliases))


def _had(function: FunctionType, text: str, defined: Defined) -> Iterable[str]:
    """A function of a rule's as it is had everywhere, else by its text: a decorator has set it as the rule."""
    try:
        return list(defined(function.__name__, function))
    except NotToBeHad:
        return [text]


def _ruled(op: Any, called: str, name: str, text: str, defined: Defined) -> Iterator[str]:
    """The statements that make the op without its rule."""
    kind, fixed = f"jax.{type(op).__name__}", tuple(op.nondiff_argnums)
    options = f", nondiff_argnums={fixed!r}" if fixed else ""
    if name == called:
        yield from ["import functools"] if fixed else []
        yield (f"@functools.partial({kind}{options})" if fixed else f"@{kind}") + f"\n{text}"
        return
    yield from _had(op.fun, text, defined) if name != text else []
    yield f"{called} = {kind}({name}{options})"


def _compiled(op: Any, name: str, defined: Defined) -> Origin:
    """A function under ``jax.jit``, compiled again for the same static arguments."""
    info = getattr(op, "_jit_info", None)
    if info is None:
        raise NotToBeHad("it is compiled, and does not tell how")
    options = {key: getattr(info, key, None) for key in ("static_argnums", "static_argnames")}
    words = "".join(f", {key}={value!r}" for key, value in options.items() if value)
    inner = f"{name}_compiled"
    return Origin(name, True, ("import jax", *defined(inner, op.__wrapped__), f"{name} = jax.jit({inner}{words})"))


def _one_for_each(jvp: Any) -> tuple[Any, ...] | None:
    """The functions that ``defjvps`` was given, of which JAX makes one."""
    if not (isinstance(jvp, FunctionType) and jvp.__qualname__.endswith("defjvps.<locals>.jvp")):
        return None
    return tuple(known_to(jvp)["jvps"])


RULES = {"custom_vjp": ("defvjp", ("fwd", "bwd")), "custom_jvp": ("defjvp", ("jvp",))}  # by their class: what sets it


# --- modules of PyTorch


def module_of_parameters(module: Any, name: str, defined: Defined) -> Origin:
    """A module whose caller puts other parameters in place of its own: the numbers of these are left out.

    Raises
        NotToBeHad where a part is not to be had.
    """
    return _under_a_free_name(_module_without_numbers, module, name, defined)


def _module_without_numbers(module: Any, name: str, defined: Defined) -> Origin:
    return _module(module, name, defined, lambda p, name: f"torch.empty(0, dtype={p.dtype})")


def _module(module: Any, name: str, defined: Defined, numbers: Callable[[Any, str], str] | None = None) -> Origin:
    writer = _Modules(defined, numbers or _tensor_text)
    writer.of_module(module, name)
    return Origin(name, True, ("import torch", MADE, *dict.fromkeys(writer.statements)))


class _Modules:
    """The statements of a module and of all in it: what is shared is made once. numbers: the text of a parameter's."""

    def __init__(self, defined: Defined, numbers: Callable[[Any, str], str]) -> None:
        self.defined, self.numbers = defined, numbers
        self.statements: list[str] = []
        self.names: dict[int, str] = {}

    def of_module(self, module: Any, name: str) -> str:
        if id(module) in self.names:
            return self.names[id(module)]
        kind = self._kind(type(module))
        held = [(key, self._attribute(f"{name}_{key}", key, value)) for key, value in _attributes(module)]
        held += [(key, self._parameter(p, f"{name}_{key}")) for key, p in module._parameters.items()]
        children = module._modules.items()
        held += [(key, "None" if m is None else self.of_module(m, f"{name}_{key}")) for key, m in children]
        buffers = [(key, _tensor_text(b, key)) for key, b in module._buffers.items()]
        return self._named(module, name, f"module_made({kind}, {_dict(held)}, {_dict(buffers)})")

    def _named(self, thing: Any, name: str, text: str) -> str:
        self.names[id(thing)] = name
        self.statements.append(f"{name} = {text}")
        return name

    def _kind(self, kind: type) -> str:
        self.statements += self.defined(kind.__name__, kind)
        return kind.__name__

    def _parameter(self, p: Any, name: str) -> str:
        if p is None:
            return "None"
        if id(p) in self.names:
            return self.names[id(p)]
        text = self.numbers(p, name)
        return self._named(p, name, f"torch.nn.Parameter({text}, requires_grad={p.requires_grad})")

    def _attribute(self, name: str, key: str, value: Any) -> str:
        torch: Any = loaded("torch")
        if _is_plain(value):
            return constant_text(value)
        if isinstance(value, torch.dtype | torch.device):
            return f"torch.{value!r}".replace("torch.torch.", "torch.")
        if isinstance(value, torch.Tensor):
            return _tensor_text(value, key)
        if callable(value) and not isinstance(value, torch.nn.Module):
            self.statements += self.defined(name, value)
            return name
        raise NotToBeHad(f"its {key!r} is a {type(value).__name__}, which cannot be written out")


def _attributes(module: Any) -> Iterator[tuple[str, Any]]:
    """What a module keeps besides its parameters, buffers and modules; one with hooks cannot be made again."""
    torch: Any = loaded("torch")
    usual = vars(torch.nn.Module())
    for key, value in vars(module).items():
        if key in STATE:
            continue
        if key not in usual or key == "training":
            yield key, value
        elif value != usual[key] and key != "_non_persistent_buffers_set":  # which says what is saved to a file
            raise NotToBeHad(f"it has hooks, in {key}")


def _is_plain(value: Any) -> bool:
    """Whether a value is written as its repr: numbers, text, and containers of such."""
    leaves = [*value.values(), *value] if type(value) is dict else value
    if type(value) in (tuple, list, dict):
        return all(map(_is_plain, leaves))
    return isinstance(value, bool | int | float | complex | str | None)


def _tensor_text(x: Any, name: str) -> str:
    """A small tensor as Python text, to the last bit."""
    if x is None:
        return "None"
    if x.numel() > LARGEST:
        raise NotToBeHad(f"its {name!r} holds {x.numel()} numbers, more than the {LARGEST} that are written out")
    return f"torch.tensor({constant_text(x.detach().cpu().tolist())}, dtype={x.dtype})"


def _dict(pairs: Iterable[tuple[str, str]]) -> str:
    return "{" + ", ".join(f"{key!r}: {text}" for key, text in pairs) + "}"


# --- what Python makes of functions


def _partial(made: Any, name: str, defined: Defined) -> Origin:
    """A ``functools.partial`` by its function and arguments."""
    parts = [(f"{name}_{k}", value) for k, value in enumerate((made.func, *made.args, *made.keywords.values()))]
    names = [n for n, _ in parts]
    words = [f"{key}={n}" for key, n in zip(made.keywords, names[1 + len(made.args) :], strict=True)]
    given = ", ".join([*names[: 1 + len(made.args)], *words])
    lines = dict.fromkeys(line for n, value in parts for line in defined(n, value))
    return Origin(name, True, (*lines, "import functools", f"{name} = functools.partial({given})"))


def _method(method: Any, name: str, defined: Defined) -> Origin:
    """A method by the object that it belongs to."""
    owner = f"{name}_of"
    return Origin(f"{owner}.{method.__name__}", True, tuple(defined(owner, method.__self__)))


def _is_module(thing: Any) -> bool:
    torch = loaded("torch")
    return torch is not None and isinstance(thing, torch.nn.Module)


# What an object is, and what writes it.
WAYS: tuple[tuple[Callable[[Any], bool], Making], ...] = (
    (lambda thing: type(thing).__name__ in RULES, _rule),
    (lambda thing: type(thing).__name__ == "PjitFunction", _compiled),
    (_is_module, _module),
    (lambda thing: isinstance(thing, functools.partial), _partial),
    (inspect.ismethod, _method),
)
