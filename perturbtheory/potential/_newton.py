"""The inverse map p -> theta, the conjugate, the Fenchel-Young loss and the entropy in NumPy.

For p in the interior of the simplex theta(p) solves p(theta) = p, see `_match`; then

    f*(p) = <p, theta(p)> - f(theta(p)),     L(theta, p) = f(theta) + f*(p) - <p, theta> >= 0,

and at the vertices, which labels are, f*(e_i) = -E[gamma_i]. Categories with p_i = 0 are left
out: on a face f* is that of the categories which span it. For Gumbel noise of one scale b

    theta(p) = b log p + constant,     f*(p) = b sum_i p_i log p_i,     L = b KL(p || p(theta)).
"""

import math
from typing import Any, Literal, NoReturn

import numpy as np

from perturbtheory.potential import _polyhedral, _rows
from perturbtheory.potential._match import TINY, Match, at, logs_of, match, rounding

_ACCEPTED = 1e-10
"""The largest max R - min R, a relative error of p, with which a theta is returned."""
_VALUED = 1e-6
"""The same for f*, which half the Newton decrement makes right to the third power of it."""
_VIOLATION = 1e-8
"""How far outside the subdifferential of discrete noise p may be, as linear programs end."""


def solve(noise: Any, p: np.ndarray) -> tuple[np.ndarray, float]:
    """(theta, max R - min R) with p(theta) = p, zero at the largest entry, -inf where p_i = 0.

    For discrete noise p is in the subdifferential at theta, and the second number is its
    violation. Raises ValueError where no theta that the precision can hold gives p to 1e-10.
    """
    active = p > 0
    noise, inner = noise.take(active), p[active]
    theta = np.full(p.shape, -np.inf)
    if noise.gumbel_scale is not None:
        log_p = np.log(inner)
        theta[active], spread = noise.gumbel_scale * (log_p - np.max(log_p)), 0.0
    elif noise.continuous:
        found = _matched(noise, inner)
        theta[active], spread = found.theta, found.spread
    else:
        theta[active], spread = _kelley(noise, inner)
    return theta, spread


def parameters(noise: Any, p: np.ndarray, gauge: Literal["sum", "first"] = "sum") -> np.ndarray:
    """theta with p(theta) = p > 0, of sum zero or with theta_1 = 0; noise is not discrete.

    Raises ValueError where none that the precision can hold gives p to 1e-10.
    """
    if noise.gumbel_scale is not None:
        return _gauged(noise.gumbel_scale * np.log(p), gauge)
    found = _matched(noise, p)
    theta = _gauged(found.theta, gauge)
    if rounding(theta, found.slopes) > _ACCEPTED / 10:
        # A constant added to large differences may cost their digits.
        spread = at(noise, theta, p).spread
        if not spread <= _ACCEPTED:
            _refuse_gauge(p, theta, spread, gauge)
    return theta


def conjugate(noise: Any, p: np.ndarray) -> float:
    """f*(p) = sup_theta <p, theta> - f(theta), on the closed simplex; the mean must be finite."""
    active = p > 0
    return _supremum(noise.take(active), p[active] / p.sum(), anchored=False)


def fenchel_young(noise: Any, theta: np.ndarray, p: np.ndarray) -> float:
    """f(theta - <p, theta>) + f*(p).

    Categories masked by theta_i = -inf are none; the loss is infinite where they have p_i > 0,
    and on the boundary where noise has no finite mean. In the interior heavy tails take f - f(0)
    for f, so that the loss exists without a mean.
    """
    present = theta > -np.inf
    if np.any(p[~present] > 0):
        return math.inf
    noise, theta, p = noise.take(present), theta[present], p[present] / p.sum()
    active = p > 0
    inner, chosen = noise.take(active), p[active]
    moved = theta - chosen @ theta[active]
    if noise.gumbel_scale is not None:
        log_q = _rows.solve(noise, theta).log_probabilities[active]
        loss = noise.gumbel_scale * (chosen @ (np.log(chosen) - log_q))
    elif noise.tail == "polynomial" and active.all():
        loss = _rows.anchored(noise, moved) + _supremum(noise, p, anchored=True)
    elif not noise.finite_mean:
        return math.inf
    else:
        loss = _rows.solve(noise, moved, least=0.0).value + _supremum(inner, chosen, anchored=False)
    # Rounding may leave -1e-16 where theta and p match; no loss is negative.
    return max(float(loss), 0.0)


