"""All primitives of JAX that have a translation, and why others have none."""

from __future__ import annotations

from verify.adapters.jaxprs.contractions import CONTRACTIONS
from verify.adapters.jaxprs.elementwise import ELEMENTWISE
from verify.adapters.jaxprs.equations import Rule
from verify.adapters.jaxprs.linalg import LINALG
from verify.adapters.jaxprs.movement import MOVEMENT
from verify.adapters.jaxprs.reductions import REDUCTIONS
from verify.adapters.jaxprs.scattering import SCATTERING
from verify.adapters.jaxprs.special import SPECIAL
from verify.adapters.jaxprs.transforms import TRANSFORMS
from verify.adapters.jaxprs.windows import WINDOWS

RULES: dict[str, Rule] = {
    **ELEMENTWISE, **SPECIAL, **MOVEMENT, **REDUCTIONS, **CONTRACTIONS, **WINDOWS, **SCATTERING, **LINALG, **TRANSFORMS,
}  # fmt: skip

_DEVICES = "it speaks to other devices"
_EFFECT = "it reads or writes a state outside of the function"
_CODE = "it is code that JAX does not show"

REASONS: dict[str, str] = {
    **dict.fromkeys(
        (
            "all_gather", "all_gather_invariant", "all_gather_reduced", "all_to_all", "axis_index", "pmax", "pmin",
            "ppermute", "psum", "psum_invariant", "psend", "precv", "ragged_all_to_all", "reduce_scatter", "shard_map",
        ),
        _DEVICES,
    ),
    **dict.fromkeys(("addupdate", "empty_ref", "freeze", "get", "new_ref", "run_state", "swap"), _EFFECT),
    **dict.fromkeys(
        ("call_exported", "ffi_call", "io_callback", "pallas_call", "pure_callback", "custom_partitioning"), _CODE
    ),
    **dict.fromkeys(("eig", "hessenberg", "schur", "tridiagonal"), "its factors are not unique, and differ from NumPy's"),
    **dict.fromkeys(("geqp3", "geqrf", "ormqr"), "it is a part of a factorization, not one"),
    "approx_top_k": "what it finds depends on the device",
    "cholesky_update": "it has no namesake in NumPy",
    "ragged_dot_general": "the shapes of its products depend on values",
    "random_gamma": "its draws are found by trial, and their derivative is an approximation of JAX's own",
    "rng_uniform": "its draws come from the state of a device",
}  # fmt: skip
