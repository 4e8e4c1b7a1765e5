"""VAEs with coupled bits: terms, exact numbers, bounds by draws, and the direct estimate.

What is random is compared within 5 standard errors; keys are fixed.
"""

import itertools
import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special

import perturbtheory as pt
from perturbtheory import estimators as es
from perturbtheory.models import vae
from perturbtheory.models.vae import structured
from tests.models.vae.networks import (
    FAST,
    KEY,
    NOISY,
    STRUCTURED,
    divergence,
    elbo,
    evidence,
    floats,
    layers,
    negative_log,
    same,
)

N, PAIRS = 3, [(0, 1), (0, 2), (1, 2)]
STATES = np.array(list(itertools.product((0, 1), repeat=N)))[:, ::-1]
"""In the order of the package: the first bit changes fastest."""


def network(couplings="general", n=N, *, sharp=5.0, seed=1):
    model = structured.PairwiseVAE(n, couplings, hidden=8, key=jax.random.key(seed))
    return eqx.tree_at(lambda m: m.encoder.layers[1].weight, model, replace_fn=lambda w: sharp * w)


def terms(model, x):
    flat = layers(model.encoder, x)
    theta, alpha = flat[:, : 2 * N].reshape(-1, N, 2), flat[:, 2 * N :]
    if model.couplings == "none":
        return theta, np.zeros((len(x), len(PAIRS)))
    return theta, np.logaddexp(0, alpha) if model.couplings == "supermodular" else alpha


def scores(theta, alpha):
    """(B, S) by the definition."""
    unary = sum(theta[:, i][:, STATES[:, i]] for i in range(N))
    return unary + sum(
        alpha[:, [k]] * STATES[:, i] * STATES[:, j] for k, (i, j) in enumerate(PAIRS)
    )


def likelihoods(model, x):
    """log p(x|z) for all states."""
    hot = np.stack([1 - STATES, STATES], -1)
    return -np.stack([negative_log(model, x, np.tile(z, (len(x), 1, 1))) for z in hot], 1)


def gibbs(model, x):
    return scipy.special.softmax(scores(*terms(model, x)), 1)


class TestModel:
    def test_without_couplings_it_is_the_discrete_vae(self) -> None:
        model = structured.PairwiseVAE(N, "none", hidden=8, key=KEY)
        assert same(model, vae.DiscreteVAE(N, 2, hidden=8, key=KEY))
        theta, alpha = model.terms(floats(NOISY[:5]))
        assert same(theta, model.logits(floats(NOISY[:5])))
        assert alpha is None

    @pytest.mark.parametrize("couplings", ["supermodular", "general"])
    def test_terms(self, couplings) -> None:
        model = network(couplings)
        found, expected = model.terms(floats(NOISY[:5])), terms(model, NOISY[:5])
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-4)
        assert (found[1].min() >= 0) == (couplings == "supermodular")

    @pytest.mark.parametrize(
        ("name", "arguments"),
        [
            ("couplings", (3, "positive")), ("latents", (21, "general")), ("latents", (0, "none")),
        ],
    )  # fmt: skip
    def test_refused(self, name, arguments) -> None:
        with pytest.raises(ValueError, match=f"`{name}` must"):
            structured.PairwiseVAE(*arguments, key=KEY)


class TestExact:
    @pytest.mark.parametrize("couplings", structured.KINDS)
    def test_by_brute_force(self, couplings) -> None:
        model, x = network(couplings), NOISY[:7]
        found, bound = structured.evidence(model, x), structured.exact_bound(model, x)
        exact = evidence(model, x)
        np.testing.assert_allclose(found.negative_log, exact.mean(), rtol=1e-6)
        np.testing.assert_allclose(found.error, exact.std() / math.sqrt(7), rtol=1e-4)
        q = gibbs(model, x)
        hard = -(q * likelihoods(model, x)).sum(1)
        kl = N * np.log(2) + scipy.special.xlogy(q, q).sum(1)
        np.testing.assert_allclose(bound.hard, hard.mean(), rtol=1e-6)
        np.testing.assert_allclose(bound.divergence, kl.mean(), atol=1e-5)
        np.testing.assert_allclose(bound.error, (hard + kl).std() / math.sqrt(7), rtol=1e-3)
        assert bound.bound > found.negative_log + 0.1

    def test_without_couplings_it_is_the_bound_of_the_discrete_vae(self) -> None:
        model = network("none")
        found = structured.exact_bound(model, NOISY).bound
        np.testing.assert_allclose(found, elbo(model, NOISY, pt.Gumbel()).mean(), rtol=1e-6)

    def test_any_discrete_vae_of_bits_has_evidence(self) -> None:
        model = vae.DiscreteVAE(N, 2, hidden=8, key=KEY)
        expected = evidence(model, NOISY).mean()
        np.testing.assert_allclose(structured.evidence(model, NOISY).negative_log, expected)
        with pytest.raises(ValueError, match="`model` must have latents of two categories, got 3"):
            structured.evidence(vae.DiscreteVAE(2, 3, hidden=8, key=KEY), NOISY)

    def test_table(self) -> None:
        model, x = network(), NOISY[:4]
        found = structured.table(model).log_likelihoods(floats(x))
        np.testing.assert_allclose(found, likelihoods(model, x), rtol=1e-6)


