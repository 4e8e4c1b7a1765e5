"""Closed forms of Perturb-Argmax for two categories, with their conjugates."""

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from scipy import special

from perturbtheory.claims.exhibits.draws import sample_mean
from perturbtheory.claims.exhibits.numbers import engine
from perturbtheory.claims.exhibits.symbols import Y
from perturbtheory.ledger import Claim, Equation, Step, agree, argued, difference, eq, exact
from perturbtheory.perturbations import Gumbel, Laplace, Normal
from perturbtheory.potential import expected_max
from perturbtheory.routes import enclosure, rational

DIFFERENCES = (Fraction(0), Fraction(1, 4), Fraction(1), Fraction(7, 4))
NUMBERS = np.array([float(x) for x in DIFFERENCES])
D, P, Q = sp.symbols("D p q", positive=True)
HALF = sp.Rational(1, 2)

closed_forms_argmax = Claim(
    "C.closed-forms-argmax",
    "this package",
    r"""For two categories Perturb-Argmax and its convex conjugate have closed forms. With $D =
    \theta_1 - \theta_2 \ge 0$, $p = p_1(D)$, $q = 1 - p$ and $f^*(p) = \sup_D pD - f(D, 0)$:
    under Normal noise $p = \Phi(D/\sqrt 2)$, $f^*(p) = -\sqrt 2\,\varphi(\Phi^{-1}(p))$; Laplace
    $q = \frac14 e^{-D}(2 + D)$, $D = -2 - W_{-1}(-4qe^{-2})$, $f^*(p) = -qD - q\frac{3+D}{2+D}$;
    uniform on $[-1, 1]$ $q = \frac18(2 - D)^2$, $f^*(p) = -2q + \frac{4\sqrt 2}{3}q^{3/2}$ for
    $D \le 2$; coin on $\{-1, 1\}$ $f^*(p) = -\min(2p, \frac12, 2q)$. Under Gumbel noise the
    winner's noise has the mean $\mathbb E[\gamma_i \mid \arg\max(\theta + \gamma) = i] =
    -\log p_i$, for any $d$.""",
    assumes=r"""Independent coordinates of mean zero, of scale 1 where there is a scale; $D < 0$ by
    exchanging the categories.""",
    depends_on="A.gumbel-argmax-is-softmax",
)


def _phi(x: Any, lib: Any = np) -> Any:
    """The standard normal density."""
    return lib.exp(-(x**2) / 2) / lib.sqrt(2 * lib.pi)


def _potential(f: Any, p: Any, density: Any) -> tuple[Equation | Step, ...]:
    """Steps to f(D, 0) = f and p_1 = p: the second derivative is the density."""
    return (
        eq(sp.Derivative(f, D), p, "$f' = p$"),
        eq(sp.Derivative(p, D), density, r"the density of $\gamma_2 - \gamma_1$ at $D$"),
        eq(sp.Subs(p, D, 0), HALF, "$p(0)$"),
        argued(r"""$f(D, 0) = \mathbb E\max(D + \gamma_1, \gamma_2)$ is the function with this
            second derivative, $f' = \frac12$ at $0$ and $f - D \to 0$ as $D \to \infty$ [symmetry
            of $\gamma_2 - \gamma_1$ and monotone convergence; $pD - f$ is concave in $D$, so that a
            stationary point is the supremum]"""),
    )


@closed_forms_argmax.part("Normal")
def normal():
    p = (1 + sp.erf(D / 2)) / 2
    density = sp.exp(-(D**2) / 4) / (2 * sp.sqrt(sp.pi))  # of N(0, 2)
    f = D * p + 2 * density
    yield exact(
        "sympy",
        *_potential(f, p, density),
        eq(sp.Limit(f - D, D, sp.oo), 0),
        eq(difference(p * D, f), -sp.sqrt(2) * _phi(D / sp.sqrt(2), sp), r"$pD - f$"),
    )
    points = [[x, 0] for x in DIFFERENCES]
    values, shares = (
        np.array([float(x.middle) for x in found])
        for found in (
            [enclosure.value(Normal(), x, digits=20) for x in points],
            [enclosure.probabilities(Normal(), x, digits=20)[0] for x in points],
        )
    )
    conjugate = -np.sqrt(2) * _phi(special.ndtri(shares))
    yield agree("balls, p", shares, special.ndtr(NUMBERS / np.sqrt(2)), "$p$ at four $D$")
    yield agree("balls, f*", shares * NUMBERS - values, conjugate, "$pD - f$ against $f^*(p)$")


@closed_forms_argmax.part("Laplace")
def laplace():
    q, density = sp.exp(-D) * (2 + D) / 4, sp.exp(-D) * (1 + D) / 4
    f = D + sp.exp(-D) * (3 + D) / 4
    pieces = ((-D - 2 * Y, 0, sp.oo), (-D, 0, D), (-D - 2 * Y, 0, sp.oo))
    convolution = sum(sp.Integral(sp.exp(g) / 4, (Y, low, high)) for g, low, high in pieces)
    yield exact(
        "sympy",
        eq(convolution, density),
        r"$\int \frac14 e^{-|y| - |D - y|}\,dy$ over $y < 0$, $0 < y < D$ and $y > D$",
        *_potential(f, 1 - q, density),
        eq(sp.Limit(f - D, D, sp.oo), 0),
        eq(difference((1 - q) * D, f), -q * D - q * (3 + D) / (2 + D), r"$pD - f$"),
        eq(-(2 + D) * sp.exp(-(2 + D)), -4 * q * sp.exp(-2)),
        r"so that $-(2 + D) = W_{-1}(-4qe^{-2})$, the lower branch of Lambert's function",
    )
    tail = np.exp(-NUMBERS) * (2 + NUMBERS) / 4
    inverse = -2 - special.lambertw(-4 * tail * np.exp(-2), -1).real
    value = engine(expected_max(Laplace()), np.stack([NUMBERS, 0 * NUMBERS], 1))
    conjugate = -tail * NUMBERS - tail * (3 + NUMBERS) / (2 + NUMBERS)
    closed = (1 - tail) * NUMBERS - conjugate
    yield agree("engine, f*", value, closed, "$f$ against $pD - f^*(p)$ at four $D$")
    yield agree("scipy, inverse", inverse, NUMBERS, "$D$ from $p$", floor=1.0)


