"""Laws of the draws of a noise: exact binomial tests and bounds that hold for every law.

A law that draws errs with its share of one error rate, which is split among its comparisons.
"""

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import stats

from perturbtheory.perturbations import AbstractPerturbation
from perturbtheory.testing.laws._coordinates import coordinates
from perturbtheory.testing.laws._defects import Defect, close, ensure
from perturbtheory.testing.laws._law import law, statistical

DRAWS = 2**16
_SHARES = np.array([1e-3, 1e-2, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999])


_LIBRARIES = ("NumPy", "JAX")


def _key(library: str, seed: int) -> Any:
    if library == "NumPy":
        return np.random.default_rng(seed)
    import jax

    return jax.random.key(seed)


def _draw(noise: AbstractPerturbation, library: str, seed: int) -> np.ndarray:
    """Draws of shape (n, d), with two coordinates where all are alike."""
    shape = (DRAWS, *(noise.shape or (2,)))
    found = noise.sample(_key(library, seed), shape)
    ensure(f"`sample` answers in shape {np.shape(found)}, not {shape}", np.shape(found) == shape)
    draws = np.asarray(found, float)
    ensure("a draw is not finite", np.isfinite(draws).all())
    return draws


_drawn = functools.lru_cache(maxsize=8)(_draw)
"""The same, once for all laws."""


def _columns(noise: AbstractPerturbation, draws: np.ndarray) -> Iterator[tuple[Any, np.ndarray]]:
    for one in coordinates(noise):
        yield one, draws[:, one.index or 0]


def _check_law(noise: AbstractPerturbation, library: str, seed: int, rate: float) -> None:
    draws = _drawn(noise, library, seed)
    columns = list(_columns(noise, draws))
    share = rate / len(columns) / 2
    for one, column in columns:
        _binomial(noise, one, column, share)
        x = np.sort(column)
        cdf = one.ask("cdf", x)
        if noise.continuous:
            above = np.max(np.arange(1, len(x) + 1) / len(x) - cdf)
            below = np.max(cdf - np.arange(len(x)) / len(x))
            distance = max(above, below)
        else:
            places = np.ravel(np.asarray(one.noise.atoms, float))
            near = np.min(np.abs(column[:, None] - places), 1)
            ensure("a draw is no atom", near <= 1e-6 * np.abs(places).max(), draw=column)
            half = np.sort((places[1:] + places[:-1]) / 2)
            distance = max(
                (abs(np.mean(column <= a) - one.ask("cdf", a).item()) for a in half), default=0.0
            )
        # Dvoretzky, Kiefer, Wolfowitz, with the constant of Massart.
        bound = np.sqrt(np.log(2 / share) / (2 * len(x)))
        if not distance <= bound:
            words = (
                f"`sample` draws from another law than `log_cdf`: the distance is {distance:.4f} "
                f"after {len(x)} draws, where {bound:.4f} is allowed"
            )
            raise Defect(words, **({} if one.index is None else {"coordinate": one.index}))


def _binomial(noise: AbstractPerturbation, one: Any, column: np.ndarray, share: float) -> None:
    """Counts below quantiles in both tails against their exact law."""
    if not noise.continuous:
        return
    x = one.ask("quantile", _SHARES)
    for q, at, p in zip(_SHARES, x, one.ask("cdf", x), strict=True):
        count = int(np.sum(column <= at))
        n = len(column)
        chance = min(stats.binom.cdf(count, n, p), stats.binom.sf(count - 1, n, p))
        if chance < share / (2 * len(_SHARES)):
            words = (
                f"`sample` draws from another law than `log_cdf`: {count} of {n} draws lie below "
                f"the quantile of {q:g}, where {n * p:.0f} are expected"
            )
            raise Defect(words, x=float(at))


@statistical("draws", r"\gamma \sim F")
def draws(noise: AbstractPerturbation, *, seed: int, rate: float) -> None:
    """Draws by a generator of NumPy have the declared distribution function."""
    _check_law(noise, "NumPy", seed, rate)


@statistical("draws in JAX", r"\gamma \sim F")
def draws_in_jax(noise: AbstractPerturbation, *, seed: int, rate: float) -> None:
    """Draws by a key of JAX have the declared distribution function."""
    _check_law(noise, "JAX", seed, rate)


@statistical("independent draws", r"\gamma_i \perp \gamma_j")
def independent(noise: AbstractPerturbation, *, seed: int, rate: float) -> None:
    """Coordinates of a draw do not follow each other, and neither do draws."""
    for library in _LIBRARIES:
        drawn = _drawn(noise, library, seed)
        ones = coordinates(noise)
        columns = [drawn[:, one.index] for one in ones] if noise.shape else [*drawn.T]
        laws = ones if noise.shape else ones * len(columns)
        ranks = [_centred(one, column) for one, column in zip(laws, columns, strict=True)]
        pairs = [("coordinates", a, b) for i, a in enumerate(ranks) for b in ranks[:i]]
        pairs += [("draws", (a[0][1::2], a[1]), (a[0][::2], a[1])) for a in ranks]
        for what, (a, most), (b, least) in pairs:
            # Hoeffding: the mean of the products is zero, and they are bounded.
            radius = most * least * np.sqrt(2 * np.log(4 * len(pairs) / rate) / len(a))
            value = float(np.mean(a * b))
            words = f"{what} are correlated: their ranks have covariance {value:.4f}"
            ensure(f"{words}, where {radius:.4f} is allowed", abs(value) <= radius)


def _centred(one: Any, column: np.ndarray) -> tuple[np.ndarray, float]:
    """F(gamma) - E[F(gamma)], and a bound of its size."""
    middle = 0.5
    if not one.noise.continuous:
        places, weights = (
            np.ravel(np.asarray(getattr(one.noise, name), float)) for name in ("atoms", "weights")
        )
        middle = float(weights @ one.ask("cdf", places))
    return one.ask("cdf", column) - middle, max(middle, 1 - middle)


@law("repeatable draws", r"\gamma = \gamma(\text{key})")
def repeatable(noise: AbstractPerturbation) -> None:
    """One key gives one draw, in the shape that is asked for; another key gives another."""
    for library in _LIBRARIES:
        first, again, other = (
            _drawn(noise, library, 0),
            *(_draw(noise, library, s) for s in (0, 1)),
        )
        close("a draw by the same key", again, first)
        ensure("another key gives the same draws", not np.array_equal(first, other))
