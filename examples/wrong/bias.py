"""A dense layer whose bias gradient is summed over the features where the batch was meant; both are 3 here."""

import numpy as np

import verify

X = np.array([[0.4, -0.9], [1.3, 0.2], [-0.5, 0.8]])
W = np.array([[0.6, -0.1, 1.1], [0.3, 0.9, -0.7]])
B = np.array([0.1, -0.2, 0.3])


def dense(x, w, b):
    return np.tanh(x @ w + b)


def backward(g, y, x, w, b):
    d = g * (1 - y * y)
    return d @ w.T, x.T @ d, np.sum(d, axis=1)


summed_over_features = verify.Claim(
    dense, X, W, B, vjp=backward, expect="WRONG", wrong_at="b",
    reason="b is repeated along the batch, axis 0: its gradient is the sum over axis 0",
)  # fmt: skip
