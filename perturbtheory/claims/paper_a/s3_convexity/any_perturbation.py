"""Sections 1 and 3.3: which of the relations I to III hold for any random perturbation."""

from fractions import Fraction
from itertools import combinations, product

import numpy as np

from perturbtheory.claims.exhibits import cosets, noises, numbers
from perturbtheory.claims.exhibits.slopes import polytope, slope
from perturbtheory.ledger import Claim, agree, argued, exact, positive, witness
from perturbtheory.perturbations import Discrete, Normal, StudentT, Uniform
from perturbtheory.potential import expected_logsumexp, expected_max
from perturbtheory.routes import enumeration, rational

any_perturbation = Claim(
    "A.any-perturbation",
    "A, section 1, and section 3.3 after III",
    r"""The framework allows for establishing the relations I and III for any random perturbation,
    for Perturb-Softmax and for Perturb-Argmax: every $\theta$ has a single $p \in \partial
    f(\theta)$, and no two $\theta \in \Theta$ have one $p$.""",
    assumes=r"""$\Theta = \{\sum_i \theta_i = 0\}$, one point of every coset of $\mathbb R \mathbf
    1$, and $f$ is taken on all of $\mathbb R^d$. Two readings: the framework proves the relations
    for any perturbation; or it is there for any perturbation, to decide them: $p_\theta \in
    \partial f(\theta)$ wherever $f$ is finite, to which footnote 2 restricts it. The first fails
    for Perturb-Argmax, as the paper's own Propositions 5.4 and 5.5 have it; for the decisions see
    A.table-1. II, onto the simplex, is A.softmax-completeness and A.argmax-completeness.""",
)
corrected = any_perturbation.corrected(
    r"""For Perturb-Softmax, $p_\theta = \mathbb E[\operatorname{softmax}(\theta + \gamma)]$, both
    hold for any random perturbation, even if $f$ is infinite. For Perturb-Argmax they depend on it:
    I fails for $\gamma_i = \pm 1$, and III for $\gamma_i$ uniform on $[-1, 1]$.""",
    source="corrects A, section 1, and section 3.3 after III",
    assumes=r"""$\Theta = \{\sum_i \theta_i = 0\}$; any joint law of $\gamma$ in the first
    statement, where $p_\theta$ is the gradient of $f$ if $f$ is finite.""",
)
_NOISES = (Normal(), Uniform(), StudentT(1.0), Discrete(np.array([-1.0, 1.0])))


@any_perturbation.part("Perturb-Softmax: I and III")
@corrected.part("Perturb-Softmax: I and III")
def softmax(budget):
    points = numbers.thetas(3, budget)
    points = points - points.mean(1, keepdims=True)
    pairs = list(combinations(range(len(points)), 2))
    shares = [np.asarray(expected_logsumexp(g, 1.0).probabilities(points)) for g in _NOISES]
    shares.append(np.asarray(enumeration.softmax(points, noises.COIN, 1.0).probabilities))
    margins = [(p[i] - p[j]) @ (points[i] - points[j]) for p in shares for i, j in pairs]
    yield exact(
        "sympy, any d",
        argued(r"""the softmax is bounded, so that $p_\theta$ is one vector for every $\theta$, and
            the gradient of $f$ where $f$ is finite [dominated convergence]"""),
        *cosets.monotone(),
    )
    what = r"""$\langle p_\theta - p_\tau, \theta - \tau\rangle$ for Normal, uniform, Cauchy and
        two-valued noise, $d = 3$"""
    yield positive("engine and enumeration", np.array(margins), what, slack=1e-9)


@any_perturbation.part(r"the framework: $p_\theta \in \partial f(\theta)$ wherever $f$ is finite")
def framework(budget):
    points = numbers.thetas(3, budget)
    moved = points[:, None] + np.array([[1.0, 0, 0], [-2, 0.5, 0], [0, 0, 3], [1, -1, 0.25]])
    gaps = []
    for noise, potential in product(
        (Normal(), Uniform(), Discrete(np.array([-1.0, 1.0]))),
        (expected_max, lambda g: expected_logsumexp(g, 1.0)),
    ):
        f = potential(noise)
        slopes = np.einsum(
            "nkd,nd->nk", moved - points[:, None], np.asarray(f.probabilities(points))
        )
        gaps.append(np.asarray(f(moved)) - np.asarray(f(points))[:, None] - slopes)
    yield exact(
        "for every outcome",
        argued(r"""with $i$ the arg max at $\theta$, $\max(\tau + \gamma) \ge \tau_i + \gamma_i =
            \max(\theta + \gamma) + \langle e_i, \tau - \theta\rangle$; likewise for the log-sum-exp
            with its gradient, as it is convex [definition of the maximum]"""),
        argued(r"""$f(\tau) \ge f(\theta) + \langle p_\theta, \tau - \theta\rangle$ [the
            expectation]"""),
    )
    what = r"""$f(\tau) - f(\theta) - \langle p_\theta, \tau - \theta\rangle$, which may be zero,
        for Normal, uniform and two-valued noise, four $\tau$, plus $10^{-9}$"""
    yield positive("engine", np.array(gaps) + 1e-9, what)


@any_perturbation.part("Perturb-Argmax: I, a single subgradient", claimed=True)
@corrected.part(r"Perturb-Argmax: more than one subgradient for $\gamma_i = \pm 1$", claimed=False)
def single_valued(claimed):
    vertices = polytope((0, 0)).vertices()
    right, left = (slope((0, 0), (1, 0), side) for side in (1, -1))
    cases = rf"$\gamma_i = \pm 1$, $d = 2$, $\theta = (0, 0)$: {len(vertices)} vertices"
    yield exact("engine, polytope", (len(vertices) == 1) == claimed, cases=cases)
    cases = f"the same: slopes {left} and {right} along $(1, 0)$"
    yield exact("rational, slopes of f", (left == right) == claimed, cases=cases)
    yield witness(
        d=2,
        gamma_i=r"$\pm 1$",
        theta=[0, 0],
        subgradients=[[str(x) for x in vertex] for vertex in vertices],
    )


@any_perturbation.part(r"Perturb-Argmax: III, no two $\theta$ with one $p$", claimed=True)
@corrected.part(r"Perturb-Argmax: two $\theta$ with one $p$ for uniform $\gamma_i$", claimed=False)
def one_to_one(claimed):
    theta, tau = (Fraction(3, 2), Fraction(-3, 2)), (Fraction(2), Fraction(-2))
    one, two = (rational.uniform(x).probabilities for x in (theta, tau))
    f = expected_max(Uniform())
    p = np.asarray(f.probabilities(np.array([theta, tau], float)))
    cases = r"""$\gamma_i$ uniform on $[-1, 1]$, $d = 2$, $\theta = (\frac32, -\frac32)$ and $\tau =
        (2, -2)$"""
    yield exact("rational", (one != two) == claimed, cases=cases)
    if claimed:
        gap = np.abs(p[0] - p[1]).max() - 1e-6
        yield positive("engine", gap, "largest difference of entries, less 1e-6")
    else:
        yield agree("engine", p[0], p[1], "the same")
    yield witness(
        d=2,
        gamma_i="uniform on $[-1, 1]$",
        theta=[str(x) for x in theta],
        tau=[str(x) for x in tau],
        p=[str(x) for x in one],
    )
