"""What a kind of exact numbers is: the protocol by which exact arrays know their entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

Planes = tuple[Any, ...]  # object arrays; the first may be one of bools, the others None: all zeros, a constant


class Field(Protocol):
    """A kind of exact numbers.

    order      the highest power of t that is carried: its arrays have order + 1 planes
    constant   one number, bool or named constant as an element; elements stay as they are
    constants  the same for all entries of an array
    apply      an elementwise function of arrays that broadcast; a condition has one plane of its own kind
    matmul     the matrix product of two planes
    decide     the truth of an element: certain, or an exception
    moves      whether any entry of an array may change with what it is differentiated by
    records    whether what is selected stays a step, which may be decided otherwise beside the point
    normwise   says that the results of linear algebra or an FFT are accurate to their size, not entry by entry
    guess      doubles near the elements, for guessing an order that is then decided; None where there are none
    """

    @property
    def order(self) -> int: ...
    @property
    def records(self) -> bool: ...
    def constant(self, value: Any) -> Any: ...
    def constants(self, values: np.ndarray) -> np.ndarray: ...
    def apply(self, function: Any, operands: Sequence[Planes]) -> Planes: ...
    def matmul(self, a: np.ndarray, b: np.ndarray) -> np.ndarray: ...
    def decide(self, element: Any) -> bool: ...
    def moves(self, planes: Planes) -> bool: ...
    def normwise(self) -> None: ...
    def guess(self, data: np.ndarray) -> np.ndarray | None: ...
