"""Sections 4, 8.3: the domain of the conjugate in the proof of Theorem 4.1."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import cosets
from perturbtheory.claims.exhibits.cones import corners, height
from perturbtheory.claims.exhibits.cosets import ATOMS, indexed, inner
from perturbtheory.claims.exhibits.numbers import thetas
from perturbtheory.claims.legacy import agree, argued, claim, exact, positive, proof, shown
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.routes import enumeration
from perturbtheory.routes.symbolic import categories, identity

GAUGE = ((0, 1), (0, -1))
"""Generators of Theta = {theta_1 = 0}, d = 2, one of the two sets that the paper recommends."""
PLANE = (*GAUGE, (1, 0), (-1, 0), (1, 1), (-1, -1))
"""Generators of Theta = R^2."""
_CANDIDATES = (
    (Fraction(1, 2), Fraction(1, 2)),
    (Fraction(2), Fraction(1, 2)),
    (Fraction(-1, 4), Fraction(5, 4)),
    (Fraction(-1, 2), Fraction(1, 2)),
)


def _members(generators: Sequence[Sequence[int]]) -> list[tuple[Fraction, ...]]:
    """Candidates p with f*(p) finite: <p, r> <= max r, the recession function, on generators.

    Equality is met only along 1 and -1, where f is linear.
    """
    return [p for p in _CANDIDATES if all(inner(p, r) <= max(r) for r in generators)]


def _bounded(generators: Sequence[Sequence[int]]) -> list[tuple[Fraction, ...]]:
    """The same by numbers: <p, theta> - f(theta) does not grow from 20 r to 40 r."""
    rays = np.array(generators, float)
    near, far = (enumeration.softmax(size * rays, ATOMS, 1.0).value for size in (20.0, 40.0))
    return [p for p in _CANDIDATES if np.all(20 * rays @ np.array(p, float) - (far - near) < 1e-9)]


@claim("A.softmax-dual-domain", corrected="A.softmax-dual-domain.corrected")
def softmax_dual_domain(_: Budget) -> list[Part]:
    r"""Statement: For Theta as in Theorem 4.1, let P be the domain of f*(p) = max over Theta of
    <p, theta> - f(theta). Then the Perturb-Softmax probabilities over Theta lie in P and contain
    its relative interior, and the closure of P is the simplex.

    LaTeX: $\operatorname{ri}(\mathcal P) \subseteq \{\mathbb E_\gamma[\operatorname{softmax}(\theta
    +\gamma)] : \theta \in \Theta\} \subseteq \mathcal P$ and $\operatorname{cl}(\mathcal P) =
    \Delta$ for $\mathcal P = \operatorname{dom} f^*$, $f^*(p) = \max_{\theta\in\Theta}\{\langle
    p,\theta\rangle-f(\theta)\}$

    Source: A, (9) with (18), (19), (22), and the last sentences of section 8.3

    Assumptions: f* as printed in (18), a maximum over Theta. 8.3 shows that f is closed and
    essentially smooth on R^d; restricted to Theta it need not be, and has other subgradients than
    gradients. Its "maximum of linear functions" is a supremum of affine ones. f finite.

    Computed: for the recommended gauge {theta_1 = 0}, d = 2: a p in P that is no probability, by
    growth along the set, in rationals and by numbers.
    """
    exactly, numerically = _members(GAUGE), _bounded(GAUGE)
    allowed = all(any(height(g, i) > 0 for g in corners(GAUGE)) for i in range(2))
    sums = np.array([float(sum(p)) for p in numerically])
    outside = next((p for p in exactly if sum(p) != 1), None)
    evidence = (
        "growth of <p, theta> along (0, 1) and (0, -1) is less than that of f, 1 and 0: so is it "
        "for all p near it"
    )
    counterexample: dict[str, Any] | None = (
        None
        if outside is None
        else {
            "d": 2,
            "Theta": "{theta_1 = 0}",
            "p": [str(x) for x in outside],
            "f*(p)": "finite: <p, theta> = p_2 theta_2 on Theta, whatever p_1",
            "sum of p": str(sum(outside)),
        }
    )
    return [
        Part(
            "cl(P) is the simplex",
            (
                exact(
                    "rational, recession",
                    all(sum(p) == 1 for p in exactly) if allowed else "unknown",
                    evidence,
                ),
                agree("enumeration", "quadrature", sums, np.ones(len(sums)), "sums of p in P"),
            ),
            counterexample,
        ),
        Part(
            "(9): every p in ri(P) is reached",
            (
                exact("rational, recession", outside is None, f"{evidence}; reached p sum to one"),
                agree(
                    "enumeration",
                    "quadrature",
                    sums,
                    enumeration.softmax(np.zeros((len(sums), 2)), ATOMS, 1.0).probabilities.sum(1),
                    "sums of p in P against those of E[softmax(theta + gamma)]",
                ),
            ),
            counterexample,
        ),
        Part("(9): every p that is reached is in P", _reached_is_in_domain()),
    ]


def _reached_is_in_domain() -> tuple[Check, ...]:
    points = thetas(3, Budget("pairs", 0, 8))
    value, share, _ = enumeration.softmax(points, ATOMS, 1.0)
    rise = value[None, :] - value[:, None]
    slope = share @ points.T - (share * points).sum(1)[:, None]
    off = ~np.eye(len(points), dtype=bool)
    return (
        proof(
            "gradient inequality",
            "any d",
            *cosets.variance(),
            argued(
                r"$f$ is convex and differentiable, so for $p = \nabla f(\theta)$ all $\tau$ have "
                r"$\langle p,\tau\rangle-f(\tau) \le \langle p,\theta\rangle-f(\theta) < \infty$",
                "gradient inequality; Rockafellar, Theorem 25.1",
            ),
        ),
        positive(
            "enumeration",
            "quadrature",
            (rise - slope)[off],
            "f(tau) - f(theta) - <p, tau - theta> for 56 pairs, three atoms, d = 3",
        ),
    )


@claim("A.softmax-dual-domain.corrected", depends_on=("C.completeness",))
def softmax_dual_domain_corrected(_: Budget) -> list[Part]:
    r"""Statement: With f* a maximum over all of R^d, its domain P lies between the positive
    probabilities and the simplex, so that its closure is the simplex, and the Perturb-Softmax
    probabilities over R^d are exactly the positive ones, the relative interior of P. For a smaller
    Theta, P says nothing about which probabilities are reached.

    LaTeX: $\operatorname{ri}(\Delta) \subseteq \mathcal P \subseteq \Delta$ and $\{\mathbb
    E_\gamma[\operatorname{softmax}(\theta+\gamma)] : \theta \in \mathbb R^d\} = \operatorname{ri}
    (\Delta)$ for $f^*(p) = \sup_{\theta\in\mathbb R^d}\{\langle p,\theta\rangle-f(\theta)\}$

    Source: corrects A, (9) and the last sentences of section 8.3

    Assumptions: f finite.

    Computed: growth of <p, theta> - f(theta) for symbolic d, and by numbers for d = 2; parameters
    of given p by Newton's method on finite sums.
    """
    members = _bounded(PLANE)
    targets = np.random.default_rng(11).dirichlet(np.ones(3), 24) * (1 - 3e-6) + 1e-6
    found = enumeration.softmax(cosets.preimages(targets), ATOMS, 1.0).probabilities
    return [
        Part(
            "ri(Delta) is in P and P in Delta",
            (
                _growth(),
                exact(
                    "rational, recession",
                    all(sum(p) == 1 and min(p) >= 0 for p in _members(PLANE)),
                    f"{len(_CANDIDATES)} candidates at d = 2: those in P are probabilities",
                    universal=False,
                ),
                agree(
                    "enumeration",
                    "quadrature",
                    np.array([[float(x) for x in p] for p in members]),
                    np.array([[0.5, 0.5]]),
                    "the only candidate along which nothing grows",
                ),
            ),
        ),
        Part(
            "the probabilities over R^d are ri(Delta)",
            (
                _positive_shares(),
                agree("enumeration", "quadrature", found, targets, "p(theta(p)), d = 3"),
            ),
        ),
    ]


def _growth() -> Check:
    s, size, start = categories(), sp.Symbol("s", positive=True), sp.Symbol("f_0", real=True)
    p, share = indexed("p"), sp.Symbol("q", positive=True)
    along = cosets.expanded_sum(s, p[s.j] * size) - (start + size)
    moved = cosets.expanded_sum(s, sp.exp(s.theta[s.j] + size))
    translate = moved - sp.exp(size) * s.sum(sp.exp(s.theta[s.j]))
    return proof(
        "sympy, symbolic d",
        "f* is infinite off the simplex",
        shown(
            r"$\sum_je^{\theta_j+s} = e^s\sum_je^{\theta_j}$, so $f(s\mathbf 1) = f(0)+s$",
            identity(translate),
        ),
        shown(
            r"$\langle p,s\mathbf 1\rangle-f(s\mathbf 1) = s(\sum_jp_j-1)-f(0)$, unbounded for $s "
            r"\to \pm\infty$ unless $\sum_jp_j = 1$",
            identity(along - (size * (s.sum(p[s.j]) - 1) - start)),
        ),
        shown(
            r"if $p_i = -q < 0$, $\langle p,-se_i\rangle-f(-se_i) \ge sq-f(0) \to \infty$, as $f$ "
            r"increases with every $\theta_i$",
            sp.limit(size * share - start, size, sp.oo) == sp.oo,
        ),
        argued(
            r"if all $p_i > 0$ and $\sum_ip_i = 1$, the maximum is attained: $p \in \mathcal P$",
            "C.completeness",
        ),
    )


def _positive_shares() -> Check:
    _, i, j, x = (s := categories())
    total = s.sum(sp.exp(x[j]))
    return proof(
        "sympy, symbolic d",
        "positive, sum one, and onto",
        shown(r"$\sum_i\operatorname{softmax}(x)_i = 1$", identity(total / total - 1)),
        shown(
            r"$e^{x_i} > 0$, so the mean of every entry is positive", bool(sp.exp(x[i]).is_positive)
        ),
        *cosets.onto(),
    )
