"""Theorem 5.3 and Propositions 5.4, 5.5: when Perturb-Argmax is one-to-one."""

from fractions import Fraction
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.noises import COIN, DIFFERENCES
from perturbtheory.claims.exhibits.numbers import engine, thetas
from perturbtheory.claims.exhibits.uniform_pieces import ONE, TWO, T, true_potential
from perturbtheory.claims.legacy import argued, claim, exact, positive, proof, shown
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.perturbations import Discrete, Logistic, Normal, Uniform
from perturbtheory.potential import expected_max
from perturbtheory.properties import single_valued, whole_space
from perturbtheory.routes import enclosure, rational
from perturbtheory.routes.symbolic import identity


def monotone_proof() -> Check:
    """Positive densities: <p(tau) - p(theta), tau - theta> > 0 unless tau is a translate."""
    names = "theta_a theta_b tau_a tau_b gamma_a gamma_b"
    ta, tb, sa, sb, ga, gb = sp.symbols(names, real=True)
    ahead_then = ta + ga - tb - gb
    ahead_now = sb + gb - sa - ga
    gain = (sb - tb) - (sa - ta)
    # At a tie-breaking gamma: a leads b by half of the gain at theta, b leads a by half at tau.
    chosen = {ga: gb + tb - ta + gain / 2}
    return proof(
        "strict monotonicity, any d",
        "p(theta) = p(tau) for translates only",
        shown(
            r"let $a$ win at $\theta$ and $b$ at $\tau = \theta + v$: $v_b - v_a = (\theta_a + "
            r"\gamma_a - \theta_b - \gamma_b) + (\tau_b + \gamma_b - \tau_a - \gamma_a) \ge 0$",
            identity(ahead_then + ahead_now - gain),
        ),
        argued(
            r"$\langle p(\tau) - p(\theta), v\rangle = \mathbb E[v_b - v_a] \ge 0$",
            r"$p$ is the law of the arg max; $v_b - v_a$ is bounded",
        ),
        shown(
            r"if $v \notin \mathbb R\mathbf 1$ take $a$, $b$ where $v$ is least and largest: at "
            r"$\gamma_a = \gamma_b + \theta_b - \theta_a + \frac{v_b - v_a}2$ each leads the other "
            r"by $\frac{v_b - v_a}2 > 0$, $a$ at $\theta$ and $b$ at $\tau$",
            identity((ahead_then - gain / 2).subs(chosen)) == "holds"
            and identity((ahead_now - gain / 2).subs(chosen)) == "holds",
        ),
        argued(
            r"with the other $\gamma_k$ low enough, $a$ wins at $\theta$ and $b$ at $\tau$ on an "
            r"open set of $\gamma$; its probability is positive, so the mean is",
            "a product of positive densities charges every open set",
        ),
        argued(
            r"$\langle p(\tau) - p(\theta), v\rangle > 0$, so $p(\tau) \ne p(\theta)$", "the mean"
        ),
    )


def _enclosed_margins() -> bool:
    """Lower ends of <p(tau) - p(theta), tau - theta> in ball arithmetic, all pairs of points."""
    points = [(0, 0, 0), (1, 0, Fraction(-1, 2)), (0, 3, 1), (-4, 0, 4)]
    balls = [enclosure.probabilities(Normal(), p, digits=12) for p in points]
    for (theta, p), (tau, q) in combinations(zip(points, balls, strict=True), 2):
        least = Fraction(0)
        for a, b, one, two in zip(theta, tau, p, q, strict=True):
            ends = [(two.low - one.high) * (b - a), (two.high - one.low) * (b - a)]
            least += min(ends)
        if least <= 0:
            return False
    return True


