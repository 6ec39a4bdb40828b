"""The layers of the source: who may import whom, what a package may hold, and that every public name is documented.

Facts
    The rules read the source and run none of it, save that one test imports ``ad`` in a process of its own.
    Each rule is a function from the sources to a list of violations, and each has mutants: sources with one
    line added that it must notice.
"""

from __future__ import annotations

import ast
import functools
import inspect
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

import ad
import verify

ROOT = Path(__file__).parent.parent
SRC = ROOT / "src"
LONGEST = 320  # lines of a file

# From the bottom up. A module imports from lines above its own alone, so that there can be no cycles.
LAYERS = """
ad.constants ad.containers ad.face ad.numbers
ad.floats
ad.core
ad.dispatch ad.locks
ad.variable
ad.declare ad.operators
ad.table.shapes ad.table.elementwise ad.table.complexes
ad.table.arrangements ad.table.selection ad.table.reductions ad.table.fourier ad.table.padding ad.table.parts
ad.table.contractions ad.table.cosines
ad.table.signals ad.table.statistics ad.table.bessel
ad.table.grids ad.table.polynomials ad.table.running
ad.table.linalg.matrices
ad.table.linalg.solving ad.table.linalg.products
ad.table.linalg.orthogonal ad.table.linalg.spectral
ad.table.linalg.singular
ad.table.linalg.norms ad.table.linalg.exponential
ad.table.linalg
ad.table.methods
ad.table.special.declaring
ad.table.special.densities
ad.table.special.shapes
ad.table.special.gamma ad.table.special.error ad.table.special.logistic ad.table.special.incomplete
ad.table.special.hypergeometric ad.table.special.transforms ad.table.special.distributions
ad.table.special.bessel ad.table.special.elliptic ad.table.special.integrals
ad.table.special
ad.table
ad.userop
ad.arguments
ad.scipy
ad.scipy.fft ad.scipy.integrate ad.scipy.ndimage ad.scipy.trends
ad.scipy.spectra
ad.scipy.signal
ad.scipy.linalg.arguments ad.scipy.linalg.structured
ad.scipy.linalg.systems
ad.scipy.linalg.functions ad.scipy.linalg.numpys
ad.scipy.special
ad.scipy.linalg
ad.scipy.stats.distribution
ad.scipy.stats.continuous
ad.scipy.stats.discrete ad.scipy.stats.multivariate
ad.scipy.stats
ad.creation
ad.modes
ad.matrices
ad.neuron
ad.compiler.program ad.compiler.identities
ad.compiler.tracing ad.compiler.text
ad.compiler.recording ad.compiler.guards ad.compiler.interpreter
ad.compiler.scattered
ad.compiler.schedule
ad.compiler.lowering
ad.compiler.buffers
ad.compiler.arrays
ad.compiler.registers
ad.compiler.calls
ad.compiler
ad
verify.vocabulary verify.verdict verify.formats verify.matrices verify.layouts verify.lists verify.nudges
verify.reductions verify.counterexample
verify.breaches.torch_alone verify.breaches.jax_alone
verify.breaches
verify.straightline
verify.grammar verify.coverage
verify.expression
verify.adapters
verify.adapters.frameworks verify.adapters.translation verify.adapters.saved
verify.adapters.sources verify.adapters.compositions verify.adapters.constants
verify.adapters.aten.steps verify.adapters.aten.elementwise
verify.adapters.aten.comparisons
verify.adapters.aten.places verify.adapters.aten.activations
verify.adapters.aten.reductions verify.adapters.aten.contractions verify.adapters.aten.normalisation
verify.adapters.aten.windows verify.adapters.aten.losses verify.adapters.aten.algebra verify.adapters.aten.fourier
verify.adapters.aten.scattered
verify.adapters.aten.table verify.adapters.aten.frames verify.adapters.aten.memory
verify.adapters.aten.recorder
verify.adapters.aten.chances verify.adapters.aten.symmetry
verify.adapters.aten.recording verify.adapters.aten.running verify.adapters.aten.outline
verify.adapters.aten
verify.adapters.jaxprs.equations verify.adapters.jaxprs.lines
verify.adapters.jaxprs.elementwise verify.adapters.jaxprs.special verify.adapters.jaxprs.movement
verify.adapters.jaxprs.reductions verify.adapters.jaxprs.contractions verify.adapters.jaxprs.windows
verify.adapters.jaxprs.scattering verify.adapters.jaxprs.linalg verify.adapters.jaxprs.transforms
verify.adapters.jaxprs.systems
verify.adapters.jaxprs.calls
verify.adapters.jaxprs.table
verify.adapters.jaxprs.lines
verify.adapters.jaxprs.interpreter
verify.adapters.jaxprs
verify.adapters.framework verify.adapters.nodes verify.adapters.jax_rules
verify.adapters.calls verify.adapters.torch_state verify.adapters.stateless verify.adapters.torch_saved
verify.adapters.flatpasses
verify.adapters.hips
verify.adapters.foreign verify.adapters.jax_arrays verify.adapters.torch_tensors
verify.adapters.written verify.adapters.points verify.adapters.opaque
verify.claimreading
verify.adapters.adapting
verify.claim
verify.judge verify.searched
verify.finding verify.mutation verify.mutation.outcome
verify.numbers
verify.numbers.bits
verify.numbers.contour
verify.numbers.expansion
verify.numbers.incomplete verify.numbers.bessel verify.numbers.integrals
verify.numbers.special
verify.numbers.balls verify.numbers.kinds
verify.numbers.stairs
verify.numbers.program verify.numbers.series
verify.numbers.deciding
verify.numbers.coefficients
verify.numbers.exponentials
verify.numbers.analytic verify.numbers.reflections verify.numbers.spectra
verify.numbers.building
verify.numbers.choices
verify.numbers.complexformulas
verify.numbers.elimination
verify.numbers.complexes
verify.numbers.families
verify.numbers.moves
verify.numbers.planes verify.numbers.symbols
verify.numbers.exact verify.numbers.formula verify.numbers.taylor verify.numbers.field
verify.numbers.gradient verify.numbers.ballarray
verify.numbers.sides verify.numbers.nudged
verify.numbers.second verify.numbers.ties
verify.numbers.undecided verify.numbers.taken
verify.tangents verify.parts
verify.arguments verify.cotangents
verify.question
verify.numbers.recorded
verify.ranges
verify.movement verify.accuracy
verify.returned
verify.hull verify.limits verify.scalar verify.subject verify.survey verify.tableau
verify.recurrences
verify.slopes verify.branches verify.zero
verify.edges
verify.oracles.witness verify.oracles.faithful
verify.oracles.certified verify.oracles.numeric
verify.oracles.composites
verify.oracles.runs
verify.oracles.directions verify.oracles.projected
verify.oracles.second
verify.oracles
verify.formulas verify.testimony verify.single
verify.sensitivity
verify.approximate
verify.contract.asking
verify.contract.agreement verify.contract.ops verify.contract.returned verify.contract.untouched
verify.contract.accumulation verify.contract.steady
verify.contract.linearity verify.contract.pairs verify.contract.shapes verify.contract.foreign_calls
verify.contract.one_alone
verify.contract.torch_calls
verify.contract.torch_graphs verify.contract.torch_modes
verify.contract.foreign_rules verify.contract.jax_transforms
verify.contract.jax_alone
verify.contract
verify.kinks verify.neighbours
verify.roughness
verify.spans
verify.surviving verify.narrowing
verify.blackbox
verify.diagnosis verify.shares verify.flips
verify.wide
verify.rounding
verify.residuals.words verify.residuals.case
verify.residuals.tape verify.residuals.uses verify.residuals.history verify.residuals.summands
verify.residuals.naming verify.residuals.entries
verify.residuals.paths verify.residuals.whole
verify.residuals.arrangements verify.residuals.changes
verify.residuals.rules verify.residuals.altered
verify.residuals
verify.blame
verify.blame.lines verify.blame.entries
verify.blame.uses verify.blame.written
verify.blame.births
verify.blame.cures verify.blame.digits
verify.blame.poison
verify.blame.alone verify.blame.watched
verify.blame.operations
verify.blame.scalars
verify.blame.culprits
verify.sameness
verify.point
verify.passes
verify.complete
verify.shrinking.search
verify.shrinking.numbers verify.shrinking.shapes verify.shrinking.programs
verify.shrinking
verify.sourcetext verify.picking
verify.remaking
verify.origins
verify.exhibiting
verify.checker
verify.search verify.search.ranges verify.search.constants verify.search.cells verify.search.overflow
verify.search.screening
verify.search.candidates verify.search.coverage verify.search.shapes verify.search.judging
verify.search.evolution
verify.search.scouting
verify.search.sweeping
verify.migration.stopping
verify.migration verify.migration.gradcheck verify.migration.jax_grads verify.migration.scipy_grads
verify.suites.case verify.suites
verify.suites.calls.arguments
verify.suites.calls.shapes verify.suites.calls.reductions verify.suites.calls.contractions
verify.suites.calls.arrangements verify.suites.calls.grids verify.suites.calls.parts verify.suites.calls.polynomials
verify.suites.calls.running verify.suites.calls.selection verify.suites.calls.statistics
verify.suites.calls.complexes verify.suites.calls.fourier
verify.suites.calls.linalg
verify.suites.calls
verify.suites.handwritten verify.suites.optable verify.suites.teaching verify.suites.planted
verify.suites.mistakes verify.suites.special verify.suites.coverage_calls
verify.suites.coverage
verify.suites.opcase verify.suites.torchops.making verify.suites.jaxops.making
verify.suites.opforwards
verify.suites.torchops.elementwise verify.suites.torchops.losses verify.suites.torchops.layers
verify.suites.torchops.arrangements verify.suites.torchops.behaviour verify.suites.torchops.library
verify.suites.jaxops.elementwise verify.suites.jaxops.layers verify.suites.jaxops.arrays verify.suites.jaxops.behaviour
verify.suites.torchops verify.suites.jaxops
verify.declared
verify.exactness verify.convention verify.unseen verify.literals
verify.proof
verify.entry
verify.suite
verify.suites.customops
verify.suites.frameworkcheckers
verify.sample verify.claimfile
verify.catalogue
verify.runner
verify.target verify.numerals
verify.search.commandline
verify.mutation.rule
verify.mutation.terms verify.mutation.targets
verify.mutation.mutants
verify.mutation.judging verify.mutation.points verify.mutation.vacuous
verify.mutation.table
verify.mutation.entries
verify.mutation.targeted
verify.render
verify.render.figures verify.render.mathml verify.render.progress
verify.render.writers
verify.render.bars verify.render.counts verify.render.evidence verify.render.known verify.render.script
verify.render.text
verify.render.markdown
verify.render.html verify.render.json verify.render.rules verify.render.coverage verify.render.power
verify.render.adapters
verify.render.files verify.render.documents
verify.mutation.document verify.suites.opsdocument
verify.reproducing
verify.strategies.arrays
verify.strategies.points verify.strategies.programs
verify.strategies
verify.cli
verify
"""
RANK = {name: i for i, line in enumerate(LAYERS.splitlines()) for name in line.split()}

