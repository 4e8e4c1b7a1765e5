"""Section 3.4: concentration under Gumbel noise, Theorem 3.2, and its comparison with Gaussian.

The proof of Theorem 3.2 follows Bobkov and Ledoux (1997), who treat the exponential law.
"""

from typing import Any

import numpy as np
import sympy as sp

from perturbtheory import properties
from perturbtheory.claims.exhibits.tails import GRID, linear, sampled
from perturbtheory.claims.legacy import agree, argued, claim, every, exact, positive, proof, shown
from perturbtheory.ledger import Budget, Check, Part, Step
from perturbtheory.perturbations import Gumbel
from perturbtheory.routes.symbolic import identity


def _linear_piece(t: Any, sigma: Any) -> Any:
    return t / (4 * sigma)


def _quadratic_piece(t: Any, sigma: Any) -> Any:
    return t**2 / (32 * sigma**2)


def gumbel_exponent(t: Any, sigma: Any) -> Any:
    """x of the printed bound e^-x: min(t / (4 sigma), t^2 / (32 sigma^2))."""
    return np.minimum(_linear_piece(t, sigma), _quadratic_piece(t, sigma))


def _one_dimension() -> tuple[Step, ...]:
    """Steps to Ent(e^h) <= 2 L^2 E[h'^2 e^h] / (1 - L k) for |h'| <= k < 1/L, L = 1/log 2."""
    x, p, m = sp.symbols("x p m", positive=True)
    cdf = sp.exp(-sp.exp(-(x + sp.EulerGamma)))
    density = sp.diff(cdf, x) + cdf * sp.log(cdf)
    right = (1 - p) / (-p * sp.log(p))
    slope = sp.diff(sp.log(right), p) - (1 / -sp.log(p) - 1 / (1 - p)) / p
    half = sp.Rational(1, 2)
    ends = [right.subs(p, half) - 1 / sp.log(2), (-1 / sp.log(p)).subs(p, half) - 1 / sp.log(2)]
    f, phi, h = (sp.Function(name)(x) for name in ("F", "phi", "h"))
    above = sp.diff((phi - m) * (1 - f), x) - sp.diff(phi, x) * (1 - f) + (phi - m) * sp.diff(f, x)
    below = sp.diff((phi - m) * f, x) - sp.diff(phi, x) * f - (phi - m) * sp.diff(f, x)
    excess = sp.diff(m * sp.log(m) - m + 1, m) - sp.log(m)
    first = sp.diff(h * sp.exp(h) - sp.exp(h) + 1, x) - h * sp.diff(h, x) * sp.exp(h)
    second = sp.diff(h**2 * sp.exp(h), x) - (2 * h + h**2) * sp.diff(h, x) * sp.exp(h)
    a, b, lip, k = sp.symbols("A B L kappa", positive=True)
    root = sp.solve(sp.Eq(b**2, 2 * lip * a * b + lip * k * b**2), b)
    best = [lip * a * r - 2 * lip**2 * a**2 / (1 - lip * k) for r in root if r != 0]
    return (
        shown(r"With $p = F(x)$ the Gumbel density is $g = -p\log p$.", identity(density)),
        shown(
            r"$r(p) = \frac{1-p}{-p\log p}$ has $(\log r)' = \frac1p\bigl(\frac{1}{-\log p} - "
            r"\frac{1}{1-p}\bigr) \le 0$, because $-\log p \ge 1 - p$",
            identity(slope),
        ),
        shown(
            r"so $\frac{1-F}{g} \le L$ above the median $m$ and $\frac Fg = \frac{1}{-\log p} \le L"
            r"$ below it, $L = \frac{1}{\log 2}$, the value of both at $p = \frac12$",
            every(map(identity, ends)),
        ),
        shown(
            r"$\mathbb E\varphi = \varphi(m) + \mathbb E[w\varphi']$ with $w = \frac{1-F}{g}$ above"
            r" $m$ and $w = -\frac Fg$ below, by parts on either side, so $|w| \le L$",
            every(map(identity, (above, below))),
        ),
        shown(
            r"Let $h(m) = 0$, $|h'| \le \kappa < \frac1L$. $\operatorname{Ent}(e^h) \le \mathbb E"
            r"[he^h - e^h + 1]$: the difference is $M\log M - M + 1 \ge 0$, $M = \mathbb E e^h$, "
            r"convex with slope $\log M$ and minimum $0$ at $M = 1$",
            identity(excess),
        ),
        shown(
            r"$(he^h - e^h + 1)' = hh'e^h$ and $(h^2e^h)' = (2h + h^2)h'e^h$; both functions are "
            r"$0$ at $m$",
            every(map(identity, (first, second))),
        ),
        argued(
            r"With $A^2 = \mathbb E[h'^2e^h]$, $B^2 = \mathbb E[h^2e^h]$: "
            r"$\operatorname{Ent}(e^h) \le LAB$ and $B^2 \le 2LAB + L\kappa B^2$",
            "the formula for E phi, |w| <= L and the Cauchy-Schwarz inequality; all is finite and "
            "no boundary term is left because kappa < log 2 < 1",
        ),
        shown(
            r"hence $B \le \frac{2LA}{1 - L\kappa}$ and $\operatorname{Ent}(e^h) \le "
            r"\frac{2L^2}{1 - L\kappa}\mathbb E[h'^2e^h]$; a constant added to $h$ changes nothing",
            len(best) == 1 and identity(best[0]) == "holds",
        ),
    )


