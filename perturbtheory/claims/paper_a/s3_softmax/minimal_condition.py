r"""Section 3.1 and footnote 1: the condition under which $\Theta$ is minimal for the softmax."""

from itertools import combinations, product
from operator import itemgetter

import sympy as sp

from perturbtheory.claims.exhibits.numbers import difference, engine, thetas
from perturbtheory.claims.exhibits.softmax_exact import (
    log_share_step,
    pairs_of_points,
    same,
    same_share_step,
    shared,
    softmax,
    written,
)
from perturbtheory.ledger import Claim, agree, argued, exact, witness
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_max

softmax_minimal_condition = Claim(
    "A.softmax-minimal-condition",
    "A, section 3.1 and footnote 1",
    r"""$\Theta$ is minimal for the softmax if there are no $\theta, \tau \in \Theta$ for which
    $\theta_i = \tau_i = c$ for every $i = 1, \dots, d$; consequently $\{\sum_j \theta_j = 0\}$ and
    $\{\theta_1 = 0\}$ are. If $\operatorname{softmax}(\theta) = \operatorname{softmax}(\tau)$, then
    $\theta_i - \tau_i = c = \log\sum_j e^{\theta_j} - \log\sum_j e^{\tau_j}$.""",
    assumes=r"""$c$ is any number, the same for every $i$. As printed, $\theta$ and $\tau$ are both
    $c\mathbf 1$. Two readings: $\theta = \tau$ is allowed, so that $\Theta$ must contain no
    multiple of $\mathbf 1$; or $\theta$ and $\tau$ differ, so that the condition is empty. The
    footnote has a minus sign where the text has an equality: with it, and for $\theta$ and $\tau$
    that differ, the condition suffices, which is a part as well.""",
)
translates_only = softmax_minimal_condition.corrected(
    r"""$\operatorname{softmax}(\theta) = \operatorname{softmax}(\tau)$ if and only if there is
    $c \in \mathbb R$ with $\theta_i - \tau_i = c$ for every $i$; so $\Theta$ is minimal if and only
    if there are no $\theta \ne \tau \in \Theta$ with $\theta - \tau \in \mathbb R\mathbf 1$.""",
    assumes=r"$d \ge 1$; any $\Theta$, convex or not.",
)


@softmax_minimal_condition.part("footnote 1")
def footnote(budget):
    points, c = thetas(3, budget), 1.75
    rise = difference(*(engine(expected_max(Gumbel()), x) for x in (points + c, points)))
    yield exact("sympy, symbolic d", log_share_step(), _SUBTRACTED)
    yield agree("engine", rise, c, r"log-sum-exp at $\theta + c\mathbf 1$ less that at $\theta$")


def both_are(theta, tau):
    """theta_i = tau_i = c for every i and some c."""
    return len({*theta, *tau}) == 1


def differ_by(theta, tau):
    """theta_i - tau_i = c for every i and some c."""
    return len({a - b for a, b in zip(theta, tau, strict=True)}) == 1


@softmax_minimal_condition.part(
    r"the condition, $\theta = \tau$ allowed, suffices",
    within=lambda points: product(points, repeat=2),
)
@softmax_minimal_condition.part(
    r"the condition, for $\theta$ and $\tau$ that differ, suffices",
    within=lambda points: combinations(points, 2),
)
@softmax_minimal_condition.part(
    r"with the minus sign, $\theta_i - \tau_i = c$, and $\theta \ne \tau$, it suffices",
    within=lambda points: combinations(points, 2),
    meets=differ_by,
)
def suffices(within, meets=both_are):
    meant = [x for x in pairs_of_points((1, 2)) if not any(meets(*two) for two in within(x))]
    bad = [pair for pair in meant if same(*pair, sp.E)]
    cases = r"minimal: sets of two points of $\{0, 1, 2\}^d$, $d = 1, 2$, that satisfy it"
    yield from shared(meant, False, cases, "how many of these sets are not minimal")
    if bad:
        p = [str(sp.simplify(x)).replace("E", "e") for x in softmax(bad[0][0], sp.E)]
        yield witness({"$d$": len(p), r"$\Theta$": written(bad[0]), "softmax of both": p})


@softmax_minimal_condition.part(
    r"$\{\sum_j \theta_j = 0\}$ satisfies the condition, $\theta = \tau$ allowed",
    level=sum,
    whole=sp.Symbol("d", positive=True),
)
@softmax_minimal_condition.part(
    r"$\{\theta_1 = 0\}$ satisfies the condition, $\theta = \tau$ allowed",
    level=itemgetter(0),
    whole=sp.Integer(1),
)
def satisfied(level, whole):
    c = sp.Symbol("c", real=True)
    plane = [x for x in product(range(-2, 3), repeat=2) if level(x) == 0]
    cases = rf"$c\mathbf 1$ lies in it for ${whole} \cdot c = 0$: no solution $c$"
    yield exact("sympy, symbolic d", not sp.solve(whole * c, c), cases=cases)
    cases = r"its integer points, $d = 2$: none is a multiple of $\mathbf 1$"
    yield exact("integers", not any(both_are(x, x) for x in plane), cases=cases)
    yield witness({"$d$": 2, r"$\theta = \tau$": [0, 0], "$c$": 0})


@translates_only.part("equal probabilities exactly for translates")
def equal_probabilities():
    pairs = pairs_of_points((1, 2, 3))
    translate = [differ_by(*pair) for pair in pairs]
    yield exact(
        "sympy, symbolic d",
        same_share_step(),
        log_share_step(),
        _SUBTRACTED,
        argued("minimal means that different points have different probabilities", "definition"),
    )
    cases = r"pairs of $\{0, 1, 2\}^d$, $d = 1, 2, 3$: equal probabilities exactly for translates"
    yield from shared(pairs, translate, cases, "how many pairs share their $p$")


_SUBTRACTED = argued(r"""the same for $\tau$; so equal probabilities give $\theta_i - \tau_i =
    \log\sum_j e^{\theta_j} - \log\sum_j e^{\tau_j}$, a number without $i$ [subtraction]""")