# Imports from a higher layer, each inside a function.
UPWARD = {
    ("verify.finding", "verify.render"): "a finding's explain(), to_json() and HTML are there to be called on it; "
    "formatting itself is the renderer's, and is imported when asked for",
    ("verify.mutation.outcome", "verify.render"): "a measurement's explain() and to_json() are there to be called on "
    "it, as those of a finding",
}

# Distributions that a package may import, and where: everywhere, or inside functions ("lazily").
THIRD_PARTY = {
    "ad": {"numpy": "everywhere", "scipy": "lazily", "numba": "lazily"},
    "verify": {
        "numpy": "everywhere", "sympy": "everywhere", "flint": "everywhere", "jinja2": "everywhere",
        "markupsafe": "everywhere", "rich": "lazily", "pebble": "lazily", "latex2mathml": "lazily", "scipy": "lazily",
        "hypothesis": "lazily", "ml_dtypes": "lazily",
    },
}  # fmt: skip

# Packages whose modules import such a distribution everywhere: they are imported by name, when it is asked for.
IMPORTED_LATE = dict.fromkeys(("ad.table.special", "ad.scipy", "ad.scipy.linalg", "ad.scipy.stats"), "scipy")
IMPORTED_LATE["verify.strategies"] = "hypothesis"

LONG_FILES = {
    "verify.suites.handwritten": "a data table: one function and its gradient after the other",
    "verify.suites.mistakes": "a data table: one wrong gradient after the other",
    "verify.suites.coverage_calls": "a data table: the call of one function after the other",
    "verify.suites.planted": "a data table: one function with a right and a wrong gradient after the other",
    "ad.table.elementwise": "a data table: one entry an op",
}
NEEDLESS = {"utils", "util", "helpers", "helper", "base", "manager", "common", "misc"}  # names that say nothing
# They run what a user wrote, or hang and abort on it (SymPy's own evaluation).
ALLOWED_WORDS = {
    ("ad.compiler.text", "exec"): "runs source that the compiler wrote: its own names and numbers, nothing of a user's",
    ("verify.numbers.symbols", "sympify"): "makes a number that a constant of ours computes one of SymPy's; no text",
}
FORBIDDEN = {"eval", "exec", "sympify", "parse_expr", "evalf", "nsimplify", "mpmath", "lambdify", "srepr"}

