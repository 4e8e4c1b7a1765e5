"""The rows of Table 1 as it should be, one for each kind of noise: what shows each of them."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import combinations, product

import sympy as sp

from perturbtheory.claims.exhibits import cosets
from perturbtheory.claims.exhibits.supports import GAPS, uniform_on
from perturbtheory.claims.exhibits.table_cells import (
    ARGMAX,
    SOFTMAX,
    Row,
    by_checkers,
    exactly,
    names,
)
from perturbtheory.ledger import Budget, Check, Equation, Outcome, argued, eq, exact
from perturbtheory.routes import rational

COLUMNS = ("single-valued", "completeness", "closed simplex", "one-to-one")
EXPECTED: dict[str, tuple[Outcome, ...]] = {
    "softmax": ("holds", "holds", "fails", "holds"),
    "bounded": ("holds", "holds", "holds", "fails"),
    "finite": ("fails", "holds", "holds", "fails"),
}

NO_TIES = argued(r"no ties: one gradient at every $\theta$", "A.max-potential-gradient.corrected")
TIES = argued("two atoms can be made to tie: multi-valued there", "A.discrete-not-identifiable")


def rows(row: Row, expected: str, what: str, budget: Budget) -> tuple[Check, Check]:
    """A recomputed row against the corrected one, by two routes."""
    return (
        _row("property checkers", by_checkers(row, budget), expected, names(row, budget)),
        _row("exact p_1", exactly(row), expected, what),
    )


def _row(route: str, found: Mapping[str, Outcome], expected: str, what: str) -> Check:
    outcome = "holds" if tuple(found[c] for c in COLUMNS) == EXPECTED[expected] else "fails"
    if "unknown" in {found[c] for c in COLUMNS}:
        outcome = "unknown"
    said = ", ".join(f"{column} {found[column]}" for column in COLUMNS)
    return exact(route, outcome, cases=f"{what}: {said}")


def far_apart() -> Equation:
    """Beyond the width of the supports the first coordinate wins surely."""
    low, high, one, k, more = sp.symbols("l u theta_1 theta_k h", real=True)
    lead = sp.Subs(one + low - (k + high), one, k + high - low + more)
    why = r"""the least value of $\theta_1 + \gamma_1$ exceeds the largest of every $\theta_k +
        \gamma_k$ by $h$: $p = e_1$ for every $h > 0$"""
    return eq(lead, more, why)


def softmax(budget: Budget) -> Iterator[Check]:
    """Perturb-Softmax under any noise."""
    x, rest = sp.Symbol("x_i", real=True), sp.Symbol("S", positive=True)
    share = sp.exp(x) / (sp.exp(x) + rest)
    yield exact(
        "C.completeness, any d",
        argued(r"""the gradient is $\mathbb E[\operatorname{softmax}((\theta + \gamma)/t)]$ at every
            $\theta$ [C.anchored-potential; dominated convergence: entries lie in [0, 1]]"""),
        eq(1 - share, rest / (sp.exp(x) + rest)),
        r"positive for every $\gamma$: no $p$ with a zero",
        argued(r"every $p > 0$ has exactly one coset", "C.completeness"),
    )
    yield from rows(
        Row("smooth bounded", SOFTMAX), "softmax", r"for every value of $\gamma$", budget
    )


def full_support(budget: Budget) -> Iterator[Check]:
    """Perturb-Argmax under noise of full support without ties."""
    yield exact(
        "C.completeness-argmax, any d",
        NO_TIES,
        argued(r"""$p_i > 0$: $i$ leads on an open set of $\gamma$, which full support charges
            [definition of the support]"""),
        argued(r"every $p > 0$ is a gradient somewhere", "C.completeness-argmax"),
        *cosets.disjoint(),
    )
    yield from rows(Row("smooth unbounded", ARGMAX), "softmax", "Gumbel noise", budget)


def bounded(budget: Budget) -> Iterator[Check]:
    """Perturb-Argmax under noise with support [-a, a]."""
    # The corner (2, 0, 0), where the others cannot win, is in K; beyond K, p is that of a clip.
    grid = [t for t in product(range(-4, 1), repeat=3) if max(t) == 0]
    clipped = [[max(x, -2) for x in t] for t in grid]
    shares = [[rational.uniform(t).probabilities for t in ts] for ts in (grid, clipped)]
    inside = {tuple(t): p for t, p in zip(clipped, shares[1], strict=True)}
    yield exact(
        "C.bounded-closed-simplex, any d",
        NO_TIES,
        argued(r"on $K$ one-to-one and onto $\Delta$", "C.bounded-closed-simplex"),
        argued(r"""a coordinate with $\theta_i + a \le \max\theta - a$ never leads, and raising it
            to $\theta_i = \max\theta - 2a$ changes no maximum: beyond $K$, $p$ is that of $\theta'$
            [the largest coordinate is at least $\max\theta - a$; ties have probability zero]"""),
        far_apart(),
    )
    yield from rows(Row("smooth bounded", ARGMAX), "bounded", "uniform noise", budget)
    right = shares[0] == shares[1] and len(set(inside.values())) == len(inside)
    cases = rf"""{len(grid)} integer $\theta$, $a = 1$, $d = 3$: $p$ is that of $\theta'$; the
        {len(inside)} of $K$ among them, $(2, 0, 0)$ up to translation included, have as many $p$"""
    yield exact("rational, d = 3", right, cases=cases)


def gap() -> Iterator[Check]:
    """Perturb-Argmax under densities with gaps."""
    t, x = sp.symbols("t x", real=True)
    density = sp.Function("g")
    share = sp.Integral(density(x), (x, -t, sp.oo))
    yield exact(
        "convex analysis",
        NO_TIES,
        argued(r"every $p > 0$ is a gradient somewhere", "C.completeness-argmax"),
        eq(sp.Derivative(share, t), density(-t)),
        r"""$p_1 = P(\gamma_1 - \gamma_2 > -t)$ at $t = \theta_1 - \theta_2$, $d = 2$, $g$ the
            density of $\gamma_1 - \gamma_2$""",
        argued(r"""$p_1(t) < p_1(s)$ for all $t < s$ exactly if $\operatorname{supp} g = \mathbb R$
            [$p_1(s) - p_1(t) = \int_{-s}^{-t}g$, positive iff the support meets $(-s, -t)$]"""),
    )
    # gamma_1 on (0, 1) and (4, 5), gamma_2 on (2, 3), at theta_1 - theta_2 = -1/4, 0, 1/4.
    quarter = Fraction(1, 4)
    p = [uniform_on(GAPS["a gap, d = 2"], [s, 0]).p[0] for s in (-quarter, 0, quarter)]
    ends = [uniform_on(GAPS["a gap, d = 2"], [s, 0]).p[0] for s in (-3, 3)]
    cases = rf"""a gap: $p_1 = {p[1]}$ at $\theta_1 - \theta_2 = -\frac14$, $0$ and $\frac14$, and
        runs from 0 to 1"""
    yield exact("rational, two intervals", p[0] == p[1] == p[2] and ends == [0, 1], cases=cases)


def finite(budget: Budget) -> Iterator[Check]:
    """Perturb-Argmax under noise with finitely many values."""
    yield exact(
        "polyhedral convexity, any d",
        TIES,
        argued(r"""$f$ is polyhedral, so $f^*$ is, and $p \in \partial f(\theta)$ for some $\theta$
            wherever $f^*(p) < \infty$, that is on $\Delta$ [Rockafellar, Theorems 19.2 and 23.10;
            A.conjugate.corrected]"""),
        far_apart(),
    )
    yield from rows(Row("discrete", ARGMAX), "finite", "fair coins", budget)


def dense() -> Iterator[Check]:
    """Perturb-Argmax under atoms that are dense in the line."""
    yield exact(
        "C.completeness-argmax, any d",
        TIES,
        argued(r"every $p > 0$ is a subgradient somewhere", "C.completeness-argmax"),
        argued(r"atoms dense in the line charge every open set of $\mathbb R^d$", "independence"),
        *cosets.disjoint(),
    )

    # Atoms at all m/2^n: between two parameters there is an atom of gamma_2 - gamma_1.
    def weight(x: Fraction) -> Fraction:
        """Proportional to P(gamma = x), whose sum is finite: 2^n values of level n per unit."""
        dyadic = x.denominator & (x.denominator - 1) == 0
        return Fraction(int(dyadic), x.denominator**2 * 2 ** int(abs(x) + 1))

    grid = [Fraction(k, 16) for k in range(-48, 49)]
    between = all(weight((t + s) / 2) * weight(Fraction(0)) > 0 for t, s in combinations(grid, 2))
    tied = all(weight(t) * weight(Fraction(0)) > 0 for t in grid)
    cases = r"""$P(\gamma_1 - \gamma_2 = m) > 0$ at the middle $m$ of any two of 97 parameters, $d =
        2$, so that their subdifferentials are disjoint; every one of them has a tie"""
    yield exact("rational, dyadic atoms", between and tied, cases=cases)
