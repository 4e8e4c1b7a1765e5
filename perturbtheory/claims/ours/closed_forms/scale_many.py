"""Gumbel and Normal noise of one variance, many categories: Normal acts at another scale."""

from functools import cache
from typing import Any

import numpy as np
import sympy as sp
from flint import acb, arb
from scipy import special

from perturbtheory.ledger import Claim, agree, argued, eq, every, exact, positive, shown, sign
from perturbtheory.perturbations import Normal
from perturbtheory.potential import expected_max
from perturbtheory.routes import enclosure

GUMBEL_LARGER_FROM = 3
NORMAL_STEEPER_FROM = 4
LARGE = 1000
SIGMA = float(np.pi / np.sqrt(6))
BALL = arb.pi() / arb(6).sqrt()
"""The same sigma in a ball."""

scale_many_categories = Claim(
    "C.scale-many-categories",
    "this package",
    r"""Beside Gumbel noise, Normal noise of the same variance has the smaller expected maximum
    exactly from $d = 3$ on and is the more sensitive to $\theta$ at $\theta = 0$ exactly from
    $d = 4$ on: with many categories it answers small $\theta$ as a softmax of temperature
    $\sigma/\sqrt{2\log d}$. With $\sigma = \pi/\sqrt6$ and $m_d$ the mean of the largest of $d$
    standard normals, at $\theta = 0$: $\log d > \sigma m_d$ exactly for $d \ge 3$;
    $-\partial_1\partial_2f = \frac{1}{d^2}$ for Gumbel and $\frac{m_d}{\sigma d(d-1)}$ for Normal
    noise, the latter larger exactly for $d \ge 4$, with ratio $\sim \frac{\sqrt{2\log d}}{\sigma}$
    as $d \to \infty$.""",
    assumes=r"""$d \ge 2$; independent coordinates, both laws with mean $0$ and variance
    $\pi^2/6$.""",
    depends_on="A.gumbel-argmax-is-softmax",
)


@cache
def _mean_of_largest(d: int) -> arb:
    """m_d = int_0^inf (1 - F^d - (1 - F)^d) ds in a ball; beyond 14 at most d phi(14) < 1e-40 d."""

    def integrand(s: Any, _: bool) -> Any:
        above = (s / arb(2).sqrt()).erfc() / 2
        return 1 - (1 - above) ** d - above**d

    return acb.integral(integrand, 0, 14).real + arb(0).union(arb("1e-40") * d)


def _means(largest: int) -> np.ndarray:
    """m_1, ..., m_largest by the trapezoidal rule: int s d F' F^(d-1)."""
    s = np.linspace(-12.0, 12.0, 1201)
    density = np.exp(-(s**2) / 2) / np.sqrt(2 * np.pi) * s * (s[1] - s[0])
    powers = np.arange(largest)[:, None] * special.log_ndtr(s)
    return np.arange(1, largest + 1) * (np.exp(powers) @ density)


def _from(first: int, d: Any) -> Any:
    """1 from `first` on, -1 before."""
    return np.where(np.asarray(d) >= first, 1, -1)


@scale_many_categories.part(
    r"expected maxima at $\theta = 0$: $\log d > \sigma m_d$ exactly for $d \ge 3$"
)
def expected_maximum():
    d, rate = sp.symbols("d lambda", positive=True)
    bound = (sp.log(d) + rate**2 / 2) / rate
    gaps = {k: arb(k).log() - BALL * _mean_of_largest(k) for k in range(2, 27)}
    yield exact(
        "balls and a bound",
        shown(
            r"$\log 2 < \sigma m_2$, and $\log d > \sigma m_d$ for $3 \le d \le 26$",
            every(sign(int(_from(GUMBEL_LARGER_FROM, k)) * gap) for k, gap in gaps.items()),
            "ball arithmetic",
        ),
        argued(r"""$e^{\lambda m_d} \le \mathbb E e^{\lambda\max_i\gamma_i} \le d\,e^{\lambda^2/2}$
            [Jensen's inequality; the maximum of exponentials is at most their sum]"""),
        eq(sp.Subs(bound, rate, sp.sqrt(2 * sp.log(d))), sp.sqrt(2 * sp.log(d))),
        r"the bound of $m_d$ at $\lambda = \sqrt{2\log d}$",
        shown(
            r"$\sigma\sqrt{2\log d} < \log d$ for $\log d > 2\sigma^2 = \frac{\pi^2}{3}$, and "
            r"$27 > e^{\pi^2/3}$",
            bool(sp.log(27) > sp.pi**2 / 3),
        ),
    )
    many = np.arange(2, 201)
    margins = _from(GUMBEL_LARGER_FROM, many) * (np.log(many) - SIGMA * _means(200)[1:])
    enclosed = [float(enclosure.value(Normal(), [0] * k, digits=15).middle) for k in (2, 3, 4)]
    known = np.array([1, 1.5, 6 / np.pi * np.arctan(np.sqrt(2))]) / np.sqrt(np.pi)
    yield positive("trapezoidal rule", margins, "$d = 2$ to $200$")
    yield agree("enclosures", enclosed, known, "$m_2, m_3, m_4$ and their forms")