Sources = dict[str, str]
Rule = Callable[[Sources], list[str]]


def read_sources() -> Sources:
    """The text of every module by its dotted name; a package has the text of its ``__init__``."""
    found = {}
    for file in sorted(SRC.rglob("*.py")):
        parts = file.relative_to(SRC).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file.read_text(encoding="utf-8")
    return found


SOURCES = read_sources()


@functools.cache
def parsed(text: str) -> ast.Module:
    return ast.parse(text)


@functools.cache
def import_statements(text: str) -> tuple[tuple[ast.Import | ast.ImportFrom, bool], ...]:
    """Each import statement that is executed, and whether inside a function."""
    found = []
    pending: list[tuple[ast.AST, bool]] = [(parsed(text), False)]
    while pending:
        node, lazy = pending.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            found.append((node, lazy))
        lazy = lazy or isinstance(node, ast.FunctionDef)
        pending += [(child, lazy) for child in ast.iter_child_nodes(node)]
    return tuple(found)


def imports(sources: Sources, name: str) -> Iterator[tuple[str, bool]]:
    """Each module that a module imports, and whether it does so inside a function."""
    for node, lazy in import_statements(sources[name]):
        if isinstance(node, ast.Import):
            yield from ((alias.name, lazy) for alias in node.names)
            continue
        for alias in node.names:
            inner = f"{node.module}.{alias.name}"
            yield (inner if inner in sources else "." * node.level + (node.module or "")), lazy


