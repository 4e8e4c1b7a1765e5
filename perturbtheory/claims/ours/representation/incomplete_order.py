"""A family that keeps an order: its best approximation of $p$, the same under every noise."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import sympy as sp
from scipy.optimize import minimize

from perturbtheory.claims.exhibits.symbols import indexed
from perturbtheory.ledger import Claim, agree, argued, eq, exact
from perturbtheory.perturbations import Gumbel, Laplace, Normal
from perturbtheory.potential import Potential, expected_logsumexp, expected_max

TARGET = [Fraction(k, 46) for k in (10, 1, 5, 1, 10, 10, 1, 6, 1, 1)]
"""The discrete target of the experiments of paper A, section 6.1, as its authors' code has it."""
FAMILIES: dict[str, Potential] = {
    "Gumbel-Argmax": expected_max(Gumbel()),
    "Normal-Argmax": expected_max(Normal()),
    "Laplace-Argmax": expected_max(Laplace()),
    "Normal-Softmax": expected_logsumexp(Normal(), 1.0),
}

ordered = Claim(
    "C.incomplete-monotone",
    "this package; an experiment that a referee of paper A asked for",
    r"""In the cone $\theta_1 \ge \theta_2 \ge \dots \ge \theta_d$, which is not complete, the best
    approximation of $p > 0$ is its isotonic regression $q$, the slopes of the least concave
    majorant of $k \mapsto p_1+\dots+p_k$, under every exchangeable noise: $p(\theta^*) = q$ for the
    loss $L$ of C.incomplete-minimiser, whatever $\gamma$. The bias that the family leaves, and
    $KL(p\,\|\,q)$ with it, do not depend on the noise. For $p = (10,1,5,1,10,10,1,6,1,1)/46$ they
    are those of $q = (20,\frac{54}5,\frac{54}5,\frac{54}5,\frac{54}5,\frac{54}5,7,7,2,2)/92$.""",
    assumes=r"""Perturb-Softmax, or Perturb-Argmax with full support and without ties, under
    exchangeable noise with a finite mean.""",
    depends_on=("C.incomplete-minimiser",),
)


def isotonic(p: list[Fraction]) -> list[Fraction]:
    """Pool neighbours until their means decrease."""
    blocks: list[tuple[Fraction, int]] = []
    for x in p:
        total, size = x, 1
        while blocks and blocks[-1][0] / blocks[-1][1] <= total / size:
            more, count = blocks.pop()
            total, size = total + more, size + count
        blocks.append((total, size))
    return [total / size for total, size in blocks for _ in range(size)]


def majorant(p: list[Fraction]) -> list[Fraction]:
    """Slopes of the least concave majorant: q_k = min_{i < k} max_{j >= k} mean p_{i+1..j}."""
    n = range(len(p))
    return [
        min(max(sum(p[i : j + 1], Fraction(0)) / (j + 1 - i) for j in n[k:]) for i in n[: k + 1])
        for k in n
    ]


@ordered.part("the isotonic regression satisfies the conditions of optimality, for every noise")
def optimal():
    n = sp.Symbol("n", integer=True, positive=True)
    gap, tau = indexed("G"), indexed("tau")
    yield exact(
        "partial sums, any d",
        argued(r"""let $q = p(\theta^*)$ for the isotonic $q > 0$: $\theta^*$ is in the cone, and
            $\theta^*_k = \theta^*_{k+1}$ where $q_k = q_{k+1}$ [exchangeable noise: $p(\theta)$ has
            the order of $\theta$; each $q$ has one coset]"""),
        eq(
            (gap[n + 1] - gap[n]) * tau[n + 1],
            gap[n] * (tau[n] - tau[n + 1]) + gap[n + 1] * tau[n + 1] - gap[n] * tau[n],
            r"with $G = Q-P$ the partial sums of $q-p$, $\sum_{k\le n}(q_k-p_k)\tau_k = \sum_{k<n}"
            r"G_k(\tau_k-\tau_{k+1}) + G_n\tau_n$: the step from $n$ to $n+1$",
        ),
        argued(r"""$\langle q-p,\tau\rangle = \sum_{k<d} G_k(\tau_k-\tau_{k+1}) \ge 0$ on the cone:
            $G \ge 0$, $G_d = 0$; it is zero for $\theta^*$, as $G_k = 0$ where $q_k > q_{k+1}$ [$Q$
            is the least concave majorant of $P$, and $Q_d = P_d$]"""),
        argued(r"""so $\langle p(\theta^*)-p, \tau-\theta^*\rangle \ge 0$ on the cone: $\theta^*$ is
            optimal [convexity of $L$; C.incomplete-minimiser]"""),
    )
    q = isotonic(TARGET)
    rise = [sum(q[:m]) - sum(TARGET[:m]) for m in range(1, len(q) + 1)]
    drop = [a > b for a, b in pairwise(q)]
    met = all(r >= 0 and (r == 0 or not d) for r, d in zip(rise, drop, strict=False))
    yield exact("fractions", met and rise[-1] == 0 and any(r > 0 for r in rise),
                cases=r"$Q \ge P$, equal where $q$ drops, for $p = (10,1,5,1,10,10,1,6,1,1)/46$"
                )  # fmt: skip


@ordered.part("$q$ for a target of paper A, the same under four noises")
def same_for_all():
    q = [Fraction(k, 92) for k in (20, *[Fraction(54, 5)] * 5, 7, 7, 2, 2)]
    yield exact("pooled neighbours", isotonic(TARGET) == q, cases="the ten entries")
    yield exact("minima of maxima", majorant(TARGET) == q, cases="the ten entries")
    for name, f in FAMILIES.items():
        yield agree(f"descent in the increments, {name}", descent(f), q, "$p(\\theta^*)$, $d = 10$",
                    kind="quadrature", slack=1e-7, floor=1.0)  # fmt: skip


def descent(f: Potential) -> np.ndarray:
    """p at the least L over theta = sum_k y_k 1_{1..k}, y >= 0, by L-BFGS-B in y."""
    p = np.array([float(x) for x in TARGET])
    cone = np.array([[float(i <= k) for k in range(len(p) - 1)] for i in range(len(p))])
    found = minimize(
        lambda y: (float(f(cone @ y) - p @ cone @ y), (f.probabilities(cone @ y) - p) @ cone),
        np.full(len(p) - 1, 0.1),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0.0, None)] * (len(p) - 1),
        options={"ftol": 1e-15, "gtol": 1e-10, "maxiter": 500},
    )
    return np.asarray(f.probabilities(cone @ found.x))
