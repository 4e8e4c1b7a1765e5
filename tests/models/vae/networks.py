"""A few images, small networks, and the same network again in NumPy, in 64-bit.

What has few states is enumerated by code of its own. Sampled numbers are compared within 5
standard errors, fewer than 60 of them in this folder: 4e-5. Keys are fixed.
"""

import itertools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import scipy.special
from jax.tree_util import Partial

import perturbtheory as pt
from perturbtheory import estimators as es
from perturbtheory.models import vae
from perturbtheory.models.vae import _epoch, _task, _training

KEY = jax.random.key(11)
RNG = np.random.default_rng(0)
PATTERNS = RNG.integers(0, 2, (4, 784)).astype(np.uint8)
STRUCTURED = PATTERNS[np.arange(60) % 4]
"""Four images, over and over: what two latents of three categories can learn."""
NOISY = RNG.integers(0, 2, (60, 784)).astype(np.uint8)


def network(latents=2, categories=3, hidden=8, *, sharp=1.0, seed=1):
    """`sharp` multiplies the last weights of the encoder: logits that are not all near zero."""
    model = vae.DiscreteVAE(latents, categories, hidden=hidden, key=jax.random.key(seed))
    return eqx.tree_at(lambda m: m.encoder.layers[1].weight, model, replace_fn=lambda w: sharp * w)


def floats(x):
    return jnp.asarray(x, jnp.float32)


# NumPy, in 64-bit


def layers(mlp, x):
    """W_2 relu(W_1 x + b_1) + b_2."""
    first, second = (
        tuple(np.asarray(a, np.float64) for a in (one.weight, one.bias)) for one in mlp.layers
    )
    hidden = np.maximum(np.asarray(x, np.float64) @ first[0].T + first[1], 0)
    return hidden @ second[0].T + second[1]


def theta_of(model, x):
    return layers(model.encoder, x).reshape(len(x), model.latents, model.categories)


def law(noise, theta):
    return np.asarray(pt.expected_max(noise).probabilities(np.asarray(theta, np.float64)))


def negative_log(model, x, z):
    """-log p(x|z) for z of shape (B, N, K)."""
    logits = layers(model.decoder, z.reshape(len(z), -1))
    p = scipy.special.log_expit(np.where(np.asarray(x) == 1, logits, -logits))
    return -p.sum(-1)


def states(model):
    every = itertools.product(range(model.categories), repeat=model.latents)
    return np.eye(model.categories)[np.array(list(every))]


def table(model, x):
    """-log p(x|z) for every joint state: (B, K^N)."""
    return np.stack([negative_log(model, x, np.tile(z, (len(x), 1, 1))) for z in states(model)], 1)


def chances(model, x, noise):
    """q(z|x) for every joint state: (B, K^N)."""
    p = law(noise, theta_of(model, x))
    return np.stack([np.prod((p * z).sum(-1), -1) for z in states(model)], 1)


def divergence(p):
    """sum_n log K + sum_k p log p."""
    return (np.log(p.shape[-1]) + scipy.special.xlogy(p, p).sum(-1)).sum(-1)


def elbo(model, x, noise):
    """The negative ELBO of each image."""
    kl = divergence(law(noise, theta_of(model, x)))
    return (chances(model, x, noise) * table(model, x)).sum(1) + kl


def evidence(model, x):
    """-log p(x)."""
    return -scipy.special.logsumexp(-table(model, x) - model.latents * np.log(model.categories), 1)


def leaves(tree):
    return [np.asarray(a) for a in jax.tree.leaves(tree) if eqx.is_array(a)]


def same(a, b):
    """Whether all arrays are equal bit for bit."""
    return all(x.tobytes() == y.tobytes() for x, y in zip(leaves(a), leaves(b), strict=True))


MLP = eqx.nn.MLP(6, "scalar", 4, 1, activation=jnp.tanh, dtype=jnp.float32, key=KEY)


def by_parameters(parameters, x):
    """A control variate of one value for each image."""
    return jnp.sum(jnp.tanh(parameters * x), (1, 2))


class Control(eqx.Module):
    """A network of all latents of each image."""

    inner: eqx.nn.MLP

    def __call__(self, x):
        return jax.vmap(self.inner)(x.reshape(len(x), -1))


RULES = {
    "relaxed-normal": (es.Relaxed(pt.Normal()), 2, 3),
    "relaxed-gumbel": (es.Relaxed(temperature=0.7), 2, 3),
    "straight-through": (es.Relaxed(pt.Normal(), 1.0, straight_through=True), 2, 3),
    "hessian": (es.StraightThrough(pt.Normal()), 2, 3),
    "direct": (es.Direct(1.0), 2, 3),
    "exact": (es.Exact(pt.Normal()), 1, 4),
    "score": (es.ScoreFunction(pt.Gumbel(), 2, "leave-one-out"), 2, 3),
    "rebar": (es.Rebar(), 2, 3),
    "relax-module": (es.Relax(Control(MLP)), 2, 3),
    "relax-partial": (es.Relax(Partial(by_parameters, jnp.ones((2, 3), jnp.float32))), 2, 3),
    "arm": (es.Arm(), 2, 2),
    "reinmax": (es.ReinMax(), 2, 3),
    "gumbel-rao": (es.GumbelRao(0.7), 2, 3),
    "gapped": (es.GappedStraightThrough(), 2, 3),
    "disarm": (es.DisArm(), 2, 2),
    "carms": (es.Carms(), 2, 3),
}
FAST = {"batch": 20, "learning_rate": 0.02}


def one_epoch(rule, images, number=0, schedule=None):
    """The state after an epoch that starts with new moments, in batches of 20."""
    training = vae.Training(rule, "softmax", schedule)
    start = _training._Progress.start(network(), training).state
    with jax.numpy_dtype_promotion("standard"):
        return _epoch.train_epoch(
            start, jnp.asarray(images), KEY, jnp.asarray(number), _task.traced(training.task),
            20, 0.02,
        )[0]  # fmt: skip
