"""The NumPy engine, one row at a time: f(theta) = E[max_i(theta_i + gamma_i)] and its derivatives.

theta is a float64 vector; -inf masks a coordinate, as in logits: p_i = 0, log p_i = -inf, and
value and derivatives are those without it. Masks and units are settled here, once: where numbers
could overflow, theta and the noise are divided by a power of two, which is exact. A method is
then asked for open, moderate coordinates. Numbers are right, or a ValueError names the argument.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from perturbtheory.numerics import two_sum
from perturbtheory.potential.methods import Pass, factors, method_of, quadrature, quadrature_rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from jaxtyping import Float

    Vector = Float[np.ndarray, "d"]

_quiet = np.errstate(all="ignore")
"""Infinity and zero are answers on the way to a number."""
_RELATIVE = (quadrature, factors)
"""Methods in which digits of small p_i are found apart."""
_NEAR, _FAR, _FARTHEST = 1e20, 1e200, 1e305
"""Scales beyond the first, or below its inverse, and thetas beyond the third are brought to a
unit of their own; next to a pole the mass is where numbers are 1e-250 of the scale. Laws that have
no other unit do without up to the second."""
MODERATE = 1e150
"""Numbers below it need no unit of their own in formulas for many rows."""


class _Row(NamedTuple):
    """A row without masked coordinates: theta and noise divided by 2^power; f lacks `shift`."""

    method: ModuleType
    noise: Any
    theta: np.ndarray
    open: np.ndarray | None
    power: int
    shift: float

    def spread(self, values: np.ndarray, fill: float) -> np.ndarray:
        """The vector with `fill` at the masked coordinates."""
        if self.open is None:
            return values
        full = np.full(self.open.shape, fill)
        full[self.open] = values
        return full


@_quiet
def solve(noise: Any, theta: Vector, *, radius: bool = False, least: float = -np.inf) -> Pass:
    """f(theta), p(theta) and log p(theta), with radii where they are asked for.

    The p_i with log p_i below `least` may be less accurate in relation to themselves, which is
    quicker under many unequal scales; with `least` = 0 those below 1e-16.
    """
    row = _row(noise, theta)
    out = row.method.solve(row.noise, row.theta, radius=radius, least=least)
    lost = not np.isfinite(out.value) and bool(noise.finite_mean)
    if lost or not out.probabilities.min() >= 0:
        msg = (
            f"`theta` has no answer that 64 bits can hold, got {theta} under {noise}: f is "
            f"{out.value}; bring the scales of theta and of the noise nearer to each other"
        )
        raise ValueError(msg)
    if row.open is None and not row.power and not row.shift:
        return out
    value = row.shift + _scaled(out.value, row.power)
    rounded = np.finfo(float).eps * (abs(row.shift) + abs(value)) if row.shift else 0.0
    return Pass(
        value,
        row.spread(out.probabilities, 0.0),
        row.spread(out.log_probabilities, -np.inf),
        _scaled(out.value_radius, row.power) + rounded if radius else None,
        row.spread(out.probabilities_radius, 0.0) if radius else None,
    )


@_quiet
def at_once(
    question: str, noise: Any, *vectors: Float[np.ndarray, "n d"], least: float = -np.inf
) -> tuple[Any, ...] | None:
    """(which rows, `solve`, `hessian` or `hvp` of these in one pass, for which it is right).

    None where rows are as well answered one by one.
    """
    if method_of(noise) is not quadrature or not quadrature_rows.serves(noise, vectors[0].shape[1]):
        return None
    near, shift = noise.unshifted()
    moderate = np.all(np.abs(vectors[0]) < MODERATE, 1)
    vectors = tuple(vector[moderate] for vector in vectors)
    if near is not noise or np.any(shift) or not moderate.any() or _power(noise, vectors[0]):
        return None
    if question == "hessian":
        found = quadrature_rows.hessian(noise, *vectors)
    elif question == "hvp":
        found = quadrature_rows.hvp(noise, *vectors)
    else:
        found = quadrature_rows.solve(noise, *vectors, least=least)
    return None if found is None else (np.flatnonzero(moderate), *found)


@_quiet
def hessian(noise: Any, theta: Vector, *, relative: bool = True) -> Float[np.ndarray, "d d"]:
    """H(theta); raises ValueError at a tie of discrete noise, where it does not exist.

    Without `relative` rows of p_i below 1e-26 may have no digits, which is quicker.
    """
    row = _row(noise, theta)
    _require_no_tie(row)
    options = {} if relative or row.method not in _RELATIVE else {"relative": False}
    out = _scaled(row.method.hessian(row.noise, row.theta, **options), -row.power)
    if row.open is None:
        return out
    full = np.zeros((row.open.size, row.open.size))
    full[np.ix_(row.open, row.open)] = out
    return full


@_quiet
def hvp(noise: Any, theta: Vector, v: Vector, *, relative: bool = True) -> Vector:
    """H(theta) v in one pass; raises ValueError at a tie of discrete noise."""
    row = _row(noise, theta)
    _require_no_tie(row)
    v = v if row.open is None else v[row.open]
    options = {} if relative or row.method not in _RELATIVE else {"relative": False}
    return row.spread(_scaled(row.method.hvp(row.noise, row.theta, v, **options), -row.power), 0.0)


@_quiet
def logs_and_product(
    noise: Any, theta: Vector, weigh: Callable[[Vector], Vector]
) -> tuple[Vector, Vector]:
    """(log p, H v) with v = `weigh(log p)`, of factor noise, by one rule for both."""
    row = _row(noise, theta)

    def inside(log_p: Vector) -> Vector:
        v = weigh(row.spread(log_p, -np.inf))
        return v if row.open is None else v[row.open]

    log_p, product = row.method.logs_and_product(row.noise, row.theta, inside)
    return row.spread(log_p, -np.inf), row.spread(_scaled(product, -row.power), 0.0)


@_quiet
def log_slopes(noise: Any, theta: Vector, which: np.ndarray) -> Float[np.ndarray, "n d"]:
    """d log p_i / d theta_j for open coordinates i in `which`; noise is continuous."""
    row = _row(noise, theta)
    if row.open is None:
        return _scaled(row.method.log_slopes(row.noise, row.theta, which), -row.power)
    out = np.zeros((len(which), theta.size))
    inside = (np.cumsum(row.open) - 1)[which]
    out[:, row.open] = _scaled(row.method.log_slopes(row.noise, row.theta, inside), -row.power)
    return out


@_quiet
def anchored(noise: Any, theta: Vector) -> float:
    """f(theta) - f(0), which exists without any moment; masked coordinates are left out of both."""
    if np.ndim(noise.unshifted()[1]) and noise.finite_mean:
        origin = np.where(theta > -np.inf, 0.0, theta)
        return solve(noise, theta, least=0.0).value - solve(noise, origin, least=0.0).value
    row = _row(noise, theta, place=False)
    return _scaled(row.method.anchored(row.noise, row.theta), row.power)


@_quiet
def tie(noise: Any, theta: Vector) -> bool:
    """Whether f has a kink at theta: two coordinates tie for the maximum with probability > 0."""
    row = _row(noise, theta)
    return bool(row.method.tie(row.noise, row.theta))


def _require_no_tie(row: _Row) -> None:
    if not row.noise.continuous and row.method.tie(row.noise, row.theta):
        msg = (
            f"`theta` must not be at a tie of discrete noise, where the Hessian does not exist, "
            f"got {row.theta}; ask `has_tie` first, or move theta"
        )
        raise ValueError(msg)


def _row(noise: Any, theta: Vector, *, place: bool = True) -> _Row:
    method, open_ = method_of(noise), None
    shift: Any
    near, shift = noise.unshifted()
    if place or not np.ndim(shift):
        noise = near
    else:
        shift = 0.0
    least = theta.min()
    if not np.isfinite(least) or theta.max() == np.inf:
        open_ = theta > -np.inf
        if not open_.any() or np.isnan(least) or theta.max() == np.inf:
            msg = (
                f"`theta` must be finite, or -inf where a coordinate is masked, and not masked "
                f"everywhere, got {theta}"
            )
            raise ValueError(msg)
        noise, theta = noise.take(open_), theta[open_]
        shift = shift[open_] if np.ndim(shift) else shift
    if np.ndim(shift):
        noise, theta, shift = _placed(noise, theta, shift)
    power = _power(noise, theta)
    if power:
        noise, theta, power = _divided(noise, theta, power)
    return _Row(method, noise, theta, open_, power, shift)


def _placed(noise: Any, theta: Vector, shift: Vector) -> tuple[Any, Vector, float]:
    """(noise, theta, c) with theta + shift = c + theta + the location of the noise, exactly.

    Only what rounding takes from theta + shift is left to the noise.
    """
    moved, low = two_sum(theta, shift)
    top = int(moved.argmax())
    c = float(moved[top])
    moved, rest = two_sum(moved, np.full_like(moved, -c))
    moved, rest = two_sum(moved, rest + (low - low[top]))
    return noise.shifted(rest) if np.any(rest) else noise, moved, c


def _power(noise: Any, theta: np.ndarray) -> int:
    """k such that theta and noise are moderate numbers in units of 2^k; mostly zero."""
    with np.errstate(over="ignore"):
        size = np.max(noise.resolution if noise.continuous else np.abs(noise.atoms))
    far = max(theta.max(), -theta.min())
    most, least = (_NEAR, 1 / _NEAR) if noise.continuous else (_FAR, -np.inf)
    if least < size < most and far < _FARTHEST:
        return 0
    if size == np.inf:  # a width whose ends are finite
        return 1024
    power = int(np.frexp(size)[1])
    # As near to the noise as theta allows: f and theta must be numbers in this unit too.
    return max(power, int(np.frexp(far)[1]) - 1000) if noise.continuous else 1000


def _divided(noise: Any, theta: np.ndarray, power: int) -> tuple[Any, np.ndarray, int]:
    divided = np.ldexp(theta, -power)
    try:
        small = noise.rescaled(-power)
    except ValueError:
        if np.max(np.abs(theta)) < _FAR and 1 / _FAR < np.max(noise.resolution) < _FAR:
            return noise, theta, 0
        raise
    width = np.min(small.resolution if small.continuous else 1.0)
    if not width > 0:
        msg = (
            f"`theta` must be within 1e300 scales of the noise, got {theta} with {noise}; its "
            "arg max does not depend on the noise, or is a tie"
        )
        raise ValueError(msg)
    return small, divided, power


def _scaled(value: Any, power: int) -> Any:
    if not power:
        return value
    with np.errstate(over="ignore"):
        out = np.ldexp(value, power)
    if not np.all(np.isfinite(out) | ~np.isfinite(value)):
        msg = f"`theta` gives numbers beyond 1e308 ({value} times 2^{power}); rescale theta"
        raise ValueError(msg)
    return out
