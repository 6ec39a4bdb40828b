"""A log-sum-exp whose backward pass never reads the incoming cotangent: every test with g = 1 passes."""

import numpy as np

import verify

X = np.array([[0.5, -1.0, 2.0], [0.1, 0.4, -0.3]])


def logsumexp(x):
    top = np.max(x, axis=1, keepdims=True)
    return np.log(np.sum(np.exp(x - top), axis=1)) + top[:, 0]


def backward(g, y, x):
    return np.exp(x - y[:, None])


ignores_g = verify.Claim(
    logsumexp, X, vjp=backward, expect="WRONG", reason="the gradient is g[:, None] * softmax(x)",
)  # fmt: skip