def _all_dimensions() -> tuple[Step, ...]:
    """Steps from one dimension to log E exp(lambda (f - E f)) <= 8 lambda^2 sigma^2."""
    u, s, rate, scale, lip = sp.symbols("u s lambda sigma L", positive=True)
    t = sp.Symbol("t", positive=True)
    total = -2 * lip * scale * sp.log(1 - lip * scale * s)
    slope = sp.diff(total, s) - 2 * lip**2 * scale**2 / (1 - lip * scale * s)
    largest = 1 / (2 * sp.log(2))
    # -log(1 - u) <= (u / U) (-log(1 - U)) <= (u / U) 2 log 2 for u <= U = 1 / (2 log 2).
    quadratic = 2 * u * (u / largest) * 2 * sp.log(2) - 8 * (u * sp.log(2)) ** 2
    near = (rate * t - 8 * rate**2 * scale**2).subs(rate, t / (16 * scale**2))
    far = (rate * t - 8 * rate**2 * scale**2).subs(rate, 1 / (2 * scale))
    gap = sp.expand(far - _linear_piece(t, scale))
    least = [sp.simplify(gap.subs(t, 8 * scale)), sp.simplify(sp.diff(gap, t) * scale)]
    return (
        argued(
            r"$\operatorname{Ent}(e^{\lambda f}) \le \sum_i \mathbb E\operatorname{Ent}_i"
            r"(e^{\lambda f}) \le \frac{2L^2\lambda^2\sigma^2}{1 - L\lambda\sigma}\,"
            r"\mathbb E e^{\lambda f}$ for $0 < \lambda < \frac{1}{L\sigma}$",
            "subadditivity of entropy under independence; |d_i f| <= sigma and "
            "sum_i (d_i f)^2 <= sigma^2, almost everywhere if f is only Lipschitz (Rademacher)",
        ),
        shown(
            r"$\frac1\lambda\log\mathbb E e^{\lambda(f - \mathbb E f)} \le \int_0^\lambda "
            r"\frac{2L^2\sigma^2}{1 - L\sigma s}ds = -2L\sigma\log(1 - L\sigma\lambda)$, as in "
            r"Herbst's argument for Normal noise, with $f$ cut off to be bounded",
            identity(slope) if total.subs(s, 0) == 0 else "fails",
        ),
        shown(
            r"With $U = \frac{1}{2\log 2}$: $1 - U \ge \frac14$, because $8 \ge e^2$ is "
            r"$\log 2 \ge \frac23$; so $-\log(1 - U) \le 2\log 2$",
            bool(sp.E**2 <= 8) and bool(1 - largest >= sp.Rational(1, 4)),
        ),
        argued(
            r"$-\log(1 - u) \le \frac uU(-\log(1 - U))$ for $0 \le u \le U$",
            "-log(1 - u) is convex and 0 at 0",
        ),
        shown(
            r"with $u = L\sigma\lambda$, for $\lambda \le \frac{1}{2\sigma}$: "
            r"$\log\mathbb E e^{\lambda(f - \mathbb E f)} \le -2u\log(1 - u) \le 8(u\log 2)^2 = "
            r"8\lambda^2\sigma^2$",
            identity(quadratic),
        ),
        argued(
            r"$\mathbb P[f - \mathbb E f \ge t] \le e^{-(\lambda t - 8\lambda^2\sigma^2)}$ for "
            r"$0 < \lambda \le \frac{1}{2\sigma}$",
            "Markov's inequality",
        ),
        shown(
            r"$\lambda = \frac{t}{16\sigma^2}$, allowed for $t \le 8\sigma$: the exponent is "
            r"$\frac{t^2}{32\sigma^2}$",
            identity(near - _quadratic_piece(t, scale)),
        ),
        shown(
            r"$\lambda = \frac{1}{2\sigma}$ for $t \ge 8\sigma$: the exponent exceeds "
            r"$\frac{t}{4\sigma}$ by $\frac{t}{4\sigma} - 2$, which is $0$ at $8\sigma$ and grows",
            all(bool(number >= 0) for number in least),
        ),
    )