def package(name: str) -> str:
    return name.partition(".")[0]


# --- rules


def every_module_has_a_layer(sources: Sources) -> list[str]:
    return [f"{name} has no line in LAYERS" for name in sources if name not in RANK] + [
        f"LAYERS names {name}, which is not there" for name in RANK if name not in sources
    ]


def imports_go_downward(sources: Sources) -> list[str]:
    found = []
    for name in sources:
        for target, lazy in imports(sources, name):
            if target.startswith("."):
                found.append(f"{name}: relative import of {target}")
            if target not in sources or target == name or RANK.get(target, -1) < RANK.get(name, len(RANK)):
                continue
            if lazy and any(name == low and target.startswith(high) for low, high in UPWARD):
                continue
            found.append(f"{name} imports {target} from its own layer or a higher one")
    return found


def ad_never_imports_verify(sources: Sources) -> list[str]:
    return [
        f"{name} imports {target}"
        for name in sources
        if package(name) == "ad"
        for target, _ in imports(sources, name)
        if package(target) == "verify"
    ]


def renderers_see_findings_only(sources: Sources) -> list[str]:
    """Nothing that formats can judge or ask: it knows findings, verdicts and the tables of functions."""
    allowed = (
        "verify.render", "verify.finding", "verify.searched", "verify.counterexample", "verify.judge",
        "verify.coverage", "verify.mutation.outcome", "ad",
    )  # fmt: skip
    return [
        f"{name} imports {target}"
        for name in sources
        if name.startswith("verify.render")
        for target, _ in imports(sources, name)
        if package(target) in ("ad", "verify") and not any(target == a or target.startswith(a + ".") for a in allowed)
    ]


def dependencies_are_the_listed_ones(sources: Sources) -> list[str]:
    found = []
    for name in sources:
        for target, lazy in imports(sources, name):
            top = package(target.lstrip("."))
            if top in sys.stdlib_module_names or top in ("ad", "verify"):
                continue
            allowed = THIRD_PARTY[package(name)].get(top, "nowhere")
            late = lazy or IMPORTED_LATE.get(name.rpartition(".")[0]) == top
            if allowed != "everywhere" and not (allowed == "lazily" and late):
                found.append(f"{name} imports {top}, allowed {allowed}")
    return found


