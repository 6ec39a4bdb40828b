"""Calls of torch functions, one an operation or a form of it: what the tests of the translator run.

A call is a function and the descriptions of the tensors that it takes: a letter for what they are, a shape, a range.
"""

import torch
import torch.nn.functional as F

UNIT, POSITIVE, ABOVE, INNER = (0.05, 0.95), (0.2, 3.0), (1.1, 4.0), (-0.9, 0.9)


def of(*shape, within=(-2.0, 2.0)):
    return ("f", shape, within)


def positive(*shape):
    return of(*shape, within=POSITIVE)


def unit(*shape):
    return of(*shape, within=UNIT)


def still(kind):
    """What torch does not differentiate by."""
    return ("k", *kind[1:])


def indices(*shape, below=3):
    return ("i", shape, below)


def truths(*shape):
    return ("b", shape, None)


def definite(n, *lead):
    return ("s", (*lead, n, n), None)


def drawn(kind, seed):
    """The tensor that a description stands for."""
    letter, shape, within = kind
    g = torch.Generator().manual_seed(seed)
    if letter == "i":
        return torch.randint(0, within, shape, generator=g)
    if letter == "b":
        return torch.rand(shape, generator=g) > 0.5
    if letter == "s":
        a = torch.rand(shape, generator=g, dtype=torch.float64)
        return a @ a.mT + torch.eye(shape[-1], dtype=torch.float64)
    low, high = within
    return low + (high - low) * torch.rand(shape, generator=g, dtype=torch.float64)


def unary(*names, **where):
    return {name: (getattr(torch, name), [of(2, 3, **where)]) for name in names}


def over(*names):
    return {f"special.{name}": (getattr(torch.special, name), [positive(2, 3)]) for name in names}


