"""Sections 3.3 and 8.1.1: the range of a subdifferential."""

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import noises, slopes
from perturbtheory.claims.exhibits.numbers import engine, thetas
from perturbtheory.claims.exhibits.symbols import T
from perturbtheory.claims.paper_a.s3_convexity.conjugate_attained import EIGHTHS, rearranged
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Claim, agree, argued, eq, exact, shown, witness
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_max
from perturbtheory.routes import enclosure

SIXTEENTHS = [Fraction(k, 16) for k in range(17)]

subdifferential_range = Claim(
    "A.range-of-subdifferential",
    "A, (21), (22) and the paragraph between them",
    r"""For every convex $f : \Theta \to \mathbb R$ on a convex $\Theta$ the relative interior of
    $\mathcal P = \operatorname{dom} f^* = \{p : f^*(p) < \infty\}$ lies in the range of the
    subdifferential, which lies in $\mathcal P$, and whenever directional derivatives exist there is
    a subgradient: $\operatorname{ri}(\mathcal P) \subseteq \{\partial f(\theta) : \theta \in
    \Theta\} \subseteq \mathcal P$.""",
    assumes=r"""(22) has two readings: $f$ convex and finite on a convex $\Theta$, as at the head of
    8.1.1, where nothing is said to be closed; and $f$ closed and proper, which 8.3 proves its $f$
    to be before it uses (22). The first fails. The paragraph takes 0 in the subdifferential of the
    concave $\langle p, \theta\rangle - f(\theta)$ where it is largest: that of a concave function
    is meant, as Rockafellar has it, so that 0 is in that of $f - \langle p, \theta\rangle$.
    "Whenever directional derivatives exist" is read as: wherever they are finite, or plus infinity
    in directions that lead out of $\Theta$; see A.directional-limit.""",
    depends_on="A.directional-derivative",
)
closed_range = subdifferential_range.corrected(
    r"""For closed proper convex $f$, $\operatorname{ri}(\operatorname{dom} f^*) \subseteq
    \bigcup_\theta \partial f(\theta) \subseteq \operatorname{dom} f^*$. Where a convex $f : \mathbb
    R^d \to \mathbb R$ is restricted to a closed convex $\Theta$, subgradients that point out of
    $\Theta$ count: the range is that of $\partial f(\theta) + N_\Theta(\theta)$, and the gradients
    alone, $\{\nabla f(\theta) : \theta \in \Theta\}$, can miss $p \in \operatorname{ri}(\mathcal
    P)$.""",
    source="corrects A, (22) and its use in (9)",
    assumes=r"""Closed means lower semicontinuous; a closed $\Theta$ is not enough ($f = 0$ on $(0,
    1)$ and 1 at the ends has the range $\{0\}$ too). $N$ is the normal cone; the sum rule is
    Rockafellar's Theorem 23.8. In (9) the paper takes $\mathcal P$ from $f$ on $\Theta$ and the
    gradients from $f$ on $\mathbb R^d$.""",
    depends_on=("A.directional-derivative", "A.conjugate-attained.corrected"),
)


@subdifferential_range.part(r"(21): the range lies in $\mathcal P$")
@closed_range.part(r"the range lies in $\mathcal P$")
def in_domain(budget):
    theta = thetas(3, budget)
    f, p = (engine(expected_max(Gumbel()), theta, what) for what in ("value", "probabilities"))
    share, error = np.asarray(p.value), np.asarray(p.radius)
    height = (share * theta).sum(1) - np.asarray(f.value)
    radius = (error * abs(theta)).sum(1) + np.asarray(f.radius)
    odds = np.exp(theta)
    exactly = odds / odds.sum(1, keepdims=True)
    yield exact(
        "sympy, any d",
        rearranged(),
        argued(r"""so $f^*(p) = \langle p, \theta\rangle - f(\theta) < \infty$: $p \in \mathcal P$
            [$f$ is finite on $\Theta$]"""),
    )
    what = r"""log-sum-exp: $\langle p, \theta\rangle - f(\theta)$ at $p =
        \operatorname{softmax}(\theta)$ against $\sum_i p_i \log p_i$, $d = 3$"""
    yield agree(
        "engine", Estimate(height, radius, "quadrature"), (exactly * np.log(exactly)).sum(1), what
    )


@subdifferential_range.part("where directional derivatives exist there is a subgradient")
def where_derivatives_exist():
    points = [(on, theta) for on in slopes.INTERVALS.values() for theta in on.grid()]
    quarters = [Fraction(k, 4) for k in range(-16, 17)]
    yield exact(
        "Rockafellar, any d",
        argued(r"""$v \mapsto \nabla_v f(\theta)$ is convex, positively homogeneous and nowhere
            minus infinity, so that it is at least some $\langle p, v\rangle$ for every $v$
            [Rockafellar, Theorem 23.3]"""),
        argued(r"such $p$ are the subgradients at $\theta$", "A.directional-derivative"),
    )
    holds = all(any(on.is_subgradient(p, theta) for p in quarters) for on, theta in points)
    cases = f"""{len(points)} points of {len(slopes.INTERVALS)} functions, ends included, with
        finite slopes into the interval"""
    yield exact("rational, intervals", holds, cases=cases)


