"""Any frozen continuous distribution of scipy.stats as a perturbation."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from perturbtheory.checks import finite, require
from perturbtheory.numerics import Landmarks, column, register
from perturbtheory.perturbations._base import AbstractPerturbation, Tail


@register
@dataclasses.dataclass(frozen=True, eq=False)
class FromScipy(AbstractPerturbation):
    """gamma_i distributed as `distribution`, for example ``FromScipy(scipy.stats.hypsecant())``.

    The frozen distribution's parameters may be scalars or vectors of shape ``(d,)``. Its own
    logpdf, logcdf and logsf are called, so accuracy and speed are scipy's. `breakpoints` names
    the places inside the support where the density jumps or bends; the ends of the support are
    known. A kink that is not named costs accuracy, which the radii of `estimate` show. Location and
    scale are kept as they are: the mean need not be zero.
    Raises ValueError unless `distribution` is a frozen ``scipy.stats.rv_continuous``.
    """

    distribution: Any = dataclasses.field(metadata={"static": True})
    breakpoints: tuple[float, ...] = dataclasses.field(default=(), metadata={"static": True})

    def __post_init__(self) -> None:
        from scipy.stats import rv_continuous

        law = getattr(self.distribution, "dist", None)
        if not isinstance(law, rv_continuous):
            msg = (
                "`distribution` must be a frozen continuous scipy.stats distribution, got "
                f"{self.distribution!r}; for example scipy.stats.gennorm(1.5), with parentheses"
            )
            raise ValueError(msg)
        probe = np.asarray(self.distribution.ppf(0.5))
        if probe.ndim > 1 or not np.all(np.isfinite(probe)):
            msg = (
                "`distribution` must have valid parameters of shape () or (d,), got "
                f"{self.distribution.args} {self.distribution.kwds} with median {probe}; mend them"
            )
            raise ValueError(msg)
        way_out = "name places inside the support, for example (0.0,)"
        places = np.asarray(self.breakpoints, float)
        if places.size:
            require("breakpoints", places, finite, "be finite", way_out)
        object.__setattr__(self, "breakpoints", tuple(places.tolist()))

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.distribution.ppf(0.5))

    @property
    def valid(self) -> Array:
        return jnp.asarray(True)

    @property
    def tail(self) -> Tail:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Read off the quantiles: how much further out 1e-20 is than 1e-10."""
        if all(np.all(np.isfinite(end)) for end in self.distribution.support()):
            return "none"
        worst = 0.0
        for upper in (False, True):
            centre = np.asarray(self.distribution.ppf(0.5))
            near, far = (
                np.abs(_log_quantile(self.distribution, level, upper) - centre)
                for level in (-23.0, -46.0)
            )
            worst = max(worst, float(np.max(far / near)))
        return "gaussian" if worst < 1.7 else "exponential" if worst < 3 else "polynomial"

    @property
    def smooth(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.positive and not self.breakpoints

    @property
    def positive(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        return all(np.all(np.isinf(end)) for end in self.distribution.support())

    @property
    def support(self) -> tuple[Float[Array, "#d"], Float[Array, "#d"]]:
        low, high = self.distribution.support()
        return jnp.asarray(low, float), jnp.asarray(high, float)

    @property
    def mean(self) -> Float[Array, "#d"]:
        return jnp.asarray(self.distribution.mean(), float)

    @property
    def variance(self) -> Float[Array, "#d"]:
        return jnp.asarray(self.distribution.var(), float)

    def _call(self, method: str, x: Float[Array, "..."]) -> Float[Array, "..."]:
        x = jnp.asarray(x)
        shape = jnp.broadcast_shapes(x.shape, self.shape)
        out = jax.ShapeDtypeStruct(shape, jnp.result_type(float, x))
        function = functools.partial(_evaluate, getattr(self.distribution, method), out)
        return jax.pure_callback(function, out, x, vmap_method="expand_dims")

    def log_pdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return self._call("logpdf", x)

    def log_cdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return self._call("logcdf", x)

    def log_sf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return self._call("logsf", x)

    def quantile(self, q: Float[Array, "..."]) -> Float[Array, "..."]:
        return self._call("ppf", q)

    def log_quantile(self, level: float, *, upper: bool = False) -> Float[Array, "#d"]:
        return jnp.asarray(_log_quantile(self.distribution, level, upper))

    def log_quantiles(
        self, levels: tuple[float, ...], *, upper: bool = False
    ) -> Float[Array, "m #d"]:
        return column(*(self.log_quantile(level, upper=upper) for level in levels))

    def sample(self, key: Array, shape: tuple[int, ...]) -> Float[Array, "..."]:
        """Draws by inversion of uniform variables."""
        return self.quantile(jax.random.uniform(key, shape, float, minval=1e-300))

    def landmarks(self, dimension: int) -> Landmarks:
        base = super().landmarks(dimension)
        if not self.breakpoints:
            return base
        kinks = jnp.broadcast_to(
            jnp.asarray(self.breakpoints)[:, None], (len(self.breakpoints), base.location.shape[1])
        )
        return Landmarks(
            jnp.concatenate([base.location, kinks]),
            jnp.concatenate([base.width, jnp.full_like(kinks, jnp.inf)]),
            jnp.concatenate([base.reach, jnp.zeros_like(kinks)]),
            base.kinks + (True,) * len(self.breakpoints),
        )


def _evaluate(
    method: Callable[[np.ndarray], np.ndarray], out: jax.ShapeDtypeStruct, x: np.ndarray
) -> np.ndarray:
    with np.errstate(all="ignore"):
        return np.asarray(method(np.asarray(x, np.float64)), out.dtype)


@functools.lru_cache(maxsize=4096)
def _log_quantile(distribution: Any, level: float, upper: bool) -> np.ndarray:
    """As `AbstractPerturbation.log_quantile`, in numpy: the distribution is always known."""
    method = distribution.logsf if upper else distribution.logcdf
    shape = np.shape(distribution.ppf(0.5))
    low, high = np.full(shape, -340.0), np.full(shape, 340.0)
    with np.errstate(all="ignore"):
        for _ in range(64):
            middle = (low + high) / 2
            value = method(np.sinh(middle))
            right = value > level if upper else value < level
            low, high = np.where(right, middle, low), np.where(right, high, middle)
    return np.sinh((low + high) / 2)