@claim("A.argmax-minimality", depends_on=("A.max-differentiable",))
def argmax_minimality(budget: Budget) -> list[Part]:
    r"""Statement: If the densities of the independent gamma_i are differentiable and positive, a
    convex Theta without two translates is minimal for Perturb-Argmax: different theta have
    different p.

    LaTeX: $\mathbb E_\gamma[\arg\max(\theta + \gamma)] \ne
    \mathbb E_\gamma[\arg\max(\tau + \gamma)]$ for $\theta \ne \tau \in \Theta$, if no two of
    $\Theta$ have $\theta_i = \tau_i + c$ for every $i$

    Source: A, Theorem 5.3

    Assumptions: densities p_i > 0 on the whole line; neither that they are differentiable, nor that
    Theta is convex, nor that f is finite is used. Positive densities are not necessary either: see
    A.argmax-minimality-steps.corrected.

    Computed: strict monotonicity of theta -> p for any d; for normal noise in ball arithmetic, for
    logistic noise by the engine.
    """
    points = thetas(3, budget)
    found = engine(expected_max(Logistic()), points, "probabilities")
    p, radius = (np.asarray(a) for a in (found.value, found.radius))
    margins, radii = [], []
    for i, j in combinations(range(len(points)), 2):
        v = points[j] - points[i]
        margins.append((p[j] - p[i]) @ v)
        radii.append((radius[i] + radius[j]) @ np.abs(v))
    return [
        Part(
            "different theta have different p",
            (
                monotone_proof(),
                exact(
                    "ball arithmetic, normal noise",
                    _enclosed_margins(),
                    "<p(tau) - p(theta), tau - theta> > 0 for all pairs of four theta, d = 3",
                    universal=False,
                ),
                positive(
                    "engine, logistic noise",
                    "quadrature",
                    Estimate(np.array(margins), np.array(radii), "quadrature"),
                    "<p(tau) - p(theta), tau - theta> for all pairs of theta, d = 3",
                ),
            ),
        )
    ]


@claim(
    "A.uniform-not-minimal",
    depends_on=("A.uniform-potential", "A.uniform-probabilities.corrected", "A.max-differentiable"),
)
def uniform_not_minimal(_: Budget) -> list[Part]:
    r"""Statement: For two coordinates uniform on [-1, 1], every theta has one p, but different
    theta share a p, even if they are no translates, because f is not strictly convex.

    LaTeX: $d = 2$, $\gamma_i \sim U(-1, 1)$: $\theta \mapsto \nabla f(\theta)$ is single-valued and
    not one-to-one

    Source: A, Proposition 5.4

    Assumptions: gamma_1, gamma_2 independent; printed U(1, -1). The density is called smooth but
    jumps at -1 and 1; f is twice continuously differentiable and has no third derivative where
    theta_1 - theta_2 is -2, 0 or 2. One-to-one is read up to translation, without which it fails
    for every noise. It is one-to-one where |theta_1 - theta_2| <= 2, which is not printed.

    Computed: the four pieces of f at their joints, symbolically; exact values; the property
    checker.
    """
    f = expected_max(Uniform())
    jumps = [
        sp.diff(_along(joint) - _along(joint - 2), T, order).subs(T, joint)
        for joint in (-2, 0, 2)
        for order in range(3)
    ]
    grid = [Fraction(k, 4) for k in range(-12, 13)]
    shares = [rational.uniform([t, 0]).probabilities[0] for t in grid]
    inside = [p for t, p in zip(grid, shares, strict=True) if abs(t) <= 2]
    checked = single_valued(f, whole_space(2))
    flat = [rational.uniform([t, 0]) for t in (3, 4)]
    return [
        Part(
            "single-valued",
            (
                exact(
                    "sympy, joints",
                    not any(jumps),
                    "f, f' and f'' of neighbouring pieces agree at theta_1 - theta_2 = -2, 0, 2",
                ),
                exact("property checker", checked.outcome, checked.method, universal=False),
            ),
        ),
        Part(
            "not one-to-one: (3, 0) and (4, 0) share p = (1, 0)",
            (
                exact(
                    "sympy, pieces",
                    identity(sp.diff(_along(2), T) - 1),
                    "f = theta_1 for theta_1 - theta_2 > 2, so p = (1, 0) there",
                ),
                exact(
                    "rational",
                    flat[0].probabilities == flat[1].probabilities == (1, 0)
                    and flat[0].hessian[0][1] == flat[1].hessian[0][1] == 0,
                    "p at (3, 0) and (4, 0), and the Hessian there",
                ),
            ),
        ),
        Part(
            "one-to-one up to translation where |theta_1 - theta_2| <= 2",
            (
                exact(
                    "sympy, derivative",
                    identity(sp.diff(_along(0), T, 2) - (2 - T) / 4),
                    "p_1' = (2 - t)/4 for t = theta_1 - theta_2 in [0, 2], positive up to its end; "
                    "p_1(-t) = 1 - p_1(t)",
                ),
                exact(
                    "rational",
                    all(a < b for a, b in pairwise(inside)) and (inside[0], inside[-1]) == (0, 1),
                    f"{len(inside)} values of p_1 from 0 to 1 increase",
                    universal=False,
                ),
            ),
        ),
    ]


