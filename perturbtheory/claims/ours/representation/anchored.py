"""The potential anchored at zero, which exists under every noise."""

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import cosets
from perturbtheory.claims.exhibits.numbers import thetas
from perturbtheory.claims.legacy import agree, argued, claim, exact, positive, proof, shown
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.perturbations import StudentT
from perturbtheory.potential import expected_max
from perturbtheory.routes import enumeration, rational
from perturbtheory.routes.symbolic import categories, identity

_CAUCHY = expected_max(StudentT(1.0))


def cauchy_pair(difference: Any, functions: Any = np) -> tuple[Any, Any]:
    """(f(D, 0) - f(0, 0), p_1) of Perturb-Argmax with two Cauchy variables at theta = (D, 0)."""
    angle = functions.atan(difference / 2) / functions.pi
    height = difference * angle - functions.log(1 + difference**2 / 4) / functions.pi
    return difference / 2 + height, angle + (sp.Rational(1, 2) if functions is sp else 0.5)


_DIFFERENCES = np.array([-1000.0, -20.0, -3.0, -1.0, -0.125, 0.0, 0.5, 2.0, 7.0, 300.0])


@claim("C.anchored-potential")
def anchored_potential(budget: Budget) -> list[Part]:
    r"""Statement: f(theta) - f(0), taken inside the expectation, exists for every law of gamma,
    moments or not: it lies between min theta and max theta. It has the same gradient,
    E[softmax(theta + gamma)] or P(argmax = i), and is f(theta) - f(0) where f is finite. So the
    theory covers Cauchy noise.

    LaTeX: $\tilde f(\theta) = \mathbb E_\gamma[\max_i(\theta_i+\gamma_i)-\max_i\gamma_i]$, or the
    same with $t\log\sum_ie^{\cdot/t}$ for $\max$, has $\min_i\theta_i \le \tilde f(\theta) \le
    \max_i\theta_i$; two Cauchy variables have $p_1 = \frac12+\frac1\pi\arctan\frac{\theta_1-
    \theta_2}2$

    Source: this package

    Assumptions: any real random vector gamma, independent or not; t > 0. For the maximum, the
    gradient where ties have probability zero.

    Computed: the bound and the gradient for symbolic d, the Cauchy law by integration; the engine
    under Cauchy noise; coins in exact arithmetic, and complex steps for three atoms.
    """
    points = np.stack([_DIFFERENCES, 0 * _DIFFERENCES], 1) + 0.75
    found = _CAUCHY.anchored(points)
    value = cauchy_pair(_DIFFERENCES)[0]
    # At theta = 0.75 1 both bounds are attained, whatever the noise.
    inside = points[_DIFFERENCES != 0]
    room = found[_DIFFERENCES != 0]
    return [
        Part(
            "min theta <= E[max(theta + gamma) - max gamma] <= max theta",
            (
                proof("sympy, symbolic d", "without any moment", *cosets.anchored()),
                positive(
                    "engine",
                    "quadrature",
                    np.stack([room - inside.min(1), inside.max(1) - room]),
                    "distance from min theta and from max theta under Cauchy noise",
                ),
            ),
        ),
        Part(
            "it is f(theta) - f(0) where f is finite, and its gradient is the expected softmax",
            (
                _gradient(),
                _coins(),
                _complex_steps(thetas(3, budget)),
            ),
        ),
        Part(
            "two Cauchy variables: p_1 = 1/2 + arctan((theta_1 - theta_2)/2)/pi",
            (
                _cauchy(),
                agree("engine", "quadrature", found, value + 0.75, "anchored potential"),
            ),
        ),
    ]


def _gradient() -> Check:
    _, i, j, theta = (s := categories())
    gamma = cosets.indexed("gamma")
    t = sp.Symbol("t", positive=True)
    total, start = (s.sum(sp.exp(x / t)) for x in (theta[j] + gamma[j], gamma[j]))
    slope = sp.diff(t * sp.log(total) - t * sp.log(start), theta[i]).doit()
    return proof(
        "sympy, symbolic d and t",
        "the anchor is constant and the derivative bounded",
        shown(
            r"$\partial_i(t\log\sum_je^{(\theta_j+\gamma_j)/t}-t\log\sum_je^{\gamma_j/t}) = "
            r"\operatorname{softmax}((\theta+\gamma)/t)_i$",
            identity(slope - sp.exp((theta[i] + gamma[i]) / t) / total),
        ),
        argued(
            "so differentiation and expectation may be exchanged, under every law",
            "dominated convergence: the derivative lies in [0, 1]",
        ),
        argued(
            r"for the maximum, $\partial_i\max(\theta+\gamma) = 1[i = \arg\max(\theta+\gamma)]$ "
            "where there is no tie",
            "dominated convergence: difference quotients lie in [0, 1]",
        ),
        argued(
            r"where $f$ is finite at $\theta$ or at 0 it is at both, and $\mathbb E[X-Y] = \mathbb "
            r"E[X]-\mathbb E[Y]$",
            "the difference is bounded; linearity of the expectation",
        ),
    )


