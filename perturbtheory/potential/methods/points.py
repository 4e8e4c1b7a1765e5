"""Three and more factors gamma + B u: quasi-Monte-Carlo means over u, with a confidence radius.

On n points u_k in each of R independent scramblings of Sobol's sequence

    f(theta) = mean_r m_r,    m_r = (1 / n) sum_k f_0(theta + B u_rk),

and likewise its derivatives. The points are the same in every call: f is convex, p its gradient
and H its Hessian to rounding, as if u were uniform on them. The radius is Student's for the R means
m_r, which holds with the probability that is stated if they are normally distributed. As nothing
proves that of rare categories, a p_i of which few points have most is known by the rule of three
and by pairs only, and has no logarithm. Columns of B are taken as they are, whatever is masked, so
that JAX has the same points.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.special import stdtrit

from perturbtheory.estimate import Kind
from perturbtheory.numerics import SCRAMBLINGS, normal_points
from perturbtheory.potential.methods import _law, factors
from perturbtheory.potential.methods._conditional import (
    DEEPEST,
    FEW,
    LIKELY,
    UNLIKELY,
    ask_anchored,
    ask_first,
    ask_hessian,
    ask_product,
)
from perturbtheory.potential.methods._integrals import with_degrees
from perturbtheory.potential.methods._outer import Ask, Sums
from perturbtheory.potential.methods._pass import Pass

if TYPE_CHECKING:
    from jaxtyping import Float

    from perturbtheory.potential.methods._law import Law

    Vector = Float[np.ndarray, "d"]

kind: Kind = "quasi-monte-carlo"
RATE = 1e-9
"""Probability that a radius of one row does not hold, if means are normal."""
FEWEST = 256.0
"""Points, by (sum p)^2 / sum p^2, that p_i has to rest on to have a logarithm."""
RARE, SHOWN = -math.log(RATE), 64.0
"""Points times p_i at least of a category that no point shows, but once in 1 / `RATE`; and points
of which Student's radius can be believed."""
_EPS = float(np.finfo(float).eps)
_AT_ONCE, _PAIRS = 2**13, 32
_LOOK, _SEEN = 2**10, 4.0
"""Points that tell how small p_i are, and of these how many p_i has to rest on."""


class _Squared(Sums):
    """Sums, and the logarithms of those of squares of the first vector."""

    def __init__(self) -> None:
        super().__init__()
        self.squares: Any = -np.inf

    def add(self, rows: Any, log_weight: Any, logs: Any, *others: Any) -> None:
        super().add(rows, log_weight, logs, *others)
        if logs is not None:
            new = np.logaddexp.reduce(log_weight[:, None] + 2 * logs, axis=0)
            self.squares = np.logaddexp(self.squares, new)


class _Means(NamedTuple):
    """Of every scrambling.

    Attributes:
        log_p: log p.
        rest: f, and what else there is.
        many: how many points p_i rests on, of all scramblings.
        log_mean: log of the mean of p.
    """

    log_p: Float[np.ndarray, "r d"]
    rest: list[np.ndarray]
    many: Vector
    log_mean: Vector


def _pieces(law: Law, nodes: int) -> Iterator[tuple[int, np.ndarray]]:
    """(which scrambling, some of its points)."""
    for r, u in enumerate(normal_points(law.rank, nodes)):
        for k in range(0, len(u), _AT_ONCE):
            yield r, u[k : k + _AT_ONCE]


def _add(ask: Ask, sums: Sums, u: np.ndarray, count: int) -> None:
    ask(sums, u, np.full(len(u), -math.log(count)), np.ones((1, len(u))))


