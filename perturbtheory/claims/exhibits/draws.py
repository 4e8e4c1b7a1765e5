"""Averages over draws, each with a stated confidence; Gumbel noise that two arg maxes share."""

import math
from collections.abc import Callable

import numpy as np
from scipy import stats

from perturbtheory.estimate import ERROR_RATE, Estimate

VALUES = np.array([-1.5, 0.25, 2.0])
"""f at the three categories of the numerical checks."""
LOGITS = np.array([0.5, -0.25, 1.0])
"""h at the same categories, where one place is enough."""
EPSILON = 0.75


def average(
    function: Callable[[np.ndarray], np.ndarray],
    shape: tuple[int, ...],
    *,
    seed: int,
    samples: int,
    spread: float = 1.0,
) -> Estimate:
    """Mean of function(gamma) over independent standard Gumbel gamma, with its radius.

    The radius is that of Maurer and Pontil (2009), sqrt(2 V log(4/r)/n) + 7 w log(4/r)/(3 (n - 1)),
    which holds for every n and all entries at once with probability 1 - `ERROR_RATE`.

    Args:
        function: takes draws of shape (samples, *shape), answers one row per draw.
        shape: of gamma.
        seed: fixes every draw.
        samples: number of draws n.
        spread: w, the largest value an entry can take minus the least.
    """
    gamma = np.random.default_rng(seed).gumbel(size=(samples, *shape)) - np.euler_gamma
    rows = function(gamma)
    log = math.log(4 * rows[0].size / ERROR_RATE)
    radius = np.sqrt(2 * rows.var(0, ddof=1) * log / samples)
    radius = radius + 7 * spread * log / (3 * (samples - 1))
    return Estimate(rows.mean(0), radius, "monte-carlo", 1 - ERROR_RATE)


def winners(gamma: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """argmax(shift + gamma) of every draw, one-hot."""
    return np.eye(shift.size)[(gamma + shift).argmax(-1)]


def frequencies(h: np.ndarray, *, seed: int, samples: int) -> Estimate:
    """P(argmax(h + gamma) = z) for every z, from draws."""
    return average(lambda gamma: winners(gamma, h), h.shape, seed=seed, samples=samples)


def gradient(h: np.ndarray, f: np.ndarray) -> np.ndarray:
    """The gradient of E_q f in the logits h, shape (..., k), q = softmax(h), by complex steps."""
    odds = np.exp(h[..., None, :] + 1e-40j * np.eye(f.size))
    return ((odds * f).sum(-1) / odds.sum(-1)).imag / 1e-40


def shares(share: np.ndarray, samples: int, entries: int = 1) -> Estimate:
    """Shares of draws with the radius of Hoeffding's inequality, for so many entries at once.

    With one entry it is the radius of Dvoretzky, Kiefer and Wolfowitz, for all levels at once.
    """
    radius = np.sqrt(np.log(2 * entries / ERROR_RATE) / (2 * samples))
    return Estimate(share, np.full(np.shape(share), radius), "monte-carlo", 1 - ERROR_RATE)


def sample_mean(values: np.ndarray) -> Estimate:
    """The mean of independent rows, with a normal radius for all entries at once."""
    z = float(stats.norm.isf(ERROR_RATE / 2 / max(values[0].size, 1)))
    radius = z * values.std(0, ddof=1) / np.sqrt(len(values))
    return Estimate(values.mean(0), radius, "monte-carlo", 1 - ERROR_RATE)
