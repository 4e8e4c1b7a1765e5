"""Gumbel and Normal noise of one variance, many categories: Normal acts at another scale."""

from functools import cache
from typing import Any

import numpy as np
import sympy as sp
from scipy import special

from perturbtheory.claims.legacy import agree, argued, claim, every, positive, proof, shown, sign
from perturbtheory.claims.ours.closed_forms.scale import SIGMA
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.perturbations import Normal
from perturbtheory.potential import expected_max
from perturbtheory.routes import enclosure
from perturbtheory.routes.symbolic import identity

_GUMBEL_LARGER_FROM = 3
_NORMAL_STEEPER_FROM = 4
_LARGE = 1000


@claim("C.scale-many-categories", depends_on=("A.gumbel-argmax-is-softmax",))
def scale_many_categories(_: Budget) -> list[Part]:
    r"""Statement: Beside Gumbel noise, Normal noise of the same variance has the smaller expected
    maximum exactly from d = 3 on and is the more sensitive to theta at theta = 0 exactly from d = 4
    on: with many categories it answers small theta as a softmax of temperature sigma/sqrt(2 log d).

    LaTeX: With $\sigma = \pi/\sqrt6$ and $m_d$ the mean of the largest of $d$ standard normals, at
    $\theta = 0$: $\log d > \sigma m_d$ exactly for $d \ge 3$; $-\partial_1\partial_2f =
    \frac{1}{d^2}$ for Gumbel and $\frac{m_d}{\sigma d(d-1)}$ for Normal noise, the latter larger
    exactly for $d \ge 4$, with ratio $\sim \frac{\sqrt{2\log d}}{\sigma}$ as $d \to \infty$

    Source: this package

    Assumptions: d >= 2; independent coordinates, both laws with mean 0 and variance pi^2/6.

    Computed: m_d in balls and a bound for the rest; integration by parts; the trapezoidal rule; the
    engine at d = 1000.
    """
    return [_expected_maximum(), *_sensitivity()]


@cache
def _mean_of_largest(d: int) -> Any:
    """m_d = int_0^inf (1 - F^d - (1 - F)^d) ds in a ball; beyond 14 at most d phi(14) < 1e-40 d."""
    from flint import acb, arb

    def integrand(s: Any, _: bool) -> Any:
        above = (s / arb(2).sqrt()).erfc() / 2
        return 1 - (1 - above) ** d - above**d

    return acb.integral(integrand, 0, 14).real + arb(0).union(arb("1e-40") * d)


def _sigma() -> Any:
    from flint import arb

    return arb.pi() / arb(6).sqrt()


def _log(d: int) -> Any:
    from flint import arb

    return arb(d).log()


def _means(largest: int) -> np.ndarray:
    """m_1, ..., m_largest by the trapezoidal rule: int s d F' F^(d-1)."""
    s = np.linspace(-12.0, 12.0, 1201)
    density = np.exp(-(s**2) / 2) / np.sqrt(2 * np.pi) * s * (s[1] - s[0])
    powers = np.arange(largest)[:, None] * special.log_ndtr(s)
    return np.arange(1, largest + 1) * (np.exp(powers) @ density)


def _expected_maximum() -> Part:
    d, rate = sp.symbols("d lambda", positive=True)
    bound = (sp.log(d) + rate**2 / 2) / rate
    best = bound.subs(rate, sp.sqrt(2 * sp.log(d))) - sp.sqrt(2 * sp.log(d))
    decided = every(
        sign((1 if k >= _GUMBEL_LARGER_FROM else -1) * (_log(k) - _sigma() * _mean_of_largest(k)))
        for k in range(2, 27)
    )
    dimensions = np.arange(2, 201)
    side = np.where(dimensions >= _GUMBEL_LARGER_FROM, 1.0, -1.0)
    gaps = np.log(dimensions) - SIGMA * _means(200)[1:]
    enclosed = [float(enclosure.value(Normal(), [0] * k, digits=15).middle) for k in (2, 3, 4)]
    known = np.array([1, 1.5, 6 / np.pi * np.arctan(np.sqrt(2))]) / np.sqrt(np.pi)
    return Part(
        "expected maxima at theta = 0: log d > sigma m_d exactly for d >= 3",
        (
            proof(
                "balls and a bound",
                "d = 2 to 26 one by one, then all others",
                shown(
                    r"$\log 2 < \sigma m_2$, and $\log d > \sigma m_d$ for $3 \le d \le 26$",
                    decided,
                    "ball arithmetic",
                ),
                argued(
                    r"$e^{\lambda m_d} \le \mathbb E e^{\lambda\max_i\gamma_i} \le d\,"
                    r"e^{\lambda^2/2}$",
                    "Jensen's inequality; the maximum of exponentials is at most their sum",
                ),
                shown(r"at $\lambda = \sqrt{2\log d}$: $m_d \le \sqrt{2\log d}$", identity(best)),
                shown(
                    r"$\sigma\sqrt{2\log d} < \log d$ for $\log d > 2\sigma^2 = \frac{\pi^2}{3}$, "
                    r"and $27 > e^{\pi^2/3}$",
                    bool(sp.log(27) > sp.pi**2 / 3),
                ),
            ),
            positive("trapezoidal rule", "quadrature", side * gaps, "d = 2 to 200"),
            agree("enclosures", "certificate", enclosed, known, "m_2, m_3, m_4 and their forms"),
        ),
    )


