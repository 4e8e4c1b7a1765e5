r"""Sections 3.1 and 8.2.1: $\{\sum_i \theta_i = 0\}$ and $\{\theta_1 = 0\}$: complete, minimal."""

from itertools import combinations, product
from typing import Any, NamedTuple

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.numbers import engine, thetas
from perturbtheory.claims.exhibits.softmax_exact import (
    Vector,
    any_d,
    log_share_step,
    pairs_of_points,
    same,
    shared,
    softmax,
    written,
)
from perturbtheory.claims.exhibits.symbols import indexed
from perturbtheory.claims.paper_a.s3_softmax.softmax_sets import (
    onto_interior,
    onto_positive,
    positive_shares,
    zero_entry,
)
from perturbtheory.ledger import Claim, agree, argued, exact, shown, witness
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_max
from perturbtheory.routes.symbolic import categories


class Gauge(NamedTuple):
    """A set {<a, theta> = 0}.

    Attributes:
        name: in LaTeX.
        normal: a for d = 3.
        whole: <a, 1> for d categories.
    """

    name: str
    normal: np.ndarray
    whole: Any

    def points(self, size: int = 2) -> list[Vector]:
        """Its integer points for d = 3."""
        grid = product(range(-size, size + 1), repeat=3)
        return [x for x in grid if self.normal @ np.array(x) == 0]


SUM = Gauge(
    r"\{\sum_j \theta_j = 0\}", np.array([1, 1, 1]), sp.Symbol("d", integer=True, positive=True)
)
FIRST = Gauge(r"\{\theta_1 = 0\}", np.array([1, 0, 0]), sp.Integer(1))
_HOW_MANY = "how many of these pairs share their $p$"

gauge_sets = Claim(
    "A.gauge-sets",
    "A, section 3.1, after footnote 1; 8.2.1",
    r"""The sets $\Theta = \{\theta \in \mathbb R^d : \sum_j \theta_j = 0\}$ and $\Theta = \{\theta
    \in \mathbb R^d : \theta_1 = 0\}$ are both complete and minimal for the softmax.""",
    assumes=r"""$d \ge 1$. "Complete" as section 3.1 defines it: every $p$ of the closed simplex. In
    the sense of (8), every positive $p$, both sets are complete, which is a part as well. Section
    3.3 repeats it: "complete and minimal over a convex subset". (The proofs that the paper prints
    are another matter: A.gauge-sequences, A.gauge-sum-proof, A.gauge-first-proof.)""",
    depends_on=("A.softmax-complete.corrected", "A.softmax-minimal-condition.corrected"),
)
gauges_onto_interior = gauge_sets.corrected(
    r"""The softmax maps $\{\sum_j \theta_j = 0\}$, and $\{\theta_1 = 0\}$, one-to-one onto the
    relative interior of the simplex, the $p$ with all entries positive.""",
    assumes=r"""$d \ge 1$. Both sets are $\{\langle a, \theta\rangle = 0\}$ with $\langle a, \mathbf
    1\rangle \ne 0$, and all that is used is this.""",
    depends_on=(onto_interior, "A.softmax-minimal-condition.corrected"),
)
gauge_sum_proof = Claim(
    "A.gauge-sum-proof",
    "A, 8.2.1, the paragraph with (34)-(36)",
    r"""To prove that $\{\sum_j \theta_j = 0\}$ is minimal one has to show that if
    $\theta_i - \tau_i = 0$ for any $i$, then $p_i = q_i$ for all $i$, where $p =
    \operatorname{softmax}(\theta)$ and $q = \operatorname{softmax}(\tau)$; and (34)-(36) show it:
    $\log p_i = \log q_i \leftrightarrow \theta_i - \log\sum_j e^{\theta_j} = \tau_i -
    \log\sum_j e^{\tau_j}$.""",
    assumes=r"""The phrase "for any $i$" is read as "for every $i$" and as "for some $i$". In (34)
    and (35) the index belongs to the exponent. Nothing in the paragraph uses the sum, so that what
    it calls required is judged on any $\Theta$; minimal means that $p = q$ implies
    $\theta = \tau$. The conclusion, that $\{\sum_j \theta_j = 0\}$ is minimal, stands:
    A.gauge-sets.corrected.""",
)
sum_added_up = gauge_sum_proof.corrected(
    r"""In $\{\sum_j \theta_j = 0\}$, $p = q$ implies $\theta = \tau$: adding (36) up over $i$ shows
    that the log-sum-exps of $\theta$ and $\tau$ are equal, $-d\log\sum_j e^{\theta_j} =
    -d\log\sum_j e^{\tau_j}$, and then (36) says $\theta_i = \tau_i$.""",
    assumes=r"$d \ge 1$.",
)


