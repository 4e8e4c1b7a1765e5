"""Section 8.2.1, after (33), with Figure 1 and Table 1: linearly constrained parameters."""

from fractions import Fraction
from itertools import combinations, product
from typing import Any

import sympy as sp

from perturbtheory.claims.exhibits.softmax_exact import BASES, Vector, same
from perturbtheory.claims.legacy import argued, claim, exact, proof, shown
from perturbtheory.ledger import Budget, Part
from perturbtheory.perturbations import Gumbel
from perturbtheory.routes import enclosure
from perturbtheory.routes.symbolic import categories, identity


def _constraint(theta: Vector, tau: Vector) -> tuple[int, int] | None:
    """alpha with alpha_1 theta + alpha_2 tau = c1 for some c, if there is one but 0.

    The columns of the matrix are theta, tau and -1; alpha = 0 would give c = 0.
    """
    columns = sp.Matrix([[a, b, -1] for a, b in zip(theta, tau, strict=True)])
    for vector in columns.nullspace():
        whole = vector * sp.ilcm(*(x.q for x in vector))
        return int(whole[0]), int(whole[1])
    return None


def _pairs(d: int) -> list[tuple[Vector, Vector]]:
    """Pairs of {0, 1, 2}^d, without multiples of 1, which are constrained on their own."""
    points = [x for x in product(range(3), repeat=d) if len(set(x)) > 1]
    return list(combinations(points, 2))


@claim(
    "A.linearly-constrained",
    corrected="A.linearly-constrained.corrected",
    depends_on=("A.lse-strictly-convex",),
)
def linearly_constrained(_: Budget) -> list[Part]:
    r"""Statement: Hoelder's equality is the case of linearly constrained theta and tau; the softmax
    is one-to-one whenever parameters are not linearly constrained, and single-valued otherwise.

    LaTeX: $\theta$ and $\tau$ are linearly constrained: there exists some $\alpha \in \mathbb
    R^2$, $\alpha \ne 0$, such that $\alpha_1\theta + \alpha_2\tau = \mathrm{const}$; the mapping is
    one-to-one whenever the representation parameters are not linearly constrained, and
    single-valued otherwise

    Source: A, 8.2.1, after (33); Figure 1(a); Table 1, footnote *

    Assumptions: const is a multiple of 1. "Single-valued otherwise" is read as not one-to-one: the
    figure and the table use the constraint as the dividing line. Taken literally it is true and
    empty, for the map is single-valued in any case. 8.2.1 prints only that equality implies a
    linear constraint, which is the first part and is true.

    Computed: pairs of integer points with odds 2^k and e^k, exactly, and by ball arithmetic. The
    counterexample lies in {theta_1 = 0}, which is minimal.
    """
    k = sp.Symbol("k", real=True)
    _, i, _, theta = categories()
    everything = [pair for d in (2, 3) for pair in _pairs(d)]
    free = [pair for pair in everything if _constraint(*pair) is None]
    return [
        Part(
            "not linearly constrained: different p",
            (
                proof(
                    "sympy, symbolic d",
                    "equal p only for translates, which are linearly constrained",
                    shown(
                        r"$\tau = \theta + k\mathbf 1$ gives $\alpha_1\theta + \alpha_2\tau = "
                        r"k\mathbf 1$ for $\alpha = (-1, 1)$",
                        identity(-theta[i] + (theta[i] + k) - k),
                    ),
                    argued("equal p only for translates", "A.softmax-minimal-condition.corrected"),
                ),
                *(
                    exact(
                        route,
                        not any(same(*pair, base) for pair in free),
                        f"{len(free)} pairs that are not constrained, d = 3",
                        universal=False,
                    )
                    for route, base in BASES.items()
                ),
            ),
        ),
        _one_to_one(_pairs(2)),
    ]


