"""Corollary 9.2: the printed lines (53)-(61), for numbers and symbols alike."""

import functools
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product
from typing import Any, NamedTuple

import sympy as sp

from perturbtheory.claims.exhibits.noises import COIN
from perturbtheory.claims.exhibits.outcomes import dot, draws
from perturbtheory.claims.legacy import argued, exact, proof, shown
from perturbtheory.ledger import Part, Step
from perturbtheory.routes import rational
from perturbtheory.routes.symbolic import categories, identity


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


LINES: dict[str, Callable[[Means], Any]] = {
    "(53)": lambda m: _inner(m.theta, m.p) - m.maximum,
    "(54)": lambda m: _inner(m.theta, m.p) - m.counted,
    "(55)": lambda m: _inner(m.theta, m.p) - sum(m.at_maximum),
    "(56)": lambda m: _inner(m.theta, m.p) - sum(m.position),
    "(57)": lambda m: _inner(m.theta, m.p) - sum(m.place) - sum(m.noise),
    "(58)": lambda m: _inner(m.theta, m.p) - _inner(m.p, m.theta) - sum(m.noise),
    "(59)": lambda m: -sum(m.noise),
    "(60)": lambda m: -_inner(m.p, m.mean),
    "(61)": lambda m: -m.chosen,
}
THETAS = ([1, 0], [0, 0], [0, Fraction(-3, 2)], [1, 0, 0], [0, Fraction(1, 2), -1], [0, 0, 0])


def supremum(p: Sequence[Fraction]) -> Fraction:
    """f*(p) for coins: f is affine between ties, so a theta with even entries is enough."""
    corners = ([0, *rest] for rest in product((-4, -2, 0, 2, 4), repeat=len(p) - 1))
    return max(dot(p, theta) - rational.discrete(theta, COIN).value for theta in corners)


def _coins(theta: Sequence[Any]) -> Means:
    """By enumeration; at a tie the first maximiser is the arg max."""
    zero = [Fraction(0)] * len(theta)
    at_maximum, position, place, noise = (list(zero) for _ in range(4))
    p, counted, chosen, mean = list(zero), Fraction(0), Fraction(0), list(zero)
    for chance, gamma, winners in draws(theta, COIN):
        i = winners[0]
        largest = max(t + g for t, g in zip(theta, gamma, strict=True))
        indicators = [int(k == i) for k in range(len(theta))]
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
def _gumbel() -> Means:
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


def pointwise() -> dict[str, tuple[Step, ...]]:
    """Why each line follows from the one before, outcome by outcome, for any law and d."""
    _, i, j, theta = (s := categories())
    gamma: Any = sp.IndexedBase("gamma", real=True)
    p: Any = sp.IndexedBase("p", real=True)
    largest = sp.Symbol("M", real=True)
    one = sp.KroneckerDelta(i, j)

    def total(term: Any) -> Any:
        return s.sum(term).doit()

    a, b, f, g = sp.symbols("a b f g", real=True)
    position = total(one * (theta[j] + gamma[j]))
    return {
        "(53)": (
            shown(
                r"a subgradient $p$ at $\theta$ has $f(\tau) - f(\theta) - \langle p, \tau - \theta"
                r"\rangle \ge 0$, which is $\langle p, \theta\rangle - f(\theta) - (\langle p, "
                r"\tau\rangle - f(\tau))$: the supremum is attained at $\theta$",
                identity((g - f - (b - a)) - ((a - f) - (b - g))),
            ),
            argued(r"$p = P(\arg\max = \cdot) \in \partial f(\theta)$", "A.max-potential-gradient"),
        ),
        "(54)": (
            shown(r"one coordinate $i$ is the arg max: $\sum_j 1_j = 1$", identity(total(one) - 1)),
        ),
        "(55)": (
            shown(
                r"$\sum_j 1_j \max = (\sum_j 1_j)\max$",
                identity(total(one * largest) - largest * total(one)),
            ),
        ),
        "(56)": (
            shown(
                r"$\sum_j 1_j (\theta_j + \gamma_j) = \theta_i + \gamma_i$, which is the maximum",
                identity(position - theta[i] - gamma[i]),
            ),
        ),
        "(57)": (
            shown(
                r"$\sum_j 1_j\theta_j + \sum_j 1_j\gamma_j = \sum_j 1_j(\theta_j + \gamma_j)$",
                identity(total(one * theta[j]) + total(one * gamma[j]) - position),
            ),
        ),
        "(58)": (
            shown(r"$\sum_j 1_j\theta_j = \theta_i$", identity(total(one * theta[j]) - theta[i])),
            argued(r"$\mathbb E[1_j \theta_j] = p_j\theta_j$", "theta is not random"),
        ),
        "(59)": (
            shown(
                r"$\sum_j \theta_j p_j - \sum_j p_j\theta_j = 0$",
                identity(total(theta[j] * p[j]) - total(p[j] * theta[j])),
            ),
        ),
        "(61)": (
            shown(
                r"$\sum_j 1_j\gamma_j = \gamma_i$, $i$ the arg max",
                identity(total(one * gamma[j]) - gamma[i]),
            ),
        ),
    }


def line_part(name: str) -> Part:
    """One printed line against f*(p)."""
    line, steps = LINES[name], pointwise().get(name)
    gumbel = _gumbel()
    symbolic = identity(line(gumbel) - gumbel.truth)
    means = [_coins(theta) for theta in THETAS]
    wrong = next((m for m in means if line(m) != m.truth), None)
    checks = [
        exact(
            "rational, coins",
            wrong is None,
            f"E by enumeration against a supremum over all kinks of f, {len(means)} theta",
            universal=False,
        ),
        exact(
            "sympy, Gumbel noise",
            symbolic,
            "symbolic theta at d = 2, against sum_i p_i log p_i",
            universal=False,
        ),
    ]
    if steps:
        before = list(LINES).index(name) - 1
        detail = "the supremum" if before < 0 else f"{list(LINES)[before]} and this line agree"
        if name == "(61)":
            detail = "(59) and this line agree"
        checks.insert(0, proof("outcome by outcome, any law and d", detail, *steps))
    counterexample = wrong and {
        "d": len(wrong.theta),
        "gamma_i": "-1 or 1, each with probability 1/2",
        "theta": [str(t) for t in wrong.theta],
        "p": [str(q) for q in wrong.p],
        "printed": str(line(wrong)),
        "true": str(wrong.truth),
    }
    return Part(f"{name} = f*(p)", tuple(checks), counterexample)


def vertex_supremum() -> Any:
    """sup over theta of <lambda, theta> - f(theta) for Gumbel noise at lambda = (1, 0).

    It is that of -log(1 + e^t), t = theta_2 - theta_1, which decreases.
    """
    t = sp.Symbol("t", real=True)
    value = -sp.log(1 + sp.exp(t))
    return sp.Max(*(sp.limit(value, t, end) for end in (-sp.oo, sp.oo)))
