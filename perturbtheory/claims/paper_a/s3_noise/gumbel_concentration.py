"""Section 3.4: concentration of Lipschitz functions of Gumbel noise, Theorem 3.2.

The proof of the theorem follows Bobkov and Ledoux (1997), who treat the exponential law.
"""

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory import properties
from perturbtheory.claims.exhibits import cosets
from perturbtheory.claims.exhibits.gumbel_law import CDF, C
from perturbtheory.claims.exhibits.symbols import T, U
from perturbtheory.claims.exhibits.tails import GRID, gumbel_exponent, linear, sampled
from perturbtheory.ledger import Claim, agree, argued, eq, exact, positive, shown, witness
from perturbtheory.perturbations import Gumbel, Normal, Pareto

gumbel_concentration = Claim(
    "A.gumbel-concentration",
    "A, Theorem 3.2; Hazan, Orabona, Sarwate, Maji and Jaakkola, Corollary 12",
    r"""For zero-mean Gumbel noise and a function $f$ with $\lVert\nabla f(\gamma)\rVert^2 \le
    \sigma^2$, $\sigma < 1$, $\mathbb P[f(\gamma) - \mathbb E[f(\gamma)] \ge t] \le
    e^{-\min\{\frac{t}{4\sigma}, \frac{t^2}{32\sigma^2}\}}$ for all $t > 0$: an exponential rate, of
    the form $e^{-t}$.""",
    assumes=r"""Independent zero-mean Gumbel coordinates, any $d$, $f$ Lipschitz, and any $\sigma >
    0$: the bound depends on $f/\sigma$ and $t/\sigma$ alone, and $\sigma < 1$ is not used.""",
    depends_on="A.gumbel-density.corrected",
)

_S, _MULTIPLES = Fraction(2, 3), [Fraction(k) for k in range(1, 17)]
_FIRST: Any = {"function": "linear", "weights": np.ones(1), "dimension": 1}
"""f = gamma_1."""
_PARETO = (U + sp.Rational(3, 2)) ** -3
"""P(gamma_1 - E gamma_1 >= u) for the Pareto law of index 3."""

family_rate = Claim(
    "A.exponential-family-rate",
    "A, section 3.4, the sentence before Theorem 3.2",
    r"""The convergence of the exponential family for functions with bounded gradient norm has an
    exponential rate (of the form $e^{-t}$).""",
    assumes=r"""Convergence is that of Theorems 3.1 and 3.2: $\mathbb P[f(\gamma) - \mathbb
    E[f(\gamma)] \ge t]$, and a rate is one up to factors of $t$ and of the bound. "The exponential
    family" has two readings: Gumbel noise, of which Theorem 3.2 speaks; or, to the letter, every
    law of an exponential family, such as the Pareto laws $\alpha x^{-\alpha - 1}$, $x \ge 1$, with
    the statistic $\log x$. The second fails.""",
    depends_on="A.gumbel-concentration",
)
each_its_own = family_rate.corrected(
    r"""Gumbel noise has an exponential rate, and no faster one. Laws of exponential families have
    rates of their own: for $f = \gamma_1$ that of the normal law is $e^{-t^2/2}$, faster than any
    $e^{-kt}$, and that of the Pareto law of index 3 is $t^{-3}$, slower than any.""",
    depends_on="A.gaussian-concentration.corrected",
)


_X: Any = sp.Symbol("x", positive=True)


def _slope(g: Any) -> Any:
    return sp.Derivative(g, _X)


