"""Differentiation of NumPy functions: forward and reverse mode, any nesting of the two.

Read ``ad.core`` first.
"""

from ad import operators as operators
from ad import scipy as scipy
from ad import table as table
from ad.compiler import compile, source
from ad.core import Graph, Node, Op
from ad.creation import array, asarray, full
from ad.modes import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from ad.neuron import Neuron
from ad.table.complexes import conjugated
from ad.table.elementwise import stop_gradient
from ad.variable import Variable, trace

__all__ = [
"Graph", "Neuron", "Node", "Op", "Variable", "array", "asarray", "compile", "conjugated", "full", "grad", "hessian",
    "hvp", "jacobian", "jvp", "source", "stop_gradient", "trace", "value_and_grad", "vjp",
]  # fmt: skip
