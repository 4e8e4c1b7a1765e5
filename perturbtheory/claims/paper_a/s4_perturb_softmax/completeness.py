"""Theorem 4.1: which convex sets of parameters represent every $p$ by Perturb-Softmax."""

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import cosets
from perturbtheory.claims.exhibits.cones import (
    HALF_GAUGE,
    HALF_SPACE,
    RAY,
    Candidate,
    corners,
    height,
    programs,
    uniqueness,
)
from perturbtheory.claims.exhibits.cosets import CONES, expanded_sum, indexed
from perturbtheory.claims.legacy import agree, argued, claim, exact, proof, shown
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_max
from perturbtheory.properties import cone
from perturbtheory.routes.symbolic import categories, identity


def _newton(candidate: Candidate) -> Check:
    """Under other noise: whether the set holds a translate of theta(p)."""
    theta = cosets.preimages(np.array([[float(x) for x in candidate.p]]))[0]
    held = cone(np.array(candidate.generators, float)).representative(theta) is not None
    what = "1 if theta(p) + c1 is in Theta, 0 if not, against 1; e^gamma_i = 1/2, 1 or 2"
    return agree("enumeration, Newton's method", "quadrature", [float(held)], np.ones(1), what)


def _order(candidate: Candidate) -> Check:
    """Exchangeable noise keeps the order, p_i > p_j iff theta_i > theta_j.

    This gives <u, theta> a sign without inverting p, for u = sum of e_i - e_k over pairs (i, k).
    """
    a, b, g, h = sp.symbols("a b g h", positive=True)
    rest = sp.Symbol("S", nonnegative=True)
    one = (a * g - b * h) / (a * g + b * h + rest)
    two = (a * h - b * g) / (a * h + b * g + rest)
    ordered = sp.expand(sp.cancel(sp.numer(sp.together(one + two)) / (a - b))).is_positive
    u, p = candidate.u, candidate.p
    pairs = [(i, k) for i, x in enumerate(u) for k, y in enumerate(u) if x > 0 > y]
    total = [sum((i == m) - (k == m) for i, k in pairs) for m in range(candidate.d)]
    above = all(p[i] > p[k] for i, k in pairs)
    detail = (
        "exchanging gamma_i and gamma_j in E[softmax_i - softmax_j] leaves (e^theta_i - "
        "e^theta_j) times a positive factor; so every theta with this p, which has "
        f"{', '.join(f'p_{i + 1} > p_{k + 1}' for i, k in pairs)}, has <u, theta> > 0"
    )
    known = ordered and total == list(u)
    return exact("sympy, order", not (above and candidate.bounded) if known else "unknown", detail)


def _refuted(candidate: Candidate, hypothesis: bool, name: str) -> Part:
    return Part(
        f"{name}: {candidate.set}",
        (
            uniqueness(candidate, hypothesis, "gamma = 0"),
            _order(candidate),
            _newton(candidate),
            programs(candidate, expected_max(Gumbel()), "gamma = 0"),
        ),
        candidate.missed,
    )


@claim(
    "A.softmax-completeness",
    corrected="A.softmax-completeness.corrected",
    depends_on=("C.completeness",),
)
def softmax_completeness(_: Budget) -> list[Part]:
    r"""Statement: A convex set Theta on which every h_i(theta) = theta_i - max_{j != i} theta_j is
    continuous and unbounded is complete for Perturb-Softmax: every p > 0 is
    E[softmax(theta + gamma)] for a theta in Theta.

    LaTeX: $\Theta \subseteq \mathbb R^d$ convex, $h_i(\theta) = \theta_i-\max_{j\ne i}\theta_j$
    continuous and unbounded over $\Theta$: $\operatorname{ri}(\Delta) \subseteq \{\mathbb E_\gamma[
    \operatorname{softmax}(\theta+\gamma)] : \theta \in \Theta\} \subseteq \Delta$

    Source: A, Theorem 4.1, (8), section 8.3, and the sentence after Theorem 4.3

    Assumptions: "unbounded" is read as printed, and as unbounded above for every i, which the proof
    needs. The printed cumulative distribution that "decays to zero as gamma approaches plus or
    minus infinity" belongs to no random variable, it tends to 1; it is read as a real random vector
    gamma. (8) prints one vector for the set of all. By C.completeness these sets miss some p under
    every gamma; the p named here are missed under every exchangeable one.

    Computed: for three cones the hypotheses, and a p whose only parameters lie outside: exactly for
    gamma = 0 and by order for any exchangeable gamma; by inversion of finite sums; by linear
    programs.
    """
    identifiable = HALF_GAUGE.unbounded(above=True) and all(
        sum(g) == 0 for g in HALF_GAUGE.generators
    )
    return [
        _refuted(HALF_SPACE, HALF_SPACE.unbounded(above=True), "h_i unbounded above"),
        _refuted(RAY, RAY.unbounded(above=False), "h_i unbounded, as printed"),
        _refuted(
            HALF_GAUGE,
            identifiable,
            "no two translates and h_i unbounded above, as for any set of Theorems 4.1 and 4.3",
        ),
    ]


