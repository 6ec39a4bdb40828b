"""The nearest point of a convex hull: how an answer lies to the limiting gradients found so far.

Wolfe's algorithm (P. Wolfe, Finding the nearest point in a polytope, Mathematical Programming 11, 1976) keeps an
affinely independent set of points (a corral) whose affine hull's nearest point lies inside its convex hull.
"""

from __future__ import annotations

import numpy as np

STEPS = 1000  # far more corrals than the sizes used here need
PROGRESS = 1e-14  # relative to the distance squared: below it a further corral no longer means progress


def nearest(points: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The point of the convex hull nearest to a target.

    Arguments
        points: (k, n) array, the hull's points. target: (n,).
    Returns
        (nearest point (n,), weights (k,) that make it).
    Example
        >>> nearest(np.array([[0.0], [2.0]]), np.array([0.5]))[1]
        array([0.75, 0.25])
    """
    shifted = points - target
    squares = np.sum(shifted * shifted, axis=1)
    rounding = 1e-31 * float(np.max(squares))
    corral = [int(np.argmin(squares))]
    weights = np.array([1.0])
    for _ in range(STEPS):
        x = weights @ shifted[corral]
        candidate = int(np.argmin(shifted @ x))
        if candidate in corral or x @ x - shifted[candidate] @ x <= PROGRESS * (x @ x) + rounding:
            break
        corral.append(candidate)
        weights = np.append(weights, 0.0)
        corral, weights = _inside(shifted, corral, weights)
    full = np.zeros(len(points))
    full[corral] = weights
    return full @ points, full


def _inside(points: np.ndarray, corral: list[int], weights: np.ndarray) -> tuple[list[int], np.ndarray]:
    """Move to the affine hull's nearest point, dropping points until it lies inside the convex hull."""
    while True:
        affine = _affine(points[corral])
        if np.all(affine > 0):
            return corral, affine
        shrinking = affine <= 0
        ratios = weights[shrinking] / (weights[shrinking] - affine[shrinking])
        step = float(np.min(ratios))
        weights = weights + step * (affine - weights)
        keep = weights > 1e-15
        keep[int(np.flatnonzero(shrinking)[int(np.argmin(ratios))])] = False
        corral = [i for i, kept in zip(corral, keep, strict=True) if kept]
        weights = weights[keep] / np.sum(weights[keep])


def _affine(points: np.ndarray) -> np.ndarray:
    """Weights, summing to 1, of the point of the affine hull nearest to the origin."""
    k = len(points)
    system = np.ones((k + 1, k + 1))
    system[0, 0] = 0.0
    system[1:, 1:] = points @ points.T
    right = np.zeros(k + 1)
    right[0] = 1.0
    return np.asarray(np.linalg.lstsq(system, right, rcond=None)[0][1:])
