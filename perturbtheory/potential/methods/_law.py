"""What integrals over normal factors ask of factor noise, and what of it is refused."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import numpy as np

from perturbtheory.potential.methods._independent import independent_method
from perturbtheory.potential.methods._outer import POINTS

if TYPE_CHECKING:
    from types import ModuleType

    from jaxtyping import Float

_EPS = float(np.finfo(float).eps)


class Law(NamedTuple):
    """gamma + B u with B centred and of full rank.

    Attributes:
        noise: gamma.
        method: that for gamma alone.
        loadings: B.
        width: of gamma, or how far its atoms are apart.
        slope: how many widths the differences move where u moves by one.
    """

    noise: Any
    method: ModuleType
    loadings: Float[np.ndarray, "d r"]
    width: float
    slope: float

    @property
    def rank(self) -> int:
        """How many factors there are."""
        return self.loadings.shape[1]

    @property
    def analytic(self) -> bool:
        """Whether p is analytic in u; where not, there are kinks or jumps."""
        return self.noise.continuous and self.noise.smooth

    @property
    def geometric(self) -> bool:
        """Whether the error of a rule is known to be the square of its gap to the one before."""
        return not self.analytic or self.noise.step is not None


def law_of(noise: Any, *, reduced: bool = True) -> Law | None:
    """The law; None where loadings differ by a constant, so that factors change nothing.

    Unless `reduced`, columns are those of the noise, whether they depend on each other or not.
    """
    loadings = noise.centred() if reduced else noise.columns()
    rank = loadings.shape[1]
    if not np.any(loadings):
        return None
    gamma = noise.noise
    span = float(np.linalg.norm(np.ptp(loadings, axis=0)))
    width = float(np.min(gamma.resolution)) if gamma.continuous else span
    out = Law(gamma, independent_method(gamma), loadings, width, span / width)
    if rank > 1 and not out.analytic:
        msg = (
            f"`loadings` must have rank 1 under {gamma}, whose density has kinks, or which has "
            f"atoms, got rank {rank}; smooth it with `expected_logsumexp(noise, temperature)`"
        )
        raise ValueError(msg)
    return out


def bends(law: Law, theta: Float[np.ndarray, "d"]) -> np.ndarray:
    """u at which a kink of one coordinate meets that of another: theta_i + k + B_i u agree."""
    if law.noise.continuous:
        marks = law.noise.landmarks(theta.size)
        places = marks.location[list(marks.kinks)]
    else:
        atoms = np.asarray(law.noise.atoms, float)
        places = atoms[:, None] if atoms.ndim == 1 else atoms.T
    at = (np.broadcast_to(places, (len(places), theta.size)) + theta).ravel()
    slope = np.tile(law.loadings[:, 0], len(places))
    if at.size**2 > POINTS // 4:
        msg = (
            f"`loadings` must be of fewer categories under {law.noise}, whose kinks or atoms meet "
            f"at {at.size**2 // 2} places, got {theta.size}; smooth it with "
            "`expected_logsumexp(noise, temperature)`"
        )
        raise ValueError(msg)
    one, two = _pairs(at.size)
    with np.errstate(all="ignore"):
        u = (at[two] - at[one]) / (slope[one] - slope[two])
    return np.unique(u[np.isfinite(u)])


@functools.lru_cache(maxsize=8)
def _pairs(count: int) -> tuple[np.ndarray, np.ndarray]:
    return np.triu_indices(count, 1)


def possible(law: Law, theta: Float[np.ndarray, "d"]) -> np.ndarray:
    """Whether category i can win: for some u its highest value is above all lowest ones."""
    if law.noise.tail != "none" or law.rank > 1:
        return np.ones(theta.size, bool)
    low, high = (theta + np.broadcast_to(end, theta.shape) for end in law.noise.support)
    # (B_i - B_j) u > low_j - high_i for every j.
    slope = law.loadings[:, 0]
    slope = slope[:, None] - slope
    room = low - high[:, None]
    np.fill_diagonal(room, -np.inf)
    with np.errstate(all="ignore"):
        at = room / slope
    least = np.max(np.where(slope > 0, at, -np.inf), 1)
    most = np.min(np.where(slope < 0, at, np.inf), 1)
    return (least < most) & np.all((slope != 0) | (room < 0), 1)


def require_density(law: Law) -> None:
    """Raise ValueError for atoms: p given u has jumps, which no Hessian given u tells."""
    if not law.noise.continuous:
        msg = (
            f"`hessian`, `hvp` and what needs them, such as `parameters`, have no answer under "
            f"factors and {law.noise}, whose p jumps given u; smooth it with "
            "`expected_logsumexp(noise, temperature)`"
        )
        raise ValueError(msg)


def size_of(law: Law, theta: Float[np.ndarray, "d"]) -> float:
    """About how far the coordinates of theta + B u are apart, at which it rounds."""
    return float(np.ptp(theta) + 4 * np.max(np.ptp(law.loadings, axis=0)))


def moved(law: Law, theta: Float[np.ndarray, "d"], deep: np.ndarray) -> np.ndarray:
    """The relative error of p_i = exp(-deep) by which theta + B u, rounded, moves the law."""
    return 2 * _EPS * size_of(law, theta) * (2 + deep) / law.width


def refuse(law: Law, theta: np.ndarray) -> NoReturn:
    """Raise the ValueError about a rule that does not converge with the most nodes."""
    msg = (
        f"`loadings` must be moderate beside the noise, got differences of up to {law.slope:.3g} "
        f"widths of {law.noise} with theta from {theta.min():.3g} to {theta.max():.3g}: the rule "
        f"over the factors does not converge with {POINTS} nodes; widen the noise, or smooth it "
        "with `expected_logsumexp(noise, temperature)`"
    )
    raise ValueError(msg)


def refuse_depth(theta: np.ndarray, least: float) -> NoReturn:
    """Raise the ValueError about a category that is too far below the others."""
    msg = (
        f"`theta` must have no log p_i below {least:g} under factors, got {theta.min():.3g} next "
        f"to {theta.max():.3g}; mask such a category with -inf, or ask for `probabilities`, which "
        "are zero there"
    )
    raise ValueError(msg)
