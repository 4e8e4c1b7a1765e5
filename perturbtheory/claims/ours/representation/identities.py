"""Claims of this package: the two identities that keep it small."""

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.numbers import engine, entry, thetas
from perturbtheory.claims.legacy import agree, claim, exact, positive
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.perturbations import Discrete, Logistic, Normal, Uniform
from perturbtheory.potential import expected_logsumexp, expected_max
from perturbtheory.routes import enumeration, rational, sampling
from perturbtheory.routes.symbolic import categories, identity

_ATOMS = (-1.0, 0.5, 1.5)
_T = 0.5


@claim("C.smoothing", depends_on=("A.gumbel-argmax-is-softmax",))
def smoothing(budget: Budget) -> list[Part]:
    r"""Statement: Perturb-Softmax is Perturb-Argmax of the smoother noise gamma + tG, G zero-mean
    Gumbel and independent of gamma: same probabilities, same potential, and a Hessian with all
    entries off the diagonal negative, so that Perturb-Softmax is identifiable up to translation
    whatever gamma is.

    LaTeX: $\mathbb E[\operatorname{softmax}((\theta+\gamma)/t)] =
    \mathbb E[\arg\max(\theta+\gamma+tG)]$, $\mathbb E[t\log\sum_i e^{(\theta_i+\gamma_i)/t}] =
    \mathbb E[\max_i(\theta_i+\gamma_i+tG_i)]$, $-\partial_i\partial_j f_t =
    \frac1t\mathbb E[s_i s_j] > 0$ with $s = \operatorname{softmax}((\theta+\gamma)/t)$

    Source: this package

    Assumptions: t > 0; any joint law of gamma, with finite f for the potential; G has independent
    coordinates and is independent of gamma.

    Computed: the Gumbel-max identity at temperature t given gamma, for any d; the engine, which
    integrates over gamma + tG, against a finite sum of softmaxes and against sampled ones.
    """
    f = expected_logsumexp(Discrete(np.array(_ATOMS)), _T)
    points = thetas(3, budget)
    value, share, pairs = enumeration.softmax(points, _ATOMS, _T)
    draws = sampling.probabilities(
        Normal(), points[0], seed=29, samples=budget.samples, temperature=1.0, method="monte-carlo"
    )
    normal = entry(engine(expected_logsumexp(Normal(), 1.0), points[:1], "probabilities"), 0)
    hessian = f.hessian(points)
    off = ~np.eye(3, dtype=bool)
    return [
        Part(
            "E softmax((theta + gamma)/t) = P(argmax(theta + gamma + tG) = i)",
            (
                _gumbel_max_given_noise(),
                agree("enumeration", "quadrature", engine(f, points, "probabilities"), share, "p"),
                agree("sampling", "monte-carlo", normal, draws, "p, Normal noise, d = 3"),
            ),
        ),
        Part(
            "E[t logsumexp((theta + gamma)/t)] = E[max(theta + gamma + tG)]",
            (
                _gumbel_maximum_given_noise(),
                agree("enumeration", "quadrature", engine(f, points), value, "f, three atoms"),
            ),
        ),
        Part(
            "-d2f/dtheta_i dtheta_j = E[s_i s_j]/t > 0: identifiable up to translation",
            (
                _softmax_hessian(),
                agree("enumeration", "quadrature", -hessian[:, off], pairs[:, off], "weights"),
                positive("engine", "quadrature", -hessian[:, off], "weights, three atoms"),
            ),
        ),
    ]


def _gumbel_max_given_noise() -> Check:
    a, rest, u, t = sp.symbols("a S u t", positive=True)
    z = sp.Symbol("z", real=True)
    # u = e^-(z/t + c) with x_i + t G_i = z: cdf e^(-a u), its density in z is (a u / t) e^(-a u).
    cdf = sp.exp(-a * sp.exp(-(z / t + sp.EulerGamma)))
    as_u = sp.exp(-(z / t + sp.EulerGamma))
    density = identity(sp.diff(cdf, z) - a * as_u / t * cdf)
    integral = sp.integrate(a * sp.exp(-(a + rest) * u), (u, 0, sp.oo))
    outcome = identity(integral - a / (a + rest)) if density == "holds" else "unknown"
    return exact(
        "sympy, any d and t",
        outcome,
        "given gamma, with x = theta + gamma, a = e^(x_i/t), S the sum over j != i and "
        "u = e^-(z/t + c): int a e^(-(a + S) u) du = softmax(x/t)_i; then average over gamma",
    )


def _gumbel_maximum_given_noise() -> Check:
    _, _, j, x = (s := categories())
    z = sp.Symbol("z", real=True)
    t = sp.Symbol("t", positive=True)
    total = s.sum(sp.exp(x[j] / t))
    # log P(max <= z) term by term, against a Gumbel variable moved to t log(total).
    terms = s.sum(sp.expand(sp.exp(x[j] / t) * sp.exp(-(z / t + sp.EulerGamma)))).doit()
    moved = sp.exp(-((z - t * sp.log(total)) / t + sp.EulerGamma))
    return exact(
        "sympy, symbolic d and t",
        identity(terms - sp.expand(moved)),
        "given gamma, prod_j P(x_j + t G_j <= z) is the cdf of t log sum_j e^(x_j/t) + t G, G with "
        "mean zero; then average over gamma",
    )


