"""Torch functions as programs over NumPy: they compute what torch does, over floats, recorded and exact numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

flint = pytest.importorskip("flint")
torch = pytest.importorskip("torch")

from aten_calls import ALONE, CALLS, drawn  # noqa: E402

import ad  # noqa: E402
import verify  # noqa: E402
from verify.adapters.aten import translated  # noqa: E402
from verify.adapters.aten.places import MOVES  # noqa: E402
from verify.adapters.aten.recording import known  # noqa: E402
from verify.adapters.aten.table import TABLE  # noqa: E402
from verify.adapters.translation import Untranslatable  # noqa: E402
from verify.numbers.ballarray import BallField  # noqa: E402
from verify.numbers.balls import precision  # noqa: E402
from verify.proof import _branches  # noqa: E402
from verify.question import prepare  # noqa: E402

pytestmark = pytest.mark.filterwarnings(
    "ignore:torch.triangular_solve is deprecated", "ignore:index_reduce", "ignore:`torch.jit.script` is deprecated"
)
VALUE, GRADIENT = 1e-12, 1e-10  # relative to the largest entry; torch's own special functions are good to 1e-11


def operands(name):
    return [drawn(kind, seed) for seed, kind in enumerate(CALLS[name][1], 1)]


def listed(y):
    return list(y) if isinstance(y, tuple | list) else [y]


def plain(tensor):
    return tensor.detach().numpy(force=True)


def near(found, wanted, bar):
    """Whether two arrays have one shape and agree to so much of their largest entry."""
    if np.shape(found) != np.shape(wanted):
        return False
    gap = np.max(np.abs(np.asarray(found, float) - wanted), initial=0.0)
    return gap <= bar * max(1.0, np.max(np.abs(wanted), initial=0.0))


def same_values(name):
    function, xs = CALLS[name][0], operands(name)
    wanted = listed(function(*[x.clone() for x in xs]))
    found = translated(function, xs).run([plain(x) for x in xs])
    return len(found) == len(wanted) and all(map(near, found, map(plain, wanted), [VALUE] * len(found)))


def moving(name):
    return [i for i, kind in enumerate(CALLS[name][1]) if kind[0] in "fs"]


def torchs_gradient(function, xs, by, weights):
    """Of the weighted sum of all floating-point results, by some of the operands."""
    tensors = [x.clone().requires_grad_() if i in by else x for i, x in enumerate(xs)]
    total = sum((y * g).sum() for y, g in zip(listed(function(*tensors)), weights, strict=True) if g is not None)
    if not total.requires_grad:
        return [torch.zeros_like(xs[i]) for i in by]
    found = torch.autograd.grad(total, [tensors[i] for i in by], allow_unused=True)
    return [torch.zeros_like(xs[i]) if g is None else g for i, g in zip(by, found, strict=True)]


def weights_of(function, xs):
    results = listed(function(*[x.clone() for x in xs]))
    return [
        drawn(("f", tuple(y.shape), (-1.0, 1.0)), 70 + k) if y.dtype.is_floating_point else None
        for k, y in enumerate(results)
    ]


def our_gradient(function, xs, by, weights):
    run = translated(function, xs).run

    def total(*values):
        given = [plain(x) for x in xs]
        for i, value in zip(by, values, strict=True):
            given[i] = value
        return sum(np.sum(y * plain(g)) for y, g in zip(run(given), weights, strict=True) if g is not None)

    found = ad.vjp(total, *[plain(xs[i]) for i in by])[1](1.0)
    return found if isinstance(found, tuple) else (found,)


def same_gradients(name):
    function, xs, by = CALLS[name][0], operands(name), moving(name)
    weights = weights_of(function, xs)
    wanted = torchs_gradient(function, xs, by, weights)
    found = our_gradient(function, xs, by, weights)
    return all(near(a, plain(b), GRADIENT) for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize("name", CALLS)
def test_a_translation_computes_what_torch_does(name):
    assert same_values(name)


@pytest.mark.parametrize("name", sorted(CALLS.keys() - ALONE.keys()))
def test_the_engine_s_gradient_of_a_translation_is_torch_s(name):
    assert same_gradients(name)


# A call, the entry that it uses, and a neighbour of it.
NEIGHBOURS = {
    "sin": ("aten.sin", np.cos),
    "add": ("aten.add", lambda self, other, alpha=1: self + other),
    "var": ("aten.var", lambda self, *args, **kwargs: np.var(self)),
    "sort, descending": ("aten.sort", lambda self, **kwargs: (np.sort(self, axis=0), np.argsort(self, axis=0))),
    "conv2d": ("aten.convolution", lambda *args: 1.0001 * TABLE_BEFORE["aten.convolution"](*args)),
    "index_add": ("aten.index_add", lambda self, dim, index, source, alpha=1: self),
    "layer_norm": ("aten.native_layer_norm", lambda x, shape, w, b, eps: (x * w + b, x, x)),
}
TABLE_BEFORE = dict(TABLE)


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_a_wrong_entry_is_noticed(name, monkeypatch):
    operation, entry = NEIGHBOURS[name]
    assert same_values(name)
    monkeypatch.setitem(TABLE, operation, entry)
    assert not same_values(name)


def test_an_entry_with_the_right_value_and_a_wrong_derivative_is_noticed(monkeypatch):
    monkeypatch.setitem(TABLE, "aten.tanh", lambda self: np.tanh(ad.stop_gradient(self)))
    assert same_values("tanh")
    assert not same_gradients("tanh")


# --- data movement


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_views_of_views_are_moved_as_torch_moves_them(data):
    shape = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    x = torch.arange(float(np.prod(shape)), dtype=torch.float64).reshape(shape)
    changes = data.draw(st.lists(st.sampled_from(sorted(VIEWS)), max_size=4))

    def viewed(y):
        for change in changes:
            y = VIEWS[change](y)
        return y

    assert np.array_equal(translated(viewed, [x]).run([plain(x)])[0], plain(viewed(x)))
    assert np.array_equal(translated(lambda y: viewed(y.clone()).add_(1), [x]).run([plain(x)])[0], plain(viewed(x)) + 1)


VIEWS = {
    "transposed": lambda y: y.transpose(0, -1),
    "sliced": lambda y: y[::2],
    "unsqueezed": lambda y: y.unsqueeze(1),
    "selected": lambda y: y.select(-1, 0).unsqueeze(0),
    "diagonal": lambda y: y.unsqueeze(0).diagonal(0, 0, -1),
    "flat": lambda y: y.reshape(-1),
    "narrowed": lambda y: y.narrow(-1, 0, 1),
    "flipped": lambda y: y.flip(0),
}


def test_a_write_through_one_view_is_seen_through_another():
    def function(x):
        y = x * 1
        columns, rows = y.T, y[1:]
        rows.mul_(10)
        columns[0].add_(x[0, 1])
        return y, columns, rows

    x = drawn(("f", (3, 2), (-1.0, 1.0)), 3)
    for found, wanted in zip(translated(function, [x]).run([plain(x)]), function(x), strict=True):
        assert near(found, plain(wanted), VALUE)


TABLE_OF_CONSTANTS = torch.arange(6.0, dtype=torch.float64).reshape(2, 3)


def test_captured_tensors_share_their_memory():
    first, second = TABLE_OF_CONSTANTS[0], TABLE_OF_CONSTANTS[:, 1:]
    x = torch.ones(3, dtype=torch.float64)
    found = translated(lambda x: (x * first).sum() + (x[:2] * second).sum(), [x]).run([plain(x)])[0]
    assert found == plain(first.sum() + second.sum())


def test_a_captured_tensor_that_is_written_into_is_as_it_was_before_and_after():
    buffer = torch.full((2, 3), 5.0, dtype=torch.float64)
    row = buffer[1]

    def function(x):
        before = x * row
        buffer.zero_()
        buffer[1:].add_(x)
        return before, x * row, x * buffer[0]

    x = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
    run = translated(function, [x]).run
    for _ in range(2):  # the first run of the translation leaves nothing behind
        assert [list(y) for y in run([plain(x)])] == [[5.0, 10.0, 15.0], [1.0, 4.0, 9.0], [0.0, 0.0, 0.0]]


# --- what stops a gradient


def backed(x):
    """x squared, and a copy that no gradient passes."""
    with torch.no_grad():
        off = x * x
    return off


class Squared(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return (x.detach() * x).clone()

    @staticmethod
    def backward(ctx, g):
        return 2 * g * ctx.saved_tensors[0]


def written_under_no_grad(x):
    y = x * x
    with torch.no_grad():
        y.mul_(3.0)
    return y * x


def written_through_detach(x):
    y = x * x
    y.detach().mul_(3.0)
    return y * x


def written_before_detach_is_read(x):
    y = torch.zeros_like(x).detach()
    y[1:].copy_(x[1:])
    return y * x


STOPS = {
    "detach": lambda x: x.detach() * x,
    "data": lambda x: x.data * x,
    "no_grad": lambda x: backed(x) * x,
    "view of a detach": lambda x: x.detach()[1:] * x[1:],
    "straight through": lambda x: x + (torch.round(x) - x).detach(),
    "no_grad write": written_under_no_grad,
    "written through detach": written_through_detach,
    "written before detach is read": written_before_detach_is_read,
    "autograd.Function": Squared.apply,
    "clamped norm": lambda x: torch.nn.functional.cosine_similarity(x, 2 * x + 1, dim=0).reshape(1),
}


@pytest.mark.parametrize("name", STOPS)
def test_gradients_stop_where_autograd_stops_them(name):
    x = drawn(("f", (3,), (0.2, 0.9)), 5)
    g = [drawn(("f", tuple(STOPS[name](x).shape), (-1.0, 1.0)), 6)]
    wanted = plain(torchs_gradient(STOPS[name], [x], [0], g)[0])
    assert near(our_gradient(STOPS[name], [x], [0], g)[0], wanted, GRADIENT)


def test_a_stop_that_is_left_out_is_noticed():
    x = drawn(("f", (3,), (0.2, 0.9)), 5)
    g = [torch.ones(3, dtype=torch.float64)]
    through = our_gradient(lambda x: x * x, [x], [0], g)[0]
    assert not near(through, plain(torchs_gradient(STOPS["detach"], [x], [0], g)[0]), GRADIENT)


# --- backwards


class Bell(torch.autograd.Function):
    """exp(-x**2), with a backward that writes into memory of its own."""

    @staticmethod
    def forward(ctx, x):
        y = torch.exp(-x * x)
        ctx.save_for_backward(x, y)
        return y

    @staticmethod
    def backward(ctx, g):
        x, y = ctx.saved_tensors
        found = torch.empty_like(x)
        found[0] = (-2.0 * g * y * x)[0]
        found[1:] = 0
        found[1:] += (-2.0 * g * y * x)[1:]
        return found


class WrongBell(Bell):
    @staticmethod
    def backward(ctx, g):
        x, y = ctx.saved_tensors
        return -2.0000001 * g * y * x


def pair_of(op, x):
    """A custom op as a claim: its translated forward, and its translated forward and backward as a vjp."""
    forward = translated(op.apply, [x])

    def pulled(x, g):
        return torch.autograd.grad(op.apply(x.requires_grad_()), x, g)

    backward = translated(pulled, [x, torch.ones_like(op.apply(x))])
    run = lambda x: forward.run([x])[0]  # noqa: E731
    return run, (lambda x: (run(x), x), lambda x, g: backward.run([x, g])[0])


def test_a_backward_is_proved():
    x = torch.tensor([0.3, -0.7, 1.1], dtype=torch.float64)
    run, vjp = pair_of(Bell, x)
    assert verify.prove(run, plain(x), vjp=vjp).verdict is verify.Verdict.PROVED


def test_a_factor_of_2_0000001_in_a_backward_is_wrong_and_a_proof_shows_its_residual():
    x = torch.tensor([0.3], dtype=torch.float64)
    run, vjp = pair_of(WrongBell, x)
    assert verify.check(run, plain(x), vjp=vjp).verdict is verify.Verdict.WRONG
    branch = next(_branches(prepare(verify.Claim(run, plain(x), vjp=vjp))))
    assert branch.witness
    assert not branch.step
    assert branch.residual == "-x[0]*exp(-x[0]**2)/10000000"


class Pushed(torch.autograd.Function):
    """exp(-x**2), with a forward mode of its own."""

    @staticmethod
    def forward(x):
        return torch.exp(-x * x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_forward(*inputs, output)

    @staticmethod
    def jvp(ctx, t):
        x, y = ctx.saved_tensors
        return -2.5 * t * x * y


def test_a_jvp_is_translated_as_it_is_written():
    mode = torch.autograd.forward_ad

    def pushed(x, t):
        with mode.dual_level():
            return mode.unpack_dual(Pushed.apply(mode.make_dual(x, t))).tangent

    x = drawn(("f", (3,), (0.2, 0.9)), 5)
    found = translated(pushed, [x, torch.ones_like(x)]).run([plain(x), np.ones(3)])[0]
    assert near(found, -2.5 * plain(x) * np.exp(-(plain(x) ** 2)), VALUE)


def test_a_float32_backward_is_run_with_its_numbers_exact():
    class Scaled(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * torch.tensor(0.1)

        @staticmethod
        def backward(ctx, g):
            return g * 0.1

    x = torch.tensor([1.0, 2.0])
    assert translated(Scaled.apply, [x]).run([np.array([1.0, 2.0])])[0][0] == float(np.float32(0.1))
    pulled = translated(lambda x, g: torch.autograd.grad(Scaled.apply(x.requires_grad_()), x, g), [x, x])
    assert pulled.run([np.ones(2), np.ones(2)])[0][0] == 0.1


# --- exact numbers


def middles(y):
    """The midpoints of an array of balls."""
    entries = np.asarray(getattr(y, "data", y), dtype=object)
    found = [float(v.mid()) if isinstance(v, flint.arb) else float(v) for v in entries.reshape(-1)]
    return np.reshape(found, entries.shape)


def same_over_balls(name):
    """Values and the engine's gradient, computed over balls."""
    function, xs, by = CALLS[name][0], operands(name), moving(name)
    weights, run = weights_of(function, xs), translated(function, xs).run
    real = [i for i, kind in enumerate(CALLS[name][1]) if kind[0] in "fsk"]
    with precision(128), np.errstate(all="ignore"):
        balls = dict(zip(real, BallField().inputs([plain(xs[i]) for i in real]), strict=True))
        given = [balls.get(i, plain(x)) for i, x in enumerate(xs)]
        values = run(given)

        def total(*moved):
            found = run([dict(zip(by, moved, strict=True)).get(i, x) for i, x in enumerate(given)])
            return sum(np.sum(y * plain(g)) for y, g in zip(found, weights, strict=True) if g is not None)

        gradient = ad.vjp(total, *[given[i] for i in by])[1](1.0)
        gradient = gradient if isinstance(gradient, tuple) else (gradient,)
        wanted = listed(function(*[x.clone() for x in xs]))
        close = [near(middles(a), plain(b), GRADIENT) for a, b in zip(values, wanted, strict=True)]
        if name not in ALONE:
            wanted = torchs_gradient(function, xs, by, weights)
            close += [near(middles(a), plain(b), GRADIENT) for a, b in zip(gradient, wanted, strict=True)]
    return all(close)