def _one_to_one(pairs: list[tuple[Vector, Vector]]) -> Part:
    """Whether linearly constrained theta and tau share their p."""
    constrained = [pair for pair in pairs if _constraint(*pair)]
    apart = {
        route: [pair for pair in constrained if not same(*pair, base)]
        for route, base in BASES.items()
    }
    pair = next(iter(apart["sympy, odds e^k"]), constrained[0] if constrained else ((0,), (0,)))
    p, q = (enclosure.probabilities(Gumbel(), [Fraction(x) for x in point])[0] for point in pair)
    checks = (
        *(
            exact(route, not found, f"{len(constrained)} constrained pairs, d = 2", universal=False)
            for route, found in apart.items()
        ),
        exact(
            "ball arithmetic",
            p.low <= q.high and q.low <= p.high,
            "softmax(theta)_1 and softmax(tau)_1 of one constrained pair, in 30 digits",
            universal=False,
        ),
    )
    data = {
        "d": len(pair[0]),
        "theta": list(pair[0]),
        "tau": list(pair[1]),
        "alpha": list(_constraint(*pair) or ()),
        "softmax(theta)_1": f"{float(p.middle):.6g}",
        "softmax(tau)_1": f"{float(q.middle):.6g}",
    }
    return Part("linearly constrained: one p", checks, data if apart["sympy, odds e^k"] else None)


@claim("A.linearly-constrained.corrected", depends_on=("A.lse-strictly-convex",))
def linearly_constrained_corrected(_: Budget) -> list[Part]:
    r"""Statement: Equality, and equal p, is the case of translates: a linear constraint whose
    coefficients add up to zero. At d = 2 all theta and tau are linearly constrained.

    LaTeX: $\operatorname{softmax}(\theta) = \operatorname{softmax}(\tau)$ if and only if
    $\alpha_1\theta + \alpha_2\tau \in \mathbb R\mathbf 1$ for some $\alpha \ne 0$ with
    $\alpha_1 + \alpha_2 = 0$; for $d = 2$ and any $\theta, \tau$ some $\alpha \ne 0$ has
    $\alpha_1\theta + \alpha_2\tau \in \mathbb R\mathbf 1$

    Source: corrects A, 8.2.1, after (33)

    Assumptions: d >= 1 in the first statement.

    Computed: symbolically for any d; pairs of integer points, exactly.
    """
    x, y, alpha, c = sp.symbols("theta_i tau_i alpha c", real=True)
    a: Any = sp.symbols("theta_1 theta_2 tau_1 tau_2", real=True)
    weights = a[2] - a[3], a[1] - a[0]
    levels = [weights[0] * a[k] + weights[1] * a[2 + k] for k in (0, 1)]
    pairs = [pair for d in (2, 3) for pair in _pairs(d)]
    return [
        Part(
            "equal p exactly for a constraint with coefficients that add up to zero",
            (
                proof(
                    "sympy, any d",
                    "alpha = (alpha_1, -alpha_1)",
                    shown(
                        r"$\alpha_1\theta_i - \alpha_1\tau_i = c$ says $\theta_i - \tau_i = "
                        r"c/\alpha_1$, the same for every $i$",
                        sp.solve(alpha * x - alpha * y - c, x) == [y + c / alpha],
                    ),
                    argued(
                        "equal p exactly for translates", "A.softmax-minimal-condition.corrected"
                    ),
                ),
                *(
                    exact(
                        route,
                        all(same(*pair, base) == _has_zero_sum(pair) for pair in pairs),
                        f"{len(pairs)} pairs, d = 2, 3",
                        universal=False,
                    )
                    for route, base in BASES.items()
                ),
            ),
        ),
        Part(
            "d = 2: always linearly constrained",
            (
                proof(
                    "sympy",
                    "alpha = (tau_1 - tau_2, theta_2 - theta_1)",
                    shown(
                        r"both entries of $\alpha_1\theta + \alpha_2\tau$ are equal",
                        identity(levels[0] - levels[1]),
                    ),
                    argued(
                        r"$\alpha = 0$ only if $\theta$ and $\tau$ are multiples of $\mathbf 1$, "
                        r"where any $\alpha$ will do",
                        "inspection",
                    ),
                ),
                exact(
                    "rational, null spaces",
                    all(_constraint(*pair) for pair in _pairs(2)),
                    f"{len(_pairs(2))} pairs",
                    universal=False,
                ),
            ),
        ),
    ]


def _has_zero_sum(pair: tuple[Vector, Vector]) -> bool:
    alpha = _constraint(*pair)
    return alpha is not None and sum(alpha) == 0
