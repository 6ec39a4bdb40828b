"""Where a function is to be had again: from its module, from its file, or from its own source.

Facts
    A function is imported where its module has it under its name; one of a script or a notebook is written out.
    Written out it has to be self-contained: what it needs are modules, numbers, small arrays and such functions.
"""

from __future__ import annotations

import ast
import functools
import inspect
import re
import site
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from ad.dispatch import called
from verify.adapters.foreign import Foreign
from verify.counterexample import UNKNOWN, Origin
from verify.expression import Expression
from verify.remaking import LARGEST, module_of_parameters, remade
from verify.sourcetext import NotToBeHad, clash, class_definition, definition, known_to, needed, needed_of
from verify.straightline import StraightLine, constant_text

DEEPEST = 6  # functions that need functions
PLAIN = (bool, int, float, complex, str, type(None), np.generic)


def origin_of(function: Any, name: str) -> Origin:
    """Statements that define a function, and the name that they give it.

    Arguments
        function: a NumPy function, one of a module, a function or lambda with its source, an expression.
        name: what to call it where it has no name of its own.
    Example
        >>> origin_of(np.sin, "f")
        Origin(name='np.sin', known=True, statements=())
    """
    try:
        return _origin(function, name, DEEPEST)
    except NotToBeHad:
        own = getattr(function, "__name__", name)
        return Origin(own if own.isidentifier() else name, known=False)


def called_in_framework(foreign: Foreign) -> Origin:
    """What calls a framework's function with the arguments of a claim; a module's parameters come last."""
    if not foreign.holds_parameters:
        return origin_of(foreign.op, "op")
    try:
        op = _of_called(foreign)
    except NotToBeHad:
        op = Origin("op", False, (UNKNOWN.format(name="op"),))
    text = f"def called(*xs):\n    return torch.func.functional_call({op.name}, xs[-1], xs[:-1])"
    return Origin("called", op.known, (*op.statements, "import torch", text))


def _of_called(foreign: Foreign) -> Origin:
    """A framework's function; of a module the parameters are those of the point."""
    op = foreign.op
    if foreign.holds_parameters and _of_variable(op) is None:
        return module_of_parameters(op, "op", lambda n, value: _defined(n, value, DEEPEST))
    return _origin(op, "op", DEEPEST)


def why_not_to_be_had(foreign: Foreign) -> str:
    """Why a framework's function can be neither imported nor written out; "" where it can."""
    try:
        _of_called(foreign)
    except NotToBeHad as why:
        return str(why)
    return ""


def _origin(function: Any, name: str, depth: int) -> Origin:
    if depth == 0:
        raise NotToBeHad(f"functions need functions more than {DEEPEST} deep")
    owner = getattr(function, "__self__", None)
    if isinstance(owner, type):  # the apply of a torch.autograd.Function
        held = _origin(owner, owner.__name__, depth - 1)
        return Origin(f"{held.name}.{function.__name__}", True, held.statements)
    if isinstance(function, Expression):
        return Origin(name, True, ("import verify", f"{name} = verify.parse({function.text!r})"))
    if isinstance(function, StraightLine):
        return Origin(name, True, (*_of_program(function, depth), function.source(name)))
    if _is_of_numpy(function):
        return Origin(called(function))
    module = sys.modules.get(getattr(function, "__module__", None) or "")
    member = getattr(function, "__qualname__", "")
    if module is not None and module.__name__ != "__main__" and _is_same(_found(module, member), function):
        return Origin(member, True, tuple(_imported(module, member)))
    if isinstance(function, FunctionType):
        return _of_source(function, name, depth)
    if isinstance(function, type):
        return _of_class(function, depth)
    return _of_variable(function) or remade(function, name, lambda n, value: _defined(n, value, depth))


def _is_of_numpy(function: Any) -> bool:
    home, _, member = called(function).rpartition(".")
    package = {"np": np}.get(home) or sys.modules.get("numpy" + home.removeprefix("np"))
    return home.partition(".")[0] == "np" and getattr(package, member, None) is function


def _found(module: ModuleType, member: str) -> Any:
    try:
        return functools.reduce(getattr, member.split("."), module)
    except AttributeError:
        return None


def _is_same(found: Any, function: Any) -> bool:
    """Whether a member of a module is the function; an op of ad.custom has several faces."""
    return found is function or (hasattr(function, "op") and getattr(found, "op", None) is function.op)


# --- imports


def _imported(module: ModuleType, member: str) -> Iterator[str]:
    """The statements that import a member of a module, in an interpreter that knows nothing of it."""
    top = member.partition(".")[0]
    path, folder = _place_of(module)
    if path is None or folder is not None:
        yield from _made_findable(folder)
        yield f"from {module.__name__} import {top}"
        return
    yield "import importlib.util"
    yield "import sys"
    yield from _made_findable(path.parent)
    held = re.sub(r"\W", "_", path.stem) + "_module"
    yield f"{held}_spec = importlib.util.spec_from_file_location({held!r}, {str(path)!r})"
    yield f"{held} = importlib.util.module_from_spec({held}_spec)"
    yield f"sys.modules[{held!r}] = {held}"  # where a dataclass looks up its annotations
    yield f"{held}_spec.loader.exec_module({held})"
    yield f"{top} = {held}.{top}"


