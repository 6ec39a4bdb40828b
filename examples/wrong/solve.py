"""A linear solve whose backward pass solves with the matrix itself, not with its transpose."""

import numpy as np

import verify

A = np.array([[3.0, 0.4, -0.8], [0.1, 2.5, 0.9], [-0.6, 0.2, 4.0]])
B = np.array([1.0, -0.5, 2.0])


def solve(a, b):
    return np.linalg.solve(a, b)


def backward(g, y, a, b):
    w = np.linalg.solve(a, g)
    return -np.outer(w, y), w


not_transposed = verify.Claim(
    solve, A, B, vjp=backward, expect="WRONG", reason="the adjoint of inv(a) is inv(a.T): solve(a.T, g)",
)  # fmt: skip
