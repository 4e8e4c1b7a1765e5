"""The closed simplex, zeros included, under bounded noise."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, product

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.numbers import engine, thetas
from perturbtheory.claims.exhibits.outcomes import dot
from perturbtheory.claims.exhibits.symbols import REST, A, X
from perturbtheory.ledger import Claim, agree, argued, eq, exact, positive, shown
from perturbtheory.perturbations import Normal
from perturbtheory.potential import expected_max
from perturbtheory.routes import enumeration, rational

GRID = [[Fraction(x, 2) for x in t] for t in product(range(-4, 1), repeat=3) if max(t) == 0]
"""theta of K with max theta = 0, d = 3, a = 1."""

bounded_closed_simplex = Claim(
    "C.bounded-closed-simplex",
    "this package",
    r"""Under noise uniform on $[-a, a]$, $\theta \mapsto p = \mathbb E[\arg\max(\theta+\gamma)]$
    restricted to $K = \{\theta : \max_i\theta_i - \min_i\theta_i \le 2a\}$ is one-to-one, up to
    translation, and onto the closed simplex, zeros included: complete and minimal in the literal
    sense of paper A, 3.1. The inverse is continuous: it is a homeomorphism $K/\mathbb R\mathbf 1
    \to \Delta$. No Perturb-Softmax, and no Perturb-Argmax under noise of full support, reaches a
    $p$ with a zero.""",
    assumes=r"""Independent coordinates, uniform on $[-a, a]$; of the law, the arguments in
    words use only that ties have probability zero and that the support is the box.""",
    depends_on=("C.completeness-bounded", "C.laplacian"),
)


def _probabilities() -> list[tuple[Fraction, ...]]:
    return [rational.uniform(theta).probabilities for theta in GRID]


@bounded_closed_simplex.part(
    r"$p_i > 0$ exactly where $\theta_i > \max\theta - 2a$; others have no influence"
)
def idle_coordinates():
    lag = sp.Symbol("g", positive=True)
    beats = sp.Integral((A - lag - X) / (2 * A) / (2 * A), (X, -A, A - lag))
    yield exact(
        "best against worst case, any d",
        argued(r"""$p_i > 0$ exactly if $\theta_i > \max\theta - 2a$ [C.laplacian, positive
            densities]"""),
        eq(beats, (2 * A - lag) ** 2 / (8 * A**2)),
        r"$P(\theta_i+\gamma_i > \theta_m+\gamma_m)$ at $g = \theta_m-\theta_i \le 2a$, zero "
        r"for $\theta_i = \theta_m-2a$, $\theta_m = \max\theta$",
        argued(r"""on $K$ such $i$ can be left out: the others' $p$ is that of $\theta$ without them
            [the maximum is attained elsewhere, ties having probability zero]"""),
    )
    winners = all(
        (x > 0) == (t > -2)
        for theta, share in zip(GRID, _probabilities(), strict=True)
        for t, x in zip(theta, share, strict=True)
    )
    yield exact(
        "rational",
        winners and all(_without_idle(theta) for theta in GRID),
        cases=rf"{len(GRID)} $\theta$ of $K$ with $\max\theta = 0$, $d = 3$, and $p$ without the "
        "idle coordinates",
    )


def _without_idle(theta: Sequence[Fraction]) -> bool:
    active = [t for t in theta if t > max(theta) - 2]
    alone = iter(rational.uniform(active).probabilities)
    whole = rational.uniform(theta).probabilities
    return whole == tuple(next(alone) if t in active else 0 for t in theta)


@bounded_closed_simplex.part("one-to-one on $K$ up to translation")
def one_to_one():
    one, two, between, m, n, top = sp.symbols("theta_k tau_k x_k M_theta M_tau M_x", real=True)
    share = sp.Symbol("lambda", positive=True)
    yield exact(
        "coordinate by coordinate, any d",
        argued(r"""let $p(\theta) = p(\tau)$ in $K$: the same coordinates $J = \{p_i > 0\}$ are
            active [the part before]"""),
        argued(r"""on $J$ all $p_i > 0$, and $p$ is that of $J$ alone: $\tau_i = \theta_i + c$ for
            $i \in J$ [C.completeness-bounded: every $p > 0$ has one coset]"""),
        argued(r"""the largest $\theta_m$ is in $J$, idle $\theta_k = \theta_m - 2a$ and $\tau_k =
            \tau_m - 2a$: $\tau_k - \theta_k = c$ as well [the part before]"""),
    )
    yield exact(
        "strict monotonicity, any d",
        argued(r"""with $v = \tau-\theta$ and $x = (1-\lambda)\theta+\lambda\tau$, $\langle
            p(\tau)-p(\theta),v\rangle = \int_0^1\sum_{i<j}w_{ij}(x)(v_i-v_j)^2\,d\lambda$: if it is
            zero, $v$ is constant on the coordinates that are active at an $x$ between [C.laplacian:
            $w_{ij} > 0$ for active $i$, $j$, and continuous]"""),
        eq(
            sp.Subs(between - top + 2 * A, between, (1 - share) * one + share * two),
            (1 - share) * (one - m + 2 * A)
            + share * (two - n + 2 * A)
            + ((1 - share) * m + share * n - top),
            r"with the maxima $M$, three terms that are $\ge 0$: where the sum is zero, $k$ is "
            r"idle at $\theta$ and $\tau$, and what is largest in $x$ is so in both",
        ),
        argued(r"so $v_k = M_\tau-M_\theta = v_m$ for idle $k$ as well", "$m$ largest in $x$"),
    )
    p = _probabilities()
    gains = [
        dot(
            [y - x for x, y in zip(p[i], p[j], strict=True)],
            [b - a for a, b in zip(GRID[i], GRID[j], strict=True)],
        )
        for i, j in combinations(range(len(GRID)), 2)
    ]
    yield exact(
        "rational",
        min(gains) > 0,
        cases=rf"$\langle p(\tau)-p(\theta), \tau-\theta\rangle > 0$ for {len(gains)} pairs of "
        "$K$, $d = 3$",
    )


@bounded_closed_simplex.part("onto the closed simplex, with continuous inverse")
def onto():
    yield exact(
        "compactness, any d",
        argued(r"""every $p > 0$ is $p(\theta)$ for a $\theta$ with $\max\theta - \min\theta < 2a$
            [C.completeness-bounded]"""),
        eq(sp.Integral((1 / (2 * A)) ** 2, (X, -A, A)), 1 / (2 * A)),
        r"a bound of every $w_{ij} = \int f_if_j\prod F_k$: $p$ is Lipschitz and so continuous",
        argued(r"""the $\theta$ of $K$ with $\max\theta = 0$, one for every coset, are a closed part
            of $[-2a, 0]^d$; their image is closed and contains $\operatorname{ri}(\Delta)$, hence
            is $\Delta$ [compactness]"""),
        argued("""a continuous one-to-one map of a compact set has a continuous inverse [the part
            before; compactness]"""),
    )
    corners = [theta for theta in product((0, 2), repeat=3) if sum(theta) > 0]
    yield exact(
        "rational, corners",
        all(_centre(theta) for theta in corners),
        cases=rf"{len(corners)} corners of $K$, $d = 3$: $\theta = 2$ on $S$, 0 elsewhere gives "
        "$p$ uniform on $S$",
    )
    pairs = {r: rational.uniform([2 - 2 * r, 0]) for r in (Fraction(k, 8) for k in range(9))}
    yield exact(
        "rational, d = 2",
        all(answer.probabilities[1] == r**2 / 2 for r, answer in pairs.items()),
        cases=r"$\theta_1-\theta_2 = 2-2r$ gives $p_2 = r^2/2$, nine $r$ from 0 to 1",
    )
    targets = np.random.default_rng(5).dirichlet(np.ones(3), 4)
    found = [_preimage(q) for q in targets]
    inside = [np.ptp(np.array(t, float)) < 2 for t in found]
    values = np.array([rational.uniform(t).probabilities for t in found], float)[inside]
    what = r"$p$ at the $\theta$ of $K$ found for random $p$, $d = 3$"
    yield agree("Newton's method with rational p", values, targets, what)


def _centre(theta: Sequence[int]) -> bool:
    """Whether theta, 2 on S and 0 elsewhere, gives p uniform on S."""
    share = Fraction(1, sum(t == 2 for t in theta))
    return rational.uniform(theta).probabilities == tuple(share if t else 0 for t in theta)


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


@bounded_closed_simplex.part("no Perturb-Softmax and no noise of full support reaches a zero")
def no_zero(budget):
    share = A / (A + REST)
    yield exact(
        "positivity, any d",
        shown(f"${sp.latex(share)} > 0$, $a = e^{{x_i}}$, $S$ the rest", bool(share.is_positive)),
        argued(r"""so $p_i = \mathbb E[\operatorname{softmax}(\theta+\gamma)_i] > 0$ under every law
            [the mean of a positive variable]"""),
        argued(r"""under full support $i$ alone wins with positive probability [$\{\gamma :
            \theta_i+\gamma_i > \theta_j+\gamma_j\ \forall j \ne i\}$ is open]"""),
    )
    points = thetas(3, budget)
    three = enumeration.softmax(points, (-1.0, 0.5, 1.5), 1.0).probabilities
    normal = engine(expected_max(Normal()), points, "probabilities")
    yield positive("enumeration", three, "$p$ of Perturb-Softmax, three atoms, $d = 3$", slack=0.0)
    yield positive("engine", normal, "$p$ of Perturb-Argmax, Normal noise, $d = 3$")
