"""Section 8.2.1, after (33), with Figure 1 and Table 1: linearly constrained parameters."""

from fractions import Fraction
from typing import Any

import sympy as sp

from perturbtheory.claims.exhibits.softmax_exact import (
    Vector,
    log_share_step,
    pairs_of_points,
    same,
    shared,
)
from perturbtheory.ledger import Claim, argued, eq, exact, shown, witness
from perturbtheory.perturbations import Gumbel
from perturbtheory.routes import enclosure

linearly_constrained = Claim(
    "A.linearly-constrained",
    "A, 8.2.1, after (33); Figure 1(a); Table 1, footnote *",
    r"""Hoelder's equality is the case of linearly constrained $\theta$ and $\tau$: there exists
    some $\alpha \in \mathbb R^2$, $\alpha \ne 0$, such that $\alpha_1\theta + \alpha_2\tau =
    \mathrm{const}$. The softmax is one-to-one whenever the representation parameters are not
    linearly constrained, and single-valued otherwise.""",
    assumes=r"""const is a multiple of $\mathbf 1$. "Single-valued otherwise" is read as not
    one-to-one: the figure and the table use the constraint as the dividing line. Taken literally it
    is true and empty, for the map is single-valued in any case. 8.2.1 prints only that equality
    implies a linear constraint, which is the first part and is true.""",
    depends_on="A.lse-strictly-convex",
)
zero_sum = linearly_constrained.corrected(
    r"""Equality, and equal $p$, is the case of translates, a linear constraint whose coefficients
    add up to zero: $\operatorname{softmax}(\theta) = \operatorname{softmax}(\tau)$ if and only if
    $\alpha_1\theta + \alpha_2\tau \in \mathbb R\mathbf 1$ for some $\alpha \ne 0$ with
    $\alpha_1 + \alpha_2 = 0$. For $d = 2$ all $\theta$ and $\tau$ are linearly constrained: some
    $\alpha \ne 0$ has $\alpha_1\theta + \alpha_2\tau \in \mathbb R\mathbf 1$.""",
    source="corrects A, 8.2.1, after (33)",
    assumes=r"$d \ge 1$ in the first statement.",
    depends_on="A.lse-strictly-convex",
)
TRANSLATES = argued("equal $p$ exactly for translates", "A.softmax-minimal-condition.corrected")


def constraint(theta: Vector, tau: Vector) -> tuple[int, int] | None:
    """alpha with alpha_1 theta + alpha_2 tau = c1 for some c, if there is one but 0.

    The columns of the matrix are theta, tau and -1; alpha = 0 would give c = 0.
    """
    columns = sp.Matrix([[a, b, -1] for a, b in zip(theta, tau, strict=True)])
    for vector in columns.nullspace():
        whole = vector * sp.ilcm(*(x.q for x in vector))
        return int(whole[0]), int(whole[1])
    return None


def pairs_of(*dimensions: int) -> list[tuple[Vector, Vector]]:
    """Pairs of {0, 1, 2}^d, without multiples of 1, which are constrained on their own."""
    found = pairs_of_points(dimensions)
    return [pair for pair in found if min(len(set(x)) for x in pair) > 1]


@linearly_constrained.part("not linearly constrained: different $p$")
def unconstrained():
    free = [pair for pair in pairs_of(3) if constraint(*pair) is None]
    yield exact(
        "sympy, symbolic d",
        log_share_step(),
        argued(r"""so equal $p$ give $\tau = \theta + k\mathbf 1$, linearly constrained with $\alpha
            = (-1, 1)$ [subtraction]"""),
    )
    cases = f"{len(free)} pairs that are not constrained, $d = 3$"
    yield from shared(free, False, cases, "how many of these pairs share their $p$")


@linearly_constrained.part("linearly constrained: one $p$")
def constrained():
    pairs = [pair for pair in pairs_of(2) if constraint(*pair)]
    theta, tau = next(pair for pair in pairs if not same(*pair, sp.E))
    p, q = (enclosure.probabilities(Gumbel(), list(map(Fraction, x)))[0] for x in (theta, tau))
    yield from shared(pairs, True, f"{len(pairs)} constrained pairs, $d = 2$")
    cases = r"""$\operatorname{softmax}(\theta)_1$ and $\operatorname{softmax}(\tau)_1$ of one
        constrained pair, in 30 digits"""
    yield exact("ball arithmetic", p.low <= q.high and q.low <= p.high, cases=cases)
    yield witness(
        {
            "$d$": 2,
            r"$\theta$": theta,
            r"$\tau$": tau,
            r"$\alpha$": constraint(theta, tau),
            r"$\operatorname{softmax}(\theta)_1$": f"{float(p.middle):.6g}",
            r"$\operatorname{softmax}(\tau)_1$": f"{float(q.middle):.6g}",
        }
    )


@zero_sum.part("equal $p$ exactly for a constraint with coefficients that add up to zero")
def coefficients():
    x, y, alpha, c = sp.symbols("theta_i tau_i alpha_1 c", real=True)
    pairs = pairs_of(2, 3)
    alphas = [constraint(*pair) for pair in pairs]
    meant = [bool(found) and sum(found) == 0 for found in alphas]
    yield exact(
        "sympy, any d",
        shown(
            r"$\alpha_1\theta_i - \alpha_1\tau_i = c$ says $\theta_i - \tau_i = c/\alpha_1$, the "
            "same for every $i$",
            sp.solve(alpha * x - alpha * y - c, x) == [y + c / alpha],
        ),
        TRANSLATES,
    )
    cases = f"{len(pairs)} pairs, $d = 2, 3$"
    yield from shared(pairs, meant, cases, "how many pairs share their $p$")


@zero_sum.part("$d = 2$: always linearly constrained")
def always_for_pairs():
    a: Any = sp.symbols("theta_1 theta_2 tau_1 tau_2", real=True)
    weights = a[2] - a[3], a[1] - a[0]
    one, two = (weights[0] * a[k] + weights[1] * a[2 + k] for k in (0, 1))
    yield exact(
        "sympy",
        eq(one, two),
        r"""the entries of $\alpha_1\theta + \alpha_2\tau$ for $\alpha = (\tau_1 - \tau_2, \theta_2
            - \theta_1)$""",
        argued(r"""$\alpha = 0$ only if $\theta$ and $\tau$ are multiples of $\mathbf 1$, where any
            $\alpha$ will do [inspection]"""),
    )
    pairs = pairs_of(2)
    cases = f"{len(pairs)} pairs of integer points"
    yield exact("rational, null spaces", all(constraint(*pair) for pair in pairs), cases=cases)
