"""Closed forms of Perturb-Softmax under uniform noise: exponential integral and polylogarithms."""

from typing import Any

import numpy as np
import sympy as sp
from scipy import special

from perturbtheory.claims.exhibits.numbers import engine, entry
from perturbtheory.claims.legacy import agree, argued, claim, proof, shown
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.perturbations import Uniform
from perturbtheory.potential import expected_logsumexp
from perturbtheory.routes import sampling
from perturbtheory.routes.symbolic import identity

_DIFFERENCES = np.array([0.0, 0.25, 1.0, 2.5])
_HALF_WIDTH = 1.0


@claim("C.closed-forms-uniform", depends_on=("C.smoothing",))
def closed_forms_uniform(budget: Budget) -> list[Part]:
    r"""Statement: Under noise uniform on [-a, a], gamma + tG has a cdf by the exponential integral,
    and Perturb-Softmax of two categories is a second difference of a dilogarithm, its potential
    one of a trilogarithm.

    LaTeX: $\mathbb P[\gamma + tG \le x - tc] = \frac{t}{2a}\bigl[E_1(e^{-(x+a)/t}) -
    E_1(e^{-(x-a)/t})\bigr]$; for $d = 2$, $D = \theta_1 - \theta_2$: $p_1 =
    \frac{1}{4a^2}\bigl[H(D+2a) - 2H(D) + H(D-2a)\bigr]$ with $H(x) =
    -t^2\operatorname{Li}_2(-e^{x/t})$, and $f_t = \theta_2 + \frac{1}{4a^2}\bigl[K(D+2a) - 2K(D) +
    K(D-2a)\bigr]$ with $K(x) = -t^3\operatorname{Li}_3(-e^{x/t})$

    Source: this package

    Assumptions: independent coordinates, a > 0, t > 0; G is zero-mean Gumbel, c Euler's constant.

    Computed: derivatives of the special functions; Gauss-Legendre quadrature of the definitions;
    the engine and sampling.
    """
    points = np.stack([_DIFFERENCES, 0 * _DIFFERENCES], 1)
    found = entry(engine(expected_logsumexp(Uniform(), 0.5), points, "probabilities"), np.s_[:, 0])
    options: dict[str, Any] = {"seed": 43, "samples": budget.samples, "temperature": 0.5}
    at = np.array([_DIFFERENCES[2], 0.0])
    return [
        Part(
            "cdf of gamma + tG",
            (
                _exponential_integral(),
                agree("quadrature", "quadrature", _cdf(0.5), _average_cdf(0.5), "a = 1, t = 1/2"),
            ),
        ),
        Part(
            "d = 2: the probability",
            (
                _second_difference(2),
                agree("quadrature", "quadrature", _triangular(2, 0.5), _formula(2, 0.5), "t = 1/2"),
                agree("engine", "quadrature", found, _formula(2, 0.5), "t = 1/2"),
            ),
        ),
        Part(
            "d = 2: the potential",
            (
                _second_difference(3),
                agree("quadrature", "quadrature", _triangular(3, 0.5), _formula(3, 0.5), "t = 1/2"),
                agree(
                    "sampling",
                    "monte-carlo",
                    sampling.value(Uniform(), at, **options),
                    _formula(3, 0.5)[2],
                    "t = 1/2, D = 1",
                ),
            ),
        ),
    ]


def _exponential_integral() -> Check:
    y, t = sp.Symbol("y", real=True), sp.Symbol("t", positive=True)
    primitive = t * sp.expint(1, sp.exp(-y / t))
    slope = sp.diff(primitive, y).rewrite(sp.exp) - sp.exp(-sp.exp(-y / t))
    return proof(
        "primitive",
        "every a and t",
        argued(
            r"$\mathbb P[\gamma + tG \le x - tc] = \frac{1}{2a}\int_{-a}^a \exp(-e^{-(x-v)/t})\,dv"
            r" = \frac{1}{2a}\int_{x-a}^{x+a}\exp(-e^{-y/t})\,dy$",
            "given gamma = v, the cdf of G + c; then y = x - v",
        ),
        shown(r"$\frac{d}{dy}\,t\,E_1(e^{-y/t}) = \exp(-e^{-y/t})$", identity(slope)),
    )


