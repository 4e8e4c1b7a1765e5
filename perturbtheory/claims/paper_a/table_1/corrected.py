"""Table 1 as it should be: single-valued, image and one-to-one for six kinds of noise."""

from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations

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
from perturbtheory.claims.legacy import argued, claim, exact, proof, shown
from perturbtheory.ledger import Budget, Check, Outcome, Part, Step
from perturbtheory.routes.symbolic import identity

_EXPECTED: dict[str, dict[str, Outcome]] = {
    "softmax": {
        "single-valued": "holds",
        "completeness": "holds",
        "closed simplex": "fails",
        "one-to-one": "holds",
    },
    "bounded": {
        "single-valued": "holds",
        "completeness": "holds",
        "closed simplex": "holds",
        "one-to-one": "fails",
    },
    "finite": {
        "single-valued": "fails",
        "completeness": "holds",
        "closed simplex": "holds",
        "one-to-one": "fails",
    },
}


def _row(route: str, found: Mapping[str, Outcome], expected: str, what: str) -> Check:
    """A recomputed row against the corrected one."""
    pairs = [(found[column], outcome) for column, outcome in _EXPECTED[expected].items()]
    outcome: Outcome = "holds" if all(a == b for a, b in pairs) else "fails"
    if any(a == "unknown" for a, _ in pairs):
        outcome = "unknown"
    said = ", ".join(f"{column} {found[column]}" for column in _EXPECTED[expected])
    return exact(route, outcome, f"{what}: {said}", universal=False)


def _rows(row: Row, expected: str, what: str, budget: Budget) -> tuple[Check, Check]:
    return (
        _row("property checkers", by_checkers(row, budget), expected, names(row, budget)),
        _row("exact p_1", exactly(row), expected, what),
    )


@claim(
    "A.table-1.corrected",
    depends_on=(
        "A.max-potential-gradient.corrected",
        "A.argmax-minimality-steps.corrected",
        "A.conjugate.corrected",
        "A.discrete-not-identifiable",
        "C.anchored-potential",
        "C.completeness",
        "C.completeness-argmax",
        "C.completeness-bounded",
        "C.bounded-closed-simplex",
        "C.laplacian",
    ),
)
def table_1_corrected(budget: Budget) -> list[Part]:
    r"""Statement: The table with its four properties apart, for Theta + R1 = R^d. Perturb-Softmax,
    any noise: single-valued, image exactly the positive p, one-to-one. Perturb-Argmax: the same for
    noise of full support without ties; bounded intervals: single-valued, image all of the simplex,
    one-to-one only where all coordinates can win; gaps: single-valued, image at least the positive
    p, one-to-one for d = 2 exactly if gamma_1 - gamma_2 has full support; finitely many values:
    multi-valued, all of the simplex, not one-to-one; atoms dense in the line: multi-valued, at
    least the positive p, one-to-one.

    LaTeX: image $= \operatorname{ri}(\Delta)$, $\operatorname{ri}(\Delta)$, $\Delta$, $\supseteq
    \operatorname{ri}(\Delta)$, $\Delta$, $\supseteq \operatorname{ri}(\Delta)$; single-valued: yes,
    yes, yes, yes, no, no; one-to-one up to translation: yes, yes, on $\{\theta_i - \theta_k \ge
    l_k - u_i\}$, $d = 2$: iff $\operatorname{supp}(\gamma_1 - \gamma_2) = \mathbb R$, no, yes

    Source: corrects A, Table 1

    Assumptions: Perturb-Softmax needs no assumption on gamma, not even moments. Perturb-Argmax:
    independent coordinates, d >= 2; the image is the union of the subdifferentials. "No" means for
    no such noise. The region for bounded intervals is stated for one interval [-a, a].

    Computed: a proof a row, and the row again by the property checkers and by exact p_1 at d = 2.
    """
    unbounded, bounded = Row("smooth unbounded", ARGMAX), Row("smooth bounded", ARGMAX)
    return [
        Part(
            "Perturb-Softmax, any noise: single-valued, onto the positive p, one-to-one",
            (
                _softmax_proof(),
                *_rows(
                    Row("smooth bounded", SOFTMAX), "softmax", "for every value of gamma", budget
                ),
            ),
        ),
        Part(
            "full support, no ties: single-valued, onto the positive p, one-to-one",
            (_full_support_proof(), *_rows(unbounded, "softmax", "Gumbel noise", budget)),
        ),
        Part(
            "bounded intervals: single-valued, onto the simplex, one-to-one where all can win",
            (_bounded_proof(), *_rows(bounded, "bounded", "uniform noise", budget)),
        ),
        Part(
            "gaps: single-valued, onto the positive p, one-to-one at d = 2 iff full differences",
            (_gap_proof(), _gap_values()),
        ),
        Part(
            "finitely many values: multi-valued, onto the simplex, not one-to-one",
            (
                _finite_proof(),
                *_rows(Row("discrete", ARGMAX), "finite", "fair coins", budget),
            ),
        ),
        Part(
            "dense atoms: multi-valued, onto the positive p, one-to-one",
            (_dense_proof(), _dense_values()),
        ),
    ]


def _far_apart() -> Step:
    """Beyond the width of the supports the first coordinate wins surely."""
    low, high, two, more = sp.symbols("l u theta_2 h", real=True)
    one = two + high - low + more
    return shown(
        r"at $\theta_1 = \theta_k + u - l + h$, $h > 0$, for all $k \ne 1$, the least value of "
        r"$\theta_1 + \gamma_1$ exceeds the largest of $\theta_k + \gamma_k$ by $h$: $p = e_1$ for "
        r"every $h$",
        identity((one + low) - (two + high) - more),
    )


