"""Mean, bias and variance of an estimator at one theta: from draws, with their errors."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from perturbtheory.display import block, line, quiet, table
from perturbtheory.estimate import ERROR_RATE, Estimate
from perturbtheory.estimators._exact import Exact
from perturbtheory.estimators._objective import Objective
from perturbtheory.estimators._states import enumerable

if TYPE_CHECKING:
    from collections.abc import Callable

    from jax.typing import ArrayLike
    from jaxtyping import Array, Float

    from perturbtheory.estimators._base import AbstractEstimator
    from perturbtheory.estimators._objective import Values

_CHUNK = 2**18
"""Most entries of estimates that are held in memory at a time."""
_FEWEST = 32


class Measurement(NamedTuple):
    """Moments of an estimator, each within its radius with the stated confidence.

    Attributes:
        mean: of the estimate, shape of theta.
        bias: the mean less the gradient of E[f(z)] under the estimator's own noise, as `Exact`
            has it; None where f has more joint states than are enumerated.
        variance: the total over all entries, a number: the trace of the covariance.
        draws: how many estimates were made.

    Example:
        >>> from perturbtheory import estimators as es
        >>> import jax
        >>> h, f = [0.5, -0.25, 1.0], [-1.5, 0.25, 2.0]
        >>> found = es.measure(es.Exact(), h, f, key=jax.random.key(0), draws=100)
        >>> float(abs(found.bias.value).max()) < 1e-12
        True
    """

    mean: Estimate
    bias: Estimate | None
    variance: Estimate
    draws: int

    def __repr__(self) -> str:
        moments = ", ".join(f"{name} {value}" for name, value in self._moments())
        return f"Measurement({moments}, {self.draws} draws)"

    def _repr_html_(self) -> str:
        return block(
            table(("moment", "value ± radius"), self._moments()), line(quiet(f"{self.draws} draws"))
        )

    def _moments(self) -> list[tuple[str, str]]:
        found = {"mean": self.mean, "bias": self.bias, "variance": self.variance}
        return [(n, "not enumerated" if e is None else str(e)) for n, e in found.items()]


def measure(
    estimator: AbstractEstimator,
    theta: Float[ArrayLike, "... K"],
    f: Values,
    *,
    key: Array,
    draws: int,
    error_rate: float = ERROR_RATE,
) -> Measurement:
    """mean v, mean v - grad E[f(z)] and tr Cov v of estimates v, over independent draws.

    Radii are quantiles of Student's t times the standard error: asymptotic, so that a rare event
    that no draw met is not in them. The variance is a mean of squares |v - mean|^2 and has the
    error of one; it takes a second pass over the same draws. Chunks keep the memory bounded, and
    `draws` is rounded up to a whole number of them.

    Args:
        estimator: any of this package.
        theta: logits, shape (..., K).
        f: values or a function, see `AbstractEstimator`.
        key: of jax.random; fixes every draw.
        draws: number of estimates, at least 32.
        error_rate: probability that the truth lies outside the radius, for each of the three.

    Raises:
        ValueError: for fewer draws, for an error rate outside (0, 1), and as the estimator.

    Example:
        >>> from perturbtheory import estimators as es
        >>> import jax
        >>> h, f = [0.5, -0.25, 1.0], [-1.5, 0.25, 2.0]
        >>> found = es.measure(es.Direct(0.5), h, f, key=jax.random.key(0), draws=2000)
        >>> found.bias.contains(es.direct_bias(h, f, 0.5))
        True
    """
    if not isinstance(draws, int) or isinstance(draws, bool) or draws < _FEWEST:
        msg = f"`draws` must be an integer of at least {_FEWEST}, got {draws!r}; draw more"
        raise ValueError(msg)
    if not 0 < error_rate < 1:
        msg = f"`error_rate` must be a probability, got {error_rate!r}; 1e-6 is usual"
        raise ValueError(msg)
    import jax.numpy as jnp
    from scipy import stats

    theta = jnp.asarray(estimator.check(theta))
    objective = Objective.of(theta, f)
    chunks = math.ceil(draws * theta.size / _CHUNK)
    size = math.ceil(draws / chunks)
    n = chunks * size
    found = _compiled()(estimator, theta, objective.f, key, chunks, size)
    value, variance = (np.asarray(x, np.float64) for x in found)
    # A running mean is rounded once a chunk; that is all the error there is without variance.
    rounding = float(jnp.finfo(theta.dtype).eps) * (16 + chunks)
    radius = np.sqrt(variance / (n - 1)) + rounding * (np.abs(value) + np.sqrt(variance))
    one, all_ = (stats.t.isf(error_rate / 2 / count, n - 1) for count in (1, theta.size))

    def estimate(value: Any, radius: Any) -> Estimate:
        return Estimate(value, radius, "monte-carlo", 1 - error_rate)

    mean = estimate(value[:-1].reshape(theta.shape), all_ * radius[:-1].reshape(theta.shape))
    bias = None
    if enumerable(objective):
        truth = np.asarray(Exact(estimator.law)(None, theta, objective.f), np.float64)
        bias = estimate(mean.value - truth, mean.radius + rounding * np.abs(truth))
    # Around a centre that is off by d the mean square is larger by |d|^2.
    off = rounding**2 * np.sum(np.square(value[:-1]) + variance[:-1])
    total = estimate(value[-1] * n / (n - 1), one * radius[-1] + off)
    return Measurement(mean, bias, total, n)


@functools.cache
def _compiled() -> Callable[..., Any]:
    import jax

    return jax.jit(_moments, static_argnums=(4, 5))


def _moments(
    estimator: AbstractEstimator, theta: Array, f: Any, key: Array, chunks: int, size: int
) -> tuple[Float[Array, "n+1"], Float[Array, "n+1"]]:
    """Mean and variance of the n entries of an estimate and, last, of |estimate - mean|^2."""
    import jax
    import jax.numpy as jnp

    def once(centre: Array, _: None) -> tuple[Array, tuple[Array, Array]]:
        def rows(chunk: Array) -> Array:
            keys = jax.random.split(jax.random.fold_in(key, chunk), size)
            drawn = jax.vmap(lambda k: estimator(k, theta, f))(keys).reshape(size, -1)
            distance = jnp.sum(jnp.square(drawn - centre), 1, keepdims=True)
            return jnp.concatenate([drawn, distance], 1)

        mean, square = _collect(rows, chunks, jnp.zeros(theta.size + 1, theta.dtype))
        return mean[:-1], (mean, square / (chunks * size))

    # The first pass finds the centre of the second; one body, so that it is compiled once.
    start = jnp.zeros(theta.size, theta.dtype)
    means, variances = jax.lax.scan(once, start, length=2)[1]
    return means[1], variances[1]


def _collect(
    rows: Callable[[Array], Array], chunks: int, zeros: Float[Array, "n"]
) -> tuple[Float[Array, "n"], Float[Array, "n"]]:
    """Mean and sum of squared deviations over all rows of all chunks (Chan's update)."""
    import jax
    import jax.numpy as jnp

    def add(state: tuple[Array, Array], chunk: Array) -> tuple[tuple[Array, Array], None]:
        mean, square = state
        batch, before = rows(chunk), chunk.astype(zeros.dtype)
        own = jnp.mean(batch, 0)
        shift = own - mean
        square = square + jnp.sum(jnp.square(batch - own), 0)
        square = square + jnp.square(shift) * (len(batch) * before / (before + 1))
        return (mean + shift / (before + 1), square), None

    return jax.lax.scan(add, (zeros, zeros), jnp.arange(chunks))[0]