def _softmax_hessian() -> Check:
    a, b, rest, t = sp.symbols("a b S t", positive=True)
    # a = e^(x_i/t), so d/dtheta_j of softmax_i is (b/t) d/db of a / (a + b + S) for b = e^(x_j/t).
    share = a / (a + b + rest)
    weight = -b / t * sp.diff(share, b)
    product_ = share * (b / (a + b + rest)) / t
    outcome = identity(weight - product_)
    return exact(
        "sympy, any d and t",
        outcome if product_.is_positive else "unknown",
        "-d s_i/d theta_j = s_i s_j/t, positive and at most 1/t, for every gamma; v'Hv = sum over "
        "pairs of weights times (v_i - v_j)^2 then vanishes for translations only",
    )


@claim("C.one-dimensional")
def one_dimensional(budget: Budget) -> list[Part]:
    r"""Statement: For independent coordinates the potential, its gradient and every entry of its
    Hessian are one-dimensional integrals, whatever d.

    LaTeX: $f = c + \int_c^\infty (1 - \prod_i F_i(s-\theta_i))\,ds - \int_{-\infty}^c \prod_i
    F_i(s-\theta_i)\,ds$, $p_i = \int f_i(s-\theta_i)\prod_{j\ne i}F_j(s-\theta_j)\,ds$,
    $-\partial_i\partial_j f = \int f_i(s-\theta_i) f_j(s-\theta_j)\prod_{k\ne i,j}
    F_k(s-\theta_k)\,ds$ for $i \ne j$, rows of the Hessian sum to zero

    Source: this package; Williams, Daly and Zachary for the gradient

    Assumptions: independent coordinates with densities f_i; a finite mean for the value; for the
    Hessian, densities that are bounded, so that the integral may be differentiated.

    Computed: the integrands by differentiating a product of arbitrary cdfs, any d; the engine,
    which evaluates these integrals, against exact rationals for uniform noise and against quasi-
    Monte Carlo in d dimensions for logistic noise.
    """
    quarters = [[Fraction(round(4 * float(x)), 4) for x in row] for row in thetas(3, budget) * 0.75]
    exactly = [rational.uniform(theta) for theta in quarters]
    points = np.array([[float(x) for x in theta] for theta in quarters])
    f, logistic = expected_max(Uniform()), expected_max(Logistic())
    at = thetas(3, budget)[:1]
    options = {"seed": 31, "samples": 4 * budget.samples}
    quasi = "quasi-monte-carlo"
    hessian = f.hessian(points)
    basis = (np.repeat(points, 3, 0), np.tile(np.eye(3), (len(points), 1)))
    return [
        Part(
            "value",
            (
                _layer_cake(),
                agree(
                    "rational",
                    "quadrature",
                    engine(f, points),
                    np.array([float(a.value) for a in exactly]),
                    "uniform noise, d = 3",
                ),
                agree(
                    "sampling",
                    "monte-carlo",
                    entry(engine(logistic, at), 0),
                    sampling.value(Logistic(), at[0], method=quasi, **options),
                    "Logistic noise, d = 3",
                ),
            ),
        ),
        Part(
            "gradient",
            (
                _product_rule(1),
                agree(
                    "rational",
                    "quadrature",
                    engine(f, points, "probabilities"),
                    np.array([[float(p) for p in a.probabilities] for a in exactly]),
                    "uniform noise, d = 3",
                ),
                agree(
                    "sampling",
                    "monte-carlo",
                    entry(engine(logistic, at, "probabilities"), 0),
                    sampling.probabilities(Logistic(), at[0], method=quasi, **options),
                    "Logistic noise, d = 3",
                ),
            ),
        ),
        Part(
            "Hessian",
            (
                _product_rule(2),
                agree(
                    "rational",
                    "quadrature",
                    hessian,
                    np.array([[[float(h) for h in row] for row in a.hessian] for a in exactly]),
                    "uniform noise, d = 3",
                ),
                agree(
                    "engine, Hessian-vector products",
                    "quadrature",
                    f.hvp(*basis),
                    np.array([[float(h) for h in row] for a in exactly for row in a.hessian]),
                    "uniform noise, d = 3, column by column",
                ),
            ),
        ),
    ]


def _layer_cake() -> Check:
    s, c = sp.symbols("s c", real=True)
    gap = sp.Symbol("g", nonnegative=True)
    above = c + sp.integrate(sp.Integer(1), (s, c, c + gap)) - (c + gap)
    below = c - sp.integrate(sp.Integer(1), (s, c - gap, c)) - (c - gap)
    return exact(
        "sympy, both cases",
        "holds" if identity(above) == identity(below) == "holds" else "unknown",
        "m = c + int_c^inf 1{m > s} ds - int_-inf^c 1{m <= s} ds for every m; averaged at the "
        "maximum, whose cdf is prod_i F_i(s - theta_i) by independence (Fubini)",
    )


def _product_rule(order: int) -> Check:
    s, one, two = sp.symbols("s theta_i theta_j", real=True)
    first: Any = sp.Function("F_i")
    second: Any = sp.Function("F_j")
    others: Any = sp.Function("P")(s)
    x = sp.Symbol("x", real=True)

    def density(function: Any, at: Any) -> Any:
        return sp.diff(function(x), x).subs(x, at).doit()

    whole = first(s - one) * second(s - two) * others
    if order == 1:
        difference = -sp.diff(whole, one) - density(first, s - one) * second(s - two) * others
        detail = "d/dtheta_i of -prod_k F_k is f_i prod_{k != i} F_k, the others being any function"
    else:
        derivative = sp.diff(whole, one, two)
        difference = derivative - density(first, s - one) * density(second, s - two) * others
        detail = (
            "d2/dtheta_i dtheta_j of prod_k F_k is f_i f_j prod_{k != i, j} F_k, any d; rows sum "
            "to zero because f(theta + c1) = f(theta) + c"
        )
    return exact("sympy, any d", identity(difference), f"{detail}; f = const - int prod F ds")