def nothing_runs_or_evaluates_user_text(sources: Sources) -> list[str]:
    found = []
    for name, text in sources.items():
        for node in ast.walk(parsed(text)):
            words = {getattr(node, "id", None), getattr(node, "attr", None)}
            if isinstance(node, ast.Import | ast.ImportFrom):
                words |= {part for alias in node.names for part in alias.name.split(".")}
            bad = {word for word in words & FORBIDDEN if (name, word) not in ALLOWED_WORDS}
            found += [f"{name} line {node.lineno}: {word}" for word in bad]  # type: ignore[attr-defined]
    return found


def files_are_short(sources: Sources) -> list[str]:
    return [
        f"{name} has {text.count(chr(10))} lines"
        for name, text in sources.items()
        if text.count("\n") > LONGEST and name not in LONG_FILES
    ] + [f"LONG_FILES excuses {n}, which is short" for n in LONG_FILES if sources[n].count("\n") <= LONGEST]


def module_names_say_something(sources: Sources) -> list[str]:
    return [name for name in sources if set(name.split(".")) & NEEDLESS]


def no_module_and_public_name_of_a_package_are_alike(sources: Sources) -> list[str]:
    """``from verify import check`` must never depend on whether ``verify.check`` was imported as a module."""
    found = []
    for name, text in sources.items():
        modules = {other.rpartition(".")[2] for other in sources if other.rpartition(".")[0] == name}
        for node in parsed(text).body:
            if isinstance(node, ast.ImportFrom):
                own = {a.asname or a.name for a in node.names if f"{node.module}.{a.name}" not in sources}
            else:
                own = {getattr(node, "name", "")}
            found += [f"{name}.{both} is a module and something else" for both in sorted(own & modules)]
    return found


def docstring_says_what_a_module_is(sources: Sources) -> list[str]:
    silent = [name for name, text in sources.items() if text and not ast.get_docstring(parsed(text))]
    return [f"{name} has no docstring" for name in silent]