def _means(law: Law, theta: Vector, nodes: int, need: float, *, radius: bool) -> _Means:
    ask = ask_first(law, theta, need, radius=radius)
    sums = [_Squared() for _ in range(SCRAMBLINGS)]
    for r, u in _pieces(law, nodes):
        _add(ask, sums[r], u, nodes // SCRAMBLINGS)
    with np.errstate(divide="ignore"):
        log_p = np.stack([s.top + np.log(s.parts[0][0]) for s in sums])  # pyright: ignore[reportOptionalOperand]
    rest = [np.stack([s.parts[k][0] for s in sums]) for k in range(1, len(sums[0].parts))]
    squares = np.logaddexp.reduce([s.squares for s in sums])
    with np.errstate(invalid="ignore"):  # where no point shows a category
        many = nodes / SCRAMBLINGS * np.exp(2 * np.logaddexp.reduce(log_p, axis=0) - squares)
    log_mean = np.logaddexp.reduce(log_p, axis=0) - math.log(SCRAMBLINGS)
    return _Means(log_p, rest, many, np.minimum(log_mean - np.logaddexp.reduce(log_mean), 0.0))


def _need(law: Law, theta: Vector) -> float:
    """log p_i down to which p_i given u has to be right in relation to itself."""
    need = LIKELY if theta.size <= FEW else UNLIKELY
    means = _means(law, theta - np.max(theta), _LOOK, need, radius=False)
    lowest = float(np.min(means.log_mean, where=means.many >= _SEEN, initial=0.0))
    return need if lowest >= need else max(min(lowest - 1.0, UNLIKELY), DEEPEST)


def solve(noise: Any, theta: Vector, *, radius: bool = False, least: float = -np.inf) -> Pass:
    """f, p and log p, NaN where p_i rests on few points; `least` as in the method `factors`."""
    law = _law.law_of(noise, reduced=False)
    if law is None:
        return factors.solve(noise, theta, radius=radius, least=least)
    top = float(np.max(theta))
    need = LIKELY if least >= 0 else _need(law, theta)
    means = _means(law, theta - top, noise.points, need, radius=radius)
    log_p = means.log_mean
    rare = ~(means.many >= FEWEST)  # that no point shows has none at all
    value, p = top + float(means.rest[0].mean()), np.exp(log_p)
    out = Pass(value, p, np.where(rare, np.nan, log_p))
    return out._replace(**_radii(noise, law, theta, means, need, out)) if radius else out


def _radii(
    noise: Any, law: Law, theta: Vector, means: _Means, need: float, out: Pass
) -> dict[str, Any]:
    """Student's radii, what points do not show, what the method for gamma says, and rounding."""
    p, rare = out.probabilities, ~(means.many >= SHOWN)
    height, unseen = _unseen(noise, law, theta, rare, p)
    deep = np.where(p > 1e-300, -np.log(np.maximum(p, 1e-300)), 0.0)
    spread = _law.size_of(law, theta) + law.width
    sampled = np.maximum(_student(np.exp(means.log_p), theta.size), np.where(rare, p, 0.0))
    rounding = (64 * _EPS + _law.moved(law, theta, deep)) * p
    # Below `need` p_i given u is right next to one, and not to itself.
    own = means.rest[2].mean(0) + rounding + np.where(means.log_mean < need, _EPS, 1e-300)
    return {
        "value_radius": _student(means.rest[0], 1)
        + float(means.rest[1].mean())
        + height
        + _EPS * (64 * spread + 4 * abs(out.value)),
        "probabilities_radius": np.minimum(sampled + unseen + own, 1.0),
    }


def _unseen(
    noise: Any, law: Law, theta: Vector, rare: np.ndarray, p: Vector
) -> tuple[float, Vector]:
    """How much the points may miss of f, and of every p_i: what rare categories have at most.

    That is the rule of three, and that category i has to be above the likeliest one.
    """
    share = np.where(rare, RARE / noise.points, 0.0)
    if not rare.any():
        return 0.0, share
    far = math.sqrt(2 * math.log(noise.points))
    height = RARE / noise.points * (1 + far) * law.width * (1 + law.slope)
    which, top = np.flatnonzero(rare), int(np.argmax(np.where(rare, -1.0, p)))
    if which.size <= _PAIRS:
        pairs = [_above(noise, theta, int(i), top) for i in which]
        share[which] = np.minimum(share[which], [pair[0] for pair in pairs])
        height = min(height, sum(pair[1] for pair in pairs))
    others = min(float(share.sum()), RARE / noise.points)
    return height, np.where(rare, share, others)


def _above(noise: Any, theta: Vector, i: int, top: int) -> tuple[float, float]:
    """At most P(X_i > X_top) and E[(X_i - X_top)+], X = theta + gamma + B u: one factor does."""
    keep = np.isin(np.arange(theta.size), (i, top))
    try:
        found: Any = factors.solve(noise.take(keep), theta[keep], radius=True)
    except ValueError:  # of a factor that is large beside the noise
        return math.inf, math.inf
    k = int(i > top)
    mean = np.broadcast_to(noise.noise.mean, theta.shape)[top] + theta[top]
    height = found.value - mean + found.value_radius
    return (
        float(found.probabilities[k] + found.probabilities_radius[k]),
        float(height) if np.isfinite(height) else math.inf,
    )


def _student(means: np.ndarray, entries: int) -> Any:
    """Student's radius of their mean, for that many entries together."""
    quantile = -float(stdtrit(SCRAMBLINGS - 1, RATE / (2 * entries)))
    return quantile * means.std(0, ddof=1) / math.sqrt(SCRAMBLINGS)


def require_logs(theta: np.ndarray, log_p: np.ndarray) -> None:
    """Raise ValueError where a p_i rests on too few points."""
    lost = np.isnan(log_p)
    if np.any(lost):
        row = tuple(np.argwhere(np.any(lost, -1))[0]) if theta.ndim > 1 else ()
        msg = (
            f"`theta` must make no category too unlikely for points over the factors, got "
            f"{theta[row]}: few of them have most of the probability of category "
            f"{np.flatnonzero(lost[row])[0]}; pass `FactorNoise` more `nodes`, take `JointNormal` "
            "if the noise is normal with up to six categories, mask it with -inf, or ask for "
            "`estimate_probabilities`"
        )
        raise ValueError(msg)


def _mean(law: Law, ask: Ask, nodes: int) -> Any:
    sums = Sums()
    for _, u in _pieces(law, nodes):
        _add(ask, sums, u, nodes)
    return sums.parts[0][0]


def hessian(noise: Any, theta: Vector) -> Float[np.ndarray, "d d"]:
    """H(theta), the Laplacian of the graph whose weights are the means of those given u."""
    law = _law.law_of(noise, reduced=False)
    if law is None:
        return factors.hessian(noise, theta)
    _law.require_density(law)
    weight = _mean(law, ask_hessian(law, theta, _need(law, theta)), noise.points)
    return with_degrees((weight + weight.T) / 2)


def hvp(noise: Any, theta: Vector, v: Vector) -> Vector:
    """H(theta) v, in memory of the size of theta."""
    law = _law.law_of(noise, reduced=False)
    if law is None:
        return factors.hvp(noise, theta, v)
    _law.require_density(law)
    return _mean(law, ask_product(law, theta, v, _need(law, theta)), noise.points)


def logs_and_product(
    noise: Any, theta: Vector, weigh: Callable[[Vector], Vector]
) -> tuple[Vector, Vector]:
    """(log p, H v) with v = `weigh(log p)`."""
    log_p = solve(noise, theta).log_probabilities
    return log_p, hvp(noise, theta, weigh(log_p))


def anchored(noise: Any, theta: Vector) -> float:
    """f(theta) - f(0), of noise without a mean the mean of that given u."""
    law = _law.law_of(noise, reduced=False)
    if law is None:
        return factors.anchored(noise, theta)
    zero = np.zeros_like(theta)
    if noise.finite_mean:
        return solve(noise, theta, least=0.0).value - solve(noise, zero, least=0.0).value

    return float(_mean(law, ask_anchored(law, theta), noise.points))


def tie(noise: Any, theta: Vector) -> bool:
    """As that of the method `factors`."""
    return factors.tie(noise, theta)
