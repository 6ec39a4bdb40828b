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

# Of integers and keys alone, which are always plain: JAX computes them, as it does all arithmetic of integers.
INTEGRAL = frozenset(
    (
        "clz", "empty", "empty2", "iota", "iota_2x32_shape", "lu_pivots_to_permutation", "mulhi", "philox2x32",
        "philox4x32", "platform_index", "population_count", "random_bits", "random_clone", "random_fold_in",
        "random_seed", "random_split", "random_unwrap", "random_wrap", "rng_bit_generator", "shift_left",
        "shift_right_arithmetic", "shift_right_logical", "threefry2x32", "threefry4x32",
    )
)  # fmt: skip

# Why a primitive has no translation.
REASONS: dict[str, str] = {
    **dict.fromkeys(
        (
            "all_gather", "all_gather_done", "all_gather_invariant", "all_gather_reduced", "all_gather_reduced_start",
            "all_gather_start", "all_to_all", "all_to_all_done", "all_to_all_start", "axis_index", "inspect_sharding",
            "pbroadcast", "pbroadcast_done", "pbroadcast_start", "pmax", "pmin", "ppermute", "ppermute_done",
            "ppermute_start", "precv", "preduced", "psend", "psum", "psum_done", "psum_invariant",
            "psum_invariant_start", "psum_start", "ragged_all_to_all", "reduce_scatter", "reduce_scatter_done",
            "reduce_scatter_start", "reduced_vary_cast_p", "shard_map", "unreduced_psum", "unreduced_psum_start",
            "unreduced_reduce_scatter", "unreduced_reduce_scatter_start", "vary_unreduced_cast_p",
        ),
        "it speaks to other devices",
    ),
    **dict.fromkeys(
        (
            "accum_grad_in_ref", "addupdate", "after_all", "box_get", "box_set", "broadcast_to", "core_map",
            "create_linear", "create_token", "empty_ref", "free_ref", "freeze", "get", "log_extend", "log_read",
            "new_box", "new_log", "new_ref", "pin", "run_state", "swap", "unpin",
        ),
        "it reads or writes a state outside of the function",
    ),
    **dict.fromkeys(
        (
            "call_exported", "call_hi_primitive", "call_hi_primitive_linearized", "custom_partitioning", "ffi_call",
            "io_callback", "pallas_call", "pure_callback",
        ),
        "it is code that JAX does not show",
    ),
    **dict.fromkeys(
        (
            "cudnn_fusion", "dot_product_attention_bwd", "dot_product_attention_bwd_wrapper",
            "dot_product_attention_fp8_bwd", "dot_product_attention_fp8_bwd_wrapper", "dot_product_attention_fp8_fwd",
            "dot_product_attention_fp8_fwd_wrapper", "dot_product_attention_fwd", "dot_product_attention_fwd_wrapper",
            "scaled_dot", "scaled_matmul", "scaled_matmul_wrapper",
        ),
        "it is a kernel of one kind of device",
    ),
    **dict.fromkeys(
        (
            "custom_jvp_call_jaxpr", "custom_lin", "eval_jaxpr", "from_edtype", "remat_opt", "stage", "to_edtype",
            "unreachable",
        ),
        "JAX's transformations use it inside, it is in no function's jaxpr",
    ),
    **dict.fromkeys(("dim_as_value", "dimension_size", "shape_assertion"), "its shapes have no numbers yet"),
    **dict.fromkeys(("eig", "hessenberg", "schur", "tridiagonal"), "its factors are not unique"),
    **dict.fromkeys(("geqp3", "geqrf", "ormqr"), "it is a part of a factorization, not one"),
    "approx_top_k": "what it finds depends on the device",
    "check": "it raises by values, under jax.experimental.checkify",
    "cholesky_update": "it has no namesake in NumPy",
    "ragged_dot_general": "the shapes of its products depend on values",
    "random_gamma": "its draws are found by trial, and their derivative is an approximation of JAX's own",
    "rng_uniform": "its draws come from the state of a device",
    "select_and_scatter": "JAX itself has no derivative of it",
}  # fmt: skip
