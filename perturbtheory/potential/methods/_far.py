"""Coordinates so far below the window that F_i is one there: only their densities are due.

With scales or thetas that differ, most coordinates have no say in F; a density is one exponential,
where F_i and the rate are a special function, an exponential and a division.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from jaxtyping import Float, Int

_SURE = -40.0
"""log S_i at which 1 - S_i is one to rounding."""
_SHARE, _FEW = 0.25, 64
"""At least this share of the coordinates must be far, of more than a few, to be told apart."""


class Ordered(NamedTuple):
    """The noise and theta with the far coordinates last, and which coordinate stands where."""

    noise: Any
    theta: Float[np.ndarray, "d"]
    order: Int[np.ndarray, "d"] | None

    def back(self, values: Any) -> Any:
        """A vector over coordinates, as the caller counts them; anything else as it is."""
        if self.order is None or np.ndim(values) == 0:
            return values
        out = np.empty_like(values)
        out[..., self.order] = values
        return out


class _Apart:
    """A law of which only the first `near.size` coordinates have a cdf that is not one."""

    def __init__(self, noise: Any, is_near: np.ndarray) -> None:
        self.near, self.far = noise.take(is_near), noise.take(~is_near)
        self.count = int(np.count_nonzero(is_near))

    def cdf_and_rate(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(F_i for the near ones, f_i / F_i for all)."""
        rate = np.empty_like(x)
        cdf, rate[:, : self.count] = self.near.cdf_and_rate(x[:, : self.count])
        np.exp(self.far.log_pdf(x[:, self.count :]), out=rate[:, self.count :])
        return cdf, rate

    def score(self, x: np.ndarray) -> np.ndarray:
        """|d log f_i / dx|."""
        parts = self.near.score(x[:, : self.count]), self.far.score(x[:, self.count :])
        return np.concatenate([np.broadcast_to(a, (len(x), a.shape[-1])) for a in parts], 1)


def ordered(noise: Any, theta: Float[np.ndarray, "d"], low: float) -> Ordered:
    """The far coordinates last, if there are many; else as given."""
    if theta.size <= _FEW:
        return Ordered(noise, theta, None)
    is_near = np.broadcast_to(noise.log_sf(low - theta) > _SURE, theta.shape)
    count = int(np.count_nonzero(is_near))
    if not 0 < count <= (1 - _SHARE) * theta.size:
        return Ordered(noise, theta, None)
    order = np.concatenate([np.flatnonzero(is_near), np.flatnonzero(~is_near)])
    return Ordered(_Apart(noise, is_near), theta[order], order)
