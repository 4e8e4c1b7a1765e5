"""The laws as distributions of NumPyro: what its own tests ask of every distribution, and NUTS."""

import copy
import math

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pytest
import scipy.stats
from numpyro.distributions import constraints
from numpyro.distributions.batch_util import promote_batch_shape, vmap_over
from numpyro.distributions.transforms import biject_to
from numpyro.infer import MCMC, NUTS

import perturbtheory as pt
from perturbtheory import distributions as exact
from perturbtheory.distributions.numpyro import _VECTOR, PerturbArgmax, PerturbSoftmax
from tests.laws import every

THETA = jnp.asarray([0.3, -0.2, 0.8])
ROWS = jnp.stack([THETA, -THETA])
D = 3
KEY = jax.random.key(0)
LAWS = {
    "argmax-gumbel": lambda: PerturbArgmax(pt.Gumbel(), THETA),
    "argmax-normal-rows": lambda: PerturbArgmax(pt.Normal(), ROWS),
    "argmax-factors": lambda: PerturbArgmax(pt.FactorNoise(pt.Normal(), [1.0, 0.5, 0.0]), THETA),
    "softmax-gumbel": lambda: PerturbSoftmax(pt.Gumbel(), THETA, 0.7),
    "softmax-normal-rows": lambda: PerturbSoftmax(pt.Normal(), ROWS, 0.7),
    "softmax-laplace": lambda: PerturbSoftmax(pt.Laplace(), THETA, 1.5),
}
QUICK = ["argmax-gumbel", "softmax-normal-rows"]
every_law = every(LAWS, slow=set(LAWS) - set(QUICK))
SOFT = [name for name in LAWS if name.startswith("softmax")]
HARD = [name for name in LAWS if name.startswith("argmax")]


@every_law
@pytest.mark.parametrize("before", [(), (2,), (2, 3)])
def test_draws_have_their_shape_and_are_in_the_support(name, before):
    law = LAWS[name]()
    assert law.shape(before) == before + law.batch_shape + law.event_shape
    draws = jax.jit(lambda law: law.sample(KEY, before))(law)
    assert isinstance(draws, jax.Array)
    assert draws.shape == law.shape(before)
    assert bool(jnp.all(law.support(draws)))
    assert law.is_discrete == name.startswith("argmax")
    assert law.support.event_dim == law.event_dim
    found = law.log_prob(draws)
    assert found.shape == before + law.batch_shape
    np.testing.assert_allclose(jax.jit(lambda law, z: law.log_prob(z))(law, draws), found, 1e-12)
    assert np.array_equal(found, law.law.log_prob(draws))
    if before:  # leading axes are independent draws
        assert len(np.unique(np.asarray(draws).reshape(math.prod(before), -1), axis=0)) > 1


@every_law
def test_it_is_a_pytree_that_is_copied_and_batched(name):
    law = LAWS[name]()
    leaves, structure = jax.tree.flatten(law)
    assert len(leaves) >= 2
    same = jax.tree.unflatten(structure, leaves)
    assert type(same) is type(law)
    assert same.batch_shape == law.batch_shape
    z = law.sample(KEY)
    assert np.array_equal(copy.deepcopy(same).log_prob(z), law.log_prob(z))
    twice = jax.tree.map(lambda leaf: jnp.stack([jnp.asarray(leaf)] * 2), law)
    found = jax.vmap(lambda law: law.log_prob(z))(twice)
    np.testing.assert_allclose(found, np.stack([law.log_prob(z)] * 2), rtol=1e-12)


@every_law
def test_it_is_made_under_vmap(name):
    law = LAWS[name]()
    options = {"temperature": law.temperature} if name in SOFT else {}
    thetas = jnp.stack([law.theta, law.theta + ROWS[1], law.theta * 2])

    @jax.jit
    @jax.vmap
    def made(theta):
        return type(law)(law.noise, theta, **options)

    batched = made(thetas)
    assert isinstance(batched, type(law))
    z = law.sample(KEY)
    axes = vmap_over(law, theta=0)
    axes.noise = jax.tree.map(lambda _: 0, law.noise)
    if name in SOFT:
        axes.temperature = 0
    found = jax.vmap(lambda law: law.log_prob(z), in_axes=(axes,))(batched)
    expected = np.stack([type(law)(law.noise, t, **options).log_prob(z) for t in thetas])
    np.testing.assert_allclose(found, expected, rtol=1e-11)
    if name in HARD:
        assert promote_batch_shape(batched).batch_shape == (3, *law.batch_shape)


@every_law
def test_it_is_expanded_masked_and_made_an_event(name):
    law = LAWS[name]()
    wide = law.expand((4, *law.batch_shape))
    assert wide.batch_shape == (4, *law.batch_shape)
    draws = wide.sample(KEY, (5,))
    assert draws.shape == (5, *wide.batch_shape, *law.event_shape)
    assert len(np.unique(np.asarray(draws[:, :, ...]).reshape(20, -1), axis=0)) > 1
    np.testing.assert_allclose(wide.log_prob(draws), law.log_prob(draws), rtol=1e-12)
    event = wide.to_event(1)
    assert event.event_shape == wide.batch_shape[-1:] + law.event_shape
    hidden = law.mask(jnp.asarray(False))
    assert not np.any(hidden.log_prob(law.sample(KEY)))
    assert law.expand_by([2]).batch_shape == (2, *law.batch_shape)