@scale_many_categories.part(
    r"sensitivity at $\theta = 0$: Normal noise is the steeper one exactly for $d \ge 4$"
)
def sensitivity():
    s, d = sp.Symbol("s", real=True), sp.Symbol("d", positive=True)
    cdf: Any = sp.Function("F")(s)
    density = sp.exp(-(s**2) / 2) / sp.sqrt(2 * sp.pi)
    product = sp.diff(density * cdf ** (d - 1), s).subs(sp.diff(cdf, s), density)
    ratios = {k: k * _mean_of_largest(k) / ((k - 1) * BALL) for k in range(2, 7)}
    yield exact(
        "integration by parts",
        eq(product, (d - 1) * density**2 * cdf ** (d - 2) - s * density * cdf ** (d - 1)),
        r"$(\varphi F^{d-1})'$, so that $\int\varphi^2F^{d-2}\,ds = \frac{1}{d-1}\int s\varphi "
        r"F^{d-1}\,ds = \frac{m_d}{d(d-1)}$; scale $\sigma$ divides the weight by $\sigma$",
        argued(r"""$-\partial_1\partial_2f = p_1p_2 = \frac{1}{d^2}$ under Gumbel noise [the Hessian
            of the log-sum-exp at equal $\theta$]"""),
        shown(
            r"the ratio $\frac{d\,m_d}{(d-1)\sigma}$ is below $1$ for $d = 2, 3$ and above for "
            r"$d = 4, 5, 6$",
            every(sign(int(_from(NORMAL_STEEPER_FROM, k)) * (r - 1)) for k, r in ratios.items()),
            "ball arithmetic",
        ),
        shown(
            r"$m_7 > \sigma$, and $m_d$ increases: above $1$ for all $d \ge 7$",
            sign(_mean_of_largest(7) - BALL),
            "ball arithmetic",
        ),
    )
    means, k = _means(LARGE), np.arange(2, LARGE + 1)
    margins = _from(NORMAL_STEEPER_FROM, k) * (k * means[1:] / ((k - 1) * SIGMA) - 1)
    enclosed = [
        -float(enclosure.hessian(Normal(SIGMA), [0] * n, digits=15)[0][1].middle) for n in (3, 4)
    ]
    closed = [means[n - 1] / (SIGMA * n * (n - 1)) for n in (3, 4)]
    yield positive("trapezoidal rule", margins, "$d = 2$ to $1000$")
    yield agree("enclosures", enclosed, closed, "weights at $d = 3, 4$")


@scale_many_categories.part(
    r"many categories: the ratio of sensitivities grows like $\sqrt{2\log d}/\sigma$"
)
def growth():
    log_d, small, x = sp.symbols("L epsilon x", positive=True)
    a = (1 - small) * sp.sqrt(2 * log_d)
    yield exact(
        "first moment",
        argued(r"""$m_d \le \sqrt{2\log d}$; the ratio is $\frac{d\,m_d}{(d-1)\sigma}$ [the other
            parts]"""),
        eq(log_d - a**2 / 2, small * (2 - small) * log_d),
        r"the exponent of $d\,\varphi(a)$, $L = \log d$ and $a = (1-\epsilon)\sqrt{2\log d}$",
        eq(sp.Limit(sp.log(x / (1 + x**2)) / x**2, x, sp.oo), 0),
        r"so that $d\,\mathbb P[\gamma_1 \ge a] \ge d\,\frac{a\varphi(a)}{1+a^2}$ tends to "
        "infinity",
        argued(r"""so $\mathbb P[\max_i\gamma_i < a] \to 0$ and $\liminf m_d/\sqrt{2\log d} \ge 1 -
            \epsilon$ [$(1 - P)^d \le e^{-dP}$; below $a$ the maximum is still at least
            $\gamma_1$]"""),
    )
    column = expected_max(Normal(SIGMA)).hvp(np.zeros(LARGE), np.eye(1, LARGE)[0])
    means = _means(LARGE)
    weight = means[-1] / (SIGMA * LARGE * (LARGE - 1))
    some = ", ".join(f"{n * means[n - 1] / ((n - 1) * SIGMA):.3f}" for n in (10, 100, 1000))
    yield agree(
        "engine",
        column[1:] * LARGE**2,
        -weight * LARGE**2,
        f"$d = 1000$ against $m_d$; ratios {some} at $d = 10, 100, 1000$",
        slack=1e-9,
    )
    sizes = np.log(10.0) * np.array([1.0, 3.0, 10.0, 30.0, 100.0, 300.0])
    ratios = np.array([_mean_at(size) / np.sqrt(2 * size) for size in sizes])
    margins = np.concatenate([np.diff(ratios), 1 - ratios, [ratios[-1] - 0.99]])
    what = r"$m_d/\sqrt{2\log d}$ rises to within 1% of $1$, $d = 10$ to $10^{300}$"
    yield positive("trapezoidal rule, large d", margins, what)


def _mean_at(log_d: float) -> float:
    """m_d for huge d, which enters by its logarithm: int s d F' F^(d-1)."""
    s = np.linspace(-12.0, 45.0, 5701)
    logs = log_d - s**2 / 2 - np.log(2 * np.pi) / 2 + np.expm1(log_d) * special.log_ndtr(s)
    return float(np.sum(s * np.exp(logs)) * (s[1] - s[0]))
