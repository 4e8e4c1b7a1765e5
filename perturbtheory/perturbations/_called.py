"""Frozen distributions of scipy.stats whose own methods are called."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from perturbtheory.display import exact_array
from perturbtheory.numerics import Landmarks, column, draw, dtype_of_draws, is_jax, register
from perturbtheory.perturbations._base import AbstractPerturbation, Tail
from perturbtheory.perturbations._frozen import log_quantile, quantile, tail_of, width
from perturbtheory.perturbations._places import Place
from perturbtheory.perturbations._shown import scipy_text, word

if TYPE_CHECKING:
    from collections.abc import Callable

    from jaxtyping import Float

    from perturbtheory.numerics import Array


class AbstractScipy(AbstractPerturbation):
    """What a frozen distribution says of itself."""

    distribution: Any
    breakpoints: tuple[Place, ...]

    def written(self) -> str:
        places = f", breakpoints={exact_array(self.breakpoints)}" if self.breakpoints else ""
        return f"{type(self).__name__}({self.described()}{places})"

    def described(self) -> str:
        return scipy_text(self.distribution)

    def latex(self) -> str:
        return rf"\gamma_i \sim \text{{{word(self.described())}}}"

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(quantile(self.distribution, 0.5))

    @property
    def valid(self) -> Array:
        return np.asarray(True)  # pyright: ignore[reportReturnType]

    @property
    def tail(self) -> Tail:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Read off the quantiles: how much further out 1e-20 is than 1e-10."""
        return tail_of(self.distribution)

    @property
    def smooth(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.positive and not self.breakpoints and not self._unnamed().size

    @property
    def positive(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        return all(np.all(np.isinf(end)) for end in self.distribution.support())

    @property
    def support(self) -> tuple[Float[Array, "#d"], Float[Array, "#d"]]:
        low, high = self.distribution.support()
        return np.asarray(low, float), np.asarray(high, float)  # pyright: ignore[reportReturnType]

    @property
    def resolution(self) -> Float[Array, "#d"]:
        return width(self.distribution)  # pyright: ignore[reportReturnType]

    @property
    def mean(self) -> Float[Array, "#d"]:
        return np.asarray(self.distribution.mean(), float)  # pyright: ignore[reportReturnType]

    @property
    def variance(self) -> Float[Array, "#d"]:
        return np.asarray(self.distribution.var(), float)  # pyright: ignore[reportReturnType]

    def _call(self, method: str, x: Float[Array, "..."]) -> Float[Array, "..."]:
        function = getattr(self.distribution, method)
        if not is_jax(x):
            return _evaluate(function, np.float64, x)  # pyright: ignore[reportReturnType]
        import jax

        shape = np.broadcast_shapes(x.shape, self.shape)
        out = jax.ShapeDtypeStruct(shape, jax.numpy.result_type(float, x))
        called = functools.partial(_evaluate, function, out.dtype)
        return jax.pure_callback(called, out, x, vmap_method="expand_dims")

    def quantile(self, q: Float[Array, "..."]) -> Float[Array, "..."]:
        return self._call("ppf", q)

    def log_quantile(self, level: float, *, upper: bool = False) -> Float[Array, "#d"]:
        return log_quantile(self.distribution, float(level), upper)  # pyright: ignore[reportReturnType]

    def log_quantiles(
        self, levels: tuple[float, ...], *, upper: bool = False
    ) -> Float[Array, "m #d"]:
        return column(*(self.log_quantile(level, upper=upper) for level in levels))

    def sample(self, key: Any, shape: tuple[int, ...]) -> Float[Array, "..."]:
        """Draws by inversion of uniform variables."""
        uniform = draw(key, "uniform", shape, dtype_of_draws(key))
        return self.quantile(uniform.clip(1e-300) if hasattr(uniform, "clip") else uniform)

    def _unnamed(self) -> Float[np.ndarray, "m #d"]:
        """Kinks that are no breakpoints, as far as they are known; infinite where there is none."""
        return np.zeros((0, *self.shape))

    def landmarks(self, dimension: int) -> Landmarks:  # noqa: ARG002
        return self._landmarks

    @functools.cached_property
    def _landmarks(self) -> Landmarks:
        location, width, reach, _ = AbstractPerturbation.landmarks(self, 1)
        location, width, reach = (np.asarray(a)[:-2] for a in (location, width, reach))
        ends = [end for end in self.support if np.all(np.isfinite(end))]
        kinks = [
            np.broadcast_to(k, location.shape[1:])
            for k in (*ends, *self.breakpoints, *self._unnamed())
        ]
        extra = np.reshape(kinks, (len(kinks), *location.shape[1:]))
        return Landmarks(
            np.concatenate([location, extra]),  # pyright: ignore[reportArgumentType]
            np.concatenate([width, np.full_like(extra, np.inf)]),  # pyright: ignore[reportArgumentType]
            np.concatenate([reach, np.zeros_like(extra)]),  # pyright: ignore[reportArgumentType]
            (False,) * len(location) + (True,) * len(extra),
        )


@register
@dataclasses.dataclass(frozen=True, eq=False)
class Called(AbstractScipy):
    """A frozen distribution whose own methods are called, from JAX by callbacks."""

    distribution: Any = dataclasses.field(metadata={"static": True})
    breakpoints: tuple[Place, ...] = dataclasses.field(default=(), metadata={"static": True})

    def log_pdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return self._call("logpdf", x)

    def log_cdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return self._call("logcdf", x)

    def log_sf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return self._call("logsf", x)


def _evaluate(method: Callable[[np.ndarray], np.ndarray], dtype: Any, x: Any) -> np.ndarray:
    with np.errstate(all="ignore"):
        return np.asarray(method(np.asarray(x, np.float64)), dtype)