def _known_tails() -> Check:
    """The maximum of ten, log 10 + gamma in law, and softmax(gamma)_1 at d = 2, uniform on [0, 1].

    Both have known laws: for the second |grad f|^2 <= 1/8.
    """
    largest = -np.expm1(-np.exp(-(GRID + np.euler_gamma)))
    t = np.array([0.05, 0.1, 0.2, 0.3, 0.4, 0.49])
    bounds = np.concatenate([-gumbel_exponent(GRID, 1.0), -gumbel_exponent(t, np.sqrt(1 / 8))])
    margins = bounds - np.log(np.concatenate([largest, 0.5 - t]))
    what = "log bound - log tail of max(gamma), d = 10, and of softmax(gamma)_1, d = 2"
    return positive("closed forms", "quadrature", margins, what)


def _sum_of_many(samples: int) -> Check:
    """f = sum_i gamma_i / sqrt d with |grad f| = 1: no coordinate stands out."""
    found = properties.concentration(
        Gumbel(),
        lambda t: np.exp(-gumbel_exponent(t, 1.0)),
        function="linear",
        weights=np.full(16, 0.25),
        dimension=16,
        t=np.array([0.25, 0.5, 1.0, 2.0, 4.0]),
        samples=samples,
    )
    return Check("sampling, sums", "monte-carlo", found.outcome, "f = sum gamma_i / 4, d = 16")


@claim("A.gumbel-concentration", depends_on=("A.gumbel-density.corrected",))
def gumbel_concentration(budget: Budget) -> list[Part]:
    r"""Statement: For zero-mean Gumbel noise and f with gradient norm at most sigma < 1,
    P(f - E f >= t) <= exp(-min(t/(4 sigma), t^2/(32 sigma^2))): an exponential rate.

    LaTeX: $\mathbb P[f(\gamma) - \mathbb E[f(\gamma)] \ge t] \le
    e^{-\min\{\frac{t}{4\sigma}, \frac{t^2}{32\sigma^2}\}}$ for all $t > 0$, where
    $\lVert\nabla f(\gamma)\rVert^2 \le \sigma^2$ and $\sigma < 1$

    Source: A, Theorem 3.2; Hazan, Orabona, Sarwate, Maji and Jaakkola, Corollary 12

    Assumptions: independent zero-mean Gumbel coordinates, any d, f Lipschitz, and any sigma > 0:
    the bound depends on f/sigma and t/sigma alone, and sigma < 1 is not used. "The exponential
    family" in the sentence before the theorem is read as Gumbel noise.

    Computed: a modified logarithmic Sobolev inequality for the Gumbel law, Herbst's argument and
    the best exponent; linear functions up and down, with sigma above 1 as well, the maximum, a
    softmax entry, a sum over many coordinates and the log-sum-exp.
    """
    t = sp.Symbol("t", positive=True)
    y = sp.exp(-(t + sp.EulerGamma))
    limit = sp.limit((1 - sp.exp(-y)) / y, t, sp.oo)
    rate = properties.rate(Gumbel(), function="linear", weights=np.ones(1), dimension=1)
    slopes = np.array([rate.exponent or 0.0, rate.coefficient or 0.0])
    return [
        Part(
            "the tail bound",
            (
                proof(
                    "modified log-Sobolev inequality",
                    "any d, any sigma and t > 0",
                    *_one_dimension(),
                    *_all_dimensions(),
                ),
                *(linear(Gumbel(), w, gumbel_exponent) for w in (1.0, -1.0, 0.25, -3.0)),
                _known_tails(),
                _sum_of_many(budget.samples),
                sampled(Gumbel(), gumbel_exponent, budget.samples),
            ),
        ),
        Part(
            "exponential, and no faster in general",
            (
                exact(
                    "sympy",
                    bool(limit == 1),
                    "f = sigma gamma_1: P(f >= t) = 1 - exp(-y) ~ y = e^-(t/sigma + c)",
                ),
                agree("engine, decay rate", "quadrature", slopes, 1.0, "power and factor of t"),
            ),
        ),
    ]