class TestBounds:
    def test_noise_on_all_states(self) -> None:
        """The KL exactly; the reconstruction by draws of one image."""
        model, x = network(), NOISY[:1]
        found = structured.evaluate(model, x, "states", draws=4000, key=KEY)
        q, f = gibbs(model, x)[0], -likelihoods(model, x)[0]
        error = math.sqrt(q @ (f - q @ f) ** 2 / 4000)
        assert abs(found.hard - q @ f) <= 5 * error + 1e-6 * found.hard
        assert np.ptp(f) > 50 * error
        np.testing.assert_allclose(found.divergence, structured.exact_bound(model, x).divergence)
        assert found.least_divergence == found.divergence

    @pytest.mark.parametrize("couplings", ["supermodular", "general"])
    def test_noise_on_the_unary_terms(self, couplings) -> None:
        """Between the two KLs lies that of the law of z*, which is not the Gibbs law."""
        model, x, rng = network(couplings), NOISY[:1], np.random.default_rng(5)
        theta, alpha = terms(model, x)
        gamma = rng.gumbel(size=(200_000, N, 2))
        z = np.argmax(scores(theta + gamma, np.tile(alpha, (len(gamma), 1))), 1)
        q = np.bincount(z, minlength=len(STATES)) / len(z)
        kl = N * math.log(2) + scipy.special.xlogy(q, q).sum()
        found = structured.evaluate(model, x, draws=4000, key=KEY)
        # Of the plug-in entropy of 4000 draws: the variance of log q, and a bias of 7/8000.
        error = math.sqrt(q @ (np.log(np.maximum(q, 1e-9)) + N * math.log(2) - kl) ** 2 / 4000)
        for number in (found.divergence, found.least_divergence):
            assert abs(number - kl) <= 5 * error + 0.01
        assert found.least_divergence < found.divergence
        f = -likelihoods(model, x)[0]
        assert abs(found.hard - q @ f) <= 5 * math.sqrt(q @ (f - q @ f) ** 2 / 4000) + 1e-3
        soft = divergence(scipy.special.softmax(theta, -1)).mean()
        np.testing.assert_allclose(found.unary_divergence, soft, atol=1e-4)
        exact = gibbs(model, x)[0]
        assert np.abs(q - exact).max() > 0.01

    @pytest.mark.slow
    def test_few_draws_err_to_the_safe_side(self) -> None:
        """In the mean over images that are all one: no draws, no knowledge of the entropy."""
        model, x = network(sharp=1.0), np.tile(NOISY[:1], (400, 1))
        few, many = (
            structured.evaluate(model, x, draws=draws, key=KEY) for draws in (3, 300)
        )  # fmt: skip
        assert few.least_divergence < many.least_divergence < many.divergence < few.divergence
        one = structured.evaluate(model, x, draws=1, key=KEY)
        np.testing.assert_allclose(one.divergence, N * math.log(2), rtol=1e-6)
        assert one.bound == one.hard + one.divergence
        assert one.least_bound < many.bound

    def test_without_couplings(self) -> None:
        model = network("none")
        found = structured.evaluate(model, NOISY, draws=2, key=KEY)
        expected = vae.evaluate(model, NOISY, pt.Gumbel(), key=KEY).divergence
        np.testing.assert_allclose(found.divergence, expected, atol=1e-5)
        np.testing.assert_allclose(found.unary_divergence, expected, atol=1e-5)

    def test_what_is_published_bounds_nothing(self) -> None:
        """Couplings choose z = (1, 1, 1) whatever the noise, and a KL without them is zero."""
        model = network(sharp=0.0)
        bias = jnp.concatenate([jnp.zeros(2 * N), jnp.full(3, 50.0)]).astype(jnp.float32)
        model = eqx.tree_at(lambda m: m.encoder.layers[1].bias, model, bias)
        model = eqx.tree_at(
            lambda m: m.decoder.layers[1].weight, model, replace_fn=lambda w: 50.0 * w
        )
        ones = layers(model.decoder, np.tile([[0.0, 1.0]], (1, N)).reshape(1, -1))
        x = (ones > 0).astype(np.uint8)
        found, exact = (
            structured.evaluate(model, x, draws=50, key=KEY),
            structured.evidence(model, x),
        )
        assert likelihoods(model, x).argmax() == 7
        assert found.as_published < exact.negative_log - 1
        # Both are one number but for the rounding of 784 large terms in 32-bit.
        rounding = 2.0**-22 * np.abs(ones).sum()
        assert rounding < 0.01
        assert found.bound >= exact.negative_log - rounding

    @pytest.mark.parametrize(
        ("name", "options"),
        [
            ("noise", {"noise": "pairs"}), ("draws", {"draws": 0}), ("key", {"key": 1}),
            ("images", {"images": 2 * NOISY}),
        ],
    )  # fmt: skip
    def test_refused(self, name, options) -> None:
        with pytest.raises(ValueError, match=f"`{name}` must"):
            structured.evaluate(network(), **{"images": NOISY, "key": KEY} | options)