BESSELS = (
    "bessel_j0 bessel_j1 bessel_y0 bessel_y1 modified_bessel_i0 modified_bessel_i1 modified_bessel_k0 "
    "modified_bessel_k1 scaled_modified_bessel_k0 scaled_modified_bessel_k1"
).split()
ELEMENTWISE = {
    **unary(*"neg positive square abs sign sgn exp exp2 expm1 sin cos tan atan sinh cosh tanh asinh sinc".split()),
    **unary(*"floor ceil trunc round frac deg2rad rad2deg sigmoid relu erf erfc nan_to_num clone".split()),
    **unary(*"reciprocal sqrt rsqrt log log2 log10 log1p lgamma digamma i0".split(), within=POSITIVE),
    **unary(*"asin acos atanh erfinv".split(), within=INNER),
    **unary("logit", within=UNIT),
    **unary("acosh", within=ABOVE),
    **over(*"erfcx entr i0e i1 i1e ndtr log_ndtr expit gammaln psi".split(), *BESSELS),
    "ndtri": (torch.special.ndtri, [unit(2, 3)]),
    "polygamma": (lambda x: torch.polygamma(2, x), [positive(3)]),
    "mvlgamma": (lambda x: torch.mvlgamma(x, 2), [of(3, within=(1.0, 4.0))]),
    "zeta": (lambda x: torch.special.zeta(3.0, x), [positive(3)]),
    "igamma": (lambda x: torch.igamma(torch.tensor(2.0, dtype=x.dtype), x), [positive(3)]),
    "igammac": (lambda x: torch.igammac(torch.tensor(2.0, dtype=x.dtype), x), [positive(3)]),
    "xlogy": (torch.xlogy, [positive(3), positive(3)]),
    "xlog1py": (torch.special.xlog1py, [positive(3), positive(3)]),
    "add": (lambda x, y: torch.add(x, y, alpha=3), [of(2, 3), of(3)]),
    "add, number": (lambda x: x + 2, [of(3)]),
    "sub": (lambda x, y: torch.sub(x, y, alpha=0.5), [of(2, 3), of(3)]),
    "rsub": (lambda x: 2.5 - x, [of(3)]),
    "mul": (lambda x, y: x * y, [of(2, 3), of(3)]),
    "mul, truths": (lambda x, m: x * m, [of(2, 3), truths(3)]),
    "div": (lambda x, y: x / y, [of(2, 3), positive(3)]),
    "div, floor": (lambda x, y: torch.div(x, y, rounding_mode="floor"), [of(2, 3), positive(3)]),
    "div, trunc": (lambda x, y: torch.div(x, y, rounding_mode="trunc"), [of(2, 3), positive(3)]),
    "floor_divide": (torch.floor_divide, [of(2, 3), positive(3)]),
    "remainder": (torch.remainder, [of(2, 3), positive(3)]),
    "fmod": (torch.fmod, [of(2, 3), positive(3)]),
    "addcmul": (lambda x, y, z: torch.addcmul(x, y, z, value=0.5), [of(3), of(3), of(3)]),
    "addcdiv": (lambda x, y, z: torch.addcdiv(x, y, z, value=0.5), [of(3), of(3), positive(3)]),
    "lerp": (torch.lerp, [of(3), of(3), unit(3)]),
    "lerp, number": (lambda x, y: torch.lerp(x, y, 0.3), [of(3), of(3)]),
    "copysign": (torch.copysign, [of(3), of(3)]),
    "pow": (torch.pow, [positive(3), of(3)]),
    "pow, whole": (lambda x: x**3, [of(3)]),
    "pow, number": (lambda x: x**0.5, [positive(3)]),
    "pow of a number": (lambda x: 2**x, [of(3)]),
    "logaddexp": (torch.logaddexp, [of(3), of(3)]),
    "logaddexp2": (torch.logaddexp2, [of(3), of(3)]),
    "ldexp": (torch.ldexp, [of(3), of(3)]),
    "atan2": (torch.atan2, [of(3), of(3)]),
    "hypot": (torch.hypot, [of(3), of(3)]),
    "heaviside": (torch.heaviside, [of(3), of(3)]),
    "maximum": (torch.maximum, [of(3), of(3)]),
    "max, two": (torch.max, [of(3), of(3)]),
    "minimum": (torch.minimum, [of(3), of(3)]),
    "fmax": (torch.fmax, [of(3), of(3)]),
    "fmin": (torch.fmin, [of(3), of(3)]),
    "clamp": (lambda x: torch.clamp(x, -0.5, 1.0), [of(2, 3)]),
    "clamp, tensors": (torch.clamp, [of(2, 3), of(3, within=(-1.0, -0.5)), of(3, within=(0.5, 1.0))]),
    "clamp_min": (lambda x: torch.clamp_min(x, 0.1), [of(2, 3)]),
    "clamp_max": (lambda x: torch.clamp_max(x, 0.1), [of(2, 3)]),
    "round, decimals": (lambda x: torch.round(x, decimals=2), [of(3)]),
}
ACTIVATIONS = {
    "gelu": (F.gelu, [of(2, 3)]),
    "gelu, tanh": (lambda x: F.gelu(x, approximate="tanh"), [of(2, 3)]),
    "silu": (F.silu, [of(2, 3)]),
    "softplus": (F.softplus, [of(2, 3)]),
    "softplus, beta": (lambda x: F.softplus(x, 2.0, 1.0), [of(2, 3)]),
    "elu": (lambda x: F.elu(x, 1.5), [of(2, 3)]),
    "celu": (lambda x: F.celu(x, 1.5), [of(2, 3)]),
    "selu": (F.selu, [of(2, 3)]),
    "mish": (F.mish, [of(2, 3)]),
    "glu": (F.glu, [of(2, 4)]),
    "leaky_relu": (lambda x: F.leaky_relu(x, 0.2), [of(2, 3)]),
    "prelu": (F.prelu, [of(2, 3, 2), positive(3)]),
    "relu6": (lambda x: F.relu6(4 * x), [of(2, 3)]),
    "threshold": (lambda x: F.threshold(x, 0.3, -1.0), [of(2, 3)]),
    "hardtanh": (F.hardtanh, [of(2, 3)]),
    "hardsigmoid": (lambda x: F.hardsigmoid(3 * x), [of(2, 3)]),
    "hardswish": (lambda x: F.hardswish(3 * x), [of(2, 3)]),
    "softshrink": (F.softshrink, [of(2, 3)]),
    "hardshrink": (F.hardshrink, [of(2, 3)]),
    "logsigmoid": (F.logsigmoid, [of(2, 3)]),
    "softsign": (F.softsign, [of(2, 3)]),
    "tanhshrink": (F.tanhshrink, [of(2, 3)]),
    "softmin": (lambda x: F.softmin(x, -1), [of(2, 3)]),
    "softmax": (lambda x: F.softmax(x, 0), [of(2, 3)]),
    "safe_softmax": (lambda x: torch.ops.aten._safe_softmax(x, 0), [of(2, 3)]),
    "safe_softmax, nothing": (
        lambda x: torch.ops.aten._safe_softmax(F.pad(x, (0, 0, 0, 1), value=-torch.inf), 1), [of(2, 3)],
    ),
    "log_softmax": (lambda x: F.log_softmax(x, -1), [of(2, 3)]),
    "rrelu, evaluated": (lambda x: F.rrelu(x, training=False), [of(2, 3)]),
    "dropout, evaluated": (lambda x: 2 * F.dropout(x, 0.5, training=False), [of(3)]),
    "normalize": (lambda x: F.normalize(x, dim=-1), [of(2, 3)]),
}
CHOICES = {
    "where": (torch.where, [truths(2, 3), of(2, 3), of(3)]),
    "where, compared": (lambda x, y: torch.where(x > y, x * y, y), [of(2, 3), of(3)]),
    "where, number": (lambda x: torch.where(x > 0, x, 0.5), [of(3)]),
    "eq": (lambda x: x * (x == x), [of(3)]),
    "ne": (lambda x, y: x * (x != y), [of(3), of(3)]),
    "lt": (lambda x, y: x * (x < y), [of(3), of(3)]),
    "le": (lambda x, y: x * (x <= y), [of(3), of(3)]),
    "ge": (lambda x: x * (x >= 0.1), [of(3)]),
    "isnan": (lambda x: torch.where(x.isnan() | x.isinf(), 0.0, x), [of(3)]),
    "isposinf": (lambda x: torch.where(torch.isposinf(x) | torch.isneginf(x) | ~torch.isfinite(x), 0.0, x), [of(3)]),
    "logical": (
        lambda x, y: torch.where(torch.logical_and(x, y > 0).logical_or(x > 1).logical_not(), x, y), [of(3), of(3)],
    ),
    "logical_xor": (lambda x, y: torch.where(torch.logical_xor(x > 0, y > 0), x, y), [of(3), of(3)]),
    "bitwise": (lambda x, y: torch.where((x > 0) & (y > 0) ^ ~(x > 1) | (x < -1), x, y), [of(3), of(3)]),
    "masked_fill": (lambda x, m: x.masked_fill(m, 1.5), [of(2, 3), truths(2, 3)]),
    "masked_fill, compared": (lambda x: x.masked_fill(x > 0, -1.0) * x, [of(2, 3)]),
    "masked_select": (torch.masked_select, [of(2, 3), truths(2, 3)]),
    "masked_scatter": (torch.masked_scatter, [of(2, 3), truths(2, 3), of(6)]),
    "to integers": (lambda x: x * x.long(), [of(4)]),
    "to truths": (lambda x: x * x.bool(), [of(4)]),
    "truths to numbers": (lambda x: x * (x > 0).double() + (x > 1).long(), [of(4)]),
    "count": (lambda x: x * (x > 0).sum(), [of(4)]),
}  # fmt: skip
REDUCTIONS = {
    "sum": (torch.sum, [of(2, 3)]),
    "sum, dims": (lambda x: x.sum((0, -1), keepdim=True), [of(2, 3, 4)]),
    "nansum": (torch.nansum, [of(2, 3)]),
    "mean": (torch.mean, [of(2, 3)]),
    "mean, dim": (lambda x: x.mean(1), [of(2, 3)]),
    "prod": (torch.prod, [of(2, 3)]),
    "prod, dim": (lambda x: x.prod(1, keepdim=True), [of(2, 3)]),
    "var": (torch.var, [of(2, 3)]),
    "var, unbiased": (lambda x: torch.var(x, False), [of(2, 3)]),
    "var, dim": (lambda x: torch.var(x, 1, correction=0, keepdim=True), [of(2, 3)]),
    "std": (lambda x: torch.std(x, (0, 1)), [of(2, 3)]),
    "var_mean": (lambda x: torch.var_mean(x, 1, keepdim=True), [of(2, 3)]),
    "std_mean": (lambda x: torch.std_mean(x, 0), [of(2, 3)]),
    "amax": (lambda x: x.amax((0, 1)), [of(2, 3)]),
    "amin": (lambda x: x.amin(1, True), [of(2, 3)]),
    "max": (torch.max, [of(2, 3)]),
    "min": (torch.min, [of(2, 3)]),
    "max, dim": (lambda x: torch.max(x, 1), [of(2, 3)]),
    "min, dim": (lambda x: torch.min(x, 0, keepdim=True), [of(2, 3)]),
    "aminmax": (lambda x: torch.aminmax(x, dim=1), [of(2, 3)]),
    "argmax": (lambda x: x.gather(1, x.argmax(1, keepdim=True)), [of(2, 3)]),
    "argmin": (lambda x: x * x.argmin(), [of(2, 3)]),
    "any": (lambda x: x * (x > 1).any(1, True), [of(2, 3)]),
    "all": (lambda x: x * (x > -1).all(), [of(2, 3)]),
    "any, numbers": (lambda x: x * torch.any(x, 1, True) * torch.all(x, 0, True) * x.count_nonzero(), [of(2, 3)]),
    "sort": (torch.sort, [of(2, 4)]),
    "sort, descending": (lambda x: torch.sort(x, dim=0, descending=True, stable=True), [of(4, 2)]),
    "argsort": (lambda x: x.take_along_dim(x.argsort(1), 1), [of(2, 4)]),
    "topk": (lambda x: torch.topk(x, 2, 1), [of(2, 4)]),
    "topk, number": (lambda x: torch.topk(x, 1), [of()]),
    "kthvalue, number": (lambda x: torch.kthvalue(x, 1), [of()]),
    "topk, smallest": (lambda x: torch.topk(x, 2, largest=False), [of(2, 4)]),
    "kthvalue": (lambda x: torch.kthvalue(x, 2, 1, True), [of(2, 4)]),
    "median": (torch.median, [of(2, 4)]),
    "median, dim": (lambda x: torch.median(x, 1), [of(2, 4)]),
    "cumsum": (lambda x: torch.cumsum(x, 1), [of(2, 3)]),
    "cumprod": (lambda x: torch.cumprod(x, 1), [of(2, 3)]),
    "logcumsumexp": (lambda x: torch.logcumsumexp(x, 1), [of(2, 3)]),
    "cummax": (lambda x: torch.cummax(x, 1), [of(2, 4)]),
    "cummin": (lambda x: torch.cummin(x, 0), [of(4, 2)]),
    "norm": (torch.linalg.norm, [of(2, 3)]),
    "norm, one": (lambda x: torch.linalg.vector_norm(x, 1, (0, 1)), [of(2, 3)]),
    "norm, three": (lambda x: torch.linalg.vector_norm(x, 3, 1, True), [of(2, 3)]),
    "norm, infinite": (lambda x: torch.linalg.vector_norm(x, float("inf"), 1), [of(2, 3)]),
    "norm, old": (lambda x: torch.norm(x, p=3, dim=1), [of(2, 3)]),
    "dist": (torch.dist, [of(3), of(3)]),
    "logsumexp": (lambda x: torch.logsumexp(x, (0, 1), True), [of(2, 3)]),
    "renorm": (lambda x: torch.renorm(x, 2, 0, 1.0), [of(2, 3)]),
    "diff": (torch.diff, [of(5)]),
    "trapezoid": (torch.trapezoid, [of(2, 4)]),
}
PRODUCTS = {
    "mm": (torch.mm, [of(2, 3), of(3, 4)]),
    "bmm": (torch.bmm, [of(2, 2, 3), of(2, 3, 4)]),
    "matmul": (torch.matmul, [of(2, 2, 3), of(3, 4)]),
    "mv": (torch.mv, [of(2, 3), of(3)]),
    "dot": (torch.dot, [of(3), of(3)]),
    "vdot": (torch.vdot, [of(3), of(3)]),
    "addmm": (lambda c, a, b: torch.addmm(c, a, b, beta=0.5, alpha=2), [of(4), of(2, 3), of(3, 4)]),
    "addmv": (lambda c, a, b: torch.addmv(c, a, b, alpha=2), [of(2), of(2, 3), of(3)]),
    "baddbmm": (lambda c, a, b: torch.baddbmm(c, a, b, beta=0), [of(2, 2, 4), of(2, 2, 3), of(2, 3, 4)]),
    "addbmm": (torch.addbmm, [of(2, 4), of(2, 2, 3), of(2, 3, 4)]),
    "addr": (lambda c, a, b: torch.addr(c, a, b, beta=2), [of(2, 3), of(2), of(3)]),
    "outer": (torch.outer, [of(2), of(3)]),
    "einsum": (lambda a, b: torch.einsum("bij,bkj->bik", a, b), [of(2, 2, 3), of(2, 4, 3)]),
    "linear": (F.linear, [of(2, 3), of(4, 3), of(4)]),
    "bilinear": (F.bilinear, [of(2, 3), of(2, 4), of(2, 3, 4), of(2)]),
    "cross": (torch.linalg.cross, [of(2, 3), of(2, 3)]),
    "trace": (torch.trace, [of(3, 3)]),
    "kron": (torch.kron, [of(2, 2), of(2, 3)]),
    "tensordot": (torch.tensordot, [of(2, 3, 4), of(3, 4, 2)]),
    "cdist": (torch.cdist, [of(2, 3), of(4, 3)]),
    "pdist": (F.pdist, [of(4, 3)]),
    "cosine_similarity": (F.cosine_similarity, [of(2, 3), of(2, 3)]),
    "pairwise_distance": (F.pairwise_distance, [of(2, 3), of(2, 3)]),
    "attention": (F.scaled_dot_product_attention, [of(1, 2, 3, 4), of(1, 2, 5, 4), of(1, 2, 5, 4)]),
    "attention, causal": (
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True), [of(1, 2, 3, 4)] * 3,
    ),
    "attention, masked": (
        lambda q, k, v, m: F.scaled_dot_product_attention(q, k, v, attn_mask=m | torch.eye(3).bool(), scale=0.3),
        [*[of(1, 2, 3, 4)] * 3, truths(3, 3)],
    ),
    "attention, of nothing": (
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, attn_mask=torch.eye(3) > torch.eye(3)[0]),
        [of(1, 2, 3, 4)] * 3,
    ),
    "attention, biased": (
        lambda q, k, v, m: F.scaled_dot_product_attention(q, k, v, attn_mask=m), [*[of(1, 2, 3, 4)] * 3, of(3, 3)],
    ),
}  # fmt: skip
NORMS = {
    "layer_norm": (lambda x, w, b: F.layer_norm(x, (3, 4), w, b), [of(2, 3, 4), of(3, 4), of(3, 4)]),
    "layer_norm, plain": (lambda x: F.layer_norm(x, (4,)), [of(2, 3, 4)]),
    "group_norm": (lambda x, w, b: F.group_norm(x, 2, w, b), [of(2, 4, 3), of(4), of(4)]),
    "instance_norm": (F.instance_norm, [of(2, 3, 4)]),
    "batch_norm": (lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True), [of(4, 3), of(3), of(3)]),
    "batch_norm, planes": (lambda x: F.batch_norm(x, None, None, training=True), [of(2, 3, 2, 2)]),
    "batch_norm, statistics": (
        lambda x: F.batch_norm(x, torch.zeros(3).double(), torch.ones(3).double(), training=True), [of(4, 3)],
    ),
    "batch_norm, evaluated": (
        lambda x, w, b, m, v: F.batch_norm(x, m, v, w, b), [of(4, 3), of(3), of(3), still(of(3)), still(positive(3))],
    ),
    "rms_norm": (lambda x, w: F.rms_norm(x, (4,), w, 1e-5), [of(2, 4), of(4)]),
    "weight_norm": (torch._weight_norm, [of(3, 4), positive(3, 1)]),
    "local_response_norm": (lambda x: F.local_response_norm(x, 2), [of(2, 3, 4)]),
}  # fmt: skip
WINDOWS = {
    "conv1d": (lambda x, w, b: F.conv1d(x, w, b, padding=1), [of(2, 3, 6), of(4, 3, 3), of(4)]),
    "conv2d": (lambda x, w, b: F.conv2d(x, w, b, stride=2, padding=(1, 0)), [of(2, 3, 5, 6), of(4, 3, 3, 2), of(4)]),
    "conv2d, groups": (lambda x, w: F.conv2d(x, w, dilation=2, groups=2), [of(1, 4, 5, 5), of(6, 2, 2, 2)]),
    "conv3d": (F.conv3d, [of(1, 2, 3, 3, 3), of(2, 2, 2, 2, 2)]),
    "conv_transpose1d": (
        lambda x, w: F.conv_transpose1d(x, w, stride=2, padding=1, output_padding=1), [of(2, 3, 4), of(3, 2, 3)],
    ),
    "conv_transpose2d": (
        lambda x, w, b: F.conv_transpose2d(x, w, b, stride=(2, 1), padding=1, dilation=(1, 2), groups=2),
        [of(1, 4, 3, 4), of(4, 2, 3, 2), of(4)],
    ),
    "avg_pool1d": (lambda x: F.avg_pool1d(x, 2), [of(2, 2, 5)]),
    "avg_pool2d": (lambda x: F.avg_pool2d(x, 3, 2, 1, True), [of(1, 2, 6, 6)]),
    "avg_pool2d, inner": (lambda x: F.avg_pool2d(x, 3, 2, 1, False, False), [of(1, 2, 6, 5)]),
    "avg_pool2d, divisor": (lambda x: F.avg_pool2d(x, 2, divisor_override=3), [of(1, 2, 4, 4)]),
    "avg_pool3d": (lambda x: F.avg_pool3d(x, 2, 1), [of(1, 1, 3, 3, 3)]),
    "max_pool1d": (lambda x: F.max_pool1d(x, 2, 1), [of(2, 2, 5)]),
    "max_pool2d": (lambda x: F.max_pool2d(x, 3, 2, 1, ceil_mode=True, return_indices=True), [of(1, 2, 6, 5)]),
    "max_pool2d, dilated": (lambda x: F.max_pool2d(x, 2, 1, dilation=2), [of(2, 5, 5)]),
    "max_pool3d": (lambda x: F.max_pool3d(x, 2), [of(1, 1, 4, 4, 2)]),
    "adaptive_avg_pool1d": (lambda x: F.adaptive_avg_pool1d(x, 3), [of(2, 2, 5)]),
    "adaptive_avg_pool2d": (lambda x: F.adaptive_avg_pool2d(x, (2, 3)), [of(1, 2, 5, 4)]),
    "adaptive_avg_pool3d": (lambda x: F.adaptive_avg_pool3d(x, 2), [of(1, 1, 3, 3, 3)]),
    "adaptive_max_pool2d": (lambda x: F.adaptive_max_pool2d(x, (2, 3)), [of(1, 2, 5, 4)]),
    "lp_pool2d": (lambda x: F.lp_pool2d(x, 2, 2), [positive(1, 2, 4, 4)]),
    "max_unpool2d": (lambda x: F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2), [of(1, 2, 4, 4)]),
    "unfold": (lambda x: F.unfold(x, 2, padding=1), [of(1, 2, 3, 4)]),
    "fold": (lambda x: F.fold(x, (4, 4), 2, stride=1, padding=1), [of(1, 8, 25)]),
    "upsample, nearest": (lambda x: F.interpolate(x, scale_factor=2), [of(1, 2, 3, 2)]),
    "upsample, bilinear": (
        lambda x: F.interpolate(x, size=(4, 5), mode="bilinear", align_corners=True), [of(1, 2, 3, 3)],
    ),
    "upsample, linear": (lambda x: F.interpolate(x, scale_factor=2, mode="linear"), [of(1, 2, 4)]),
    "upsample, trilinear": (lambda x: F.interpolate(x, scale_factor=2, mode="trilinear"), [of(1, 1, 2, 3, 2)]),
    "upsample, bicubic": (lambda x: F.interpolate(x, scale_factor=2, mode="bicubic"), [of(1, 1, 3, 4)]),
    "upsample, area": (lambda x: F.interpolate(x, size=2, mode="area"), [of(1, 1, 4, 4)]),
    "grid_sample": (
        lambda x, g: F.grid_sample(x, g, align_corners=False), [of(1, 2, 4, 4), of(1, 2, 3, 2, within=INNER)],
    ),
}  # fmt: skip
LOSSES = {
    "mse_loss": (F.mse_loss, [of(2, 3), of(2, 3)]),
    "l1_loss": (F.l1_loss, [of(2, 3), of(2, 3)]),
    "huber_loss": (lambda x, y: F.huber_loss(x, y, reduction="none", delta=0.7), [of(2, 3), of(2, 3)]),
    "smooth_l1_loss": (lambda x, y: F.smooth_l1_loss(x, y, reduction="sum", beta=0.7), [of(2, 3), of(2, 3)]),
    "soft_margin_loss": (F.soft_margin_loss, [of(2, 3), still(of(2, 3))]),
    "binary_cross_entropy": (F.binary_cross_entropy, [unit(2, 3), unit(2, 3), still(positive(3))]),
    "bce_with_logits": (
        lambda x, y, w, p: F.binary_cross_entropy_with_logits(x, y, w, pos_weight=p),
        [of(2, 3), unit(2, 3), still(positive(3)), still(positive(3))],
    ),
    "nll_loss": (lambda x, t: F.nll_loss(x, t, ignore_index=0), [of(4, 3), indices(4)]),
    "nll_loss, weighted": (lambda x, w, t: F.nll_loss(x, t, w), [of(4, 3), still(positive(3)), indices(4)]),
    "nll_loss, planes": (lambda x, t: F.nll_loss(x, t, reduction="none"), [of(2, 3, 2, 2), indices(2, 2, 2)]),
    "cross_entropy": (F.cross_entropy, [of(4, 3), indices(4)]),
    "cross_entropy, smooth": (lambda x, t: F.cross_entropy(x, t, label_smoothing=0.1), [of(4, 3), indices(4)]),
    "cross_entropy, shares": (F.cross_entropy, [of(4, 3), unit(4, 3)]),
    "kl_div": (lambda x, y: F.kl_div(x, y, reduction="batchmean"), [of(2, 3), unit(2, 3)]),
    "poisson_nll_loss": (lambda x, y: F.poisson_nll_loss(x, y, full=True), [of(3), positive(3)]),
    "gaussian_nll_loss": (lambda x, y, v: ((x - y) ** 2 / v + v.log()).mean() / 2, [of(3), of(3), positive(3)]),
    "margin_ranking_loss": (lambda x, y: F.margin_ranking_loss(x, y, torch.ones(3).double(), 0.1), [of(3), of(3)]),
    "hinge_embedding_loss": (lambda x: F.hinge_embedding_loss(x, torch.tensor([1.0, -1.0, 1.0])), [of(3)]),
    "cosine_embedding_loss": (
        lambda x, y: F.cosine_embedding_loss(x, y, torch.tensor([1.0, -1.0])), [of(2, 3), of(2, 3)],
    ),
    "triplet_margin_loss": (F.triplet_margin_loss, [of(2, 3), of(2, 3), of(2, 3)]),
    "multi_margin_loss": (F.multi_margin_loss, [of(4, 3), indices(4)]),
    "multilabel_soft_margin_loss": (F.multilabel_soft_margin_loss, [of(2, 3), unit(2, 3)]),
}  # fmt: skip
MOVES = {
    "cat": (lambda x, y: torch.cat([x, y], 1), [of(2, 3), of(2, 2)]),
    "cat, integers": (lambda x, i: torch.cat([x, i]) * 2, [of(2), indices(3)]),
    "stack": (lambda x, y: torch.stack([x, y], 1), [of(2, 3), of(2, 3)]),
    "view": (lambda x: 2 * x.view(3, 2), [of(2, 3)]),
    "permute": (lambda x: x.permute(2, 0, 1) * 2, [of(2, 3, 4)]),
    "expand": (lambda x: x.expand(2, 3) * 2, [of(3)]),
    "slice": (lambda x: x[:, 1::2] * 2, [of(2, 5)]),
    "select": (lambda x: x[1] * 2, [of(2, 5)]),
    "unbind": (lambda x: [y * 2 for y in x.unbind()], [of(2, 3)]),
    "split": (lambda x: [y * 2 for y in x.split([1, 2], 1)], [of(2, 3)]),
    "chunk": (lambda x: x.chunk(2, 1)[1] * 2, [of(2, 4)]),
    "squeeze": (lambda x: x.unsqueeze(0).squeeze(1) * 2, [of(1, 3)]),
    "diagonal": (lambda x: x.diagonal(1) * 2, [of(3, 4)]),
    "as_strided": (lambda x: x.as_strided((2, 2), (1, 2), 1) * 2, [of(3, 3)]),
    "unfold a tensor": (lambda x: x.unfold(0, 3, 2) * 2, [of(7)]),
    "flip": (lambda x: x.flip(0, 1), [of(2, 3)]),
    "roll": (lambda x: x.roll(1, 1), [of(2, 3)]),
    "rot90": (torch.rot90, [of(2, 3)]),
    "gather": (lambda x, i: x.gather(0, i), [of(3, 4), indices(2, 4)]),
    "index": (lambda x, i: x[i, 1:], [of(3, 4), indices(2, 2)]),
    "index, truths": (lambda x, m: x[m], [of(3, 4), truths(3, 4)]),
    "index_select": (lambda x, i: x.index_select(1, i), [of(2, 4), indices(3)]),
    "take": (torch.take, [of(2, 3), indices(4, below=6)]),
    "take_along_dim": (lambda x, i: torch.take_along_dim(x, i, 1), [of(2, 3), indices(2, 2)]),
    "embedding": (lambda w, i: F.embedding(i, w), [of(3, 4), indices(2, 3)]),
    "embedding_bag": (
        lambda w, i: F.embedding_bag(i, w, torch.tensor([0, 2]), mode="sum"), [of(3, 4), indices(5)],
    ),
    "repeat": (lambda x: x.repeat(2, 1), [of(2, 3)]),
    "repeat_interleave": (lambda x: x.repeat_interleave(2, 1), [of(2, 3)]),
    "tile": (lambda x: x.tile(2), [of(2, 3)]),
    "pad": (lambda x: F.pad(x, (1, -1, 0, 2)), [of(2, 3)]),
    "pad, number": (lambda x: F.pad(x, (1, 2), value=1.5), [of(2, 3)]),
    "pad, reflect": (lambda x: F.pad(x, (1, 1), mode="reflect"), [of(2, 2, 3)]),
    "pad, replicate": (lambda x: F.pad(x, (1, 1, 1, 0), mode="replicate"), [of(1, 2, 2, 3)]),
    "pad, circular": (lambda x: F.pad(x, (1, 1), mode="circular"), [of(2, 2, 3)]),
    "tril": (torch.tril, [of(3, 3)]),
    "triu": (lambda x: x.triu(1), [of(3, 4)]),
    "diag": (torch.diag, [of(3)]),
    "diag_embed": (torch.diag_embed, [of(2, 3)]),
    "block_diag": (torch.block_diag, [of(2, 2), of(1, 3)]),
    "meshgrid": (lambda x, y: torch.meshgrid(x, y, indexing="ij")[0] * y, [of(2), of(3)]),
    "cartesian_prod": (torch.cartesian_prod, [of(2), of(3)]),
    "movedim": (lambda x: x.movedim(0, 2) * 2, [of(2, 3, 4)]),
    "slice_scatter": (lambda x, y: x.slice_scatter(y, 1, 1, 3), [of(2, 4), of(2, 2)]),
    "select_scatter": (lambda x, y: x.select_scatter(y, 0, 1), [of(2, 3), of(3)]),
    "diagonal_scatter": (lambda x, y: x.diagonal_scatter(y), [of(3, 3), of(3)]),
    "scatter": (lambda x, y: x.scatter(1, torch.tensor([[0, 2], [1, 0]]), y), [of(2, 3), of(2, 2)]),
    "scatter, number": (lambda x: x.scatter(1, torch.tensor([[0], [2]]), 1.5), [of(2, 3)]),
    "index_put": (lambda x, y: x.index_put((torch.tensor([2, 0]),), y), [of(3, 2), of(2, 2)]),
    "index_copy": (lambda x, y: x.index_copy(0, torch.tensor([2, 0]), y), [of(3, 2), of(2, 2)]),
    "index_fill": (lambda x: x.index_fill(0, torch.tensor([2, 0]), 1.5), [of(3, 2)]),
    "pixel_shuffle": (lambda x: F.pixel_shuffle(x, 2), [of(1, 4, 2, 2)]),
    "pixel_unshuffle": (lambda x: F.pixel_unshuffle(x, 2), [of(1, 1, 4, 4)]),
    "channel_shuffle": (lambda x: F.channel_shuffle(x, 2), [of(1, 4, 2, 2)]),
    "scatter_add": (lambda x, i, y: x.scatter_add(0, i, y), [of(3, 4), indices(2, 4), of(2, 4)]),
    "scatter_add, part": (lambda x, i, y: x.scatter_add(1, i, y), [of(3, 4), indices(2, 3), still(of(3, 4))]),
    "scatter_reduce": (
        lambda x, i, y: [x.scatter_reduce(0, i, y, r) for r in ("sum", "prod", "mean", "amax", "amin")],
        [of(3, 4), indices(2, 4), of(2, 4)],
    ),
    "scatter_reduce, alone": (
        lambda x, i, y: [x.scatter_reduce(0, i, y, r, include_self=False) for r in ("sum", "prod", "mean", "amax")],
        [of(3, 4), indices(2, 4), of(2, 4)],
    ),
    "index_add": (lambda x, i, y: x.index_add(1, i, y, alpha=2), [of(2, 3), indices(4), of(2, 4)]),
    "index_reduce": (lambda x, i, y: x.index_reduce(0, i, y, "prod"), [of(3, 2), indices(4), of(4, 2)]),
    "index_put, added": (
        lambda x, i, y: x.index_put((i, i), y, accumulate=True), [of(3, 3), indices(4), of(4)],
    ),
    "lstsq": (lambda a, b: torch.linalg.lstsq(a, b, driver="gels")[:2], [of(4, 3), of(4, 2)]),
    "lstsq by gelsy": (lambda a, b: torch.linalg.lstsq(a, b, driver="gelsy")[:2], [of(4, 3), of(4, 2)]),
    "put, a number": (lambda x, y: x.put(torch.tensor(0), y, accumulate=True), [of(), of(1)]),
    "put, added": (lambda x, i, y: x.put(i, y, accumulate=True), [of(2, 2), indices(4), of(4)]),
}  # fmt: skip