@pytest.mark.parametrize("name", CALLS)
def test_a_translation_runs_over_balls(name):
    assert same_over_balls(name)


def test_a_wrong_entry_is_noticed_over_balls(monkeypatch):
    monkeypatch.setitem(TABLE, "aten.exp", np.exp2)
    assert not same_over_balls("exp")


@pytest.mark.parametrize("name", ["gelu", "softmax", "cross_entropy", "where, compared", "index_put, added", "setitem"])
def test_the_gradient_of_a_translation_is_certified(name):
    function, xs, by = CALLS[name][0], operands(name), moving(name)
    weights, run = weights_of(function, xs), translated(function, xs).run

    def total(*moved):
        given = dict(zip(by, moved, strict=True))
        found = run([given.get(i, plain(x)) for i, x in enumerate(xs)])
        return sum(np.sum(y * plain(g)) for y, g in zip(found, weights, strict=True) if g is not None)

    assert verify.check(total, *[plain(xs[i]) for i in by]).verdict is verify.Verdict.CERTIFIED


def test_low_precision_makes_its_constants_in_float64_and_keeps_captured_ones():
    weight = torch.tensor([0.1, 0.7], dtype=torch.bfloat16)
    x = torch.tensor([1.0, 2.0], dtype=torch.bfloat16)
    run = translated(lambda x: x * weight + torch.full_like(x, 0.1) + (x > 1.5).to(x.dtype) * 0.3, [x]).run
    found = run([np.array([1.0, 2.0])])[0]
    assert np.array_equal(found, [1.0, 2.0] * plain(weight.double()) + 0.1 + np.array([0.0, 0.3]))