class TestDirect:
    @pytest.mark.parametrize("exact", [False, True])
    @pytest.mark.parametrize("noise", structured.NOISES)
    def test_arg_maxes(self, noise, exact) -> None:
        """Both states for one draw of the noise, by brute force."""
        model, x, e = network(), NOISY[:8], 0.5
        task = structured.PairwiseDirect(e, exact=exact, noise=noise)
        first, second = eqx.filter_jit(lambda m, x: task._best(m, x, KEY))(model, floats(x))
        theta, alpha = terms(model, x)
        f = likelihoods(model, x)
        if noise == "unary":
            here = scores(theta + np.asarray(es.draw(es.GUMBEL, KEY, floats(theta))), alpha)
        else:
            gamma = np.asarray(es.draw(es.GUMBEL, KEY, floats(np.zeros((8, 8)))))
            here = scores(theta, alpha) + gamma
        z = here.argmax(1)
        if not exact:
            # f at the state with bit i of z* set to that of each state, summed over i.
            place = 1 << np.arange(N)
            near = (z[:, None, None] & ~place) | (STATES * place)
            f = np.take_along_axis(f, near.reshape(8, -1), 1).reshape(8, 8, N).sum(2)
        assert np.array_equal(first, z)
        assert np.array_equal(second, (here + e * f).argmax(1))
        assert not np.array_equal(first, second)

    @pytest.mark.parametrize(
        ("couplings", "noise", "exact"),
        [("general", "states", True), ("none", "unary", True), ("none", "unary", False)],
    )
    def test_the_mean_is_the_gradient(self, couplings, noise, exact) -> None:
        """Finite differences of the exact expectation, where z* follows the Gibbs law.

        The bias is e/2 times a third cumulant of a bit and twice f, at most a variance of f.
        """
        model, x, e, draws = network(couplings), NOISY[:1], 0.01, 40_000
        task = structured.PairwiseDirect(e, exact=exact, noise=noise)
        f = likelihoods(model, x)
        f = f - f.mean()

        @eqx.filter_jit
        def slopes(model, keys):
            def loss(bias, key):
                moved = eqx.tree_at(lambda m: m.encoder.layers[1].bias, model, bias)
                return -task.loss(moved, floats(x), key)[0]

            bias = model.encoder.layers[1].bias
            return jax.lax.map(lambda key: jax.grad(loss)(bias, key), keys, batch_size=1000)

        found = np.asarray(slopes(model, jax.random.split(KEY, draws)), np.float64)
        both = np.concatenate([a.ravel() for a in terms(model, x)])[: found.shape[1]]

        def mean(flat):
            full = np.concatenate([flat, np.zeros(2 * N + 3 - len(flat))])
            theta, alpha = full[: 2 * N].reshape(1, N, 2), full[None, 2 * N :]
            return (scipy.special.softmax(scores(theta, alpha), 1) * f).sum()

        steps = 1e-4 * np.eye(len(both))
        expected = np.array([(mean(both + s) - mean(both - s)) / 2e-4 for s in steps])
        error = found.std(0) / math.sqrt(draws)
        radius = 5 * error + e * np.ptp(f) ** 2 / 4
        assert np.all(np.abs(found.mean(0) - expected) <= radius)
        assert np.abs(expected).max() > 2 * radius.min()

    def test_divergences(self) -> None:
        """Which KL is reported, and which is differentiated."""
        model, x = network(), floats(NOISY[:5])
        theta, _ = terms(model, NOISY[:5])
        soft, q = divergence(scipy.special.softmax(theta, -1)), gibbs(model, NOISY[:5])
        own = N * math.log(2) + scipy.special.xlogy(q, q).sum(1)
        slopes = {}
        for kind, kl in (("none", soft), ("softmax", soft), ("argmax", own)):
            task = structured.PairwiseDirect(divergence=kind, noise="states")
            (value, parts), slope = eqx.filter_jit(
                eqx.filter_value_and_grad(lambda m, t=task: t.loss(m, x, KEY), has_aux=True)
            )(model)
            np.testing.assert_allclose(parts.divergence, kl, atol=1e-4)
            total = np.asarray(parts.reconstruction + parts.divergence).mean()
            np.testing.assert_allclose(value, total, rtol=1e-6)
            slopes[kind] = np.asarray(slope.encoder.layers[1].bias)
        # The estimate is the same for all; the softmax has no couplings.
        np.testing.assert_allclose(slopes["none"][2 * N :], slopes["softmax"][2 * N :])
        assert np.abs(slopes["none"] - slopes["softmax"])[: 2 * N].max() > 1e-3
        added = (slopes["argmax"] - slopes["none"])[2 * N :]
        log = np.log(q) - (q * np.log(q)).sum(1, keepdims=True)
        products = STATES[:, [i for i, _ in PAIRS]] * STATES[:, [j for _, j in PAIRS]]
        np.testing.assert_allclose(added, ((q * log) @ products).mean(0), atol=1e-3)

    @pytest.mark.parametrize(
        ("couplings", "options"),
        [
            ("supermodular", {}),
            ("general", {"exact": True, "noise": "states", "divergence": "argmax"}),
        ],
    )
    def test_learns_and_goes_on(self, couplings, options, tmp_path) -> None:
        task = structured.PairwiseDirect(1.0, vae.Schedule(1.0, 0.1, every=1), **options)
        model, path = network(couplings, sharp=1.0), tmp_path / "run"

        def run(epochs, checkpoint=None):
            settings = vae.Settings(task, epochs, draws=4, **FAST)
            return vae.train(model, settings, STRUCTURED, STRUCTURED[:8], checkpoint=checkpoint)

        whole = run(20)
        assert whole.history[-1].reconstruction < whole.history[0].reconstruction - 50
        assert set(whole.best) == {"bound", "as_published"}
        assert isinstance(whole.history[0].validation, structured.PairwiseBounds)
        run(2, path)
        again = run(20, path)
        assert same(again._replace(seconds=[]), whole._replace(seconds=[]))
        assert again.history == whole.history

    def test_refused(self) -> None:
        with pytest.raises(ValueError, match="`divergence` must be softmax or none with couplings"):
            structured.PairwiseDirect(divergence="argmax").check(network())
        structured.PairwiseDirect(divergence="argmax").check(network("none"))
        structured.PairwiseDirect(divergence="argmax", noise="states").check(network())
        with pytest.raises(ValueError, match="`epsilon` must"):
            structured.PairwiseDirect(0.0).check(network())
        with pytest.raises(TypeError, match="`model` must be a PairwiseVAE"):
            structured.PairwiseDirect().check(vae.DiscreteVAE(3, 2, key=KEY))
        with pytest.raises(ValueError, match="`model` must have independent latents"):
            vae.ByEstimator(es.Direct()).check(network())
        for name, options in (
            ("noise", {"noise": "all"}), ("divergence", {"divergence": "kl"}),
            ("exact", {"exact": 1}),
        ):  # fmt: skip
            with pytest.raises(ValueError, match=f"`{name}` must"):
                structured.PairwiseDirect(**options)
        with pytest.raises(TypeError, match="`schedule` must"):
            structured.PairwiseDirect(schedule=0.5)