@subdifferential_range.part(
    r"(22) for convex $f$: $\operatorname{ri}(\mathcal P)$ lies in the range"
)
def on_open_interval():
    # f = 0: f*(p) = sup p theta, and p > 0 is a subgradient at theta if theta >= tau for all tau.
    p, theta_set = sp.Integer(1), sp.Interval.open(0, 1)
    conjugate = p * theta_set.sup
    attained = sp.Intersection(theta_set, sp.Interval(theta_set.sup, sp.oo))
    grid = [x for x in SIXTEENTHS if theta_set.contains(sp.Rational(x.numerator, x.denominator))]
    refuters = [(1 + x) / 2 for x in grid if (1 + x) / 2 - x > 0]
    cases = rf"""$f = 0$ on $(0, 1)$: $\theta$ with $p = 1$ in the subdifferential:
        ${sp.latex(attained)}$, $f^*(1) = {conjugate}$"""
    yield exact("sympy, sets", not (conjugate.is_finite and attained is sp.S.EmptySet), cases=cases)
    cases = rf"""at {len(grid)} $\theta$, $\tau = \frac{{1 + \theta}}2$ has $f(\tau) < f(\theta) + 1
        \cdot (\tau - \theta)$"""
    yield exact("rational", len(refuters) < len(grid), cases=cases)
    yield witness(
        {
            "d": 1,
            "Theta": "$(0, 1)$",
            "f": 0,
            "P": r"$\mathbb R$",
            "p": int(p),
            "$f^*(p)$": int(conjugate),
            "theta with p as a subgradient": str(attained).replace("EmptySet", "none"),
        }
    )


@subdifferential_range.part(
    r"(22) for closed proper $f$: $\operatorname{ri}(\mathcal P)$ lies in the range"
)
@closed_range.part(r"closed proper $f$: $\operatorname{ri}(\mathcal P)$ lies in the range")
def closed():
    yield exact(
        "sympy and Rockafellar, any d",
        argued(r"""$f$ finite on $\mathbb R^d$ and $+\infty$ outside a closed convex $\Theta \ne
            \emptyset$ is such a function, with subdifferential $\partial f(\theta) +
            N_\Theta(\theta)$ on $\Theta$ [Rockafellar, Theorem 23.8]"""),
        argued("""$f^*$ is closed, proper and convex, and $f^{**} = f$ [Rockafellar, Theorem 12.2;
            here $f$ is required to be closed]"""),
        argued(r"""every $p \in \operatorname{ri}(\operatorname{dom} f^*)$ has some $\theta \in
            \partial f^*(p)$ [Rockafellar, Theorem 23.4, for $f^*$]"""),
        rearranged(),
        argued(r"""the same for $f^*$: $\theta \in \partial f^*(p)$ says $f^{**}(\theta) + f^*(p) =
            \langle p, \theta\rangle$, that is $p \in \partial f(\theta)$ [$f^{**} = f$]"""),
    )
    cells = [slopes.polytope((Fraction(k), 0)) for k in sorted(set(noises.DIFFERENCES))]
    holds = all(any(cell.contains([p, 1 - p]) for cell in cells) for p in EIGHTHS)
    cases = r"""$d = 2$: the polytopes at $\theta_1 - \theta_2 = -2, 0, 2$ contain every eighth of
        the simplex"""
    yield exact("rational, discrete noise", holds, cases=cases)
    right = all(
        any(on.is_subgradient(Fraction(k, 4), x) for x in on.grid())
        for on in slopes.INTERVALS.values()
        for k in range(-16, 17)
    )
    cases = rf"""{len(slopes.INTERVALS)} functions on closed intervals, where $\mathcal P = \mathbb
        R$: $p \in [-4, 4]$"""
    yield exact("rational, intervals", right, cases=cases)


@closed_range.part(r"""log-sum-exp on $\{(t, 0): t \ge 0\}$: $p_1 = \frac14$ is in
    $\operatorname{ri}(\mathcal P)$, but no gradient""")
def on_a_ray():
    level, share = sp.Rational(1, 4), 1 / (1 + sp.exp(-T))
    roots = sp.solveset(share - level, T, sp.S.Reals)
    excess: Any = sp.log(1 + sp.exp(T)) - sp.log(2) - level * T
    ts = [Fraction(1, 4), Fraction(1), Fraction(4), Fraction(16)]
    least = [enclosure.probabilities(Gumbel(), [x, 0])[0].low for x in ts]
    start = enclosure.value(Gumbel(), [0, 0])
    rises = [enclosure.value(Gumbel(), [x, 0]).low - start.high - x / 4 for x in ts]
    yield exact(
        "sympy, d = 2",
        shown(
            r"no gradient: $\frac{1}{1 + e^{-t}} = \frac14$ for $t = -\log 3$ only, not for "
            r"$t \ge 0$",
            roots == sp.FiniteSet(-sp.log(3))
            and sp.Intersection(roots, sp.Interval(0, sp.oo)) is sp.S.EmptySet,
        ),
        eq(sp.Subs(excess, T, 0), 0, r"$g(0)$ for $g(t) = \log(1 + e^t) - \log 2 - \frac t4$"),
        eq(sp.Derivative(excess, T), share - level, "$g'$"),
        eq(sp.Subs(share - level, T, 0), level, "$g'(0) > 0$"),
        eq(sp.Derivative(excess, (T, 2)), sp.exp(T) / (1 + sp.exp(T)) ** 2),
        r"""$g'' > 0$: $g \ge 0$ on the ray, so that $(\frac14, \frac34)$ is a subgradient at $t =
            0$""",
        argued(r"""$\sup_{t \ge 0} \{p_1 t - f\} < \infty$ iff $p_1 \le 1$: $\mathcal P = \{p_1 \le
            1\}$, whose relative interior contains $(\frac14, \frac34)$ [$t \le f \le t + \log 2$ on
            the ray]"""),
    )
    cases = r"$p_1 > \frac14$ at $(t, 0)$, $t = \frac14, 1, 4, 16$"
    yield exact("ball arithmetic, gradient", min(least) > level, cases=cases)
    cases = r"$f(t, 0) - f(0, 0) > \frac t4$ at the same $t$"
    yield exact("ball arithmetic, subgradient", min(rises) > 0, cases=cases)