def _place_of(module: ModuleType) -> tuple[Path | None, Path | None]:
    """The file of a module, and the folder in which an import finds it by its name; None for what there is not."""
    file = getattr(module, "__file__", None)
    if file is None:
        return None, None
    path = Path(file).resolve()
    parts = module.__name__.split(".")
    root = path.parents[len(parts) - (path.name != "__init__.py")] if len(parts) < len(path.parts) else path.parent
    fits = path in (root.joinpath(*parts).with_suffix(".py"), root.joinpath(*parts, "__init__.py"))
    return path, root if fits else None


def _made_findable(folder: Path | None) -> Iterator[str]:
    if folder is not None and str(folder) not in _installed():
        yield "import sys"
        yield f"sys.path.insert(0, {str(folder)!r})"


@functools.cache
def _installed() -> frozenset[str]:
    """The directories that every interpreter of this installation imports from."""
    return frozenset(str(Path(p).resolve()) for p in (*sysconfig.get_paths().values(), *site.getsitepackages()))


# --- sources


def _of_source(function: FunctionType, name: str, depth: int) -> Origin:
    """A function by its own text, after what it needs."""
    text, node = definition(function)
    if isinstance(node, ast.FunctionDef) and node.decorator_list:  # what they make of it is another function
        raise NotToBeHad(f"{node.name} has decorators")
    wants = list(needed(function, node))
    if isinstance(node, ast.Lambda):
        found = f"{name}_" if any(n == name for n, _ in wants) else name
        statement = f"{found} = {text}"
    else:
        found, statement = node.name, text
    needs = [line for n, value in wants for line in _defined(n, value, depth)]
    statements = (*dict.fromkeys(needs), statement)
    if clash(statements):
        raise NotToBeHad(f"two different things that {found} needs have one name")
    return Origin(found, True, statements)


def _of_class(kind: type, depth: int) -> Origin:
    """A class by its own text, after what its functions need, and with the functions that it was given afterwards."""
    text, node, stands_there = class_definition(kind)
    functions = {key: f for key, value in vars(kind).items() if isinstance(f := _function_of(value), FunctionType)}
    known = {base.__name__: base for base in kind.__mro__[1:]}
    known |= {n: value for f in functions.values() for n, value in known_to(f).items()}
    needs = needed_of(node, known, {kind.__name__})
    statements = [*dict.fromkeys(line for n, value in needs for line in _defined(n, value, depth)), text]
    for key, f in functions.items():
        if not stands_there(f, key):
            held = type(vars(kind)[key])
            plain = vars(kind)[key] if held is FunctionType else getattr(vars(kind)[key], "__func__", None)
            if plain is not f:
                raise NotToBeHad(f"{kind.__name__}.{key} was set after its class was written, under a decorator")
            own = f"{kind.__name__}_{key}"
            statements += _defined(own, f, depth)
            statements.append(f"{kind.__name__}.{key} = {own if held is FunctionType else f'{held.__name__}({own})'}")
    if clash(statements):
        raise NotToBeHad(f"two different things that {kind.__name__} needs have one name")
    return Origin(kind.__name__, True, tuple(statements))


def _function_of(value: Any) -> Any:
    """The function that a member of a class is made of, whatever decorates it; a member of another kind as it is."""
    inner = getattr(value, "fget", None) or getattr(value, "__func__", value)
    return inspect.unwrap(inner) if callable(inner) else inner


def _of_variable(op: Any) -> Origin | None:
    """An object that a module holds under some name: a layer, a compiled function; None where none does."""
    for kind in (op, type(op)):
        module = sys.modules.get(getattr(kind, "__module__", None) or "")
        if module is not None and module.__name__ != "__main__":
            for name, value in list(vars(module).items()):
                if value is op:
                    return Origin(name, True, tuple(_imported(module, name)))
    return None


def _defined(name: str, value: Any, depth: int) -> Iterator[str]:
    """Statements that give a name its value."""
    if isinstance(value, ModuleType):
        yield from _made_findable(_place_of(value)[1])
        yield f"import {value.__name__}" + ("" if value.__name__ == name else f" as {name}")
    elif all(isinstance(x, PLAIN) or _is_small(x) for x in (value if isinstance(value, tuple) else (value,))):
        yield f"{name} = {constant_text(value)}"
    elif callable(value):
        origin = _origin(value, name, depth - 1)
        yield from origin.statements
        if origin.name != name:
            yield f"{name} = {origin.name}"
    elif isinstance(value, np.ndarray):
        raise NotToBeHad(f"it needs {name}, an array of {value.size} numbers, of which {LARGEST} are written out")
    else:
        raise NotToBeHad(f"it needs {name}, a {type(value).__name__}, which cannot be written out")


def _is_small(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "fiub" and value.size <= LARGEST


def _of_program(program: StraightLine, depth: int) -> Iterator[str]:
    """What the text of a straight-line program needs: the packages it names, and functions of a user's own."""
    for function in program.functions:
        if hasattr(function, "op"):
            yield from _origin(function, function.__name__, depth - 1).statements
        elif not _is_of_numpy(function) and inspect.getmodule(function) is not None:
            package = called(function).rpartition(".")[0]
            yield from [f"import {package}"] if package.partition(".")[0] in ("ad", "scipy") else []
