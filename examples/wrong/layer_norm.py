"""Layer normalisation whose backward pass forgets that the variance depends on x."""

import numpy as np

import verify

X = np.array([[0.5, -1.2, 0.3, 2.0], [1.1, 0.4, -0.7, 0.2], [-0.3, 0.9, 1.6, -1.4]])
GAMMA = np.array([1.2, 0.8, -0.5, 1.0])
BETA = np.array([0.1, 0.0, -0.2, 0.3])
EPSILON = 1e-5


def layer_norm(x, gamma, beta):
    centred = x - np.mean(x, axis=1, keepdims=True)
    return gamma * centred / np.sqrt(np.var(x, axis=1, keepdims=True) + EPSILON) + beta


def backward(g, y, x, gamma, beta):
    sigma = np.sqrt(np.var(x, axis=1, keepdims=True) + EPSILON)
    normal = (x - np.mean(x, axis=1, keepdims=True)) / sigma
    h = g * gamma
    return (h - np.mean(h, axis=1, keepdims=True)) / sigma, np.sum(g * normal, axis=0), np.sum(g, axis=0)


forgets_the_variance = verify.Claim(
    layer_norm, X, GAMMA, BETA, vjp=backward, expect="WRONG", wrong_at="x",
    reason="the path through the variance is missing: - normal * mean(h * normal)",
)  # fmt: skip
