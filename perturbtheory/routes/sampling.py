"""Sampled answers: Monte Carlo and quasi-Monte Carlo in all d dimensions, with a stated confidence.

    f_t(theta) ~ mean of t log sum_i exp((theta_i + gamma_i)/t)
    p(theta)   ~ mean of softmax((theta + gamma)/t)

and the maximum and the arg max (ties broken fairly) at temperature t = 0. No quadrature, no
distribution function of the maximum: nothing but draws of the noise itself.
"""

import math
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

import numpy as np
from scipy import stats

from perturbtheory.estimate import ERROR_RATE, Estimate
from perturbtheory.perturbations import AbstractPerturbation

_CHUNK = 2**16
_SCRAMBLES = 16
_BITS = 52

Method = Literal["monte-carlo", "quasi-monte-carlo"]


class _Moments(NamedTuple):
    draws: int
    mean: np.ndarray
    variance: np.ndarray


def value(
    perturbation: AbstractPerturbation,
    theta: np.ndarray,
    *,
    seed: int,
    samples: int,
    temperature: float = 0.0,
    method: Method = "monte-carlo",
    error_rate: float = ERROR_RATE,
) -> Estimate:
    """E[max_i(theta_i + gamma_i)], or E[t log sum_i exp((theta_i + gamma_i)/t)] for t > 0.

    The radius is asymptotic: a normal quantile times the standard error, or Student's t over
    independent scrambles for quasi-Monte Carlo.

    Args:
        perturbation: the noise gamma; for a value that exists it needs a finite variance.
        theta: shape ``(d,)``.
        seed: fixes every draw.
        samples: number of draws; quasi-Monte Carlo rounds up to 16 powers of two.
        temperature: t.
        method: independent draws, or scrambled Sobol points sent through the quantile function.
        error_rate: probability that the truth lies outside the radius.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory.routes import sampling
        >>> import numpy as np
        >>> found = sampling.value(pt.Normal(), np.zeros(2), seed=0, samples=10_000)
        >>> bool(np.all(abs(found.value - np.pi**-0.5) <= found.radius))
        True
    """

    def function(x: np.ndarray) -> np.ndarray:
        top = x.max(1)
        if temperature == 0:
            return top[:, None]
        spread = np.exp((x - top[:, None]) / temperature).sum(1)
        return (top + temperature * np.log(spread))[:, None]

    out = _run(
        perturbation,
        theta,
        function=function,
        seed=seed,
        samples=samples,
        method=method,
        error_rate=error_rate,
        bounded=False,
    )
    return out._replace(value=float(np.asarray(out.value)[0]), radius=float(np.max(out.radius)))


def probabilities(
    perturbation: AbstractPerturbation,
    theta: np.ndarray,
    *,
    seed: int,
    samples: int,
    temperature: float = 0.0,
    method: Method = "monte-carlo",
    error_rate: float = ERROR_RATE,
) -> Estimate:
    """P(argmax(theta + gamma) = i), ties shared, or E[softmax((theta + gamma)/t)] for t > 0.

    Monte Carlo: the empirical Bernstein radius (Maurer and Pontil 2009), which holds for every
    number of samples. Quasi-Monte Carlo: as for `value`, and never below z^2 / samples.
    Arguments as for `value`.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory.routes import sampling
        >>> import numpy as np
        >>> found = sampling.probabilities(pt.Normal(), np.zeros(2), seed=0, samples=10_000)
        >>> bool(np.all(abs(found.value - 0.5) <= found.radius))
        True
    """

    def function(x: np.ndarray) -> np.ndarray:
        centred = x - x.max(1, keepdims=True)
        share = (centred == 0) * 1.0 if temperature == 0 else np.exp(centred / temperature)
        return share / share.sum(1, keepdims=True)

    return _run(
        perturbation,
        theta,
        function=function,
        seed=seed,
        samples=samples,
        method=method,
        error_rate=error_rate,
        bounded=True,
    )


def _run(
    perturbation: AbstractPerturbation,
    theta: np.ndarray,
    *,
    function: Callable[[np.ndarray], np.ndarray],
    seed: int,
    samples: int,
    method: Method,
    error_rate: float,
    bounded: bool,
) -> Estimate:
    theta = np.asarray(theta, np.float64)
    if samples < 2 * _SCRAMBLES or theta.ndim != 1:
        msg = (
            f"`samples` must be at least {2 * _SCRAMBLES} and `theta` a vector, got {samples} and "
            f"shape {theta.shape}; draw more, or call once for every theta"
        )
        raise ValueError(msg)
    share = error_rate / theta.size
    z = float(stats.norm.isf(share / 2))
    if method == "monte-carlo":
        moments = _collect(function(theta + g) for g in _draws(perturbation, theta, seed, samples))
        radius = z * np.sqrt(moments.variance / moments.draws)
        if bounded:
            log = math.log(4 / share)
            radius = np.sqrt(2 * moments.variance * log / moments.draws)
            radius = radius + 7 * log / (3 * (moments.draws - 1))
        return Estimate(moments.mean, radius, method, 1 - error_rate)
    power = math.ceil(math.log2(samples / _SCRAMBLES))
    means = []
    for scramble in range(_SCRAMBLES):
        points = _sobol(perturbation, theta, (seed, scramble), power)
        means.append(_collect(function(theta + g) for g in points).mean)
    deviation = np.std(means, 0, ddof=1) / math.sqrt(_SCRAMBLES)
    radius = float(stats.t.isf(share / 2, _SCRAMBLES - 1)) * deviation
    floor = z**2 / (_SCRAMBLES * 2**power) if bounded else 0.0
    return Estimate(np.mean(means, 0), np.maximum(radius, floor), method, 1 - error_rate)


def _draws(
    perturbation: AbstractPerturbation, theta: np.ndarray, seed: int, samples: int
) -> Iterator[np.ndarray]:
    generator = np.random.default_rng(seed)
    for start in range(0, samples, _CHUNK):
        shape = (min(_CHUNK, samples - start), theta.size)
        yield np.asarray(perturbation.sample(generator, shape), np.float64)


def _sobol(
    perturbation: AbstractPerturbation, theta: np.ndarray, seed: tuple[int, int], power: int
) -> Iterator[np.ndarray]:
    engine = stats.qmc.Sobol(theta.size, scramble=True, bits=_BITS, rng=np.random.default_rng(seed))
    size = min(2**power, _CHUNK)
    for _ in range(2**power // size):
        # Half a lattice step away from 0 and 1, where a quantile may be infinite.
        points = engine.random(size) + 2.0 ** -(_BITS + 1)
        yield np.asarray(perturbation.quantile(points), np.float64)


def _collect(batches: Iterator[np.ndarray]) -> _Moments:
    """Mean and unbiased variance over all rows of all batches (Chan's update)."""
    count, mean, square = 0, np.zeros(1), np.zeros(1)
    for batch in batches:
        own, centre = len(batch), batch.mean(0)
        shift, total = centre - mean, count + own
        square = square + ((batch - centre) ** 2).sum(0) + shift**2 * count * own / total
        mean, count = mean + shift * own / total, total
    return _Moments(count, mean, square / (count - 1))