def _sensitivity() -> tuple[Part, Part]:
    s = sp.Symbol("s", real=True)
    d = sp.Symbol("d", positive=True)
    cdf: Any = sp.Function("F")(s)
    density = sp.exp(-(s**2) / 2) / sp.sqrt(2 * sp.pi)
    product = sp.diff(density * cdf ** (d - 1), s).subs(sp.diff(cdf, s), density)
    parts = product - (d - 1) * density**2 * cdf ** (d - 2) + s * density * cdf ** (d - 1)
    steeper = every(
        sign(
            (1 if k >= _NORMAL_STEEPER_FROM else -1)
            * (k * _mean_of_largest(k) / ((k - 1) * _sigma()) - 1)
        )
        for k in range(2, 7)
    )
    means = _means(_LARGE)
    k = np.arange(2, _LARGE + 1)
    ratios = k * means[1:] / ((k - 1) * SIGMA)
    side = np.where(k >= _NORMAL_STEEPER_FROM, 1.0, -1.0)
    enclosed = [
        -float(enclosure.hessian(Normal(SIGMA), [0] * d, digits=15)[0][1].middle) for d in (3, 4)
    ]
    first = np.eye(1, _LARGE)[0]
    column = expected_max(Normal(SIGMA)).hvp(np.zeros(_LARGE), first)
    weight = means[_LARGE - 1] / (SIGMA * _LARGE * (_LARGE - 1))
    some = ", ".join(f"{ratios[n - 2]:.3f}" for n in (10, 100, 1000))
    return (
        Part(
            "sensitivity at theta = 0: Normal noise is the steeper one exactly for d >= 4",
            (
                proof(
                    "integration by parts",
                    "F and phi of the standard normal law; scale sigma divides the weight by sigma",
                    shown(
                        r"$(\varphi F^{d-1})' = (d-1)\varphi^2F^{d-2} - s\varphi F^{d-1}$, so "
                        r"$\int\varphi^2F^{d-2}\,ds = \frac{1}{d-1}\int s\varphi F^{d-1}\,ds = "
                        r"\frac{m_d}{d(d-1)}$",
                        identity(parts),
                    ),
                    argued(
                        r"$-\partial_1\partial_2f = p_1p_2 = \frac{1}{d^2}$ under Gumbel noise",
                        "the Hessian of the log-sum-exp at equal theta",
                    ),
                    shown(
                        r"the ratio $\frac{d\,m_d}{(d-1)\sigma}$ is below $1$ for $d = 2, 3$ and "
                        r"above for $d = 4, 5, 6$",
                        steeper,
                        "ball arithmetic",
                    ),
                    shown(
                        r"$m_7 > \sigma$, and $m_d$ increases: above $1$ for all $d \ge 7$",
                        sign(_mean_of_largest(7) - _sigma()),
                        "ball arithmetic",
                    ),
                ),
                positive("trapezoidal rule", "quadrature", side * (ratios - 1), "d = 2 to 1000"),
                agree(
                    "enclosures",
                    "certificate",
                    enclosed,
                    [means[n - 1] / (SIGMA * n * (n - 1)) for n in (3, 4)],
                    "weights at d = 3, 4",
                ),
            ),
        ),
        Part(
            "many categories: the ratio of sensitivities grows like sqrt(2 log d)/sigma",
            (
                _growth(),
                agree(
                    "engine",
                    "quadrature",
                    column[1:] * _LARGE**2,
                    -weight * _LARGE**2,
                    f"d = 1000 against m_d; ratios {some} at d = 10, 100, 1000",
                    slack=1e-9,
                ),
            ),
        ),
    )


def _growth() -> Check:
    log_d, small = sp.symbols("L epsilon", positive=True)
    a = (1 - small) * sp.sqrt(2 * log_d)
    exponent = log_d - a**2 / 2 - small * (2 - small) * log_d
    x = sp.Symbol("x", positive=True)
    polynomial = sp.limit(sp.log(x / (1 + x**2)) / x**2, x, sp.oo)
    return proof(
        "first moment",
        "m_d / sqrt(2 log d) -> 1; the ratio is d m_d / ((d - 1) sigma)",
        argued(r"$m_d \le \sqrt{2\log d}$", "the part on expected maxima"),
        shown(
            r"for $a = (1-\epsilon)\sqrt{2\log d}$: $d\,\mathbb P[\gamma_1 \ge a] \ge "
            r"d\,\frac{a\varphi(a)}{1+a^2}$, of exponent $\epsilon(2-\epsilon)\log d$ up to "
            r"$\log\frac{a}{1+a^2} = o(a^2)$: it tends to infinity",
            identity(exponent) if polynomial == 0 else "fails",
        ),
        argued(
            r"so $\mathbb P[\max_i\gamma_i < a] \to 0$ and $\liminf m_d/\sqrt{2\log d} \ge "
            r"1 - \epsilon$",
            "(1 - P)^d <= e^(-d P); below a the maximum is still at least gamma_1",
        ),
    )