def _from_the_median():
    """Steps to E phi = phi(m) + E[w phi'] with |w| <= L = 1/log 2."""
    p, m = sp.symbols("p m", positive=True)
    cdf, phi = sp.Function("F")(_X), sp.Function(r"\varphi")(_X)
    right = (1 - p) / (-p * sp.log(p))
    half, largest = sp.Rational(1, 2), 1 / sp.log(2)
    return (
        eq(sp.Derivative(CDF, T), -CDF * sp.log(CDF, evaluate=False)),
        r"with $p = F(t)$, the cdf, the Gumbel density is $g = -p\log p$",
        eq(sp.Derivative(sp.log(right), p), (1 / -sp.log(p) - 1 / (1 - p)) / p),
        r"at most 0, because $-\log p \ge 1 - p$",
        eq(sp.Subs(right, p, half), largest, r"so $\frac{1-F}{g} \le L$ above the median $m$"),
        eq(sp.Subs(1 / -sp.log(p), p, half), largest, r"so $\frac Fg \le L$ below it"),
        eq(_slope((phi - m) * (1 - cdf)), _slope(phi) * (1 - cdf) - (phi - m) * _slope(cdf)),
        r"by parts above the median, where $m$ stands for $\varphi(m)$",
        eq(_slope((phi - m) * cdf), _slope(phi) * cdf + (phi - m) * _slope(cdf)),
        r"""and below: $\mathbb E\varphi = \varphi(m) + \mathbb E[w\varphi']$ with $w =
            \frac{1-F}{g}$ above $m$ and $w = -\frac Fg$ below, so $|w| \le L$""",
    )


def _one_dimension():
    """Steps to Ent(e^h) <= 2 L^2 E[h'^2 e^h] / (1 - L k) for |h'| <= k < 1/L, L = 1/log 2."""
    moment, a, b, lip, k = sp.symbols("M A B L kappa", positive=True)
    h = sp.Function("h")(_X)
    squared = h**2 * sp.exp(h)
    bulk: Any = b**2 - 2 * lip * a * b - lip * k * b**2
    return (
        *_from_the_median(),
        eq(sp.Derivative(moment * sp.log(moment) - moment + 1, moment), sp.log(moment)),
        r"""so $M\log M - M + 1$, $M = \mathbb E e^h$, is convex with minimum $0$ at $M = 1$:
            $\operatorname{Ent}(e^h) \le \mathbb E[he^h - e^h + 1]$; let $h(m) = 0$ and $|h'| \le
            \kappa < \frac1L$""",
        eq(_slope(h * sp.exp(h) - sp.exp(h) + 1), h * _slope(h) * sp.exp(h)),
        "a function that is $0$ at $m$",
        eq(_slope(squared), (2 * h + h**2) * _slope(h) * sp.exp(h), "likewise $0$ at $m$"),
        argued(r"""with $A^2 = \mathbb E[h'^2e^h]$, $B^2 = \mathbb E[h^2e^h]$:
            $\operatorname{Ent}(e^h) \le LAB$ and $B^2 \le 2LAB + L\kappa B^2$ [the formula for
            $\mathbb E\varphi$, $|w| \le L$ and the Cauchy-Schwarz inequality; all is finite and no
            boundary term is left because $\kappa < \log 2 < 1$]"""),
        eq(bulk, b * (b * (1 - lip * k) - 2 * lip * a)),
        r"""at most 0, so that $B \le \frac{2LA}{1 - L\kappa}$ and $\operatorname{Ent}(e^h) \le
            \frac{2L^2}{1 - L\kappa}\mathbb E[h'^2e^h]$; a constant added to $h$ changes nothing""",
    )


