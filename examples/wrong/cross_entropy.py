"""Softmax cross entropy that averages over the batch, with the gradient of the sum."""

import numpy as np

import verify

SCORES = np.array([[0.2, -1.0, 1.5], [0.7, 0.1, -0.4], [-0.6, 1.2, 0.3], [1.1, 0.9, -1.3], [0.0, 0.5, 0.4]])
LABELS = np.array([2, 0, 1, 1, 2])


def cross_entropy(scores):
    shifted = scores - np.max(scores, axis=1, keepdims=True)
    log_total = np.log(np.sum(np.exp(shifted), axis=1))
    return np.mean(log_total - shifted[np.arange(len(LABELS)), LABELS])


def gradient(scores):
    e = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    found = e / np.sum(e, axis=1, keepdims=True)
    found[np.arange(len(LABELS)), LABELS] -= 1
    return found


of_the_sum = verify.Claim(
    cross_entropy, SCORES, gradient=gradient, expect="WRONG",
    reason="the loss is a mean over 5 rows, the gradient that of a sum",
)  # fmt: skip
