"""An RMS norm whose backward pass keeps what it needs from call to call, one call too long."""

import numpy as np

import verify

X = np.array([0.8, -0.5, 1.7, 0.2, -1.1])


def rms_norm_loss(x):
    return np.sum(np.arange(1, 6) * x / np.sqrt(np.mean(x * x) + 1e-6))


class Kept:
    """What the forward pass left behind."""

    def __init__(self):
        self.x = np.array([1.0, 0.4, -0.7, 0.9, 0.3])

    def gradient(self, x):
        used, self.x = self.x, np.array(x, dtype=float)
        r = np.sqrt(np.mean(used * used) + 1e-6)
        w = np.arange(1, 6)
        return w / r - used * np.sum(w * used) / (used.size * r**3)


one_call_behind = verify.Claim(
    rms_norm_loss, X, gradient=Kept().gradient, expect={"WRONG", "INACCURATE"},
    reason="the statistics are those of the call before",
)  # fmt: skip
