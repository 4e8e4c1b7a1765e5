"""The potential anchored at zero, which exists under every noise."""

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import cosets
from perturbtheory.claims.exhibits.numbers import engine, entry, thetas
from perturbtheory.claims.exhibits.symbols import X, Z
from perturbtheory.ledger import Claim, agree, argued, eq, exact, positive
from perturbtheory.perturbations import Pareto, StudentT
from perturbtheory.potential import expected_max
from perturbtheory.routes import enumeration, rational, sampling
from perturbtheory.routes.symbolic import categories

_DIFFERENCES = np.array([-1000.0, -20.0, -3.0, -1.0, -0.125, 0.0, 0.5, 2.0, 7.0, 300.0])


def cauchy_pair(difference: Any, functions: Any = np) -> tuple[Any, Any]:
    """(f(D, 0) - f(0, 0), p_1) of Perturb-Argmax with two Cauchy variables at theta = (D, 0)."""
    angle = functions.atan(difference / 2) / functions.pi
    height = difference * angle - functions.log(1 + difference**2 / 4) / functions.pi
    return difference / 2 + height, angle + (sp.Rational(1, 2) if functions is sp else 0.5)


anchored_potential = Claim(
    "C.anchored-potential",
    "this package",
    r"""$f(\theta) - f(0)$, taken inside the expectation, $\tilde f(\theta) = \mathbb E_\gamma[
    \max_i(\theta_i+\gamma_i)-\max_i\gamma_i]$, or the same with $t\log\sum_ie^{\cdot/t}$ for
    $\max$, exists for every law of $\gamma$, moments or not, and has $\min_i\theta_i \le \tilde
    f(\theta) \le \max_i\theta_i$. It has the same gradient, $\mathbb E[\operatorname{softmax}(
    (\theta+\gamma)/t)]$ or $P(\arg\max = i)$, and is $f(\theta) - f(0)$ where $f$ is finite. So the
    theory covers Cauchy noise: two Cauchy variables have $p_1 = \frac12+\frac1\pi\arctan
    \frac{\theta_1-\theta_2}2$.""",
    assumes=r"""Any real random vector $\gamma$, independent or not; $t > 0$. For the maximum, the
    gradient where ties have probability zero.""",
)


def _under_cauchy_noise() -> tuple[np.ndarray, np.ndarray]:
    points = np.stack([_DIFFERENCES, 0 * _DIFFERENCES], 1) + 0.75
    return points, np.asarray(expected_max(StudentT(1.0)).anchored(points))


@anchored_potential.part(
    r"$\min\theta \le \mathbb E[\max(\theta+\gamma)-\max\gamma] \le \max\theta$"
)
def between():
    points, found = _under_cauchy_noise()
    # At theta = 0.75 1 both bounds are attained, whatever the noise.
    inside, room = points[_DIFFERENCES != 0], found[_DIFFERENCES != 0]
    margins = np.stack([room - inside.min(1), inside.max(1) - room])
    yield exact("sympy, symbolic d", *cosets.anchored())
    yield positive("engine", margins, r"distances from both bounds under Cauchy noise, $d = 2$")


