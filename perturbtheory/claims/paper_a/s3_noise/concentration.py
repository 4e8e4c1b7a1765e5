"""Section 3.4: concentration of Lipschitz functions of Gaussian noise, Theorem 3.1."""

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from scipy import special

from perturbtheory.claims.exhibits import tails
from perturbtheory.claims.exhibits.symbols import Z
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Claim, argued, eq, exact, positive, witness
from perturbtheory.perturbations import Normal

_T, _SIGMA = Fraction(2), Fraction(2)
_SUBGAUSSIAN = r"""$f$ is $\sigma^2$-subgaussian: $\mathbb E e^{\lambda(f - \mathbb E f)} \le
    e^{\lambda^2\sigma^2/2}$"""
_t, _rate, _scale = sp.symbols("t lambda sigma", positive=True)

gaussian_concentration = Claim(
    "A.gaussian-concentration",
    "A, Theorem 3.1",
    r"""For standard normal noise and a function $f$ with $\lVert\nabla f(\gamma)\rVert^2 \le
    \sigma^2$, $\mathbb P[f(\gamma) - \mathbb E[f(\gamma)] \ge t] \le e^{-t^2/2}$ for all $t > 0$;
    in fact $f(\gamma)$ is $\sigma^2$-subgaussian.""",
    assumes=r"""Independent standard normal coordinates, any $d$. Two readings: any $\sigma > 0$,
    which the theorem leaves free, and $\sigma \le 1$, near what Theorem 3.2 next to it assumes; the
    first fails. "At the rate of $e^{-t^2}$" in the sentence before the theorem is read as up to a
    factor in the exponent.""",
)
with_sigma = gaussian_concentration.corrected(
    r"""For standard normal noise, $\lVert\nabla f\rVert \le \sigma$ and every $\sigma > 0$,
    $\mathbb P[f - \mathbb E f \ge t] \le e^{-t^2/(2\sigma^2)}$ for all $t > 0$. No larger constant
    than $\frac{1}{2\sigma^2}$ will do, whatever factor is put in front:
    $\frac{\sigma^2}{t^2}\log\mathbb P[\sigma\gamma_1 \ge t] \to -\frac12$ as $t \to \infty$.""",
    source="corrects A, Theorem 3.1; van Handel, Theorem 3.25",
    assumes="""Independent standard normal coordinates, any $d$; $f$ Lipschitz is enough, as the
    maximum is.""",
)


@gaussian_concentration.part(r"the tail bound for every $\sigma$")
def printed_bound():
    case = r"$f = 2 \gamma_1$, $t = 2$"
    cases = f"{case}: the tail by an alternating series, $e^{{-2}}$ by its series"
    yield exact(
        "rational bounds", tails.rational_tail(_T, _SIGMA, tails.printed_exponent), cases=cases
    )
    cases = f"{case}, in balls"
    yield exact("ball arithmetic", tails.ball_tail(_T, _SIGMA, tails.printed_exponent), cases=cases)
    yield tails.linear(Normal(), float(_SIGMA), tails.printed_exponent)
    yield witness(
        {
            "d": 1,
            "f": rf"${_SIGMA} \gamma_1$",
            "sigma": int(_SIGMA),
            "t": int(_T),
            r"$\mathbb P[f - \mathbb E f \ge t]$": f"{special.ndtr(-float(_T / _SIGMA)):.6f}",
            "printed bound": f"{np.exp(-float(tails.printed_exponent(_T, _SIGMA))):.6f}",
        }
    )


def herbst():
    """Steps to E exp(lambda (f - E f)) <= exp(lambda^2 sigma^2 / 2)."""
    x, s = sp.symbols("x s", positive=True)
    f: Any = sp.Function("f")(x)
    moment: Any = sp.Function("M")(_rate)
    entropy = _rate * sp.Derivative(moment, _rate) - moment * sp.log(moment)
    return (
        argued(r"""it is enough to take $f$ bounded with $\mathbb E f = 0$: for $f_n = \max(-n,
            \min(f, n))$ the bound passes to the limit [$f_n$ has gradients no larger than $f$;
            Fatou's lemma and dominated convergence]"""),
        eq(
            sp.Derivative(sp.exp(_rate * f / 2), x) ** 2,
            _rate**2 / 4 * sp.Derivative(f, x) ** 2 * sp.exp(_rate * f),
            r"coordinate by coordinate, so that $\lVert\nabla e^{\lambda f/2}\rVert^2 = "
            r"\frac{\lambda^2}{4}\lVert\nabla f\rVert^2 e^{\lambda f} \le "
            r"\frac{\lambda^2\sigma^2}{4} e^{\lambda f}$",
        ),
        argued(r"""$\operatorname{Ent}(e^{\lambda f}) \le 2\,\mathbb E\lVert\nabla e^{\lambda
            f/2}\rVert^2 \le \frac{\lambda^2\sigma^2}{2} M$ with $M(\lambda) = \mathbb E e^{\lambda
            f}$ [Gross's logarithmic Sobolev inequality for independent standard normal
            coordinates]"""),
        eq(sp.Derivative(sp.log(moment) / _rate, _rate), entropy / (_rate**2 * moment)),
        r"$\frac{\operatorname{Ent}(e^{\lambda f})}{\lambda^2 M} \le \frac{\sigma^2}{2}$",
        argued(r"""$\log M(\lambda)/\lambda \to \mathbb E f = 0$ as $\lambda \to 0$ [$M$ is
            differentiable at 0 with derivative $\mathbb E f$, because $f$ is bounded]"""),
        eq(_rate * sp.Integral(_scale**2 / 2, (s, 0, _rate)), _rate**2 * _scale**2 / 2),
        r"$\log M(\lambda)$ is at most this; $-f$ gives negative $\lambda$",
    )