@gauge_sets.part(f"${SUM.name}$ is complete: positive $p$", gauge=SUM)
@gauges_onto_interior.part(f"${SUM.name}$: every positive $p$ is reached", gauge=SUM)
@gauge_sets.part(f"${FIRST.name}$ is complete: positive $p$", gauge=FIRST)
@gauges_onto_interior.part(f"${FIRST.name}$: every positive $p$ is reached", gauge=FIRST)
def complete(budget, gauge):
    _, _, j, _ = (s := categories())
    a, x = indexed("a", real=True), indexed("x", real=True)
    c = sp.Symbol("c", real=True)
    p = positive_shares(budget)
    theta = np.log(p) - (np.log(p) @ gauge.normal / gauge.normal.sum())[:, None]
    shift = r"c = \langle a, \log p\rangle / \langle a, \mathbf 1\rangle"
    yield exact(
        "sympy, symbolic d, in the set",
        any_d(s.sum(a[j] * (x[j] - c)), s.sum(a[j] * x[j]) - c * s.sum(a[j])),
        rf"$\langle a, x - c\mathbf 1\rangle$, which is 0 for $x = \log p$ and ${shift}$",
        argued(
            rf"""$\langle a, \mathbf 1\rangle = {gauge.whole} > 0$ [$a = \mathbf 1$ or $a = e_1$]"""
        ),
    )
    what = r"$\langle a, \theta\rangle$ at $d = 3$"
    yield agree("numbers", theta @ gauge.normal, 0.0, what, floor=1.0)
    yield from onto_positive(rf"\theta = \log p - c\mathbf 1, {shift}", theta, p)


@gauge_sets.part("they are complete: $p$ with a zero entry")
def incomplete():
    yield from zero_entry()


@gauge_sets.part(f"${SUM.name}$ is minimal", gauge=SUM)
@gauges_onto_interior.part(f"${SUM.name}$: one-to-one", gauge=SUM)
@gauge_sets.part(f"${FIRST.name}$ is minimal", gauge=FIRST)
@gauges_onto_interior.part(f"${FIRST.name}$: one-to-one", gauge=FIRST)
def minimal(gauge):
    c, inside = sp.Symbol("c", real=True), gauge.points()
    yield exact(
        "sympy, symbolic d",
        argued(r"""$\operatorname{softmax}(\theta) = \operatorname{softmax}(\tau)$ only for $\tau =
            \theta + c\mathbf 1$ [A.softmax-minimal-condition.corrected]"""),
        shown(
            rf"both in the set: $0 = \langle a, \tau - \theta\rangle = {gauge.whole} \cdot c$ for "
            "$c = 0$ alone",
            sp.solve(gauge.whole * c, c) == [0],
        ),
    )
    cases = f"all pairs of {len(inside)} integer points, $d = 3$"
    yield from shared(list(combinations(inside, 2)), False, cases, _HOW_MANY)


@gauge_sum_proof.part(r"(36): $\log p_i$ is $\theta_i$ less the log-sum-exp")
def line_36(budget):
    points, f = thetas(3, budget), expected_max(Gumbel())
    value, radius = (np.asarray(x)[:, None] for x in engine(f, points)[:2])
    p = engine(f, points, "probabilities")
    low = np.asarray(p.value)
    log_p = p._replace(value=np.log(low), radius=np.asarray(p.radius) / low * 2 + radius)
    yield exact("sympy, symbolic d", log_share_step())
    yield agree("engine", log_p, points - value, r"$\log p$, $d = 3$")


@gauge_sum_proof.part(r'"$\theta = \tau$ implies $p = q$" is what minimality requires')
def required():
    pairs = pairs_of_points((1, 2))
    theta, tau = next(pair for pair in pairs if same(*pair, sp.E))
    cases = r"""minimal: sets of two points of $\{0, 1, 2\}^d$, $d = 1, 2$; all of them are as
        required, for $p$ is a function of $\theta$"""
    yield from shared(pairs, False, cases, "how many of these sets are not minimal")
    p = [str(sp.simplify(y)) for y in softmax(theta, sp.E)]
    yield witness({"$d$": len(theta), r"$\Theta$": written((theta, tau)), "softmax of both": p})


@gauge_sum_proof.part(
    r"$\theta_i = \tau_i$ for some $i$ implies $p = q$ in $\{\sum_j \theta_j = 0\}$"
)
def some_coordinate():
    pairs = [
        (t, u)
        for t, u in combinations(SUM.points(1), 2)
        if any(a == b for a, b in zip(t, u, strict=True))
    ]
    cases = f"{len(pairs)} pairs, $d = 3$"
    yield from shared(pairs, True, cases, "how many of them share their $p$")
    theta, tau = next(pair for pair in pairs if not same(*pair, sp.E))
    yield witness({"$d$": 3, r"$\theta$": theta, r"$\tau$": tau})


@sum_added_up.part(r"$p = q$ implies $\theta = \tau$")
def added_up():
    _, _, j, theta = (s := categories())
    level = sp.Symbol("L", real=True)
    yield exact(
        "sympy, symbolic d",
        log_share_step(),
        any_d(s.sum(theta[j] - level), s.sum(theta[j]) - s.d * level),
        r"$-dL$, with $L = \log\sum_j e^{\theta_j}$",
        argued(r"""$-dL = -dM$ with $M$ that of $\tau$, so $L = M$ and $\theta_i - L = \tau_i - L$
            for every $i$ [$\sum_i \log p_i = \sum_i \log q_i$, and (36) once more]"""),
    )
    cases = "all pairs of integer points of the set, $d = 3$"
    yield from shared(list(combinations(SUM.points(), 2)), False, cases, _HOW_MANY)