@closed_forms_argmax.part("uniform on $[-1, 1]$")
def uniform():
    p, f = 1 - (2 - D) ** 2 / 8, D + (2 - D) ** 3 / 24
    inverse = 2 - 2 * sp.sqrt(2 * Q)
    yield exact(
        "sympy",
        *_potential(f, p, (2 - D) / 4),
        eq(sp.Subs(p, D, 2), 1, "$p(2)$"),
        eq(sp.Subs(f, D, 2), 2, "$f(2)$, from where on $f = D$"),
        eq(sp.Subs(p, D, inverse), 1 - Q, r"$p$ at $D = 2 - 2\sqrt{2q}$"),
        eq(sp.Subs(p * D - f, D, inverse), -2 * Q + 4 * sp.sqrt(2) / 3 * Q ** sp.Rational(3, 2)),
        r"$pD - f$ there",
    )
    found = [rational.uniform([x, 0]) for x in DIFFERENCES]
    shares = [a.probabilities[0] for a in found]
    tails = 1 - np.array([float(x) for x in shares])
    conjugates = (1 - tails) * NUMBERS - np.array([float(a.value) for a in found])
    closed = -2 * tails + 4 * np.sqrt(2) / 3 * tails**1.5
    stated = [1 - (2 - x) ** 2 / 8 for x in DIFFERENCES]
    yield exact("rational", shares == stated, cases="$p$ at four $D$ by exact integration")
    yield agree("rational, f*", conjugates, closed, "$pD - f$ against $f^*(p)$")


def _coin(x: Fraction) -> Fraction:
    return rational.discrete([x, 0], [-1, 1]).value


@closed_forms_argmax.part(r"coin on $\{-1, 1\}$")
def coin():
    levels = [Fraction(k, 24) for k in range(25)]
    closed = [-min(2 * p, Fraction(1, 2), 2 * (1 - p)) for p in levels]
    kinks, grid = ([Fraction(x) for x in (-2, 0, 2)], [Fraction(k, 4) for k in range(-24, 25)])
    suprema = {
        name: [max(p * x - _coin(x) for x in points) for p in levels]
        for name, points in (("kinks", kinks), ("grid", grid))
    }
    x = sp.Symbol("D", real=True)
    height = P * x - sp.Max(x, 2) / 4 - sp.Max(x, 0) / 2 - sp.Max(x, -2) / 4
    yield exact(
        "kinks",
        argued(r"""$f(D, 0) = \frac14\max(D, 2) + \frac12\max(D, 0) + \frac14\max(D, -2)$ bends at
            $-2, 0, 2$ only, with slopes $0$ to $1$, so the supremum is there [four outcomes; a
            concave piecewise linear function]"""),
        eq(sp.Subs(height, x, -2), -2 * P, "$pD - f$ at $D = -2$"),
        eq(sp.Subs(height, x, 0), -HALF),
        eq(sp.Subs(height, x, 2), -2 * (1 - P)),
    )
    yield exact("rational, kinks", suprema["kinks"] == closed, cases="25 values of $p$")
    yield exact("rational, grid", suprema["grid"] == closed, cases="suprema over 49 $D$")


@closed_forms_argmax.part(r"Gumbel: $\mathbb E[\gamma_i \mid \arg\max = i] = -\log p_i$")
def winner(budget):
    theta = np.array([0.5, -0.25, 1.0])
    draws = Gumbel().sample(np.random.default_rng(23), (8 * budget.samples, 3))
    draws = np.asarray(draws, float)
    first = (theta + draws).argmax(1)
    chosen = [sample_mean(draws[first == i, i]) for i in range(3)]
    mass = sp.Integral(sp.exp(-Y / P), (Y, 0, sp.oo))
    logs = sp.Integral(-sp.log(Y) * sp.exp(-Y / P), (Y, 0, sp.oo))
    yield exact(
        "sympy, any d",
        argued(r"""with $y = e^{-(\gamma_i + c)}$ exponential, all others lose with probability
            $e^{-yS/e^{\theta_i}} = e^{-y(1/p - 1)}$ for $p = e^{\theta_i} / (e^{\theta_i} + S)$, $S
            = \sum_{j \ne i} e^{\theta_j}$ [A.gumbel-argmax-is-softmax]"""),
        eq(sp.exp(-Y) * sp.exp(-Y * (1 / P - 1)), sp.exp(-Y / P)),
        eq(mass, P, "the probability of $i$"),
        eq(logs / P - sp.EulerGamma, -sp.log(P), r"$\mathbb E[-\log y - c \mid i]$"),
    )
    for i, found in enumerate(chosen):
        log = -np.log(special.softmax(theta)[i])
        yield agree("sampling", found, log, f"$d = 3$, $i = {i + 1}$")
