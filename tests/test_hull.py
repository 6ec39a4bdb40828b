"""The nearest point of a convex hull."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from verify.hull import nearest

SEEDS = st.integers(0, 2**32 - 1)


@given(SEEDS, st.integers(1, 12), st.integers(1, 6))
def test_no_vertex_lies_beyond_the_nearest_point(seed, k, n):
    rng = np.random.default_rng(seed)
    points, target = rng.standard_normal((k, n)), rng.standard_normal(n)
    found, weights = nearest(points, target)
    assert np.all(weights >= 0)
    assert np.isclose(weights.sum(), 1)
    assert np.allclose(weights @ points, found)
    residual = target - found
    assert np.max(points @ residual) <= found @ residual + 1e-9  # the separating plane: optimality
    if k > 1 and np.linalg.norm(residual) > 1e-6:  # a mutant: the nearest vertex is not the nearest point, unless it is
        vertex = points[np.argmin(np.sum((points - target) ** 2, axis=1))]
        assert np.linalg.norm(found - target) <= np.linalg.norm(vertex - target) + 1e-12


@given(SEEDS, st.integers(2, 10), st.integers(1, 5))
def test_a_mixture_of_the_points_is_found_to_be_inside(seed, k, n):
    rng = np.random.default_rng(seed)
    points, mixture = rng.standard_normal((k, n)), rng.dirichlet(np.ones(k))
    found, _ = nearest(points, mixture @ points)
    assert np.allclose(found, mixture @ points, atol=1e-9)
    outside = points.max(axis=0) + 1.0
    assert not np.allclose(nearest(points, outside)[0], outside, atol=0.5)