@claim("A.softmax-completeness.corrected", depends_on=("C.completeness",))
def softmax_completeness_corrected(_: Budget) -> list[Part]:
    r"""Statement: A convex set Theta is complete for Perturb-Softmax, whatever gamma, exactly if
    <u, theta> is unbounded above on Theta for every u != 0 with sum zero. That every h_i is
    unbounded above is necessary; it is sufficient for d = 2, and for any d along sequences on
    which the differences of the other coordinates stay bounded, as in both gauges.

    LaTeX: convex $\Theta$ is complete $\iff \sup_{\theta\in\Theta}\langle u,\theta\rangle = \infty$
    for all $u \ne 0$ with $\sum_iu_i = 0$; it suffices that for every $i$ some $\theta^{(n)} \in
    \Theta$ have $h_i(\theta^{(n)}) \to \infty$ with $|\theta^{(n)}_j-\theta^{(n)}_k| \le B$ for
    $j, k \ne i$

    Source: corrects A, Theorem 4.1

    Assumptions: those of C.completeness: any real random vector gamma, Theta closed or not.

    Computed: the proofs for symbolic d; nine cones in integers and by linear programs.
    """
    s = categories()
    u, top = indexed("u"), sp.Symbol("M", real=True)
    split = expanded_sum(s, u[s.j] * (s.theta[s.j] - top)).subs(s.sum(u[s.j]), 0)
    weight, bound = sp.symbols("u_i b", positive=True)
    n = sp.Symbol("n", positive=True)
    growth = sp.limit(weight * n - bound, n, sp.oo)
    one, two, a = sp.symbols("theta_1 theta_2 a", real=True)
    reaching = [
        all(any(height(g, i) > 0 for g in corners(c.generators)) for i in range(3)) for c in CONES
    ]
    covers = [bool(c.covers) for c in CONES]
    return [
        Part(
            "complete exactly if no u is bounded above",
            (
                proof(
                    "separation",
                    "any convex set",
                    argued("complete means that every coset is met", "C.completeness"),
                    *cosets.separation(),
                ),
                cosets.certificates(),
                cosets.linear_programs(expected_max(Gumbel())),
            ),
        ),
        Part(
            "it suffices that h_i -> infinity along bounded differences of the others",
            (
                proof(
                    "sympy, symbolic d",
                    "one sequence for the largest u_i",
                    shown(
                        r"$\langle u,\theta\rangle = \sum_ju_j(\theta_j-M)$ for every $M$, as "
                        r"$\sum_ju_j = 0$; take $M = \max_{j\ne i}\theta_j$, so that the term $j = "
                        r"i$ is $u_ih_i(\theta)$",
                        identity(split - s.sum(u[s.j] * s.theta[s.j])),
                    ),
                    argued(
                        r"the other terms are at least $-b$ with $b = B\sum_j|u_j|$",
                        "|theta_j - M| <= B for j != i",
                    ),
                    shown(
                        r"some $u_i > 0$, and $u_in-b \to \infty$ for it",
                        growth == sp.oo,
                    ),
                ),
                exact(
                    "integers, two gauges",
                    all(_gauge_sequences(d) for d in range(2, 8)),
                    "n at place i with -n/(d - 1) elsewhere; n at place i with 0 elsewhere, and -n "
                    "at all places but the first: h_i > 0 and equal others, d = 2 to 7",
                    universal=False,
                ),
            ),
        ),
        Part(
            "h_i unbounded above: necessary, and sufficient for d = 2",
            (
                proof(
                    "sympy",
                    "h_i as a function of the coset",
                    argued(
                        r"a $\Theta$ that meets every coset has the $h_i$ of $\mathbb R^d$, and "
                        r"$h_i(n e_i) = n$ there",
                        "h_i is a function of the coset",
                    ),
                    shown(
                        r"for $d = 2$ every $u = (a, -a)$ has $\langle u,\theta\rangle = ah_1 = "
                        r"-ah_2$, which is unbounded above for $a > 0$ and for $a < 0$",
                        identity((a * one - a * two) - a * (one - two)),
                    ),
                ),
                exact(
                    "integers, nine cones",
                    all(r or not c for r, c in zip(reaching, covers, strict=True))
                    and reaching != covers,
                    "every complete cone has points with h_i > 0 for each i; for d = 3 the "
                    "converse is false",
                    universal=False,
                ),
            ),
        ),
    ]


def _gauge_sequences(d: int) -> bool:
    """Directions in both gauges with h_i > 0 and the other coordinates equal, for every i."""
    units = [[int(i == j) for j in range(d)] for i in range(d)]
    centred = [[d * x - 1 for x in unit] for unit in units]
    first = [[0] + [-1] * (d - 1), *units[1:]]
    inside = all(sum(v) == 0 for v in centred) and all(v[0] == 0 for v in first)
    return inside and all(
        height(v, i) > 0 and len({x for j, x in enumerate(v) if j != i}) == 1
        for sequence in (centred, first)
        for i, v in enumerate(sequence)
    )