# --- what has no translation


@torch.library.custom_op("adverify_tests::doubled", mutates_args=())
def doubled(x: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.linear(x.exp(), 2 * torch.eye(3, dtype=x.dtype))


doubled.register_autograd(
    lambda ctx, g: 2 * g * ctx.saved_tensors[0].exp(),
    setup_context=lambda ctx, inputs, output: ctx.save_for_backward(inputs[0]),
)


def test_a_custom_op_is_translated_through_its_own_code():
    x = drawn(("f", (3,), (-1.0, 1.0)), 2)
    found = translated(doubled, [x])
    assert "adverify_tests.doubled" not in found.operations
    assert near(found.run([plain(x)])[0], plain(doubled(x)), VALUE)
    pulled = translated(lambda x, g: torch.autograd.grad(doubled(x.requires_grad_()), x, g), [x, x])
    assert near(pulled.run([plain(x), np.ones(3)])[0], 2 * np.exp(plain(x)), VALUE)


def numpys(x):
    return torch.from_numpy(np.exp(x.detach().numpy()))


class NumPyBacked(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return numpys(x)

    @staticmethod
    def backward(ctx, g):
        return g


def foreign(x):
    y = torch.empty_like(x)
    y.numpy()[:] = 1.0  # what a kernel of another language does
    return y * x


def with_data_set(x):
    y = x * 2
    y.data = torch.ones_like(x)
    return y


def batch_statistics(x):
    mean, var = torch.zeros(3).double(), torch.ones(3).double()
    torch.nn.functional.batch_norm(x, mean, var, training=True)
    return x * mean


# A function, and what its refusal names.
REFUSED = {
    "item": (lambda x: x * x.max().item(), "aten._local_scalar_dense"),
    "equal": (lambda x: x if torch.equal(x, x) else -x, "aten.equal"),
    "numpy": (numpys, "Tensor.numpy"),
    "numpy in a Function": (NumPyBacked.apply, "Tensor.numpy"),
    "tolist": (lambda x: x * torch.tensor(x.tolist()), "Tensor.tolist"),
    "detach_": (lambda x: (x * 2).detach_() * x, "Tensor.detach_"),
    "data that is set": (with_data_set, "Tensor.data"),
    "a foreign kernel": (foreign, "aten.mul"),
    "random numbers that depend on an input": (lambda x: x * torch.bernoulli(x), "aten.bernoulli"),
    "random slopes": (lambda x: torch.nn.functional.rrelu(x - 0.5, training=True), "aten.rrelu_with_noise"),
    "a native backward": (
        lambda x: torch.autograd.grad(torch.tanh(x.requires_grad_()).sum(), x), "aten.tanh_backward",
    ),
    "the backward of softmax": (
        lambda x: torch.autograd.grad(x.requires_grad_().softmax(0)[0, 0], x), "aten._softmax_backward_data",
    ),
    "the backward of convolution": (
        lambda x: torch.autograd.grad(torch.conv1d(x.requires_grad_()[None], x[None, :, :1]).sum(), x),
        "aten.convolution_backward",
    ),
    "no entry": (lambda x: torch.special.airy_ai(x), "aten.special_airy_ai"),
    "running statistics": (batch_statistics, "running statistics"),
    "a write to a part": (lambda x: torch.view_as_complex(x[:, :2].clone()).mul_(2.0), "view_as_real"),
    "eigenvalues": (lambda x: torch.linalg.eigvals(x).abs(), "aten.linalg_eig"),
    "a view as another dtype": (lambda x: x.view(torch.int64) * 2, "aten.view"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_names_the_operation(name):
    function, operation = REFUSED[name]
    x = drawn(("f", (3, 3), (0.1, 0.9)), 4)
    with pytest.raises(Untranslatable, match=operation):
        translated(function, [x]).run([plain(x)])


# Functions beside those that are refused: what leaves torch is no number that depends on an input.
ACCEPTED = {
    "a branch on a value": lambda x: x if x.sum() > 0 else -x,
    "a check of a value": lambda x: (torch.any(x < 0) and 1 / 0) or x * 2,
    "a place of a value": lambda x: x * x[0].argmax().item(),
    "laid out anew": lambda x: (x * 2).unsqueeze_(0).transpose_(1, 2) * x[0],
    "a branch on an integer": lambda x: x if torch.tensor(3) > 2 else -x,
    "a branch on a constant": lambda x: x * torch.tensor(3.0).item(),
    "numpy of a constant": lambda x: x * torch.from_numpy(torch.ones(3).numpy()),
    "filled memory": lambda x: torch.empty_like(x).copy_(x) * x,
    "dropout of nothing": lambda x: torch.nn.functional.dropout(x * 1, 0.0, training=True),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_only_looks_like_a_refusal_is_translated(name):
    x = drawn(("f", (3, 3), (0.1, 0.9)), 4)
    assert near(translated(ACCEPTED[name], [x]).run([plain(x)])[0], plain(ACCEPTED[name](x)), VALUE)


def test_a_run_that_would_leave_the_example_s_branch_is_refused():
    run = translated(ACCEPTED["a branch on a value"], [torch.ones(3)]).run
    assert np.array_equal(run([np.array([2.0, -1.0, 0.0])])[0], [2.0, -1.0, 0.0])
    with pytest.raises(Untranslatable, match="told True at the example and would be told False"):
        run([-np.ones(3)])


def test_a_branch_is_certified_beside_its_edge_and_left_open_on_it():
    def function(x):
        return run([x])[0]

    run = translated(lambda x: x * x if x.sum() > 0 else -x, [torch.ones(2).double()]).run
    assert verify.check(function, np.array([0.5, 0.25])).verdict is verify.Verdict.CERTIFIED
    assert not verify.check(function, np.array([0.5, -0.5]), gradient=lambda x: 2 * x).ok


# --- coverage

NOT_REAL = "a number of Python's, or a shape: there is nothing to translate"
BY_TORCH = "made of no floating-point operands: torch runs it"
NATIVE = "the backward of a native kernel, of unknown code"
# Why an operation of core aten has no entry.
REASONS = {
    **dict.fromkeys("sym_numel sym_size sym_storage_offset sym_stride sym_is_contiguous".split(), NOT_REAL),
    "_local_scalar_dense": NOT_REAL,
    **dict.fromkeys("arange empty empty_strided full bitwise_and bitwise_not bitwise_or bitwise_xor".split(), BY_TORCH),
    **dict.fromkeys("rand randn randperm".split(), "what is drawn is a constant"),
    "native_dropout": "random",
    **dict.fromkeys(
        "_adaptive_avg_pool2d_backward avg_pool2d_backward convolution_backward embedding_dense_backward "
        "max_pool2d_with_indices_backward native_group_norm_backward native_layer_norm_backward".split(),
        NATIVE,
    ),
    "resize_": "memory, not numbers",
    "grid_sampler_2d": "run as what torch composes it of",
    "upsample_bilinear2d": "run as what torch composes it of",
    "adaptive_avg_pool1d": "run as what torch composes it of",
}


def core_operations():
    for qualified in torch._C._dispatch_get_all_op_names():
        namespace, _, name = qualified.partition("::")
        packet, _, overload = name.partition(".")
        home = getattr(torch.ops.aten, packet, None) if namespace == "aten" else None
        found = getattr(home, overload or "default", None)
        if found is not None and torch.Tag.core in found.tags:
            yield packet, found


def test_every_operation_of_core_aten_has_an_entry_or_a_reason():
    found = list(core_operations())
    lacking = {name for name, overload in found if not known(overload) and not overload.is_view}
    assert len(found) > 150
    assert lacking == REASONS.keys()


def test_every_entry_is_an_operation_of_torch():
    packets = {name.removeprefix("aten.").split(".")[0] for name in TABLE.keys() | MOVES}
    assert [name for name in sorted(packets) if not hasattr(torch.ops.aten, name)] == []


def test_lines_are_the_user_s():
    found = translated(Bell.apply, [torch.ones(2, dtype=torch.float64)]).lines
    assert [name for name, _ in found] == ["aten.neg", "aten.mul", "aten.exp"]
    assert {line.rpartition(":")[0].rpartition("/")[2] for _, line in found} == {"test_aten.py"}
    start = Bell.forward.__code__.co_firstlineno
    assert {int(line.rpartition(":")[2]) for _, line in found} == {start + 2}
