"""What independent noise answers at theta + B u for many u: the integrands over factors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perturbtheory.potential.methods import _many, closed_form

if TYPE_CHECKING:
    from jaxtyping import Float

    from perturbtheory.potential.methods._law import Law
    from perturbtheory.potential.methods._outer import Ask, Sums

    Vector = Float[np.ndarray, "d"]

LIKELY, UNLIKELY = -14.0, -36.0
"""log p_i down to which the declared nodes serve, right to 1e-16 in all, and twice as many."""
FEW, DEEPEST = 64, -2500.0
"""Categories of which all may be likely, and log p_i down to which rules go."""
_DEEP, _BELOW = -500.0, 56.0
"""log p_i down to which rows at once serve, on windows that reach farther down than that."""
_FAR = 40.0
"""-log of the share of p_i that a node may have wrong in relation to itself."""


def ask_first(law: Law, theta: Vector, need: float, *, radius: bool) -> Ask:
    """p by its logarithm, and f; with `radius` also how far off f and p are.

    Down to log p_i = `need` p_i is right in relation to itself.
    """

    def ask(sums: Sums, u: np.ndarray, log_weight: np.ndarray, rows: np.ndarray) -> None:
        at = theta + u @ law.loadings.T
        if law.method is closed_form and not radius:
            value, _, log_p = closed_form.softmaxes(law.noise, at)
            radii = []
        elif need >= _DEEP and _many.serves(law.noise, theta.size):
            value, log_p, *radii = _at_once(law, at, need, radius=radius)
        else:
            least = np.minimum(need - _FAR - log_weight, 0.0)
            value, log_p, *radii = _one_by_one(law, at, least, radius=radius)
        sums.add(rows, log_weight, log_p, *(_linear(part) for part in (value, *radii)))

    return ask


def _linear(part: np.ndarray) -> Any:
    return lambda coefficients: coefficients @ part


def _one_by_one(
    law: Law, theta: Float[np.ndarray, "n d"], least: np.ndarray, *, radius: bool
) -> tuple[np.ndarray, ...]:
    """(f, log p) of every row, and their radii."""
    found = [
        law.method.solve(law.noise, row, radius=radius, least=at)
        for row, at in zip(theta, least, strict=True)
    ]
    parts = [[f.value for f in found], [f.log_probabilities for f in found]]
    if radius:
        parts += [[f.value_radius for f in found], [f.probabilities_radius for f in found]]
    return tuple(map(np.array, parts))


def _at_once(
    law: Law, theta: Float[np.ndarray, "n d"], need: float, *, radius: bool
) -> tuple[np.ndarray, ...]:
    """The same, from nodes that serve all rows; for a radius from twice as many."""
    top, (finer, floor) = theta.max(1), _nodes(need)
    value, p, mass = _many.first(law.noise, theta, finer=finer * (1 + radius), floor=floor)
    with np.errstate(divide="ignore"):
        out = value + top, np.log(p)
    if not radius:
        return out
    coarse, coarse_p, _ = _many.first(law.noise, theta, finer=finer, floor=floor)
    lost = np.abs(mass - 1)
    size = np.abs(value) + law.width
    return *out, np.abs(value - coarse) + lost * size, np.abs(p - coarse_p) + lost[:, None] * p


def _nodes(need: float) -> tuple[int, float]:
    """How many times the nodes, and from where on, for p_i down to exp(need)."""
    return 1 + (need < LIKELY), min(_many.FLOOR, need - _BELOW)


def ask_hessian(law: Law, theta: Vector, need: float) -> Ask:
    """The weights of the graph, -H off the diagonal; rows of p_i above exp(need) keep digits."""

    def terms(mass: np.ndarray, rate: np.ndarray) -> np.ndarray:
        return rate.T @ (mass[:, None] * rate)

    def one(row: np.ndarray) -> np.ndarray:
        return -law.method.hessian(law.noise, row)

    def of_softmaxes(p: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
        return np.einsum("mn,ni,nj->mij", coefficients, p, p, optimize=True)

    return _ask(law, theta, terms, one, of_softmaxes, need)


def ask_product(law: Law, theta: Vector, v: Vector, need: float) -> Ask:
    """H v."""

    def terms(mass: np.ndarray, rate: np.ndarray) -> np.ndarray:
        degree, coupled = (mass * rate.sum(1)) @ rate, (mass * (rate @ v)) @ rate
        return degree * v - coupled

    def one(row: np.ndarray) -> np.ndarray:
        return law.method.hvp(law.noise, row, v)

    def of_softmaxes(p: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
        return coefficients @ (p * (v - (p @ v)[:, None]))

    return _ask(law, theta, terms, one, of_softmaxes, need)


def _ask(law: Law, theta: Vector, terms: Any, one: Any, of_softmaxes: Any, need: float) -> Ask:
    """By `terms` of many rows, of softmaxes given p, or by one row after the other."""
    at_once = need >= _DEEP and _many.serves(law.noise, theta.size)

    def ask(sums: Sums, u: np.ndarray, log_weight: np.ndarray, rows: np.ndarray) -> None:
        at = theta + u @ law.loadings.T

        def total(coefficients: np.ndarray) -> np.ndarray:
            if law.method is closed_form:
                p = closed_form.softmaxes(law.noise, at)[1]
                return of_softmaxes(p, coefficients) / law.noise.gumbel_scale
            if at_once:
                finer, floor = _nodes(need)
                return _many.weighted(law.noise, at, coefficients, terms, finer=finer, floor=floor)
            out: Any = 0.0
            for row, own in zip(at, coefficients.T, strict=True):
                part = one(row)
                out = out + own.reshape(-1, *(1,) * part.ndim) * part
            return out

        sums.add(rows, log_weight, None, total)

    return ask


def ask_anchored(law: Law, theta: Vector) -> Ask:
    """f_0(theta + B u) - f_0(B u), each less f_0(0)."""

    def ask(sums: Sums, u: np.ndarray, log_weight: np.ndarray, rows: np.ndarray) -> None:
        moved = u @ law.loadings.T
        one, two = (
            np.array([law.method.anchored(law.noise, t + row) for row in moved])
            for t in (theta, np.zeros_like(theta))
        )
        sums.add(rows, log_weight, None, lambda c: c @ (one - two))

    return ask