@anchored_potential.part(
    r"it is $f(\theta)-f(0)$ where $f$ is finite, and its gradient is the expected softmax"
)
def same_gradient(budget):
    _, i, j, theta = (s := categories())
    gamma, t = cosets.indexed("gamma"), sp.Symbol("t", positive=True)
    total, start = (s.sum(sp.exp(x / t)) for x in (theta[j] + gamma[j], gamma[j]))
    yield exact(
        "sympy, symbolic d and t",
        eq(
            sp.Derivative(t * sp.log(total) - t * sp.log(start), theta[i]),
            sp.exp((theta[i] + gamma[i]) / t) / total,
        ),
        argued("""so differentiation and expectation may be exchanged, under every law [dominated
            convergence: the derivative lies in $[0, 1]$]"""),
        argued(r"""for the maximum, $\partial_i\max(\theta+\gamma) = \mathbf 1[i =
            \arg\max(\theta+\gamma)]$ where there is no tie [dominated convergence: difference
            quotients lie in $[0, 1]$]"""),
        argued(r"""where $f$ is finite at $\theta$ or at 0 it is at both, and $\mathbb E[X-Y] =
            \mathbb E[X]-\mathbb E[Y]$ [the difference is bounded; linearity of the
            expectation]"""),
    )
    yield _coins()
    points = thetas(3, budget)
    outcomes = np.array(list(product(cosets.ATOMS, repeat=3)))
    moved = points[:, None, None] + 1e-40j * np.eye(3)[:, None] + outcomes
    gaps = np.log(np.exp(moved).sum(-1)) - np.log(np.exp(outcomes).sum(-1))
    share = enumeration.softmax(points, cosets.ATOMS, 1.0).probabilities
    what = r"gradient against $\mathbb E[\operatorname{softmax}]$, three atoms, $d = 3$"
    yield agree("complex step", gaps.mean(-1).imag / 1e-40, share, what)
    # For Pareto noise of index a the mean of the larger of two is 1 + 2/(a-1) - 1/(2a-1).
    f, pairs = expected_max(Pareto(1.5)), points[:, :2]
    what = r"$f(\theta)$ against $\frac92$ plus the difference, Pareto noise of index 3/2, $d = 2$"
    yield agree("engine, Pareto", engine(f, pairs), 4.5 + np.asarray(f.anchored(pairs)), what)


def _coins():
    points = [
        [Fraction(a, 4), Fraction(b, 4), Fraction(1)] for a, b in product((-7, 0, 5), (-9, 2))
    ]
    outcomes = list(product((-1, 1), repeat=3))

    def inside(theta: list[Fraction]) -> Fraction:
        gaps = [max(x + c for x, c in zip(theta, o, strict=True)) - max(o) for o in outcomes]
        return sum(gaps, Fraction(0)) / len(outcomes)

    start = rational.discrete([0, 0, 0], [-1, 1]).value
    same = all(inside(t) == rational.discrete(t, [-1, 1]).value - start for t in points)
    cases = rf"mean of $\max(\theta+\gamma)-\max\gamma$ at {len(points)} $\theta$, coins, $d = 3$"
    return exact("rational, coins", same, cases=cases)


@anchored_potential.part(
    r"two Cauchy variables: $p_1 = \frac12+\frac1\pi\arctan\frac{\theta_1-\theta_2}2$"
)
def cauchy(budget):
    densities = 1 / (sp.pi * (1 + X**2)) / (sp.pi * (1 + (Z - X) ** 2))
    logs = sp.log((1 + X**2) / (1 + (X - Z) ** 2)) / Z
    primitive = (logs + sp.atan(X) + sp.atan(X - Z)) / (sp.pi**2 * (4 + Z**2))
    ends = (sp.Limit(primitive, X, end) for end in (sp.oo, -sp.oo))
    density = 2 / (sp.pi * (4 + Z**2))
    (height, p), (points, found) = cauchy_pair(Z, sp), _under_cauchy_noise()
    yield exact(
        "sympy, d = 2",
        eq(sp.Derivative(primitive, X), densities, "both densities; first for $z \\ne 0$"),
        eq(next(ends) - next(ends), density, r"the density of $\gamma_1-\gamma_2$"),
        eq(sp.Derivative(p, Z), density),
        eq(sp.Limit(p, Z, -sp.oo), 0, r"$p_1 = P(\gamma_2-\gamma_1 \le \theta_1-\theta_2)$"),
        eq(sp.Derivative(height, Z), p),
        eq(sp.Subs(height, Z, 0), 0, r"the integral of $p_1$: $\tilde f(z, 0)$"),
    )
    value, share = cauchy_pair(points[:, 0] - points[:, 1])
    yield agree("engine", found, value + 0.75, r"anchored potential at ten $\theta$")
    first = entry(engine(expected_max(StudentT(1.0)), points, "probabilities"), np.s_[:, 0])
    yield agree("engine, probabilities", first, share, r"$p_1$ at the same $\theta$")
    theta = np.array([1.0, -1.0])
    drawn = sampling.probabilities(StudentT(1.0), theta, seed=29, samples=budget.samples)
    quarters = [0.75, 0.25]
    yield agree("sampling", drawn, quarters, r"arg max frequencies at $\theta = (1, -1)$")
