"""The closed simplex, zeros included, under bounded noise."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, product

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.outcomes import dot
from perturbtheory.claims.legacy import agree, argued, claim, exact, proof, shown
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.routes import rational
from perturbtheory.routes.symbolic import identity


@claim("C.bounded-closed-simplex", depends_on=("C.completeness-bounded", "C.laplacian"))
def bounded_closed_simplex(_: Budget) -> list[Part]:
    r"""Statement: Under noise uniform on [-a, a], theta -> p restricted to K = {max theta -
    min theta <= 2a} is one-to-one, up to translation, and onto the closed simplex, zeros
    included: complete and minimal in the literal sense of paper A, 3.1. Inverse continuous.

    LaTeX: $K = \{\theta : \max_i\theta_i - \min_i\theta_i \le 2a\}$; $\theta \mapsto
    \mathbb E[\arg\max(\theta+\gamma)]$ is a homeomorphism $K/\mathbb R\mathbf 1 \to \Delta$

    Source: this package

    Assumptions: independent coordinates, uniform on [-a, a]; all that is used is a law with no ties
    whose support is the box. No Perturb-Softmax and no noise of full support reaches a p with a
    zero.

    Computed: proofs for any d and a; exact values at rational theta of K, d = 3, a = 1; preimages
    by Newton's method with exact p and Hessian, and in closed form for d = 2.
    """
    grid = [[Fraction(x, 2) for x in t] for t in product(range(-4, 1), repeat=3) if max(t) == 0]
    p = [rational.uniform(theta).probabilities for theta in grid]
    gains = [
        dot(
            [y - x for x, y in zip(p[i], p[j], strict=True)],
            [b - a for a, b in zip(grid[i], grid[j], strict=True)],
        )
        for i, j in combinations(range(len(grid)), 2)
    ]
    corners = [theta for theta in product((0, 2), repeat=3) if sum(theta) > 0]
    targets = np.random.default_rng(5).dirichlet(np.ones(3), 4)
    found = [_preimage(q) for q in targets]
    values = np.array([[float(x) for x in rational.uniform(t).probabilities] for t in found])
    return [
        Part(
            "p_i > 0 exactly where theta_i > max theta - 2a; others have no influence",
            (
                _idle_proof(),
                exact(
                    "rational",
                    all(
                        (x > 0) == (t > -2)
                        for theta, share in zip(grid, p, strict=True)
                        for t, x in zip(theta, share, strict=True)
                    )
                    and all(_without_idle(theta) for theta in grid),
                    f"{len(grid)} theta of K with max theta = 0, d = 3, and p without the idle "
                    "coordinates",
                    universal=False,
                ),
            ),
        ),
        Part(
            "one-to-one on K up to translation",
            (
                _injective_proof(),
                exact(
                    "rational",
                    all(gain > 0 for gain in gains),
                    f"<p(tau) - p(theta), tau - theta> > 0 for {len(gains)} pairs of K, d = 3",
                    universal=False,
                ),
            ),
        ),
        Part(
            "onto the closed simplex, with continuous inverse",
            (
                _onto_proof(),
                exact(
                    "rational, corners",
                    all(_centre(theta) for theta in corners),
                    f"{len(corners)} corners of K, d = 3: theta = 2 on S, 0 elsewhere gives p "
                    "uniform on S",
                    universal=False,
                ),
                exact(
                    "rational, d = 2",
                    all(_inverse_pair(Fraction(k, 8)) for k in range(9)),
                    "theta_1 - theta_2 = 2 - 2r gives p_2 = r^2/2, from r = 0 to 1",
                    universal=False,
                ),
                agree(
                    "Newton's method with rational p",
                    "quadrature",
                    values[[np.ptp(np.array(t, float)) < 2 for t in found]],
                    targets,
                    "p at the theta of K found for random p, d = 3",
                ),
            ),
        ),
    ]


def _idle_proof() -> Check:
    top, a = sp.symbols("m a", real=True)
    return proof(
        "best against worst case, any d",
        "an idle coordinate is below the highest one",
        argued(r"$p_i > 0$ exactly if $\theta_i > \max\theta - 2a$", "C.laplacian, no gaps"),
        shown(
            r"if $\theta_i = \max\theta - 2a$, then $\theta_i + a = \max\theta - a$: $i$ is never "
            r"above the coordinate with the largest $\theta$",
            identity((top - 2 * a + a) - (top - a)),
        ),
        argued(
            r"on $K$ such $i$ can be left out: the others' $p$ is that of $\theta$ without them",
            "the maximum is attained elsewhere, ties having probability zero",
        ),
    )


def _without_idle(theta: Sequence[Fraction]) -> bool:
    active = [t for t in theta if t > max(theta) - 2]
    alone = iter(rational.uniform(active).probabilities)
    whole = rational.uniform(theta).probabilities
    return whole == tuple(next(alone) if t in active else 0 for t in theta)


def _injective_proof() -> Check:
    one, two, a, c = sp.symbols("theta_m tau_m a c", real=True)
    idle = ((two - 2 * a) - (one - 2 * a)).subs(two, one + c)
    return proof(
        "coordinate by coordinate, any d",
        "p tells which coordinates are active, and then theta",
        argued(
            r"let $p(\theta) = p(\tau)$ in $K$: the same coordinates $J = \{p_i > 0\}$ are active",
            "the part before",
        ),
        argued(
            r"on $J$ all $p_i > 0$, and $p$ is that of $J$ alone: $\tau_i = \theta_i + c$ for $i "
            r"\in J$",
            "C.completeness-bounded: every p > 0 has one coset",
        ),
        shown(
            r"the largest $\theta_m$ is in $J$, idle $\theta_k = \theta_m - 2a$ and $\tau_k = "
            r"\tau_m - 2a$: $\tau_k - \theta_k = \tau_m - \theta_m = c$ as well",
            identity(idle - c),
        ),
    )


def _onto_proof() -> Check:
    low, a = sp.symbols("m a", real=True)
    return proof(
        "compactness, any d",
        "a continuous image of a compact set is closed",
        argued(
            r"every $p > 0$ is $p(\theta)$ for a $\theta$ with $\max\theta - \min\theta < 2a$",
            "C.completeness-bounded",
        ),
        shown(
            r"the $\theta$ of $K$ with $\max\theta = 0$, one for every coset, are a closed part of "
            r"the cube $[-2a, 0]^d$: $\max\theta - \min\theta - 2a = -(\min\theta + 2a)$",
            identity((0 - low - 2 * a) + (low + 2 * a)),
        ),
        argued(
            r"$p$ is continuous, being the gradient of a differentiable convex function; the image "
            r"of $K$ is closed and contains $\operatorname{ri}(\Delta)$, hence is $\Delta$",
            "Rockafellar, Theorem 25.5; compactness",
        ),
        argued(
            r"a continuous one-to-one map of a compact set has a continuous inverse",
            "the part before; compactness",
        ),
    )


def _centre(theta: Sequence[int]) -> bool:
    """Whether theta, 2 on S and 0 elsewhere, gives p uniform on S."""
    share = Fraction(1, sum(t == 2 for t in theta))
    return rational.uniform(theta).probabilities == tuple(share if t else 0 for t in theta)


def _inverse_pair(r: Fraction) -> bool:
    return rational.uniform([2 - 2 * r, 0]).probabilities[1] == r**2 / 2


def _preimage(p: np.ndarray) -> list[Fraction]:
    """theta with p(theta) = p, by Newton's method from 0; steps are halved to stay inside K."""
    theta = np.zeros(3)
    for _ in range(30):
        answer = rational.uniform([Fraction(t) for t in theta])
        gap = p - np.array([float(x) for x in answer.probabilities])
        hessian = np.array([[float(x) for x in row] for row in answer.hessian])
        step = np.linalg.solve(hessian + 1.0, gap)
        while np.ptp(theta + step) >= 2:
            step = step / 2
        theta = theta + step
    return [Fraction(t) for t in theta]