@gaussian_concentration.part(_SUBGAUSSIAN)
@with_sigma.part(_SUBGAUSSIAN)
def subgaussian():
    # f = softmax(gamma)_1 at d = 2 has |grad f|^2 = 2 s^2 (1 - s)^2 <= 1/8 and depends on
    # gamma_1 - gamma_2, which is normal with variance 2.
    rate = np.array([-16.0, -4.0, -1.0, 1.0, 4.0, 16.0])
    fine, coarse = (_log_moments(rate, nodes) for nodes in (120, 80))
    yield exact("Herbst's argument", *herbst())
    yield positive(
        "Gauss-Hermite quadrature",
        Estimate(rate**2 / 16 - fine, abs(fine - coarse), "quadrature"),
        r"bound $- \log\mathbb E e^{\lambda(s_1 - 1/2)}$, softmax at $d = 2$, $\sigma^2 = 1/8$",
    )


def _log_moments(rate: np.ndarray, count: int) -> np.ndarray:
    """log E exp(rate (s_1 - 1/2)) at d = 2, by Gauss-Hermite quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(count)
    share = special.expit(np.sqrt(2) * nodes) - 0.5
    return np.log(np.exp(rate[:, None] * share) @ (weights / weights.sum()))


_WEAKER = eq(
    tails.gaussian_exponent(_t, _scale) - _t**2 / 2,
    _t**2 * (1 - _scale**2) / (2 * _scale**2),
    r"not negative for $\sigma \le 1$, so that $e^{-t^2/(2\sigma^2)} \le e^{-t^2/2}$",
)


@gaussian_concentration.part(
    r"the tail bound for $\sigma \le 1$", exponent=tails.printed_exponent, last=(_WEAKER,)
)
@with_sigma.part(
    r"$\mathbb P[f - \mathbb E f \ge t] \le e^{-t^2/(2\sigma^2)}$",
    exponent=tails.gaussian_exponent,
    weights=(0.5, -2.0),
)
def bound(budget, exponent, weights=(0.5, -1.0), last=()):
    # The maximum of three has mean 3/(2 sqrt pi); softmax(gamma)_1 at d = 2 has mean 1/2.
    largest = -np.expm1(3 * special.log_ndtr(1.5 / np.sqrt(np.pi) + tails.GRID))
    t = np.array([0.05, 0.1, 0.2, 0.3, 0.4, 0.49])
    softmax = special.ndtr(-special.logit(0.5 + t) / np.sqrt(2))
    exponents = [exponent(tails.GRID, 1.0), exponent(t, np.sqrt(1 / 8))]
    margins = -np.concatenate(exponents) - np.log(np.concatenate([largest, softmax]))
    rest = _rate**2 * _scale**2 / 2 - _rate * _t
    yield exact(
        "Herbst and Chernoff",
        *herbst(),
        argued(r"""$\mathbb P[f - \mathbb E f \ge t] \le e^{-\lambda t}\,\mathbb E e^{\lambda(f -
            \mathbb E f)} \le e^{\lambda^2\sigma^2/2 - \lambda t}$ for every $\lambda > 0$ [Markov's
            inequality]"""),
        eq(sp.Subs(rest, _rate, _t / _scale**2), -tails.gaussian_exponent(_t, _scale)),
        "the exponent at its minimum",
        *last,
    )
    for weight in weights:
        yield tails.linear(Normal(), weight, exponent)
    what = r"""log bound $-$ log tail of $\max(\gamma)$, $d = 3$, and of
        $\operatorname{softmax}(\gamma)_1$, $d = 2$"""
    yield positive("closed forms", margins, what)
    yield tails.sampled(Normal(), exponent, budget.samples)


@with_sigma.part(r"no constant above $\frac{1}{2\sigma^2}$ will do")
def best_constant():
    log_mills = -(Z**2) / 2 + sp.log(Z / (1 + Z**2)) - sp.log(2 * sp.pi) / 2
    far = np.array([5.0, 10.0, 20.0])
    yield exact(
        "Mills' ratio",
        eq(
            sp.Derivative(sp.erfc(Z / sp.sqrt(2)) / 2 - tails.MILLS, Z),
            -2 * tails.PHI / (1 + Z**2) ** 2,
            r"with $f = \sigma\gamma_1$ and $z = t/\sigma$ the tail is $\mathbb P[\gamma_1 \ge z] "
            r"= \frac12 \operatorname{erfc}\frac{z}{\sqrt 2}$, less $\frac{z\varphi(z)}{1+z^2}$ it "
            "decreases",
        ),
        argued(r"""$e^{-z^2/2} \ge \mathbb P[\gamma_1 \ge z] \ge \frac{z\varphi(z)}{1+z^2}$ [the
            bound of this claim, and the difference decreases to its limit 0]"""),
        eq(sp.Limit(log_mills / Z**2, Z, sp.oo), -sp.Rational(1, 2)),
        r"""$\frac{1}{z^2}\log\frac{z\varphi(z)}{1+z^2}$, so that for $k > \frac12$ no bound $K
            e^{-kz^2}$ holds for all $z$""",
    )
    what = r"""$\log \mathbb P[\gamma_1 \ge z] + 0.8 z^2$ at $z = 5, 10, 20$: above the bound with
        0.8 for $\frac12$"""
    yield positive("scipy", special.log_ndtr(-far) + 0.8 * far**2, what)
