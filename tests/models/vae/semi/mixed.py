"""Small networks with a discrete and a continuous latent, and the same again in NumPy, in 64-bit.

Sampled numbers are compared within 5 standard errors, fewer than 30 of them in this folder: 2e-5.
"""

import functools

import jax
import numpy as np
import scipy.special

from perturbtheory.models.vae import semi
from tests.models.vae.networks import NOISY, STRUCTURED, layers

KEY = jax.random.key(5)
WIDTHS = semi.Widths(9, 8, 7, 6, 5, 10)
X = NOISY[:6]
PATTERNS = STRUCTURED
CLASSES = np.arange(60) % 4


@functools.cache
def mixture(categories=3, seed=0):
    return semi.MixtureVAE(categories, 2, widths=WIDTHS, key=jax.random.key(seed))


@functools.cache
def attributes(latents=2, seed=0):
    return semi.AttributeVAE(latents, 2, 3, widths=WIDTHS, key=jax.random.key(seed))


def affine(layer, x):
    return x @ np.asarray(layer.weight, np.float64).T + np.asarray(layer.bias, np.float64)


def encode(model, x):
    """(theta, mean, log variance) of B images."""
    hidden = layers(model.trunk, x)
    theta = layers(model.discrete, hidden).reshape(len(x), model.latents, model.categories)
    rows = np.maximum(affine(model.first, hidden), 0).reshape(len(x), model.rows, -1)
    for layer in model.shared:
        rows = affine(layer, rows)
    c = model.continuous
    return theta, rows[..., :c], rows[..., c:]


def row_divergence(mean, log_variance):
    return (mean**2 + np.exp(log_variance) - 1 - log_variance).sum(-1) / 2


def negative_log(model, x, code):
    """-log p(x|code)."""
    logits = layers(model.decoder, code)
    return -scipy.special.log_expit(np.where(np.asarray(x) == 1, logits, -logits)).sum(-1)


def of_category(model, x, c, k):
    """-f(e_k) of a mixture: the reconstruction from row k alone, and the KL of that row."""
    _, mean, log_variance = encode(model, x)
    code = np.zeros((len(x), model.rows, model.continuous))
    code[:, k] = np.asarray(c, np.float64)[:, k]
    kl = row_divergence(mean, log_variance)[:, k]
    return negative_log(model, x, code.reshape(len(x), -1)), kl
