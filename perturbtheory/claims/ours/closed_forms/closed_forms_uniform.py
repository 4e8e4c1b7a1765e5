"""Closed forms of Perturb-Softmax under uniform noise: exponential integral and polylogarithms."""

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp
from scipy import special

from perturbtheory.claims.exhibits.numbers import first_of_two
from perturbtheory.claims.exhibits.symbols import A, D, X, Y
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Check, Claim, agree, argued, eq, exact
from perturbtheory.perturbations import Uniform
from perturbtheory.potential import expected_logsumexp
from perturbtheory.routes import sampling

DIFFERENCES = np.array([0.0, 0.25, 1.0, 2.5])
HEAT = 0.5
"""The temperature of the numerical checks, at a = 1."""
T = sp.Symbol("t", positive=True)

closed_forms_uniform = Claim(
    "C.closed-forms-uniform",
    "this package",
    r"""Under noise uniform on $[-a, a]$, $\gamma + tG$ has a cdf by the exponential integral,
    $\mathbb P[\gamma + tG \le x - tc] = \frac{t}{2a}\bigl[E_1(e^{-(x+a)/t}) -
    E_1(e^{-(x-a)/t})\bigr]$. Perturb-Softmax of two categories, $D = \theta_1 - \theta_2$, is a
    second difference of a dilogarithm, $p_1 = \frac{1}{4a^2}\bigl[H(D+2a) - 2H(D) + H(D-2a)\bigr]$
    with $H(x) = -t^2\operatorname{Li}_2(-e^{x/t})$, and its potential one of a trilogarithm,
    $f_t = \theta_2 + \frac{1}{4a^2}\bigl[K(D+2a) - 2K(D) + K(D-2a)\bigr]$ with
    $K(x) = -t^3\operatorname{Li}_3(-e^{x/t})$.""",
    assumes=r"""Independent coordinates, $a > 0$, $t > 0$; $G$ is zero-mean Gumbel, $c$ Euler's
    constant.""",
    depends_on="C.smoothing",
)


@closed_forms_uniform.part(r"cdf of $\gamma + tG$")
def cdf():
    yield exact(
        "primitive",
        argued(r"""$\mathbb P[\gamma + tG \le x - tc] = \frac{1}{2a}\int_{-a}^a
            \exp(-e^{-(x-v)/t})\,dv = \frac{1}{2a}\int_{x-a}^{x+a}\exp(-e^{-y/t})\,dy$ [given
            $\gamma = v$, the cdf of $G + c$; then $y = x - v$]"""),
        eq(sp.Derivative(T * sp.expint(1, sp.exp(-Y / T)), Y), sp.exp(-sp.exp(-Y / T))),
        "$E_1$ is a primitive",
    )
    one, two = (special.exp1(np.exp(-(DIFFERENCES + s) / HEAT)) for s in (1, -1))
    found = _gauss(
        lambda v: (np.exp(-np.exp(-(DIFFERENCES[:, None] - v) / HEAT)), np.full(v.size, 0.5))
    )
    yield agree("quadrature", found, HEAT / 2 * (one - two), r"$a = 1$, $t = \tfrac12$")


@closed_forms_uniform.part("$d = 2$: the probability")
def probability():
    found = first_of_two(expected_logsumexp(Uniform(), HEAT), DIFFERENCES)
    yield _second_difference(2)
    yield agree("quadrature", _triangular(2), _formula(2), r"$t = \tfrac12$")
    yield agree("engine", found, _formula(2), r"$t = \tfrac12$")


@closed_forms_uniform.part("$d = 2$: the potential")
def potential(budget):
    theta = np.array([DIFFERENCES[2], 0.0])
    drawn = sampling.value(Uniform(), theta, seed=43, samples=budget.samples, temperature=HEAT)
    yield _second_difference(3)
    yield agree("quadrature", _triangular(3), _formula(3), r"$t = \tfrac12$")
    yield agree("sampling", drawn, _formula(3)[2], r"$t = \tfrac12$, $D = 1$")


def _second_difference(order: int) -> Check:
    """Why E g(D + gamma_1 - gamma_2) is a second difference, and that Li_order is the right one."""
    u, v = sp.symbols("u v", real=True)
    bend = {2: 1 / (1 + sp.exp(-X / T)), 3: T * sp.log(1 + sp.exp(X / T))}[order]
    log = -(T**order) * sp.polylog(order, -sp.exp(X / T))
    name = {2: "H", 3: "K"}[order]
    g: Any = sp.Function(name)
    x = D + u - v
    corners = ((i * j, sp.Add(D, i * A, j * A, evaluate=False)) for i in (1, -1) for j in (1, -1))
    return exact(
        "second primitive",
        eq(sp.Derivative(log, (X, 2)), bend, f"${name}''(x)$"),
        eq(sp.Derivative(-g(x), u, v), sp.Subs(sp.Derivative(g(X), (X, 2)), X, x)),
        rf"${name}''$ at $D + u - v$ is a mixed derivative",
        eq(
            sp.Add(*(sign * g(corner) for sign, corner in corners), evaluate=False),
            g(D + 2 * A) - 2 * g(D) + g(D - 2 * A),
            rf"so this is $\int_{{-a}}^a\int_{{-a}}^a {name}''(D + u - v)\,du\,dv$, by the corners "
            r"$u, -v = \pm a$",
        ),
        argued(r"""$s_1 = \frac{1}{1 + e^{-x/t}}$ and $t\log\sum_i e^{(\theta_i + \gamma_i)/t} =
            \theta_2 + \gamma_2 + t\log(1 + e^{x/t})$ at $x = D + \gamma_1 - \gamma_2$ [algebra;
            $\gamma_2$ has mean zero and the pair has the density $1/(4a^2)$]"""),
    )


def _gauss(terms: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]) -> Estimate:
    """The integral over [-1, 1] of values times a law, at all D, by two rules of Gauss-Legendre."""

    def rule(count: int) -> np.ndarray:
        v, weights = np.polynomial.legendre.leggauss(count)
        values, law = terms(v)
        return values @ (weights * law)

    fine, coarse = rule(60), rule(40)
    return Estimate(fine, abs(fine - coarse) + 1e-14, "quadrature")


def _triangular(order: int) -> Estimate:
    """The average over gamma_1 - gamma_2, triangular on [-2, 2], by its halves."""

    def terms(v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x = (DIFFERENCES[:, None, None] + np.stack([v + 1, -v - 1])) / HEAT
        values = special.expit(x) if order == 2 else HEAT * np.logaddexp(x, 0.0)
        return values.sum(1), (1 - v) / 4

    return _gauss(terms)


def _formula(order: int) -> np.ndarray:
    """The second difference of -t^order Li_order(-e^(x/t)), over 4."""

    def primitive(x: float) -> float:
        log = sp.polylog(order, -sp.exp(sp.Float(x / HEAT, 25)))
        return -(HEAT**order) * float(log.evalf(20))

    rows = [[primitive(d + k) for k in (2, 0, -2)] for d in map(float, DIFFERENCES)]
    return np.array(rows) @ [1, -2, 1] / 4
