"""Sections 3.3 and 8.1.1: the range of a subdifferential, and what Theta does to it."""

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.noises import DIFFERENCES
from perturbtheory.claims.exhibits.numbers import engine, thetas
from perturbtheory.claims.exhibits.slopes import INTERVALS, polytope
from perturbtheory.claims.legacy import agree, argued, claim, exact, proof, shown
from perturbtheory.claims.paper_a.s3_convexity.conjugate_attained import EIGHTHS, rearranged
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_max
from perturbtheory.routes import enclosure
from perturbtheory.routes.symbolic import identity

_T: Any = sp.Symbol("t", real=True)
SIXTEENTHS = [Fraction(k, 16) for k in range(17)]


@claim("A.range-of-subdifferential", corrected="A.range-of-subdifferential.corrected")
def range_of_subdifferential(budget: Budget) -> list[Part]:
    r"""Statement: For every convex f on a convex Theta, the relative interior of P = dom f* lies in
    the range of the subdifferential, which lies in P.

    LaTeX: $\operatorname{ri}(\mathcal P) \subseteq \{\partial f(\theta) : \theta \in \Theta\}
    \subseteq \mathcal P$ for convex $f : \Theta \to \mathbb R$, $\mathcal P = \{p : f^*(p) <
    \infty\}$

    Source: A, (21), (22) and the paragraph between them

    Assumptions: f convex and finite on a convex Theta, as at the head of 8.1.1; nothing is said to
    be closed. The paragraph takes 0 in the subdifferential of the concave <p, theta> - f(theta)
    where it is largest; read with the sign that makes it true, for f - <p, theta>. "Whenever
    directional derivatives exist" has to mean that they are finite: see A.directional-limit.

    Computed: the second inclusion by rearranging; for the first f = 0 on the open (0, 1).
    """
    p, theta_set = sp.Integer(1), sp.Interval.open(0, 1)
    # f = 0: f*(p) = sup p theta, and p > 0 is a subgradient at theta if theta >= tau for all tau.
    conjugate = p * theta_set.sup
    attained = sp.Intersection(theta_set, sp.Interval(theta_set.sup, sp.oo))
    grid = [x for x in SIXTEENTHS if theta_set.contains(sp.Rational(x.numerator, x.denominator))]
    refuters = [(1 + x) / 2 for x in grid if (1 + x) / 2 - x > 0]
    return [
        Part("(21): the range lies in P", _range_in_domain(budget)),
        Part(
            "(22): ri(P) lies in the range",
            (
                exact(
                    "sympy, sets",
                    not (conjugate.is_finite and attained is sp.S.EmptySet),
                    f"theta with p = 1 in the subdifferential: {attained}, f*(1) = {conjugate}",
                    universal=False,
                ),
                exact(
                    "rational",
                    len(refuters) < len(grid),
                    f"at {len(grid)} theta, tau = (1 + theta)/2 has f(tau) < f(theta) + 1 (tau - "
                    "theta)",
                    universal=False,
                ),
            ),
            {
                "d": 1,
                "Theta": "(0, 1)",
                "f": 0,
                "P": "R",
                "p": int(p),
                "f*(p)": int(conjugate),
                "theta with p as a subgradient": str(attained).replace("EmptySet", "none"),
            },
        ),
    ]


def _range_in_domain(budget: Budget) -> tuple[Check, ...]:
    theta = thetas(3, budget)
    f, p = (engine(expected_max(Gumbel()), theta, what) for what in ("value", "probabilities"))
    share, error = np.asarray(p.value), np.asarray(p.radius)
    product = Estimate(
        (share * theta).sum(1) - np.asarray(f.value),
        (error * abs(theta)).sum(1) + np.asarray(f.radius),
        "quadrature",
    )
    odds = np.exp(theta)
    exactly = odds / odds.sum(1, keepdims=True)
    return (
        proof(
            "sympy, any d",
            "a subgradient attains the supremum",
            rearranged(),
            argued(
                r"so $f^*(p) = \langle p, \theta\rangle - f(\theta) < \infty$: $p \in \mathcal P$",
                "f is finite on Theta",
            ),
        ),
        agree(
            "engine",
            "quadrature",
            product,
            (exactly * np.log(exactly)).sum(1),
            "log-sum-exp: <p, theta> - f(theta) at p = softmax(theta) against sum p log p, d = 3",
        ),
    )