@every_law
def test_log_probabilities_have_gradients_in_theta(name):
    law = LAWS[name]()
    options = {"temperature": law.temperature} if name in SOFT else {}
    z, h = law.sample(KEY), 1e-5

    def total(theta):
        return type(law)(law.noise, theta, **options).log_prob(z).sum()

    slope = jax.jit(jax.grad(total))(law.theta)
    for at in np.ndindex(*law.theta.shape):
        step = jnp.zeros_like(law.theta).at[at].set(h)
        expected = (total(law.theta + step) - total(law.theta - step)) / (2 * h)
        np.testing.assert_allclose(slope[at], expected, rtol=1e-5, atol=1e-7)


@every_law
def test_what_is_not_in_the_support_has_no_probability_in_compiled_code(name):
    law = LAWS[name]()
    bad = jnp.full((D,), 0.5) if name in SOFT else jnp.asarray(D)
    assert np.all(jax.jit(law.log_prob)(bad) == -math.inf)
    with pytest.raises(ValueError, match="`(point|category)` must"):
        law.log_prob(bad)


@every(HARD, slow=["argmax-normal-rows", "argmax-factors"])
def test_categories_are_as_often_as_they_are_likely(name):
    law, n = LAWS[name](), 20_000
    draws = np.asarray(law.sample(KEY, (n,))).reshape(n, -1)
    probs = np.exp(law.log_prob(law.enumerate_support()).reshape(D, -1))
    for k in range(draws.shape[1]):
        counts = np.bincount(draws[:, k], minlength=D)
        assert scipy.stats.chisquare(counts, n * probs[:, k]).pvalue > 1e-9
    np.testing.assert_allclose(law.probs, np.moveaxis(probs.reshape(D, *law.batch_shape), 0, -1))
    entropy = scipy.stats.entropy(probs, axis=0).reshape(law.batch_shape)
    np.testing.assert_allclose(law.entropy(), entropy, rtol=1e-10)
    assert np.array_equal(law.mode, np.argmax(law.logits, -1))


@every(SOFT, slow=["softmax-gumbel", "softmax-laplace"])
def test_moments_are_those_of_draws(name):
    law, n = LAWS[name](), 20_000
    draws = np.asarray(law.sample(KEY, (n,)))
    # Six standard errors: draws by another key would fail one of 30 numbers at a rate of 1e-7.
    error = 6 * np.std(draws, 0) / math.sqrt(n)
    assert np.all(np.abs(draws.mean(0) - law.mean) < error)
    square = (draws - np.asarray(law.mean)) ** 2
    error = 6 * np.std(square, 0) / math.sqrt(n)
    assert np.all(np.abs(square.mean(0) - law.variance) < error)


@every(HARD, slow=["argmax-factors"])
@pytest.mark.parametrize("expand", [True, False])
def test_its_support_is_enumerated_like_that_of_a_categorical(name, expand):
    law = LAWS[name]()
    like = dist.Categorical(logits=law.logits)
    assert np.array_equal(law.enumerate_support(expand), like.enumerate_support(expand))
    assert law.has_enumerate_support


@every(SOFT, slow=["softmax-gumbel", "softmax-laplace"])
def test_draws_are_differentiated_in_theta_and_temperature(name):
    law, h = LAWS[name](), 1e-6
    assert law.has_rsample

    def first(theta, t):
        return PerturbSoftmax(law.noise, theta, t).rsample(KEY)[..., 0].sum()

    by_theta, by_t = jax.jit(jax.grad(first, (0, 1)))(law.theta, law.temperature)
    e = jnp.zeros_like(law.theta).at[..., 0].set(h)
    up, down = (first(law.theta + side * e, law.temperature) for side in (1, -1))
    np.testing.assert_allclose(by_theta[..., 0].sum(), (up - down) / (2 * h), rtol=1e-6)
    up, down = (first(law.theta, law.temperature + side * h) for side in (1, -1))
    np.testing.assert_allclose(by_t, (up - down) / (2 * h), rtol=1e-6, atol=1e-9)


def test_the_density_has_mass_one_after_the_map_to_unconstrained_space():
    """What a sampler asks for: the density times the Jacobian of NumPyro's map to the simplex."""
    law = PerturbSoftmax(pt.Normal(), THETA, 2.0)
    transform = biject_to(law.support)
    x = jnp.linspace(-9.0, 9.0, 121)
    points = jnp.stack(jnp.meshgrid(x, x), -1).reshape(-1, 2)
    s = jax.vmap(transform)(points)
    jacobian = jax.vmap(lambda x: transform.log_abs_det_jacobian(x, transform(x)))(points)
    mass = jnp.exp(law.log_prob(s) + jacobian).sum() * (x[1] - x[0]) ** 2
    np.testing.assert_allclose(mass, 1, atol=1e-8)


