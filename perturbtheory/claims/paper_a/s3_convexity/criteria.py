"""Section 8.1.1: when a function is convex, strictly convex or differentiable."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import numbers, slopes
from perturbtheory.claims.exhibits.noises import COIN, DIFFERENCES
from perturbtheory.ledger import Claim, argued, eq, exact, positive
from perturbtheory.perturbations import Normal
from perturbtheory.potential import expected_logsumexp
from perturbtheory.routes import rational

criteria = Claim(
    "A.convexity-criteria",
    "A, 8.1.1, before (17), after (18) and after (20)",
    r"""$f : \Theta \to \mathbb R$ is convex if and only if $g(\lambda) = f(\theta + \lambda v)$ is
    convex in every admissible direction $v$. A twice differentiable $f$ is strictly convex if its
    Hessian is positive definite, and if $g''(\lambda)$ is positive in every admissible direction.
    $f^*$ is a convex function and its domain $\mathcal P$ a convex set. A convex $f$ is
    differentiable at $\theta$ when $\partial f(\theta)$ consists of a single vector.""",
    assumes=r"""$\Theta \subseteq \mathbb R^d$ is convex, and $v \ne 0$; a Hessian of $f$ needs a
    $\Theta$ with interior. Differentiable at $\theta$ means at an interior point.""",
    depends_on="A.differentiability.corrected",
)
Point = tuple[int, ...]
FUNCTIONS: dict[str, Callable[[Point], Fraction]] = {
    "E max": lambda x: rational.discrete(x, COIN).value,
    "a maximum": lambda x: Fraction(max(x[0], 2 * x[1] - 1, 3 - x[0] - x[1])),
    "a square": lambda x: Fraction((x[0] - x[1]) ** 2),
    "a product": lambda x: Fraction(x[0] * x[1]),
    "a saddle": lambda x: Fraction(x[0] ** 2 - x[1] ** 2),
}
"""The first three are convex; the product is so along both axes, but not along (1, -1)."""
_GRID = list(product(range(7), repeat=2))


@criteria.part("convex if and only if convex along every line")
def along_lines():
    m, one, two, theta, v = sp.symbols("mu lambda_1 lambda_2 theta_i v_i", real=True)
    known = [name in ("E max", "a maximum", "a square") for name in FUNCTIONS]
    tests = [(_is_convex(f, 2), _is_convex(f, 3)) for f in FUNCTIONS.values()]
    yield exact(
        "sympy, any d",
        eq(
            (1 - m) * (theta + one * v) + m * (theta + two * v),
            theta + ((1 - m) * one + m * two) * v,
            r"so that the inequality for $f$ at two points of a line is the one for $g$",
        ),
        argued(r"""any $\theta, \tau \in \Theta$ lie on a line in $\Theta$, with $v = \tau - \theta$
            [$\Theta$ is convex]"""),
    )
    cases = r"""second differences along every line, and $f(\frac{2\theta + \tau}3) \le \frac{2
        f(\theta) + f(\tau)}3$ for all pairs, of three convex functions and two others on $\{0,
        \dots, 6\}^2$"""
    yield exact("enumeration", tests == [(truth, truth) for truth in known], cases=cases)


def _pairs(step: int) -> Iterator[tuple[Point, Point, Point]]:
    """Points theta, theta + v, theta + step v of the grid."""
    for x, y in product(_GRID, repeat=2):
        v = (y[0] - x[0], y[1] - x[1])
        if v != (0, 0) and all(w % step == 0 for w in v):
            yield x, (x[0] + v[0] // step, x[1] + v[1] // step), y


def _is_convex(f: Callable[[Point], Fraction], step: int) -> bool:
    """f(theta + v) <= ((step - 1) f(theta) + f(theta + step v)) / step for all these points."""
    values = {x: f(x) for x in _GRID}
    return all((step - 1) * values[x] + values[y] >= step * values[z] for x, z, y in _pairs(step))


@criteria.part(
    "strictly convex if the Hessian is positive definite",
    first=argued(r"$g''(\lambda) = v^\top \nabla^2 f(\theta + \lambda v)\, v > 0$", "chain rule"),
)
@criteria.part("strictly convex if $g''$ is positive in every admissible direction")
def positive_second_derivative(budget, first=None):
    s, m, zero, one, at, slope = sp.symbols("s mu g_0 g_1 g_mu g'_mu", real=True)
    g: Any = sp.Function("g")(s)
    bend = sp.Derivative(g, (s, 2))
    left, right = slope * m - at + zero, one - at - (1 - m) * slope
    yield exact(
        "sympy, any d",
        *((first,) if first else ()),
        eq(sp.Derivative(s * sp.Derivative(g, s) - g, s), s * bend),
        r"so $\int_0^\mu s g''(s)\,ds = \mu g'(\mu) - g(\mu) + g(0)$",
        eq(sp.Derivative((1 - s) * sp.Derivative(g, s) + g, s), (1 - s) * bend),
        r"so $\int_\mu^1 (1 - s) g''(s)\,ds = g(1) - g(\mu) - (1 - \mu) g'(\mu)$",
        eq((1 - m) * left + m * right, (1 - m) * zero + m * one - at),
        r"""for $0 < \mu < 1$ the left side is positive with $g''$, the right side is the strict
            inequality for $\tau = \theta + v$""",
    )
    # On {theta_3 = 0} the expected log-sum-exp has a positive definite Hessian.
    f, points = expected_logsumexp(Normal(), 1.0), numbers.thetas(3, budget)
    points[:, 2] = 0
    others = points[::-1] + np.array([1.0, -0.5, 0.0])
    values = [np.asarray(f.estimate(x).value) for x in (points, others, (points + others) / 2)]
    hessians = np.asarray(f.hessian(points))[:, :2, :2]
    second = np.einsum("i,nij,j->n", [1.0, -2.0], hessians, [1.0, -2.0])
    yield positive(
        "engine",
        np.concatenate(
            [np.linalg.eigvalsh(hessians)[:, 0], second, values[0] + values[1] - 2 * values[2]]
        ),
        r"expected log-sum-exp under Normal noise on $\{\theta_3 = 0\}$: the least eigenvalue, "
        r"$g''$ along $(1, -2, 0)$, and $f(\theta) + f(\tau) - 2 f(\frac{\theta + \tau}2)$",
        slack=1e-9,
    )


@criteria.part(r"$f^*$ and $\mathcal P$ are convex")
def conjugate():
    m, f, one, two = sp.symbols("mu f a b", real=True)
    eighths, kinks = [Fraction(k, 8) for k in range(9)], sorted({Fraction(k) for k in DIFFERENCES})
    height = {t: rational.discrete([t, 0], COIN).value for t in kinks}
    values = [max(p * t - height[t] for t in kinks) for p in eighths]
    rises = [two - one for one, two in pairwise(values)]
    why = r"""with $a = \langle p, \theta\rangle$, $b = \langle q, \theta\rangle$, $f = f(\theta)$
        for every $\theta$; the right side is at most $(1 - \mu) f^*(p) + \mu f^*(q)$, and so is the
        supremum of the left"""
    yield exact(
        "sympy, any d", eq((1 - m) * one + m * two - f, (1 - m) * (one - f) + m * (two - f), why)
    )
    cases = "$d = 2$: $f^*(p, 1 - p)$ at every eighth has increasing slopes"
    yield exact(
        "rational, discrete noise", all(one <= two for one, two in pairwise(rises)), cases=cases
    )


@criteria.part("differentiable where there is one subgradient")
def single():
    c, p, n, x = sp.symbols("c p_i n_i w_i", real=True)
    points = [(on, theta) for on in slopes.INTERVALS.values() for theta in on.grid()]
    quarters = [Fraction(k, 4) for k in range(-32, 33)]
    agrees = [
        (sum(on.is_subgradient(q, theta) for q in quarters) == 1) == _is_smooth(on, theta)
        for on, theta in points
    ]
    yield exact(
        "sympy, any d",
        argued(r"""at the boundary there is $n \ne 0$ with $\langle n, \tau - \theta\rangle \le 0$
            for every $\tau \in \Theta$ [$\Theta$ is convex and has a supporting hyperplane at
            $\theta$]"""),
        eq((p + c * n) * x, p * x + c * n * x),
        r"""with $w = \tau - \theta$, added up over $i$: with $p$ every $p + cn$, $c \ge 0$, is a
            subgradient, so that there is not one alone""",
        argued("""at an interior point one subgradient makes $f$ differentiable
            [A.differentiability.corrected]"""),
    )
    cases = rf"""{len(points)} points of {len(slopes.INTERVALS)} functions, $p \in [-8, 8]$: one
        subgradient exactly where slopes on both sides exist and are equal"""
    yield exact("rational, intervals", all(agrees), cases=cases)


def _is_smooth(on: Any, theta: Fraction) -> bool:
    if not on.low < theta < on.high:
        return False
    left, middle, right = (on.function(theta + k * slopes.STEP) for k in (-1, 0, 1))
    return right - middle == middle - left