# Each rule with mutants: a module, and the line that is added to it.
RULES: dict[Rule, tuple[tuple[str, str], ...]] = {
    every_module_has_a_layer: (("verify.newcomer", '"""New."""'),),
    imports_go_downward: (
        ("ad.core", "import ad.variable"),
        ("ad.core", "from ad import modes"),
        ("ad.core", "def f():\n    from ad.neuron import Neuron"),
        ("verify.numbers.balls", "from verify.numbers.gradient import movement"),
        ("verify.judge", "from verify.finding import Finding"),
        ("verify.finding", "from verify.render.text import explain"),
        ("verify.suite", "from verify.sample import draw"),
        ("verify.claim", "from .judge import judge"),
        ("verify.oracles.numeric", "from verify.oracles.certified import reverse"),
    ),
    ad_never_imports_verify: (("ad.core", "import verify"), ("ad.table", "def f():\n    import verify.judge")),
    renderers_see_findings_only: (
        ("verify.render.text", "from verify.checker import check"),
        ("verify.render.html", "import verify.claim"),
        ("verify.render.json", "import verify"),
    ),
    dependencies_are_the_listed_ones: (
        ("ad.core", "import scipy"),
        ("ad.core", "def f():\n    import sympy"),
        ("verify.claim", "import torch"),
        ("verify.runner", "import pebble"),
    ),
    nothing_runs_or_evaluates_user_text: (
        ("verify.expression", "y = eval('1')"),
        ("verify.claimfile", "exec('x = 1')"),
        ("verify.formulas", "y = sp.sympify('x')"),
        ("verify.formulas", "y = sp.pi.evalf()"),
        ("verify.formulas", "from sympy import nsimplify as round"),
        ("verify.formulas", "import mpmath"),
    ),
    files_are_short: (("verify.cli", "x = 1\n" * LONGEST), ("ad.table.elementwise", "")),
    module_names_say_something: (("verify.utils", '"""U."""'), ("ad.table.base", '"""B."""')),
    no_module_and_public_name_of_a_package_are_alike: (
        ("verify", "from verify.judge import judge"),
        ("verify", "def cli(): pass"),
        ("ad", "from ad.containers import tree_map as core"),
    ),
    docstring_says_what_a_module_is: (("verify.newcomer", "x = 1"),),
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_source_keeps_the_rule(rule: Rule) -> None:
    assert rule(SOURCES) == []


@pytest.mark.parametrize(
    ("rule", "name", "line"), [(rule, *mutant) for rule, mutants in RULES.items() for mutant in mutants]
)
def test_the_rule_notices_a_line_that_breaks_it(rule: Rule, name: str, line: str) -> None:
    spoilt = {**SOURCES, name: f"{SOURCES[name]}\n{line}\n" if name in SOURCES and line else f"{line}\n"}
    assert len(rule(spoilt)) > len(rule(SOURCES))


def test_every_exception_is_needed_and_has_a_reason() -> None:
    for (low, high), reason in UPWARD.items():
        assert any(target.startswith(high) for target, _ in imports(SOURCES, low))
        assert len(reason) > 40
    assert all(word in SOURCES[name] for name, word in ALLOWED_WORDS)
    assert all(len(reason) > 20 for reason in (*LONG_FILES.values(), *ALLOWED_WORDS.values()))


def imported_early(sources: Sources) -> list[str]:
    """Imports of modules inside a late package by modules that are in none."""
    return [
        f"{other} imports {target}"
        for package in IMPORTED_LATE
        for other in sources
        if not any(f"{other}.".startswith(f"{late}.") for late in IMPORTED_LATE)
        for target, _ in imports(sources, other)
        if target.startswith(f"{package}.")
    ]


def test_a_module_that_is_imported_late_is_imported_by_name_only() -> None:
    assert imported_early(SOURCES) == []
    spoilt = {**SOURCES, "ad.modes": "from ad.table.special.gamma import trigamma"}
    assert imported_early(spoilt) != []


# --- import ad stays light

HEAVY = ("numba", "sympy", "flint", "scipy", "verify", "jinja2", "rich", "hypothesis", "torch", "jax")


def loaded(statement: str) -> set[str]:
    """Top-level modules that a fresh interpreter has after a statement."""
    code = f"{statement}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return set(done.stdout.split())


def test_import_ad_loads_nothing_heavy() -> None:
    assert not loaded("import ad; ad.grad(lambda x: x * x)(3.0)") & set(HEAVY)
    assert {"sympy", "flint"} <= loaded("import verify")  # the mutant: what is loaded is seen


# --- public names


PUBLIC = [(top, name) for top in (ad, verify) for name in top.__all__]
DATA = {"CERTIFY", "SCREEN"}  # tuples of oracles: what they are stands beside them and in docs/


def documents() -> dict[str, str]:
    files = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    return {file.name: file.read_text(encoding="utf-8") for file in files}


def examples_of(text: str) -> str:
    """The code of a document or docstring: fenced Python, and lines after a prompt."""
    fenced = re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
    return "\n".join([*fenced, *re.findall(r"^\s*(?:>>>|\.\.\.) (.*)$", text, re.M)])


def undocumented(top: ModuleType, name: str, texts: dict[str, str]) -> list[str]:
    """What a public name lacks: a docstring, an example that runs, a place in docs/."""
    value = getattr(top, name)
    lacks = [] if name in DATA or inspect.getdoc(value) else ["a docstring"]
    code = [examples_of(text) for text in texts.values()]
    own = examples_of(inspect.getdoc(value) or "")
    if not own and not any(re.search(rf"\b{name}\b", text) for text in code):
        lacks.append("an example that runs, in its docstring or in docs/")
    pages = [text for file, text in texts.items() if file != "README.md"]
    if not any(re.search(rf"`[^`\n]*\b{name}\b[^`\n]*`", text) for text in pages):
        lacks.append("its name in docs/")
    return lacks


@pytest.mark.parametrize(("top", "name"), PUBLIC, ids=lambda part: getattr(part, "__name__", part))
def test_every_public_name_has_a_docstring_an_example_and_a_place_in_the_documents(top: ModuleType, name: str) -> None:
    assert not undocumented(top, name, documents())


def test_a_public_name_without_documents_is_noticed() -> None:
    assert len(undocumented(verify, "Refusal", {})) == 2
    bare = ModuleType("bare")
    bare.f = lambda: None  # type: ignore[attr-defined]
    assert undocumented(bare, "f", documents())[0] == "a docstring"


def test_public_names_are_sorted_and_there() -> None:
    for top in (ad, verify):
        assert list(top.__all__) == sorted(top.__all__, key=lambda n: (not n.isupper(), n.islower(), n))
        assert all(hasattr(top, name) for name in top.__all__)