def test_divergences_are_exact_and_know_the_categorical_of_numpyro():
    law, gumbel = LAWS["argmax-normal-rows"](), LAWS["argmax-gumbel"]()
    q = jnp.asarray([0.5, 0.25, 0.25])
    base = exact.PerturbArgmax(pt.Gumbel(), jnp.log(q))
    expected = law.law.kl_divergence(base)
    for other in (dist.Categorical(probs=q), dist.Categorical(logits=jnp.log(q))):
        np.testing.assert_allclose(dist.kl_divergence(law, other), expected, rtol=1e-12)
        back = base.kl_divergence(law.law)
        np.testing.assert_allclose(dist.kl_divergence(other, law), back, rtol=1e-12)
    np.testing.assert_allclose(
        dist.kl_divergence(law, gumbel), law.law.kl_divergence(gumbel.law), rtol=1e-12
    )
    same = dist.Categorical(logits=THETA)
    np.testing.assert_allclose(dist.kl_divergence(gumbel, same), 0, atol=1e-15)


def test_arguments_are_validated():
    with pytest.raises(ValueError, match="`theta` must be finite"):
        PerturbArgmax(pt.Normal(), [0.0, math.nan])
    with pytest.raises(ValueError, match="`temperature` must be positive"):
        PerturbSoftmax(pt.Normal(), [0.0, 0.0], -1.0)
    with pytest.raises(TypeError, match="`noise` must be a perturbation"):
        PerturbArgmax(dist.Normal(), [0.0, 0.0])
    hidden = [0.0, -math.inf]
    assert PerturbArgmax(pt.Normal(), hidden).log_prob(jnp.asarray(1)) == -math.inf
    assert PerturbSoftmax(pt.Normal(), hidden).sample(KEY)[1] == 0
    theta = _VECTOR.feasible_like(THETA)
    assert _VECTOR(theta)
    assert not _VECTOR(theta.at[0].set(math.nan))
    assert jax.tree.leaves(_VECTOR) == []
    assert PerturbSoftmax(pt.Normal(), THETA).support is constraints.simplex
    assert PerturbArgmax.infer_shapes(theta=(2, 3)) == ((2,), ())


COUNTS = np.array([50, 20, 30])
"""100 observed categories."""
PRIOR = 3.0
"""The standard deviation of the normal prior of two thetas; the third is zero."""


def model(noise, z):
    prior = dist.Normal(0.0, PRIOR).expand([2]).to_event(1)
    theta = numpyro.sample("theta", prior)
    with numpyro.plate("observations", len(z)):
        numpyro.sample("z", PerturbArgmax(noise, jnp.append(theta, 0.0)), obs=z)


def posterior_mean(noise):
    """The mean and the deviation of the posterior, from exact log probabilities on a grid."""
    a, b = np.meshgrid(np.linspace(-1.5, 2.2, 60), np.linspace(-2.2, 1.5, 60), indexing="ij")
    theta = np.stack([a, b, np.zeros_like(a)], -1)
    log = pt.expected_max(noise).log_probabilities(theta) @ COUNTS
    log = log - (a**2 + b**2) / (2 * PRIOR**2)
    weight = np.exp(log - log.max())
    weight = weight / weight.sum()
    mean = np.array([np.sum(weight * a), np.sum(weight * b)])
    square = [np.sum(weight * (x - m) ** 2) for x, m in zip((a, b), mean, strict=True)]
    return mean, np.sqrt(square)


def test_the_posterior_is_next_to_the_inverse_map():
    mean, deviation = posterior_mean(pt.Normal())
    inverse = pt.expected_max(pt.Normal()).parameters(COUNTS / COUNTS.sum())
    inverse = inverse[:2] - inverse[2]
    # Prior and skewness move a mean of 100 observations by a tenth of its deviation.
    assert np.all(np.abs(mean - inverse) < 0.1 * deviation)


@pytest.mark.slow
def test_nuts_finds_the_posterior():
    z = jnp.asarray(np.repeat(np.arange(3), COUNTS))
    sampler = MCMC(
        NUTS(lambda z: model(pt.Normal(), z)), num_warmup=300, num_samples=1000, progress_bar=False
    )
    with jax.numpy_dtype_promotion("standard"):  # NUTS of NumPyro needs it
        sampler.run(jax.random.key(1), z)
    found = sampler.get_samples(group_by_chain=True)
    summary = numpyro.diagnostics.summary(found)["theta"]
    mean, deviation = posterior_mean(pt.Normal())
    assert not sampler.get_extra_fields()["diverging"].any()
    assert np.all(summary["n_eff"] > 150)
    # Five Monte Carlo standard errors: another key would fail at a rate of about 1e-6.
    error = 5 * deviation / np.sqrt(summary["n_eff"])
    assert np.all(np.abs(summary["mean"] - mean) < error)
    np.testing.assert_allclose(summary["std"], deviation, rtol=0.2)