def _softmax_proof() -> Check:
    x, rest = sp.Symbol("x_i", real=True), sp.Symbol("S", positive=True)
    share = sp.exp(x) / (sp.exp(x) + rest)
    return proof(
        "C.completeness, any d",
        "the row, column by column",
        argued(
            r"the gradient is $\mathbb E[\operatorname{softmax}((\theta + \gamma)/t)]$ at every "
            r"$\theta$",
            "C.anchored-potential; dominated convergence: entries lie in [0, 1]",
        ),
        shown(
            r"$0 < \frac{e^{x_i}}{e^{x_i} + S} < 1$ for every $\gamma$, so $0 < p_i < 1$: no $p$ "
            r"with a zero",
            bool(share.is_positive) and bool(sp.together(1 - share).is_positive),
        ),
        argued(r"every $p > 0$ has exactly one coset", "C.completeness"),
    )


def _full_support_proof() -> Check:
    return proof(
        "C.completeness-argmax, any d",
        "the row, column by column",
        argued(r"no ties: one gradient at every $\theta$", "A.max-potential-gradient.corrected"),
        argued(
            r"$p_i > 0$: $i$ leads on an open set of $\gamma$, which full support charges",
            "definition of the support",
        ),
        argued(r"every $p > 0$ is a gradient somewhere", "C.completeness-argmax"),
        *cosets.disjoint(),
    )


def _bounded_proof() -> Check:
    return proof(
        "C.bounded-closed-simplex, any d",
        "the row, column by column",
        argued(r"no ties: one gradient at every $\theta$", "A.max-potential-gradient.corrected"),
        argued(
            r"on $K = \{\theta_i - \theta_k \ge l_k - u_i\}$ one-to-one and onto $\Delta$",
            "C.bounded-closed-simplex",
        ),
        _far_apart(),
    )


def _gap_proof() -> Check:
    above, between = sp.symbols("P_above P_between", nonnegative=True)
    return proof(
        "convex analysis",
        "the row, column by column",
        argued(r"no ties: one gradient at every $\theta$", "A.max-potential-gradient.corrected"),
        argued(r"every $p > 0$ is a gradient somewhere", "C.completeness-argmax"),
        shown(
            r"$d = 2$, $t < s$: $p_1(s) - p_1(t) = P(D > -s) - P(D > -t) = P(-s < D < -t)$ without "
            r"atoms of $D = \gamma_1 - \gamma_2$: positive for all $t < s$ exactly if "
            r"$\operatorname{supp} D = \mathbb R$",
            identity((above + between) - above - between),
        ),
    )


def _gap_values() -> Check:
    """gamma_1 on (0, 1) and (4, 5), gamma_2 on (2, 3), at theta_1 - theta_2 = -1/4, 0, 1/4."""
    quarter = Fraction(1, 4)
    p = [uniform_on(GAPS["a gap, d = 2"], [t, 0]).p[0] for t in (-quarter, 0, quarter)]
    ends = [uniform_on(GAPS["a gap, d = 2"], [t, 0]).p[0] for t in (-3, 3)]
    return exact(
        "rational, two intervals",
        p[0] == p[1] == p[2] and ends == [0, 1],
        f"a gap: p_1 = {p[1]} at theta_1 - theta_2 = -1/4, 0 and 1/4, and runs from 0 to 1",
        universal=False,
    )


def _finite_proof() -> Check:
    return proof(
        "polyhedral convexity, any d",
        "the row, column by column",
        argued(r"two atoms can be made to tie: multi-valued there", "A.discrete-not-identifiable"),
        argued(
            r"$f$ is polyhedral, so $f^*$ is, and $p \in \partial f(\theta)$ for some $\theta$ "
            r"wherever $f^*(p) < \infty$, that is on $\Delta$",
            "Rockafellar, Theorems 19.2 and 23.10; A.conjugate.corrected",
        ),
        _far_apart(),
    )


def _dense_proof() -> Check:
    return proof(
        "C.completeness-argmax, any d",
        "the row, column by column",
        argued(r"two atoms can be made to tie: multi-valued there", "A.discrete-not-identifiable"),
        argued(r"every $p > 0$ is a subgradient somewhere", "C.completeness-argmax"),
        argued(r"atoms dense in the line charge every open set of $\mathbb R^d$", "independence"),
        *cosets.disjoint(),
    )


def _dense_values() -> Check:
    """Atoms at all m/2^n: between two parameters there is an atom of gamma_2 - gamma_1."""

    def weight(x: Fraction) -> Fraction:
        """Proportional to P(gamma = x), whose sum is finite: 2^n values of level n an interval."""
        dyadic = x.denominator & (x.denominator - 1) == 0
        return Fraction(int(dyadic), x.denominator**2 * 2 ** int(abs(x) + 1))

    grid = [Fraction(k, 16) for k in range(-48, 49)]
    between = all(weight((t + s) / 2) * weight(Fraction(0)) > 0 for t, s in combinations(grid, 2))
    tied = all(weight(t) * weight(Fraction(0)) > 0 for t in grid)
    return exact(
        "rational, dyadic atoms",
        between and tied,
        "P(gamma_1 - gamma_2 = m) > 0 at the middle m of any two of 97 parameters, d = 2, so that "
        "their subdifferentials are disjoint; every one of them has a tie",
        universal=False,
    )
