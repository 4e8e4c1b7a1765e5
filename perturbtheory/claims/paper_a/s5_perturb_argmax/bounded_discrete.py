"""Propositions 5.4 and 5.5: bounded and discrete perturbations of Perturb-Argmax."""

from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.draws import sample_mean
from perturbtheory.claims.exhibits.noises import COIN, DIFFERENCES
from perturbtheory.claims.exhibits.numbers import engine
from perturbtheory.claims.exhibits.slopes import polytope
from perturbtheory.claims.exhibits.uniform_pieces import ONE, TWO, T, true_potential
from perturbtheory.ledger import Claim, agree, argued, eq, exact, shown
from perturbtheory.perturbations import Uniform
from perturbtheory.potential import expected_max
from perturbtheory.properties import single_valued, whole_space
from perturbtheory.routes import rational

uniform_not_minimal = Claim(
    "A.uniform-not-minimal",
    "A, Proposition 5.4",
    r"""For two coordinates $\gamma_i \sim U(-1, 1)$, $d = 2$, every $\theta$ has one $p$, but
    different $\theta$ share a $p$, even if they are no translates, because $f$ is not strictly
    convex: $\theta \mapsto \nabla f(\theta)$ is single-valued and not one-to-one.""",
    assumes=r"""$\gamma_1$, $\gamma_2$ independent; printed $U(1, -1)$. The density is called smooth
    but jumps at $-1$ and 1; $f$ is twice continuously differentiable and has no third derivative
    where $\theta_1 - \theta_2$ is $-2$, 0 or 2. One-to-one is read up to translation, without which
    it fails for every noise. It is one-to-one where $|\theta_1 - \theta_2| \le 2$, which is not
    printed.""",
    depends_on=("A.uniform-potential", "A.uniform-probabilities.corrected", "A.max-differentiable"),
)


def _along(low: int) -> Any:
    """f(t, 0) for t in the piece from `low`."""
    return true_potential(Fraction(low)).subs({ONE: T, TWO: 0})


@uniform_not_minimal.part("single-valued")
def uniform_single_valued():
    jumps = [
        sp.diff(_along(joint) - _along(joint - 2), T, order).subs(T, joint)
        for joint in (-2, 0, 2)
        for order in range(3)
    ]
    checked = single_valued(expected_max(Uniform()), whole_space(2))
    says = r"$f$, $f'$ and $f''$ of neighbouring pieces agree at $\theta_1 - \theta_2 = -2, 0, 2$"
    yield exact("sympy, joints", shown(says, not any(jumps)))
    yield exact("property checker", checked.outcome, cases=checked.method)
    grid = [Fraction(k, 4) for k in range(-12, 13)]
    holds = all(
        _slope(t, 1) == _slope(t, -1) == rational.uniform([t, 0]).probabilities[0] for t in grid
    )
    cases = rf"""left and right slopes, exact for its cubic pieces, equal $p_1$ at {len(grid)}
        $\theta_1 - \theta_2$, the joints among them"""
    yield exact("rational, slopes of f", holds, cases=cases)


def _slope(t: Fraction, side: int) -> Fraction:
    """The one-sided slope of a cubic piece of f from four of its values."""
    h = Fraction(side, 16)
    f = [rational.uniform([t + k * h, 0]).value for k in range(4)]
    return (-11 * f[0] + 18 * f[1] - 9 * f[2] + 2 * f[3]) / (6 * h)


@uniform_not_minimal.part("not one-to-one: $(3, 0)$ and $(4, 0)$ share $p = (1, 0)$")
def uniform_shares():
    flat = [rational.uniform([t, 0]) for t in (3, 4)]
    why = r"$f = \theta_1$ for $\theta = \theta_1 - \theta_2 > 2$, so $p = (1, 0)$ there"
    yield exact("sympy, pieces", eq(sp.Derivative(_along(2), T), 1, why))
    says = "$p = (1, 0)$ at $(3, 0)$ and $(4, 0)$, and the Hessian is 0 there"
    holds = all(a.probabilities == (1, 0) and a.hessian[0][1] == 0 for a in flat)
    yield exact("rational", shown(says, holds, by="rational arithmetic"))
    points = np.array([[3.0, 0.0], [4.0, 0.0]])
    found = engine(expected_max(Uniform()), points, "probabilities")
    yield agree("engine", found, np.array([[1.0, 0.0]] * 2), "$p$ at both")


@uniform_not_minimal.part(r"one-to-one up to translation where $|\theta_1 - \theta_2| \le 2$")
def uniform_inside():
    inside = [rational.uniform([Fraction(k, 4), 0]).probabilities[0] for k in range(-8, 9)]
    why = r"""$p_1'$ for $\theta = \theta_1 - \theta_2 \in [0, 2]$, positive up to its end;
        $p_1(-\theta) = 1 - p_1(\theta)$"""
    yield exact("sympy, derivative", eq(sp.Derivative(_along(0), (T, 2)), (2 - T) / 4, why))
    holds = all(a < b for a, b in pairwise(inside)) and (inside[0], inside[-1]) == (0, 1)
    yield exact("rational", holds, cases=f"{len(inside)} values of $p_1$ from 0 to 1 increase")


