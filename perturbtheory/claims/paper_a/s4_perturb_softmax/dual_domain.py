"""Sections 4, 8.3: the domain of the conjugate in the proof of Theorem 4.1."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import cosets, sums, three_atoms
from perturbtheory.claims.exhibits.cones import HALF_SPACE, corners, height, programs, uniqueness
from perturbtheory.claims.exhibits.conjugate_lines import CANDIDATES
from perturbtheory.claims.exhibits.numbers import thetas
from perturbtheory.claims.exhibits.symbols import B
from perturbtheory.ledger import Budget, Claim, agree, argued, exact, positive, shown, witness
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_max
from perturbtheory.routes import symbolic

GAUGE = ((0, 1), (0, -1))
"""Generators of Theta = {theta_1 = 0}, d = 2, one of the two sets that the paper recommends."""
PLANE = (*GAUGE, (1, 0), (-1, 0), (1, 1), (-1, -1))
"""Generators of Theta = R^2."""

dual_domain = Claim(
    "A.softmax-dual-domain",
    "A, (9) with (18), (19), (22), and the last sentences of section 8.3",
    r"""For $\Theta$ as in Theorem 4.1, let $\mathcal P = \operatorname{dom} f^*$ be the domain of
    $f^*(p) = \max_{\theta\in\Theta}\{\langle p,\theta\rangle-f(\theta)\}$. Then the Perturb-Softmax
    probabilities over $\Theta$ lie in $\mathcal P$ and contain its relative interior,
    $\operatorname{ri}(\mathcal P) \subseteq \{\mathbb E_\gamma[\operatorname{softmax}(\theta
    +\gamma)] : \theta \in \Theta\} \subseteq \mathcal P$, and $\operatorname{cl}(\mathcal P) =
    \Delta$.""",
    assumes=r"""$f$ finite; the maximum in (18) is a supremum, see A.conjugate-attained. It is taken
    over $\Theta$, as printed, or over all of $\mathbb R^d$, on which 8.3 shows that $f$ is closed
    and essentially smooth: both readings are parts. Restricted to $\Theta$, $f$ has other
    subgradients than gradients. What 8.3 says of $f$ is A.softmax-closed-smooth.""",
    depends_on="C.completeness",
)
true_domain = dual_domain.corrected(
    r"""With $f^*(p) = \sup_{\theta\in\mathbb R^d}\{\langle p,\theta\rangle-f(\theta)\}$, over all
    of $\mathbb R^d$, $\operatorname{ri}(\Delta) \subseteq \mathcal P \subseteq \Delta$, so that the
    closure of $\mathcal P$ is the simplex, and the Perturb-Softmax probabilities over $\mathbb R^d$
    are exactly the positive ones, the relative interior of $\mathcal P$:
    $\{\mathbb E_\gamma[\operatorname{softmax}(\theta+\gamma)] : \theta \in \mathbb R^d\} =
    \operatorname{ri}(\Delta)$. Over a smaller $\Theta$ they are part of them.""",
    source="corrects A, (9) and the last sentences of section 8.3",
    assumes="$f$ finite.",
    depends_on="C.completeness",
)


def members(generators: Sequence[Sequence[int]]) -> list[tuple[Fraction, ...]]:
    """Candidates p with f*(p) finite: <p, r> <= max r, the recession function, on generators.

    Equality is met only along 1 and -1, where f is linear.
    """
    return [p for p in CANDIDATES if all(cosets.inner(p, r) <= max(r) for r in generators)]


def bounded(generators: Sequence[Sequence[int]]) -> np.ndarray:
    """The same by numbers: <p, theta> - f(theta) does not grow from 20 r to 40 r."""
    rays = np.array(generators, float)
    near, far = (three_atoms.value(size * rays) for size in (20.0, 40.0))
    numbers = np.array(CANDIDATES, float)
    return numbers[np.all(20 * numbers @ rays.T - (far - near) < 1e-9, axis=1)]


@dual_domain.part(r"$\operatorname{cl}(\mathcal P)$ is the simplex, maximum over $\Theta$")
@dual_domain.part(
    r"(9): every $p$ in $\operatorname{ri}(\mathcal P)$ is reached, maximum over $\Theta$"
)
def more_than_probabilities():
    found = members(GAUGE)
    allowed = all(any(height(g, i) > 0 for g in corners(GAUGE)) for i in range(2))
    outside = next((p for p in found if sum(p) != 1), ())
    cases = r"""$\Theta = \{\theta_1 = 0\}$, $d = 2$: the growth of $\langle p,\theta\rangle$ along
        (0, 1) and (0, -1) is less than that of $f$, 1 and 0, for this $p$ and all near it, whose
        sum is not 1; every $p$ that is reached has sum 1"""
    yield exact("rational, recession", not outside if allowed else "unknown", cases=cases)
    reached = three_atoms.share(np.zeros((1, 2)))
    what = r"""sums of $p$ in $\mathcal P$ against that of $\mathbb
        E[\operatorname{softmax}(\gamma)]$"""
    yield agree("enumeration", bounded(GAUGE).sum(1), reached.sum(1), what)
    yield witness(
        {
            "d": 2,
            "Theta": r"$\{\theta_1 = 0\}$",
            "p": [str(x) for x in outside],
            "$f^*(p)$": r"finite: $\langle p,\theta\rangle = p_2\theta_2$ on $\Theta$",
            "sum of $p$": str(sum(outside)),
        }
    )


@dual_domain.part(r"(9): every $p$ that is reached is in $\mathcal P$")
def reached_is_in_domain():
    points = thetas(3, Budget("pairs", 1, 8))
    yield exact(
        "gradient inequality",
        *cosets.variance(),
        argued(r"""$f$ is convex and differentiable, so for $p = \nabla f(\theta)$ all $\tau$ have
            $\langle p,\tau\rangle-f(\tau) \le \langle p,\theta\rangle-f(\theta) < \infty$ [gradient
            inequality; Rockafellar, Theorem 25.1]"""),
    )
    what = r"$f(\tau)-f(\theta)-\langle p,\tau-\theta\rangle$ for 56 pairs, three atoms, $d = 3$"
    yield positive("enumeration", three_atoms.over_tangents(points), what)


@dual_domain.part(
    r"(9): every $p$ in $\operatorname{ri}(\mathcal P)$ is reached, maximum over $\mathbb R^d$"
)
def misses_positive_probabilities():
    # Here ri(P) = ri(Delta): see the next part.
    yield uniqueness(HALF_SPACE, HALF_SPACE.unbounded(above=True), r"$\gamma = 0$")
    yield programs(HALF_SPACE, expected_max(Gumbel()), r"$\gamma = 0$")
    yield witness(HALF_SPACE.missed)


@dual_domain.part(r"$\operatorname{cl}(\mathcal P)$ is the simplex, maximum over $\mathbb R^d$")
@true_domain.part(
    r"$\operatorname{ri}(\Delta) \subseteq \mathcal P$ and $\mathcal P \subseteq \Delta$"
)
def growth():
    s, c, share = symbolic.categories(), sp.Symbol("c", real=True), sp.Symbol("q", positive=True)
    start, p = sp.Symbol("f_0", real=True), cosets.indexed("p")
    yield exact(
        "sympy, symbolic d",
        sums.for_every_d(s.sum(sp.exp(s.theta[s.j] + c)), sp.exp(c) * s.sum(sp.exp(s.theta[s.j]))),
        r"so $f(c\mathbf 1) = f(0)+c$",
        sums.for_every_d(s.sum(p[s.j] * c) - (start + c), c * (s.sum(p[s.j]) - 1) - start),
        r"""$\langle p,c\mathbf 1\rangle-f(c\mathbf 1)$ with $f_0 = f(0)$, unbounded for $c \to
            \pm\infty$ unless $\sum_jp_j = 1$""",
        shown(
            r"if $p_i = -q < 0$, $\langle p,-se_i\rangle-f(-se_i) \ge sq-f(0) \to \infty$ as $s \to"
            r" \infty$, for $f$ increases with every $\theta_i$",
            sp.limit(B * share - start, B, sp.oo) == sp.oo,
        ),
        argued(r"""if all $p_i > 0$ and $\sum_ip_i = 1$, the maximum is attained: $p \in \mathcal P$
            [C.completeness]"""),
    )
    cases = rf"{len(CANDIDATES)} candidates at $d = 2$: those in $\mathcal P$ are probabilities"
    yield exact(
        "rational, recession", all(sum(p) == 1 and min(p) >= 0 for p in members(PLANE)), cases=cases
    )
    what = "the only candidate along which nothing grows"
    yield agree("enumeration", bounded(PLANE), [[0.5, 0.5]], what)


@true_domain.part(r"the probabilities over $\mathbb R^d$ are $\operatorname{ri}(\Delta)$")
def positive_shares():
    targets = np.random.default_rng(11).dirichlet(np.ones(3), 24) * (1 - 3e-6) + 1e-6
    found = three_atoms.share(cosets.preimages(targets))
    yield exact("sympy, symbolic d", *sums.probabilities(), *cosets.onto())
    yield agree("enumeration", found, targets, r"$p(\theta(p))$, $d = 3$")
