"""Laws on a half-line with a cumulative hazard u in closed form: S(x) = exp(-u(x))."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any

from perturbtheory.perturbations._formulas import complement, hazard_law
from perturbtheory.perturbations._half_line import AbstractHalfLine

if TYPE_CHECKING:
    from jaxtyping import Float

    from perturbtheory.numerics import Array


class AbstractHazard(AbstractHalfLine):
    """F(x) = 1 - exp(-u(x)), f(x) = u'(x) exp(-u(x)): subclasses say what u is."""

    @abc.abstractmethod
    def _hazard(self, x: Any, rest: Any) -> tuple[Any, Array, Array]:
        """(xp, u, u' / u) at x + rest; (xp, 0, 0) up to the end of the support."""

    @abc.abstractmethod
    def _log_hazard(self, x: Any) -> tuple[Any, Array, Array, Array]:
        """(xp, u, log u, log u') at x; u = u' = 0 below the support."""

    @abc.abstractmethod
    def _at_hazard(self, u: Array, log_u: Array) -> Array:
        """x with u(x) = u."""

    def _image(self, e: Any, log_e: Any, *, falls: bool) -> Array:
        xp, e, log_e, *_ = self._parameters(e, log_e)
        return self._at_hazard(*(complement(xp, e, log_e) if falls else (e, log_e)))

    def log_pdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        _, u, _, log_slope = self._log_hazard(x)
        return log_slope - u

    def log_sf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return -self._log_hazard(x)[1]

    def log_cdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        xp, u, log_u, _ = self._log_hazard(x)
        return -complement(xp, u, log_u)[0]

    def cdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        return hazard_law(*self._hazard(x, 0.0))[0]

    def log_cdf_and_rate(
        self, x: Float[Array, "..."]
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        return self.log_cdf(x), self.cdf_and_rate(x)[1]

    def cdf_and_rate(
        self, x: Float[Array, "..."]
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        return self.cdf_and_rate_at(x, 0.0)

    def cdf_and_rate_at(
        self, x: Float[Array, "..."], rest: Float[Array, "..."] | float
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        return hazard_law(*self._hazard(x, rest))