@claim(
    "A.discrete-not-identifiable",
    depends_on=("A.discrete-subdifferential", "A.max-potential-gradient.corrected"),
)
def discrete_not_identifiable(_: Budget) -> list[Part]:
    r"""Statement: For two fair coins gamma_i = -1 or 1 and Theta = R^2, Perturb-Argmax is not
    identifiable: it is multi-valued at theta_1 = theta_2. So it is under every discrete
    perturbation.

    LaTeX: $d = 2$, $P(\gamma_i = \pm 1) = \frac12$: $\partial f(\theta)$ has more than one element
    at $\theta_1 = \theta_2$

    Source: A, Proposition 5.5, section 5.2, section 7 ("whenever")

    Assumptions: d >= 2. Identifiable is meant as single-valued (3.3 I); for coins the other senses
    of the paper, one-to-one and complete with one-to-one, fail too. "Whenever" needs Theta = R^d:
    other Theta may avoid all ties.

    Computed: the subdifferential at 0 by enumeration, by slopes, by the engine; two parameters that
    share p; a tie for any two atoms.
    """
    at = rational.discrete([0, 0], COIN)
    cell = expected_max(Discrete(np.array([-1.0, 1.0]))).subdifferential(np.array([0, 0]))
    low, high = Fraction(1, 4), Fraction(3, 4)
    h = Fraction(1, 8)
    slopes = tuple(
        (rational.discrete([s * h, 0], COIN).value - at.value) / (s * h) for s in (-1, 1)
    )
    pair = [rational.discrete([t, 0], COIN).probabilities for t in (h, 1)]
    counted = [Fraction(sum(t + k > 0 for k in DIFFERENCES), 4) for t in (h, 1)]
    return [
        Part(
            "multi-valued at theta_1 = theta_2: every p_1 in [1/4, 3/4]",
            (
                exact(
                    "rational, enumeration",
                    (at.only[0], at.some[0]) == (low, high),
                    "P(1 is the only maximiser), P(1 is a maximiser)",
                ),
                exact("rational, slopes of f", slopes == (low, high), "left and right slope"),
                exact(
                    "engine, base polytope",
                    not cell.is_singleton
                    and cell.contains([low, high])
                    and cell.contains([high, low]),
                    "it contains (1/4, 3/4) and (3/4, 1/4)",
                ),
            ),
        ),
        Part(
            "not one-to-one: (1/8, 0) and (1, 0) share p = (3/4, 1/4)",
            (
                exact("rational, enumeration", pair[0] == pair[1] == (high, low), "p at both"),
                exact(
                    "rational, counted",
                    counted[0] == counted[1] == high,
                    "three of four differences of coins exceed -1/8, and -1",
                ),
            ),
        ),
        Part(
            "multi-valued somewhere under every discrete perturbation",
            (
                _tie_proof(),
                exact(
                    "rational, three atoms",
                    all(a.some[0] > a.only[0] for a in _ties_of_three()),
                    "gamma_i = -1, 0 or 2 with weights 1/4, 1/2, 1/4, d = 3: theta_1 + a = theta_2 "
                    "+ b for all atoms a, b, theta_3 far below",
                    universal=False,
                ),
            ),
        ),
    ]


def _along(low: int) -> Any:
    """f(t, 0) for t in the piece from `low`."""
    return true_potential(Fraction(low)).subs({ONE: T, TWO: 0})


def _ties_of_three() -> list[rational.DiscreteAnswer]:
    atoms, weights = [-1, 0, 2], [Fraction(1, 4), Fraction(1, 2), Fraction(1, 4)]
    return [rational.discrete([b - a, 0, -10], atoms, weights) for a in atoms for b in atoms]


def _tie_proof() -> Check:
    a, b, two = sp.symbols("a b theta_2", real=True)
    one = two + b - a
    return proof(
        "one tie, any d",
        "two atoms can be made to meet",
        argued(r"$P(\gamma_1 = a, \gamma_2 = b) > 0$ for some $a$, $b$", "$\\gamma$ is discrete"),
        shown(
            r"at $\theta_1 = \theta_2 + b - a$ this outcome has $\theta_1 + \gamma_1 = \theta_2 + "
            r"\gamma_2$",
            identity(one + a - two - b),
        ),
        argued(
            r"with the other $\theta_k$ low enough the two are the maximisers with positive "
            r"probability",
            r"$P(\theta_k + \gamma_k \ge \theta_2 + b \mid \gamma_1 = a, \gamma_2 = b) \to 0$ as "
            r"$\theta_k \to -\infty$",
        ),
        argued(
            r"$P(1 \in A) > P(A = \{1\})$: the subdifferential has more than one element",
            "A.max-potential-gradient.corrected",
        ),
    )
