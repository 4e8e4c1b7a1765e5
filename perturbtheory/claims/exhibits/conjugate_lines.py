"""Corollary 9.2: the printed lines (53)-(61), for numbers and symbols alike."""

import functools
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product
from typing import Any, NamedTuple

import sympy as sp

from perturbtheory.claims.exhibits.noises import COIN
from perturbtheory.claims.exhibits.outcomes import dot, draws
from perturbtheory.ledger import Equation, Step, argued, eq
from perturbtheory.routes import rational, symbolic


class Means(NamedTuple):
    """The averages that the lines are made of; 1_i says whether i is the arg max.

    Attributes:
        theta: the parameters.
        p: E[1_i].
        maximum: E[max].
        counted: E[(sum_i 1_i) max].
        at_maximum: E[1_i max].
        position: E[1_i (theta_i + gamma_i)].
        place: E[1_i theta_i].
        noise: E[1_i gamma_i].
        chosen: E[gamma at the arg max].
        mean: E[gamma_i].
        truth: f*(p), by other means.
    """

    theta: Sequence[Any]
    p: Sequence[Any]
    maximum: Any
    counted: Any
    at_maximum: Sequence[Any]
    position: Sequence[Any]
    place: Sequence[Any]
    noise: Sequence[Any]
    chosen: Any
    mean: Sequence[Any]
    truth: Any


def _inner(one: Sequence[Any], two: Sequence[Any]) -> Any:
    return sum(a * b for a, b in zip(one, two, strict=True))


GIVEN = r"(60), $\gamma_{\hat i}$ given $\arg\max = \hat i$,"
LINES: dict[str, Callable[[Means], Any]] = {
    "(53)": lambda m: _inner(m.theta, m.p) - m.maximum,
    "(54)": lambda m: _inner(m.theta, m.p) - m.counted,
    "(55)": lambda m: _inner(m.theta, m.p) - sum(m.at_maximum),
    "(56)": lambda m: _inner(m.theta, m.p) - sum(m.position),
    "(57)": lambda m: _inner(m.theta, m.p) - sum(m.place) - sum(m.noise),
    "(58)": lambda m: _inner(m.theta, m.p) - _inner(m.p, m.theta) - sum(m.noise),
    "(59)": lambda m: -sum(m.noise),
    "(60)": lambda m: -_inner(m.p, m.mean),
    GIVEN: lambda m: -sum(q * (x / q) for q, x in zip(m.p, m.noise, strict=True) if q != 0),
    "(61)": lambda m: -m.chosen,
}
THETAS = ([1, 0], [0, 0], [0, Fraction(-3, 2)], [1, 0, 0], [0, Fraction(1, 2), -1], [0, 0, 0])

CANDIDATES = (
    (Fraction(1, 2), Fraction(1, 2)),
    (Fraction(2), Fraction(1, 2)),
    (Fraction(-1, 4), Fraction(5, 4)),
    (Fraction(-1, 2), Fraction(1, 2)),
)
"""Vectors p, d = 2, of which it is asked whether f*(p) is finite; one is a probability vector."""


def supremum(p: Sequence[Fraction]) -> Fraction:
    """f*(p) for coins: f is affine between ties, so a theta with even entries is enough."""
    corners = ([0, *rest] for rest in product((-4, -2, 0, 2, 4), repeat=len(p) - 1))
    return max(dot(p, theta) - rational.discrete(theta, COIN).value for theta in corners)


def coins(theta: Sequence[Any]) -> Means:
    """By enumeration; at a tie the first maximiser is the arg max."""
    d = len(theta)
    p, at_maximum, position, place, noise, mean = ([Fraction(0)] * d for _ in range(6))
    counted, chosen = Fraction(0), Fraction(0)
    for chance, gamma, winners in draws(theta, COIN):
        i = winners[0]
        largest = max(t + g for t, g in zip(theta, gamma, strict=True))
        indicators = [int(k == i) for k in range(d)]
        counted += chance * sum(indicators) * largest
        chosen += chance * gamma[i]
        for k, one in enumerate(indicators):
            p[k] += chance * one
            at_maximum[k] += chance * one * largest
            position[k] += chance * one * (theta[k] + gamma[k])
            place[k] += chance * one * theta[k]
            noise[k] += chance * one * gamma[k]
            mean[k] += chance * gamma[k]
    maximum = rational.discrete(theta, COIN).value
    found = (maximum, counted, at_maximum, position, place, noise, chosen, mean)
    return Means(theta, p, *found, supremum(p))