def _complex_steps(points: np.ndarray) -> Check:
    """The gradient of E[log sum e^(theta + gamma) - log sum e^gamma], three atoms."""
    gamma = np.array(list(product(cosets.ATOMS, repeat=points.shape[1])))
    moved = points[:, None, None] + 1e-40j * np.eye(points.shape[1])[:, None] + gamma
    gaps = np.log(np.exp(moved).sum(-1)) - np.log(np.exp(gamma).sum(-1))
    share = enumeration.softmax(points, cosets.ATOMS, 1.0).probabilities
    what = "gradient of the anchored potential against E softmax, three atoms, d = 3"
    return agree("complex step", "quadrature", gaps.mean(-1).imag / 1e-40, share, what)


def _coins() -> Check:
    points = [
        [Fraction(a, 4), Fraction(b, 4), Fraction(1)] for a, b in product((-7, 0, 5), (-9, 2))
    ]
    outcomes = list(product((-1, 1), repeat=3))

    def inside(theta: list[Fraction]) -> Fraction:
        gaps = [max(x + c for x, c in zip(theta, o, strict=True)) - max(o) for o in outcomes]
        return sum(gaps, Fraction(0)) / len(outcomes)

    start = rational.discrete([0, 0, 0], [-1, 1]).value
    same = all(inside(t) == rational.discrete(t, [-1, 1]).value - start for t in points)
    detail = f"average of max(theta + gamma) - max gamma at {len(points)} theta, coins, d = 3"
    return exact("rational, coins", same, detail, universal=False)


def _cauchy() -> Check:
    x, z = sp.symbols("x z", real=True)
    integrand = 1 / (sp.pi**2 * (1 + x**2) * (1 + (z - x) ** 2))
    logs = sp.log((1 + x**2) / (1 + (x - z) ** 2)) / z
    primitive = (logs + sp.atan(x) + sp.atan(x - z)) / (sp.pi**2 * (4 + z**2))
    ends = sp.limit(primitive, x, sp.oo) - sp.limit(primitive, x, -sp.oo)
    height, p = cauchy_pair(z, sp)
    return proof(
        "sympy, d = 2",
        "by convolution of two Cauchy densities",
        shown(
            r"$\frac d{dx}\frac{\frac1z\log\frac{1+x^2}{1+(x-z)^2}+\arctan x+\arctan(x-z)}{\pi^2"
            r"(4+z^2)} = \frac1{\pi(1+x^2)}\cdot\frac1{\pi(1+(z-x)^2)}$",
            identity(sp.together(sp.diff(primitive, x) - integrand)),
        ),
        shown(
            r"so, first for $z \ne 0$, $\gamma_1-\gamma_2$ has density $\int_{-\infty}^\infty = "
            r"\frac2{\pi(4+z^2)}$",
            identity(ends - 2 / (sp.pi * (4 + z**2))),
        ),
        shown(
            r"$\frac d{dz}(\frac12+\frac1\pi\arctan\frac z2) = \frac2{\pi(4+z^2)}$, and it tends "
            r"to 0 as $z \to -\infty$: $p_1 = P(\gamma_2-\gamma_1 \le \theta_1-\theta_2)$",
            identity(sp.diff(p, z) - 2 / (sp.pi * (4 + z**2)) + sp.limit(p, z, -sp.oo)),
        ),
        shown(
            r"$\frac d{dz}(\frac z2+\frac z\pi\arctan\frac z2-\frac1\pi\log(1+\frac{z^2}4)) = p_1$,"
            r" zero at $z = 0$: the anchored potential at $(z, 0)$",
            identity(sp.diff(height, z) - p + height.subs(z, 0)),
        ),
    )
