"""Differentiation of NumPy functions: forward and reverse mode, any nesting of the two.

Read ``ad.core`` first.
"""

from ad import operators as operators
from ad import scipy as scipy
from ad import table as table
from ad.compiler import compile, source
from ad.core import Graph, Node, Op
from ad.creation import array, asarray, full
from ad.matrices import batched_jacobian, hessian, hvp, jacobian
from ad.modes import grad, jvp, linearize, value_and_grad, vjp
from ad.neuron import Neuron
from ad.table.complexes import conjugated
from ad.table.elementwise import stop_gradient
from ad.userop import custom
from ad.variable import Variable, trace

__all__ = [
    "Graph", "Neuron", "Node", "Op", "Variable", "array", "asarray", "batched_jacobian", "compile", "conjugated",
    "custom", "full", "grad", "hessian", "hvp", "jacobian", "jvp", "linearize", "source", "stop_gradient", "trace",
    "value_and_grad", "vjp",
]  # fmt: skip