def _all_dimensions():
    """Steps from one dimension to log E exp(lambda (f - E f)) <= 8 lambda^2 sigma^2."""
    u, cut, s, rate, scale, lip, t = sp.symbols("u U s lambda sigma L t", positive=True)
    largest = 1 / (2 * sp.log(2))
    quarter = sp.Rational(1, 4)
    exponent = rate * t - 8 * rate**2 * scale**2
    return (
        argued(r"""$\operatorname{Ent}(e^{\lambda f}) \le \sum_i \mathbb
            E\operatorname{Ent}_i(e^{\lambda f}) \le \frac{2L^2\lambda^2\sigma^2}{1 -
            L\lambda\sigma}\,\mathbb E e^{\lambda f}$ for $0 < \lambda < \frac{1}{L\sigma}$
            [subadditivity of entropy under independence; $|\partial_i f| \le \sigma$ and $\sum_i
            (\partial_i f)^2 \le \sigma^2$, almost everywhere if $f$ is only Lipschitz
            (Rademacher)]"""),
        eq(
            sp.Derivative(-2 * lip * scale * sp.log(1 - lip * scale * s), s),
            2 * lip**2 * scale**2 / (1 - lip * scale * s),
            r"so $\frac1\lambda\log\mathbb E e^{\lambda(f - \mathbb E f)} \le "
            r"-2L\sigma\log(1 - L\sigma\lambda)$, as in Herbst's argument for Normal noise, with "
            "$f$ cut off to be bounded",
        ),
        shown(
            r"with $U = \frac{1}{2\log 2}$: $1 - U \ge \frac14$, because $8 \ge e^2$ is "
            r"$\log 2 \ge \frac23$; so $-\log(1 - U) \le 2\log 2$",
            bool(sp.E**2 <= 8) and bool(1 - largest >= quarter),
        ),
        argued(r"""$-\log(1 - u) \le \frac uU(-\log(1 - U)) \le \frac uU 2\log 2$ for $0 \le u \le
            U$ [$-\log(1 - u)$ is convex and 0 at 0]"""),
        eq(sp.Subs(2 * u * (u / cut) * 2 * sp.log(2), cut, largest), 8 * (u * sp.log(2)) ** 2),
        r"""with $u = L\sigma\lambda$, for $\lambda \le \frac{1}{2\sigma}$: $\log\mathbb E
            e^{\lambda(f - \mathbb E f)} \le -2u\log(1 - u)$ is at most this, which is
            $8\lambda^2\sigma^2$""",
        argued(r"""$\mathbb P[f - \mathbb E f \ge t] \le e^{-(\lambda t - 8\lambda^2\sigma^2)}$ for
            $0 < \lambda \le \frac{1}{2\sigma}$ [Markov's inequality]"""),
        eq(sp.Subs(exponent, rate, t / (16 * scale**2)), t**2 / (32 * scale**2)),
        r"a $\lambda$ that is allowed for $t \le 8\sigma$",
        eq(
            sp.Subs(exponent, rate, 1 / (2 * scale)) - t / (4 * scale),
            (t - 8 * scale) / (4 * scale),
            r"not negative for $t \ge 8\sigma$",
        ),
        shown(
            r"these are the two cases of $\min\{\frac{t}{4\sigma}, \frac{t^2}{32\sigma^2}\}$, at "
            r"$t = \sigma, 2\sigma, \dots, 16\sigma$",
            all(gumbel_exponent(k * _S, _S) == min(k / 4, k**2 / 32) for k in _MULTIPLES),
            "fractions",
        ),
    )


@gumbel_concentration.part("the tail bound")
def tail_bound(budget):
    # max(gamma) at d = 10 is log 10 + gamma in law; softmax(gamma)_1 at d = 2 is uniform on [0, 1],
    # with |grad f|^2 <= 1/8.
    largest = -np.expm1(-np.exp(-(GRID + np.euler_gamma)))
    t = np.array([0.05, 0.1, 0.2, 0.3, 0.4, 0.49])
    exponents = np.concatenate([gumbel_exponent(GRID, 1.0), gumbel_exponent(t, np.sqrt(1 / 8))])
    yield exact("modified log-Sobolev inequality", *_one_dimension(), *_all_dimensions())
    for weight in (1.0, -1.0, 0.25, -3.0):
        yield linear(Gumbel(), weight, gumbel_exponent)
    what = r"""log bound $-$ log tail of $\max(\gamma)$, $d = 10$, and of
        $\operatorname{softmax}(\gamma)_1$, $d = 2$"""
    yield positive("closed forms", -exponents - np.log(np.concatenate([largest, 0.5 - t])), what)
    yield _sum_of_many(budget.samples)
    yield sampled(Gumbel(), gumbel_exponent, budget.samples)


