"""Attention scores whose backward pass multiplies by the keys where it needs them transposed, and loses the scale."""

import numpy as np

import verify

Q = np.array([[0.3, -0.8, 1.1, 0.5], [0.9, 0.2, -0.6, -1.0], [-0.4, 0.7, 0.1, 0.8], [1.2, -0.3, 0.4, 0.6]])
K = np.array([[0.5, 0.1, -0.9, 0.3], [-0.2, 1.0, 0.6, 0.4], [0.8, -0.7, 0.2, -1.1], [0.1, 0.3, 0.9, -0.5]])


def scores(q, k):
    return np.tanh(q @ k.T / np.sqrt(q.shape[1]))


def transposed_keys(g, y, q, k):
    d = g * (1 - y * y) / np.sqrt(q.shape[1])
    return d @ k.T, d.T @ q


def lost_scale(g, y, q, k):
    d = g * (1 - y * y)
    return d @ k / np.sqrt(q.shape[1]), d.T @ q


keys_transposed = verify.Claim(
    scores, Q, K, vjp=transposed_keys, expect="WRONG", wrong_at="q",
    reason="q's gradient is d @ k: k stands transposed in the forward pass, so not in the backward one",
)  # fmt: skip
scale_lost = verify.Claim(
    scores, Q, K, vjp=lost_scale, expect="WRONG", wrong_at="k", reason="1/sqrt(d) is missing for the keys",
)  # fmt: skip