def entropy(noise: Any, theta: np.ndarray) -> float:
    """-sum_i p_i log p_i in nats, to the relative accuracy of the smaller probabilities."""
    # A p_i whose digits are lost is next to nothing, and so is its share.
    return entropy_of(logs_of(_rows.solve(noise, theta)))


def entropy_of(log_p: np.ndarray) -> float:
    """The same of these log p_i."""
    largest = np.argmax(log_p)
    others = np.delete(log_p, largest)
    others = others[others > -np.inf]
    rest = np.exp(others)
    # The logarithm of what is almost one has the digits of what is missing.
    missing = float(np.sum(rest))
    first = float(log_p[largest]) if missing > 0.5 else math.log1p(-missing)
    return max(float(-(1 - missing) * first - rest @ others), 0.0)


def _gauged(theta: np.ndarray, gauge: str) -> np.ndarray:
    return theta - (theta[0] if gauge == "first" else np.mean(theta))


def _supremum(noise: Any, p: np.ndarray, *, anchored: bool) -> float:
    """f*(p) for positive p of sum one, or, if `anchored`, the conjugate of f - f(0)."""
    if len(p) == 1:
        return 0.0 if anchored else -float(np.ravel(noise.mean)[0])
    if noise.gumbel_scale is not None:
        return float(noise.gumbel_scale * (p @ np.log(p)))
    if not noise.continuous:
        theta, _ = _kelley(noise, p)
        return float(p @ theta - _rows.solve(noise, theta, least=0.0).value)
    found = match(noise, p, _VALUED)
    if not found.spread <= _VALUED:
        _refuse(noise, p, found)
    theta = found.seen.theta
    height = _rows.anchored(noise, theta) if anchored else found.seen.value
    return float(p @ theta - height + found.short)


def _matched(noise: Any, p: np.ndarray) -> Match:
    """theta with p(theta) = p for positive p, to 1e-10."""
    found = match(noise, p, 0.0)
    if not found.spread <= _ACCEPTED:
        _refuse(noise, p, found)
    return found


def _kelley(noise: Any, p: np.ndarray) -> tuple[np.ndarray, float]:
    """theta at which p is a subgradient of f under discrete noise, and by how much it is not."""
    theta, violation = _polyhedral.discrete_parameters(noise, p / p.sum())
    if not violation <= _VIOLATION:
        msg = (
            f"`p` must be a subgradient of f at a theta that can be found, got {p}: Kelley's "
            f"method ended where it is {violation:.1g} outside; use fewer atoms or categories, or "
            "a temperature > 0"
        )
        raise ValueError(msg)
    return theta - theta[np.argmax(p)], violation


def _refuse(noise: Any, p: np.ndarray, found: Match) -> NoReturn:
    """Raise the ValueError that names why no theta was found for p."""
    least, steepest = int(np.argmin(p)), int(np.argmax(found.slopes))
    reach = float(np.max(np.abs(found.theta)))
    nudged = found.theta.copy()
    nudged[[least, steepest]] += np.spacing(reach)
    with np.errstate(invalid="ignore"):
        moved = at(noise, nudged, p).log_q - at(noise, found.theta, p).log_q
    worst = int(np.argmax(np.nan_to_num(np.abs(moved), nan=np.inf)))
    lost = abs(float(moved[worst]))
    if not lost < _ACCEPTED / 10:
        lighter = ", or take noise with lighter tails" if noise.tail == "polynomial" else ""
        why = (
            f"entries of theta differ by up to {reach:.3g}, and rounding them changes "
            f"p[{worst}] = {p[worst]:.3g} by {lost:.1g} of itself; raise the small entries{lighter}"
        )
    elif p[least] < TINY or found.spread == math.inf:
        why = (
            f"p[{least}] = {p[least]:.3g} is too small for its logarithm to be computed under "
            f"{noise}; raise it"
        )
    else:
        why = (
            f"Newton's method ended where p is off by {found.spread:.1g} of itself; raise the "
            "entries that are far below others"
        )
    msg = f"`p` must have a theta that this precision can hold, got {p}: {why}"
    raise ValueError(msg)


def _refuse_gauge(p: np.ndarray, theta: np.ndarray, spread: float, gauge: str) -> NoReturn:
    """Raise the ValueError that says what the constant of a gauge has cost."""
    msg = (
        f"`gauge` must leave theta the digits that p needs, got {gauge!r} for `p` = {p}: entries "
        f"of theta reach {np.max(np.abs(theta)):.3g}, and rounding them changes p by {spread:.1g} "
        "of itself; put the largest entry of p first and use gauge='first'"
    )
    raise ValueError(msg)