def _sum_of_many(samples):
    """f = sum_i gamma_i / sqrt d with |grad f| = 1: no coordinate stands out."""
    result = properties.concentration(
        Gumbel(),
        lambda t: np.exp(-gumbel_exponent(t, 1.0)),
        function="linear",
        weights=np.full(16, 0.25),
        dimension=16,
        t=np.array([0.25, 0.5, 1.0, 2.0, 4.0]),
        samples=samples,
    )
    detail = r"$f = \frac14 \sum_i \gamma_i$, $d = 16$"
    return agree("sampling, sums", cosets.outcomes([result]), [1.0], detail, kind="monte-carlo")


@gumbel_concentration.part("exponential, and no faster in general")
@family_rate.part("Gumbel noise: exponential, and no faster in general")
@each_its_own.part("Gumbel noise: exponential, and no faster in general")
def exponential_rate():
    y = sp.exp(-(T + C))
    rate = properties.rate(Gumbel(), **_FIRST)
    slopes = np.array([rate.exponent or 0.0, rate.coefficient or 0.0])
    why = r"""the tail $1 - e^{-y}$ of $f = \gamma_1$ over $y = e^{-(t+c)}$; scaled by $\sigma$ for
        $f = \sigma\gamma_1$"""
    yield exact("sympy", eq(sp.Limit((1 - sp.exp(-y)) / y, T, sp.oo), 1, why))
    yield agree("engine, decay rate", slopes, 1.0, "power and factor of $t$")


@family_rate.part("every law of an exponential family: exponential, or faster")
def every_law():
    k, t = sp.symbols("k t", positive=True)
    rate = properties.rate(Pareto(3.0), **_FIRST)
    holds = sp.limit(sp.exp(k * t) * _PARETO.subs(U, t), t, sp.oo) != sp.oo
    cases = r"""index 3, $f = \gamma_1$: $e^{kt}\, \mathbb P[\gamma_1 - \frac32 \ge t]$ is bounded
        for some $k > 0$"""
    yield exact("sympy, Pareto noise", holds, cases=cases)
    yield agree("engine, decay rate", rate.exponent or 0.0, 1.0, r"$\beta$ of $e^{-ct^\beta}$")
    tail = {r"$\mathbb P[f - \mathbb E f \ge t]$": r"$(t + \frac32)^{-3}$"}
    law = r"Pareto, index 3, density $3 x^{-4}$ for $x \ge 1$"
    yield witness({"d": 1, "f": r"$\gamma_1$", "gamma": law} | tail)


@each_its_own.part(r"Normal noise: $e^{kt}\, \mathbb P[\gamma_1 \ge t] \to 0$ for every $k$")
def normal_rate():
    k = sp.Symbol("k", positive=True)
    rate = properties.rate(Normal(), **_FIRST)
    yield exact(
        "sympy",
        argued(r"$\mathbb P[\gamma_1 \ge t] \le e^{-t^2/2}$", "A.gaussian-concentration.corrected"),
        eq(sp.Limit(sp.exp(k * T - T**2 / 2), T, sp.oo), 0),
    )
    yield positive("engine, decay rate", (rate.exponent or 0.0) - 1.5, r"$\beta - \frac32$")


@each_its_own.part(r"Pareto noise: $t^3\, \mathbb P[\gamma_1 - \mathbb E \gamma_1 \ge t] \to 1$")
def pareto_rate():
    x = sp.Symbol("x", positive=True)
    t = np.array([1.0, 10.0, 100.0])
    tail = properties.tail(Pareto(3.0), t, **_FIRST)
    yield exact(
        "sympy",
        eq(sp.Integral(3 * x**-3, (x, 1, sp.oo)), sp.Rational(3, 2), "the mean"),
        eq(sp.Integral(3 * x**-4, (x, U + sp.Rational(3, 2), sp.oo)), _PARETO),
        eq(sp.Limit(U**3 * _PARETO, U, sp.oo), 1, r"with $u = t$"),
    )
    yield agree("engine", tail, (t + 1.5) ** -3, "tails at $t = 1, 10, 100$")