discrete_not_identifiable = Claim(
    "A.discrete-not-identifiable",
    'A, Proposition 5.5, section 5.2, section 7 ("whenever")',
    r"""For two fair coins, $P(\gamma_i = \pm 1) = \frac12$, and $\Theta = \mathbb R^2$,
    Perturb-Argmax is not identifiable: $\partial f(\theta)$ has more than one element at
    $\theta_1 = \theta_2$. So it is under every discrete perturbation.""",
    assumes=r"""$d \ge 2$. Identifiable is meant as single-valued (3.3 I); for coins the other
    senses of the paper, one-to-one and complete with one-to-one, fail too. "Whenever" needs
    $\Theta = \mathbb R^d$: other $\Theta$ may avoid all ties.""",
    depends_on=("A.discrete-subdifferential", "A.max-potential-gradient.corrected"),
)
LOW, HIGH, STEP = Fraction(1, 4), Fraction(3, 4), Fraction(1, 8)


@discrete_not_identifiable.part(
    r"multi-valued at $\theta_1 = \theta_2$: every $p_1 \in [1/4, 3/4]$"
)
def coins_multivalued(budget):
    at, cell = rational.discrete([0, 0], COIN), polytope((0, 0))
    slopes = [
        (rational.discrete([s * STEP, 0], COIN).value - at.value) / (s * STEP) for s in (-1, 1)
    ]
    says = r"$P(A = \{1\}) = \frac14$ and $P(1 \in A) = \frac34$"
    holds = (at.only[0], at.some[0]) == (LOW, HIGH)
    yield exact("rational, enumeration", shown(says, holds, by="all four outcomes"))
    says = r"the left slope is $\frac14$, the right slope $\frac34$"
    yield exact(
        "rational, slopes of f", shown(says, slopes == [LOW, HIGH], by="rational arithmetic")
    )
    yield exact(
        "engine, base polytope",
        shown(
            r"it contains $(\frac14, \frac34)$ and $(\frac34, \frac14)$",
            not cell.is_singleton and cell.contains([LOW, HIGH]) and cell.contains([HIGH, LOW]),
            by="rational arithmetic",
        ),
    )
    gamma = np.random.default_rng(55).choice([-1, 1], (budget.samples, 2))
    ahead, level = (sample_mean(np.sign(gamma @ [1, -1]) >= least) for least in (1, 0))
    yield agree("sampling, 1 alone", ahead, 0.25, r"$P(A = \{1\})$")
    yield agree("sampling, 1 among them", level, 0.75, r"$P(1 \in A)$")


@discrete_not_identifiable.part("not one-to-one: $(1/8, 0)$ and $(1, 0)$ share $p = (3/4, 1/4)$")
def coins_share():
    pair = [rational.discrete([t, 0], COIN).probabilities for t in (STEP, 1)]
    counted = [Fraction(sum(t + k > 0 for k in DIFFERENCES), 4) for t in (STEP, 1)]
    yield exact(
        "rational, enumeration",
        shown("$p$ at both", pair[0] == pair[1] == (HIGH, LOW), by="all four outcomes"),
    )
    says = r"three of the four $\gamma_1 - \gamma_2$ exceed $-\frac18$, and three exceed $-1$"
    yield exact("rational, counted", shown(says, counted[0] == counted[1] == HIGH, by="counting"))
    cells = [polytope((t, 0)) for t in (STEP, 1)]
    holds = all(cell.is_singleton and cell.contains([HIGH, LOW]) for cell in cells)
    yield exact("engine, base polytope", holds, cases="both")


@discrete_not_identifiable.part("multi-valued somewhere under every discrete perturbation")
def ties_everywhere():
    a, b, one, two = sp.symbols("a b theta_1 theta_2", real=True)
    atoms, weights = [-1, 0, 2], [LOW, Fraction(1, 2), LOW]
    tied = [rational.discrete([y - x, 0, -10], atoms, weights) for x in atoms for y in atoms]
    yield exact(
        "one tie, any d",
        argued(r"$P(\gamma_1 = a, \gamma_2 = b) > 0$ for some $a$, $b$", r"$\gamma$ is discrete"),
        eq(sp.Subs(one + a, one, two + b - a), two + b),
        r"this outcome is a tie, $\theta_1 + \gamma_1 = \theta_2 + \gamma_2$",
        argued(r"""with the other $\theta_k$ low enough the two are the maximisers with positive
            probability [$P(\theta_k + \gamma_k \ge \theta_2 + b \mid \gamma_1 = a, \gamma_2 = b)
            \to 0$ as $\theta_k \to -\infty$]"""),
        argued(r"""$P(1 \in A) > P(A = \{1\})$: the subdifferential has more than one element
            [A.max-potential-gradient.corrected]"""),
    )
    holds = all(answer.some[0] > answer.only[0] for answer in tied)
    cases = r"""$\gamma_i = -1$, 0 or 2 with weights 1/4, 1/2, 1/4, $d = 3$: $\theta_1 + a =
        \theta_2 + b$ for all atoms $a$, $b$, $\theta_3$ far below"""
    yield exact("rational, three atoms", holds, cases=cases)