def _second_difference(order: int) -> Check:
    """Why E g(D + gamma_1 - gamma_2) is a second difference, and that Li_order is the right one."""
    t, a = sp.symbols("t a", positive=True)
    d, u, v, x = sp.symbols("D u v x", real=True)
    primitive: Any = sp.Function("K")
    # d/du d/dv of -K(D + u - v), and its values at the corners of the square.
    argument = d + u - v
    bent = sp.Subs(sp.diff(primitive(x), x, 2), x, argument).doit()
    mixed = sp.diff(-primitive(argument), u, v) - bent
    corners = sum(
        -one * two * primitive(argument.subs({u: one * a, v: two * a}))
        for one in (1, -1)
        for two in (1, -1)
    )
    target = primitive(d + 2 * a) - 2 * primitive(d) + primitive(d - 2 * a)
    log = -(t**order) * sp.polylog(order, -sp.exp(x / t))
    bend = sp.expand_func(sp.diff(log, x, 2))
    soft = sp.exp(x / t) / (1 + sp.exp(x / t)) if order == 2 else t * sp.log(1 + sp.exp(x / t))
    name, what = ("H", r"\frac{1}{1 + e^{-x/t}}") if order == 2 else ("K", r"t\log(1 + e^{x/t})")
    return proof(
        "second primitive",
        "every a, t and D",
        shown(rf"${name}''(x) = {what}$", identity(bend - soft)),
        shown(
            rf"$\int_{{-a}}^a\int_{{-a}}^a {name}''(D + u - v)\,du\,dv = {name}(D + 2a) - "
            rf"2{name}(D) + {name}(D - 2a)$",
            bool(sp.simplify(mixed) == 0 and sp.expand(corners - target) == 0),
        ),
        argued(
            r"$s_1 = \frac{1}{1 + e^{-x/t}}$ and $t\log\sum_i e^{(\theta_i + \gamma_i)/t} = "
            r"\theta_2 + \gamma_2 + t\log(1 + e^{x/t})$ at $x = D + \gamma_1 - \gamma_2$",
            "algebra; gamma_2 has mean zero and the pair has the density 1/(4 a^2)",
        ),
    )


def _cdf(t: float) -> np.ndarray:
    a = _HALF_WIDTH
    one, two = (special.exp1(np.exp(-(_DIFFERENCES + s * a) / t)) for s in (1, -1))
    return t / (2 * a) * (one - two)


def _average_cdf(t: float) -> Estimate:
    """The average of exp(-e^(-(x - v)/t)) over v in [-a, a] by Gauss-Legendre."""

    def rule(count: int) -> np.ndarray:
        v, weights = np.polynomial.legendre.leggauss(count)
        shifted = _DIFFERENCES[:, None] - _HALF_WIDTH * v
        return np.exp(-np.exp(-shifted / t)) @ weights / 2

    fine, coarse = rule(60), rule(40)
    return Estimate(fine, abs(fine - coarse) + 1e-14, "quadrature")


def _triangular(order: int, t: float) -> Estimate:
    """The average over gamma_1 - gamma_2, triangular on [-2a, 2a], by Gauss-Legendre on halves."""

    def rule(count: int) -> np.ndarray:
        v, weights = np.polynomial.legendre.leggauss(count)
        z = _HALF_WIDTH * (v + 1)
        law = weights * (2 * _HALF_WIDTH - z) / (4 * _HALF_WIDTH)
        x = (_DIFFERENCES[:, None, None] + np.stack([z, -z])) / t
        values = special.expit(x) if order == 2 else t * np.logaddexp(x, 0.0)
        return (values @ law).sum(1)

    fine, coarse = rule(60), rule(40)
    return Estimate(fine, abs(fine - coarse) + 1e-14, "quadrature")


def _formula(order: int, t: float) -> np.ndarray:
    """The second difference of -t^order Li_order(-e^(x/t)), over 4 a^2."""

    def primitive(x: float) -> float:
        return -(t**order) * float(sp.polylog(order, -sp.exp(sp.Float(x / t, 25))).evalf(20))

    a = _HALF_WIDTH
    parts = [
        primitive(d + 2 * a) - 2 * primitive(d) + primitive(d - 2 * a)
        for d in map(float, _DIFFERENCES)
    ]
    return np.array(parts) / (4 * a**2)