def squared_singular_values(a):
    u, s, vh = torch.linalg.svd(a, full_matrices=False)
    return (u * s**2) @ vh


def exponential_of_symmetric(a):
    values, vectors = torch.linalg.eigh(a + a.mT)
    return (vectors * values.exp()) @ vectors.mT


ALGEBRA = {
    "solve": (torch.linalg.solve, [definite(3), of(3, 2)]),
    "solve, vector": (torch.linalg.solve, [definite(3), of(3)]),
    "solve, right": (lambda a, b: torch.linalg.solve(a, b, left=False), [definite(3), of(2, 3)]),
    "inv": (torch.linalg.inv, [definite(3, 2)]),
    "det": (torch.linalg.det, [definite(3)]),
    "slogdet": (lambda a: torch.linalg.slogdet(a)[1], [definite(3)]),
    "logdet": (torch.logdet, [definite(3)]),
    "cholesky": (lambda a: torch.linalg.cholesky(a @ a.mT), [definite(3)]),
    "cholesky, upper": (lambda a: torch.linalg.cholesky(a @ a.mT, upper=True), [definite(3)]),
    "cholesky_solve": (lambda b, a: torch.cholesky_solve(b, torch.linalg.cholesky(a @ a.mT)), [of(3, 2), definite(3)]),
    "cholesky_inverse": (lambda a: torch.cholesky_inverse(torch.linalg.cholesky(a @ a.mT)), [definite(3)]),
    "solve_triangular": (lambda a, b: torch.linalg.solve_triangular(a, b, upper=True), [definite(3), of(3, 2)]),
    "solve_triangular, units": (
        lambda a, b: torch.linalg.solve_triangular(a, b, upper=False, unitriangular=True), [definite(3), of(3, 2)],
    ),
    "triangular_solve": (lambda b, a: torch.triangular_solve(b, a, transpose=True)[0], [of(3, 2), definite(3)]),
    "lu_factor": (lambda a: torch.linalg.lu_factor(a), [of(2, 3, 4)]),
    "lu": (lambda a: torch.linalg.lu(a), [of(4, 3)]),
    "lu_unpack": (lambda a: torch.lu_unpack(a, torch.tensor([2, 3, 3], dtype=torch.int32)), [of(3, 3)]),
    "lu_solve": (
        lambda a, b: torch.linalg.lu_solve(a, torch.tensor([3, 2, 3], dtype=torch.int32), b), [definite(3), of(3, 2)],
    ),
    "lu_solve, right": (
        lambda a, b: torch.linalg.lu_solve(a, torch.tensor([3, 2, 3], dtype=torch.int32), b, left=False, adjoint=True),
        [definite(3), of(2, 3)],
    ),
    "householder_product": (torch.linalg.householder_product, [of(4, 3), of(2)]),
    "ormqr": (torch.ormqr, [of(3, 3), of(3), of(3, 2)]),
    "ormqr, right": (lambda a, t, c: torch.ormqr(a, t, c, left=False, transpose=True), [of(3, 3), of(3), of(2, 3)]),
    "pinv, hermitian": (lambda a: torch.linalg.pinv(a, hermitian=True), [definite(3)]),
    "qr": (lambda a: [q.abs() for q in torch.linalg.qr(a)], [definite(3)]),
    "svd": (lambda a: torch.linalg.svdvals(a), [of(3, 4)]),
    "svd, vectors": (squared_singular_values, [of(3, 4)]),
    "eigh": (exponential_of_symmetric, [definite(3)]),
    "eigvalsh": (lambda a: torch.linalg.eigvalsh(a + a.mT), [definite(3)]),
    "matrix_exp": (torch.linalg.matrix_exp, [of(3, 3)]),
    "pinv": (torch.linalg.pinv, [of(3, 4)]),
    "matrix_norm": (lambda a: torch.linalg.matrix_norm(a, "fro"), [of(3, 4)]),
    "matrix_power": (lambda a: torch.linalg.matrix_power(a, 3), [of(3, 3)]),
    "multi_dot": (lambda a, b, c: torch.linalg.multi_dot([a, b, c]), [of(2, 3), of(3, 4), of(4, 2)]),
    "vander": (torch.linalg.vander, [of(3)]),
}  # fmt: skip
TRANSFORMS = {
    "rfft": (lambda x: torch.view_as_real(torch.fft.rfft(x)), [of(2, 5)]),
    "irfft": (lambda x: torch.fft.irfft(torch.fft.rfft(x) * 2j, n=5), [of(2, 5)]),
    "fft": (lambda x: torch.fft.fft(x, norm="ortho").abs() ** 2, [of(4)]),
    "ifft2": (lambda x: torch.fft.ifft2(torch.fft.fft2(x) ** 2).real, [of(3, 4)]),
    "rfft2": (lambda x: torch.fft.rfft2(x).imag, [of(3, 4)]),
    "hfft": (lambda x: torch.fft.hfft(x), [of(4)]),
}