@claim(
    "A.range-of-subdifferential.corrected",
    depends_on=("A.directional-derivative", "A.conjugate-attained.corrected"),
)
def range_of_subdifferential_corrected(budget: Budget) -> list[Part]:
    r"""Statement: For closed proper convex f, ri(P) lies in the range of the subdifferential, which
    lies in P. Where f is restricted to a closed Theta, subgradients that point out of Theta count:
    the gradients of f on Theta alone need not cover ri(P).

    LaTeX: for closed proper convex $f$, $\operatorname{ri}(\operatorname{dom} f^*) \subseteq
    \bigcup_\theta \partial f(\theta) \subseteq \operatorname{dom} f^*$; for convex $f : \mathbb R^d
    \to \mathbb R$ and closed convex $\Theta$ the range is that of $\partial f(\theta) +
    N_\Theta(\theta)$, and $\{\nabla f(\theta) : \theta \in \Theta\}$ can miss $p \in
    \operatorname{ri}(\mathcal P)$

    Source: corrects A, (22) and its use in (9)

    Assumptions: closed means lower semicontinuous; a closed Theta is not enough (f = 0 on (0, 1)
    and 1 at the ends has the range {0} too). N is the normal cone; the sum rule is Rockafellar's
    Theorem 23.8. In (9) the paper takes P from f on Theta and the gradients from f on R^d.

    Computed: with Rockafellar's theorems; for discrete noise and on closed intervals, exactly; the
    log-sum-exp on the closed ray {(t, 0): t >= 0} at d = 2.
    """
    level = sp.Rational(1, 4)
    share = 1 / (1 + sp.exp(-_T))
    ray = sp.Interval(0, sp.oo)
    solutions = sp.solveset(share - level, _T, sp.S.Reals)
    excess: Any = sp.log(1 + sp.exp(_T)) - sp.log(2) - level * _T
    ts = [Fraction(1, 4), Fraction(1), Fraction(4), Fraction(16)]
    least = [enclosure.probabilities(Gumbel(), [x, 0])[0].low for x in ts]
    start = enclosure.value(Gumbel(), [0, 0])
    rises = [enclosure.value(Gumbel(), [x, 0]).low - start.high - x / 4 for x in ts]
    return [
        Part(
            "closed proper f: ri(P) lies in the range",
            (
                proof(
                    "sympy and Rockafellar, any d",
                    "subgradients of the conjugate",
                    argued(
                        r"$f$ finite on $\mathbb R^d$ and $+\infty$ outside a closed convex "
                        r"$\Theta \ne \emptyset$ is such a function, with subdifferential "
                        r"$\partial f(\theta) + N_\Theta(\theta)$ on $\Theta$",
                        "Rockafellar, Theorem 23.8",
                    ),
                    argued(
                        r"$f^*$ is closed, proper and convex, and $f^{**} = f$",
                        "Rockafellar, Theorem 12.2; here f is required to be closed",
                    ),
                    argued(
                        r"every $p \in \operatorname{ri}(\operatorname{dom} f^*)$ has some $\theta "
                        r"\in \partial f^*(p)$",
                        "Rockafellar, Theorem 23.4, for f*",
                    ),
                    rearranged(),
                    argued(
                        r"the same for $f^*$: $\theta \in \partial f^*(p)$ says $f^{**}(\theta) + "
                        r"f^*(p) = \langle p, \theta\rangle$, that is $p \in \partial f(\theta)$",
                        "f** = f",
                    ),
                ),
                exact(
                    "rational, discrete noise",
                    _cells_cover(),
                    "d = 2: the polytopes at theta_1 - theta_2 = -2, 0, 2 contain every eighth of "
                    "the simplex",
                    universal=False,
                ),
                exact(
                    "rational, intervals",
                    all(
                        any(on.is_subgradient(Fraction(k, 4), x) for x in on.grid())
                        for on in INTERVALS.values()
                        for k in range(-16, 17)
                    ),
                    f"{len(INTERVALS)} functions on closed intervals, where P = R: p in [-4, 4]",
                    universal=False,
                ),
            ),
        ),
        Part("the range lies in P", _range_in_domain(budget)),
        Part(
            "log-sum-exp on {(t, 0): t >= 0}: p_1 = 1/4 is in ri(P), but no gradient",
            (
                proof(
                    "sympy, d = 2",
                    "(1/4, 3/4) is a subgradient at the end of the ray only",
                    shown(
                        r"no gradient: $1/(1 + e^{-t}) = 1/4$ for $t = -\log 3$ only, not for "
                        r"$t \ge 0$",
                        solutions == sp.FiniteSet(-sp.log(3))
                        and sp.Intersection(solutions, ray) is sp.S.EmptySet,
                    ),
                    shown(
                        r"$g(t) = \log(1 + e^t) - \log 2 - t/4$ has $g' = 1/(1 + e^{-t}) - 1/4$",
                        identity(sp.diff(excess, _T) - (share - level)),
                    ),
                    shown(
                        r"$g(0) = 0$ and $g'(0) > 0$",
                        excess.subs(_T, 0) == 0
                        and bool(sp.diff(excess, _T).subs(_T, 0).is_positive),
                    ),
                    shown(
                        r"$g'' = \frac{e^t}{(1 + e^t)^2} > 0$: $g \ge 0$ on the ray, so that "
                        r"$(\frac14, \frac34)$ is a subgradient at $t = 0$",
                        identity(sp.diff(excess, _T, 2) - sp.exp(_T) / (1 + sp.exp(_T)) ** 2),
                    ),
                    argued(
                        r"$\sup_{t \ge 0} \{p_1 t - f\} < \infty$ iff $p_1 \le 1$: $\mathcal P = "
                        r"\{p_1 \le 1\}$, whose relative interior contains $(\frac14, \frac34)$",
                        "t <= f <= t + log 2 on the ray",
                    ),
                ),
                exact(
                    "ball arithmetic, gradient",
                    min(least) > Fraction(1, 4),
                    "p_1 > 1/4 at (t, 0), t = 1/4, 1, 4, 16",
                    universal=False,
                ),
                exact(
                    "ball arithmetic, subgradient",
                    min(rises) > 0,
                    "f(t, 0) - f(0, 0) > t/4 at the same t",
                    universal=False,
                ),
            ),
        ),
    ]


def _cells_cover() -> bool:
    cells = [polytope((Fraction(k), 0)) for k in sorted(set(DIFFERENCES))]
    return all(any(cell.contains([p, 1 - p]) for cell in cells) for p in EIGHTHS)
