"""A scout: it looks quickly at many points and shapes, and says which are worth a verdict, the most telling first."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from verify.claim import Claim
from verify.claimreading import ClaimError
from verify.question import prepare
from verify.search.candidates import beside_edge, values_for, vectors
from verify.search.cells import Edge, Path, edges_along, paths_at
from verify.search.constants import numbers_in
from verify.search.coverage import cells_of
from verify.search.evolution import climbed
from verify.search.ranges import Space
from verify.search.screening import DOUBTFUL, OUTSIDE, RIGHT, SPOILT, WRONG, Clock, Screen, Seen
from verify.search.shapes import variants

SCREENED = 2_400  # points that are compared with a quick reference; the decades of doubles are 1,232 of both signs
DRAWN = 400  # of a drawn domain, of which it is not known where it is special
BESIDE = 12  # edges at which points are judged
CELLS = 24  # cells in each of which a point is judged
WORST = 10  # points with the largest errors that are judged
BESIDE_ZERO = 4  # points beside where an intermediate result changes its sign, of which there are many
DOUBTS = 10  # points that no quick witness can decide, and that are judged
PATHS = 6  # points at which the paths through the code are recorded
LINES = 8  # entries along which the edges of one path are looked for
# When each stage must be over, as a part of the budget: what follows is worth more than the rest of it.
EDGES_BY, SCREEN_BY, SHAPES_BY, CLIMB_BY = 0.15, 0.45, 0.6, 0.7


@dataclass(eq=False)
class Scout:
    """What was seen so far: points, edges with points on both sides, paths through the code, and other shapes."""

    space: Space
    clock: Clock
    screen: Screen
    rng: np.random.Generator
    seen: list[Seen] = field(default_factory=list)
    beside: list[Seen] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)
    shapes: list[tuple[str, Seen]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def look(self) -> None:
        """Screen points, shapes and layouts; then climb from the worst."""
        claim = self.space.claim
        numbers = numbers_in(claim.f, *_functions(claim))
        if self.space.drawn is None:
            self._look_for_edges(numbers)
            self._look_at(vectors(self.space, numbers, SCREENED, self.rng))
        else:
            self._look_at_drawn()
        self._look_at_shapes(numbers)
        if self.space.drawn is None:
            self.seen += climbed(self.space, self.screen, self._promising(), self.clock, CLIMB_BY, self.rng)

    def _look_for_edges(self, numbers: list[float]) -> None:
        """Edges of conditions along the entries, from the example and from beyond each edge that is found."""
        first, rest = values_for(self.space, numbers, np.random.default_rng(self.space.claim.seed))
        grid = np.unique(np.concatenate([first, rest]))
        grid = grid[np.abs(grid) >= self.space.least]
        pending, known = [self.space.example], set[Any]()
        while pending and len(known) < PATHS:
            base = pending.pop(0)
            paths = self._paths_at(base)
            for path in paths:
                key = (len(path.program.steps), tuple(path.program.decisions.items()))
                if key in known:
                    continue
                known.add(key)
                self.paths.append(path)
                for entry in range(min(len(base), LINES)):
                    if self.clock.over(EDGES_BY):
                        self.ended.append("edges of conditions were not looked for everywhere")
                        return
                    within = grid[(grid >= self.space.low[entry]) & (grid <= self.space.high[entry])]
                    ends = [self.space.low[entry], self.space.high[entry], base[entry]]
                    found = edges_along(path, base, entry, np.unique(np.concatenate([within, ends])))
                    self.edges += found
                    pending += self._look_beside(found, path)

    def _paths_at(self, base: np.ndarray) -> list[Path]:
        try:
            return paths_at(prepare(self.space.claim_at(base)).origin)
        except Exception:  # f is not made for this point
            return []

    def _look_beside(self, edges: list[Edge], path: Path) -> list[np.ndarray]:
        """Screen points beside edges and between them; those across the edge of an ``if`` are to be recorded."""
        across: list[np.ndarray] = []
        for edge in edges:
            zero = edge.margin.kind == "zero"
            points = itertools.islice(beside_edge(edge.below, edge.above, edge.entry), BESIDE_ZERO if zero else None)
            for v in points:
                if self.clock.over(EDGES_BY):
                    return across
                self._look_once(self.space.rounded(v), self.seen if zero else self.beside)
            if edge.margin.step in path.program.decisions:
                across += [edge.below, edge.above]
        along = sorted(edges, key=lambda edge: edge.below[edge.entry])
        for one, other in itertools.pairwise(along):
            if self.clock.over(EDGES_BY):
                break
            middle = one.above.copy()
            middle[one.entry] = one.above[one.entry] / 2 + other.below[one.entry] / 2
            self._look_once(self.space.rounded(middle), self.seen)
        return across

    def _look_once(self, v: np.ndarray, kept: list[Seen]) -> None:
        """Screen a point of the space."""
        seen = self.screen.at(v, self.space.claim_at(v))
        if seen.infinite and seen.kind != RIGHT and np.signbit(v[v == 0]).any():
            v = v + 0.0  # an infinite slope at the end of a domain has the sign of the zero: asked at 0 alone
            seen = self.screen.at(v, self.space.claim_at(v))
        kept.append(seen)

    def _look_at(self, points: Iterable[np.ndarray]) -> None:
        for count, v in enumerate(points):
            if self.clock.over(SCREEN_BY):
                self.ended.append(f"{count} of about {SCREENED} points listed beforehand were tried")
                return
            self._look_once(v, self.seen)

    def _look_at_drawn(self) -> None:
        assert self.space.drawn is not None
        for count in range(DRAWN):
            if self.clock.over(SCREEN_BY):
                self.ended.append(f"{count} of {DRAWN} points were drawn")
                return
            try:
                drawn = self.space.drawn(self.rng)
            except Exception as problem:  # code of the user's, which makes the question
                told = f"{type(problem).__name__}: {problem}"
                raise ClaimError(f"domain= raised {told:.120}: it is called as draw(rng)") from problem
            claim = self.space.claim.at(*(drawn if isinstance(drawn, tuple) else (drawn,)))
            seen = self.screen.at(_entries(claim), claim)
            if seen.kind == OUTSIDE and seen.why and not count:
                raise ClaimError(f"domain= draws a point for which {seen.why:.120}")
            self.seen.append(seen)

    def _look_at_shapes(self, numbers: list[float]) -> None:
        for text, claim, same_values in variants(self.space.claim, numbers):
            if self.space.drawn is not None and not same_values:
                continue  # nobody knows what else the drawn arrays must be
            if self.clock.over(SHAPES_BY):
                self.ended.append(f"shapes from {text} on were not tried")
                return
            self.shapes.append((text, self.screen.at(np.zeros(0), claim)))

    def confirmed(self, seen: Seen) -> Seen:
        """A point as certified truth sees it: a reference may have lost the digits that the answer has lost."""
        return self.screen.measured(seen.v, seen.claim) if seen.kind == RIGHT else seen

    # --- what is worth a verdict

    def telling(self) -> Iterator[Seen]:
        """The points worth a verdict, each once, the most telling first."""
        told = {self.space.example.tobytes()}  # which has its verdict
        for seen in itertools.chain(
            self._accused(), self._at_edges(), self._doubtful(), self._in_cells(), self._worst()
        ):
            if seen.v.tobytes() not in told:
                told.add(seen.v.tobytes())
                yield seen

    @property
    def points(self) -> list[Seen]:
        """All that was seen."""
        return [*self.beside, *self.seen]

    def _accused(self) -> list[Seen]:
        """Points outside the truth: of every cell the worst first, then the others."""
        wrong = sorted(
            (s for s in self.points if s.kind in (WRONG, SPOILT)), key=lambda s: (s.kind == SPOILT, -s.units)
        )
        return [*self._first_of_cells(wrong), *wrong]  # each is told once

    def _at_edges(self) -> list[Seen]:
        """The neighbours beside the first edges, which may be kinks."""
        return [s for s in self.beside[: BESIDE * 10] if s.kind in (RIGHT, DOUBTFUL)][: 2 * BESIDE]

    def _doubtful(self) -> list[Seen]:
        return self._first_of_cells([s for s in self.points if s.kind == DOUBTFUL])[:DOUBTS]

    def _in_cells(self) -> list[Seen]:
        return self._first_of_cells(self._by_error())[:CELLS]

    def _worst(self) -> list[Seen]:
        return self._by_error()[:WORST]

    def _by_error(self) -> list[Seen]:
        return sorted((s for s in self.points if s.kind == RIGHT), key=lambda s: -s.units)

    def _promising(self) -> list[Seen]:
        wrong = [s for s in self.points if s.kind == WRONG]
        return sorted(wrong, key=lambda s: -s.units)[:1] + self._by_error()

    def _first_of_cells(self, points: list[Seen]) -> list[Seen]:
        placed = [s for s in points if len(s.v) == len(self.space.example)]
        vs = np.array([s.v for s in placed]).reshape(len(placed), len(self.space.example))
        found: dict[tuple[str, ...], Seen] = {}
        for seen, cell in zip(placed, cells_of(self.paths, vs), strict=True):
            found.setdefault(cell, seen)
        return list(found.values())


def _entries(claim: Claim) -> np.ndarray:
    try:
        return np.array(prepare(claim).origin.point)
    except Exception:  # f is not made for this point; the screen says so
        return np.zeros(0)


def _functions(claim: Claim) -> list[Any]:
    """The functions of the judged derivative; of a framework's the op, and what it is held against."""
    if claim.foreign is not None:
        return [claim.foreign.op, claim.foreign.reference]
    op = getattr(claim.f, "op", None)
    subjects = claim.subject if isinstance(claim.subject, tuple) else (claim.subject,)
    return [*subjects, *((op.fun, op.vjp, op.jvp) if op is not None else ())]