@functools.cache
def gumbel() -> Means:
    """Gumbel noise at symbolic theta, d = 2; the truth is sum p log p."""
    theta = sp.symbols("theta_1 theta_2", real=True)
    x, r = sp.Symbol("x", positive=True), sp.Symbol("r", positive=True)
    odds = [sp.exp(t) for t in theta]
    total = sum(odds)
    p = [o / total for o in odds]
    # u = e^-(z + c): 1_i and the maximum z have density e^theta_i e^(-r u) in u, r = sum of odds,
    # and int u^x e^(-r u) du = Gamma(1 + x) r^(-1-x) gives the mean of z = -log u - c.
    powers: Any = sp.gamma(1 + x) * r ** (-1 - x)
    height = -sp.diff(powers, x).subs(x, 0) - sp.EulerGamma / r
    at_maximum = [(o * height).subs(r, total) for o in odds]
    place = [t * q for t, q in zip(theta, p, strict=True)]
    noise = [m - q for m, q in zip(at_maximum, place, strict=True)]
    maximum = sp.log(total)
    truth = sum(q * sp.log(q) for q in p)
    averages = (maximum, maximum, at_maximum, at_maximum, place, noise, sum(noise))
    return Means(theta, p, *averages, [sp.Integer(0)] * 2, truth)


def pointwise() -> dict[str, tuple[Step | Equation, ...]]:
    """Why each line follows from the one before, outcome by outcome, for any law and d."""
    _, i, j, theta = (s := symbolic.categories())
    gamma: Any = sp.IndexedBase("gamma", real=True)
    largest = sp.Symbol("M", real=True)
    one = sp.KroneckerDelta(i, j)
    along_theta, along_gamma = s.sum(one * theta[j]), s.sum(one * gamma[j])
    position = s.sum(one * (theta[j] + gamma[j]))
    return {
        "(53)": (
            argued(r"""$\langle p, \tau\rangle - f(\tau) \le \langle p, \theta\rangle - f(\theta)$
                for $p \in \partial f(\theta)$ and every $\tau$: the supremum is attained, at
                $\theta$ [definition of a subgradient]"""),
            argued(
                r"$p = P(\arg\max = \cdot) \in \partial f(\theta)$",
                "A.max-potential-gradient.corrected",
            ),
        ),
        "(54)": (eq(s.sum(one), 1, "one coordinate $i$ of $d = i + m$ is the arg max"),),
        "(55)": (eq(s.sum(one * largest), largest * s.sum(one), r"$M = \max$"),),
        "(56)": (eq(position, theta[i] + gamma[i], "which is the maximum"),),
        "(57)": (eq(along_theta + along_gamma, position),),
        "(58)": (
            eq(along_theta, theta[i]),
            argued(r"$\mathbb E[1_j \theta_j] = p_j\theta_j$", r"$\theta$ is not random"),
        ),
        "(59)": (argued(r"$\sum_ip_i\theta_i$ is taken away from itself", "(58)"),),
        "(61)": (eq(along_gamma, gamma[i], "$i$ the arg max: (59) and this line agree"),),
    }


def vertex_supremum() -> Any:
    """sup over theta of <lambda, theta> - f(theta) for Gumbel noise at lambda = (1, 0).

    It is that of -log(1 + e^t), t = theta_2 - theta_1, which decreases.
    """
    t = sp.Symbol("t", real=True)
    value = -sp.log(1 + sp.exp(t))
    return sp.Max(*(sp.limit(value, t, end) for end in (-sp.oo, sp.oo)))


def two_rays() -> tuple[Step | Equation | str, ...]:
    """f* is infinite off the simplex."""
    _, i, j, _ = (s := symbolic.categories())
    p: Any = sp.IndexedBase("p", real=True)
    t = sp.Symbol("t", real=True)
    return (
        eq(s.sum(p[j] * t), t * s.sum(p[j])),
        r"$\langle p, \theta\rangle$ at $\theta = t\mathbf 1$, $d = i + m$",
        argued(r"""$f(t\mathbf 1) = f(0) + t$, so $\langle p, \theta\rangle - f(\theta)$ is
            unbounded unless $\sum_j p_j = 1$ [a maximum moves with all its entries]"""),
        eq(s.sum(-t * sp.KroneckerDelta(i, j) * p[j]), -t * p[i]),
        r"$\langle p, \theta\rangle$ at $\theta = -te_i$",
        argued(r"""$f(-te_i) \le f(0)$ for $t \ge 0$, so $\langle p, \theta\rangle - f(\theta) \ge
            -tp_i - f(0)$, unbounded if $p_i < 0$ [a maximum is monotone in every entry]"""),
    )


def climbs(p: Sequence[Fraction]) -> bool:
    """Whether <p, theta> - f(theta) >= rate * distance - f(0) along a ray of `two_rays`, coins."""
    d, excess = len(p), sum(p) - 1
    ray, rate = [1 if excess > 0 else -1] * d, abs(excess)
    if excess == 0:
        i = min(range(d), key=p.__getitem__)
        ray, rate = [-int(k == i) for k in range(d)], -p[i]
    start = rational.discrete([0] * d, COIN).value
    return rate > 0 and all(
        k * dot(p, ray) - rational.discrete([k * x for x in ray], COIN).value >= k * rate - start
        for k in (1, 10, 1000)
    )