def changed(write, start=lambda x: x * 2):
    """The tensor that starts as some function of x, after a write into it that x may take part in."""

    def function(x):
        y = start(x)
        write(y, x)
        return y

    return function


def write_to_views(y, x):
    y[0].mul_(3)
    y[:, 1].add_(x[0, 0])


def set_items(y, x):
    y[0] = x[1]
    y[1] = 2.5


def set_where_positive(y, x):
    y[x > 0] = 0.5


def set_chosen(y, x):
    y[x > 0] = x[x > 0] ** 2


def clear(y, x):
    y[:1].zero_()
    y[2:].fill_(4.0)


def zeros(*shape):
    return lambda x: torch.zeros(shape, dtype=x.dtype)


PAIRS = torch.tensor([[0, 2], [0, 1]])
WRITES = {
    "add_": (lambda x: (x * 2).add_(x), [of(3)]),
    "writes to a view": (changed(write_to_views), [of(2, 3)]),
    "tril_ after cat": (lambda x: torch.cat([x, 2 * x], 1).tril_(1).triu_(), [of(3, 2)]),
    "copy_": (changed(lambda y, x: y[1:].copy_(x[:2]), torch.zeros_like), [of(3)]),
    "setitem": (changed(set_items, lambda x: torch.empty_like(x)[:2]), [of(3)]),
    "masked": (changed(set_where_positive), [of(5)]),
    "masked, chosen": (changed(set_chosen), [of(5)]),
    "zero_": (changed(clear), [of(4)]),
    "new_zeros": (lambda x: x.new_zeros(3).add(x).add_(x.new_full((3,), 0.1)) + torch.full_like(x, 2.0), [of(3)]),
    "constants": (lambda x: x * torch.tensor([0.1, 0.2, 0.3]) + torch.arange(3) / 3, [of(3)]),
    "scatter_": (changed(lambda y, x: y.scatter_add_(0, PAIRS, x), zeros(3, 2)), [of(2, 2)]),
    "index_put_": (changed(lambda y, x: y.index_put_((PAIRS[:, 0],), x, accumulate=True), zeros(2)), [of(2)]),
}
CALLS = {
    **ELEMENTWISE, **ACTIVATIONS, **CHOICES, **REDUCTIONS, **PRODUCTS, **NORMS, **WINDOWS, **LOSSES, **MOVES, **ALGEBRA,
    **TRANSFORMS, **WRITES,
}  # fmt: skip

NO_RULE = "torch does not differentiate it"
# Calls with no gradient of torch's to compare with, and why.
ALONE = {
    **dict.fromkeys(ELEMENTWISE.keys() & {f"special.{n}" for n in BESSELS}, NO_RULE),
    **dict.fromkeys(("floor_divide", "heaviside"), NO_RULE),
    "digamma": "torch's polygamma(1, x) is off by 1e-9 in float64",
    "special.psi": "torch's polygamma(1, x) is off by 1e-9 in float64",
    "hardsigmoid": "the 1/6 of torch's backward is a float32",
}
