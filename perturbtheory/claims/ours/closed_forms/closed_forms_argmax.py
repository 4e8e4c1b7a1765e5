"""Closed forms of Perturb-Argmax for two categories, with their conjugates."""

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from scipy import special

from perturbtheory.claims.exhibits.numbers import engine
from perturbtheory.claims.legacy import agree, argued, claim, every, exact, proof, shown
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Budget, Part, Step
from perturbtheory.perturbations import Gumbel, Laplace, Normal
from perturbtheory.potential import expected_max
from perturbtheory.routes import enclosure, rational
from perturbtheory.routes.symbolic import identity

_DIFFERENCES = (Fraction(0), Fraction(1, 4), Fraction(1), Fraction(7, 4))
_D = np.array([float(x) for x in _DIFFERENCES])


@claim("C.closed-forms-argmax", depends_on=("A.gumbel-argmax-is-softmax",))
def closed_forms_argmax(budget: Budget) -> list[Part]:
    r"""Statement: For two categories Perturb-Argmax and its convex conjugate have closed forms
    under Normal, Laplace, uniform and coin noise; under Gumbel noise the winner's noise has the
    mean -log p_i.

    LaTeX: With $D = \theta_1 - \theta_2 \ge 0$, $p = p_1(D)$, $q = 1 - p$ and $f^*(p) = \sup_D
    pD - f(D, 0)$: Normal $p = \Phi(D/\sqrt 2)$, $f^*(p) = -\sqrt 2\,\varphi(\Phi^{-1}(p))$; Laplace
    $q = \frac14 e^{-D}(2 + D)$, $D = -2 - W_{-1}(-4qe^{-2})$, $f^*(p) = -qD - q\frac{3+D}{2+D}$;
    uniform on $[-1, 1]$ $q = \frac18(2 - D)^2$, $f^*(p) = -2q + \frac{4\sqrt 2}{3}q^{3/2}$ for
    $D \le 2$; coin on $\{-1, 1\}$ $f^*(p) = -\min(2p, \frac12, 2q)$. Gumbel, any $d$:
    $\mathbb E[\gamma_i \mid \arg\max(\theta + \gamma) = i] = -\log p_i$

    Source: this package

    Assumptions: independent coordinates of mean zero, of scale 1 where there is a scale; D < 0 by
    exchanging the categories.

    Computed: f'' is the density of gamma_2 - gamma_1, and pD - f(D, 0) at the D with f' = p, by
    sympy; f and p in balls, by the engine and in exact rationals; sampled winners.
    """
    return [_normal(), _laplace(), _uniform(), _coin(), _winner(8 * budget.samples)]


def _potential_steps(f: Any, p: Any, density: Any, d: Any) -> tuple[Step, ...]:
    """Steps to f(D, 0) = f and p_1 = p: the second derivative is the density."""
    slopes = (sp.diff(f, d) - p, sp.diff(p, d) - density)
    return (
        shown(
            r"$f' = p$ and $f''$ is the density of $\gamma_2 - \gamma_1$ at $D$",
            every(map(identity, slopes)),
        ),
        argued(
            r"$f(D, 0) = \mathbb E\max(D + \gamma_1, \gamma_2)$ is the function with this second "
            r"derivative, $f' = \frac12$ at $0$ and $f - D \to 0$ as $D \to \infty$",
            "symmetry of gamma_2 - gamma_1 and monotone convergence; D -> p D - f is concave, so "
            "that a stationary point is the supremum",
        ),
    )


def _normal() -> Part:
    d = sp.Symbol("D", positive=True)
    p = (1 + sp.erf(d / 2)) / 2
    density = sp.exp(-(d**2) / 4) / (2 * sp.sqrt(sp.pi))
    # sqrt 2 phi(D / sqrt 2) = 2 density.
    f = d * p + 2 * density
    at = [enclosure.value(Normal(), [x, 0], digits=20) for x in _DIFFERENCES]
    shares = [enclosure.probabilities(Normal(), [x, 0], digits=20)[0] for x in _DIFFERENCES]
    share = np.array([float(x.middle) for x in shares])
    conjugate = -np.sqrt(2) * _phi(special.ndtri(share))
    found = share * _D - np.array([float(x.middle) for x in at])
    return Part(
        "Normal",
        (
            proof(
                "sympy",
                "gamma_2 - gamma_1 has the law N(0, 2)",
                *_potential_steps(f, p, density, d),
                shown(
                    r"$f - D \to 0$ and $p(0) = \frac12$",
                    bool(sp.limit(f - d, d, sp.oo) == 0 and p.subs(d, 0) == sp.Rational(1, 2)),
                ),
                shown(
                    r"$pD - f = -2\cdot$density $= -\sqrt2\,\varphi(D/\sqrt2)$",
                    identity(p * d - f + sp.sqrt(2) * _phi(d / sp.sqrt(2), sp)),
                ),
            ),
            agree("balls, p", "quadrature", share, special.ndtr(_D / np.sqrt(2)), "p at four D"),
            agree("balls, f*", "quadrature", found, conjugate, "p D - f against f*(p)"),
        ),
    )


def _phi(x: Any, lib: Any = np) -> Any:
    """The standard normal density."""
    return lib.exp(-(x**2) / 2) / lib.sqrt(2 * lib.pi)


def _laplace() -> Part:
    d, y = sp.symbols("D y", positive=True)
    q = sp.exp(-d) * (2 + d) / 4
    density = sp.exp(-d) * (1 + d) / 4
    f = d + sp.exp(-d) * (3 + d) / 4
    half = sp.Rational(1, 4)
    # The convolution in three pieces: y < 0, 0 < y < D and y > D.
    pieces = (
        sp.integrate(half * sp.exp(-y) * sp.exp(-(d + y)), (y, 0, sp.oo))
        + sp.integrate(half * sp.exp(-y) * sp.exp(-(d - y)), (y, 0, d))
        + sp.integrate(half * sp.exp(-(d + y)) * sp.exp(-y), (y, 0, sp.oo))
    )
    conjugate = -q * d - q * (3 + d) / (2 + d)
    lambert = -(2 + d) * sp.exp(-(2 + d)) + 4 * q * sp.exp(-2)
    tail = np.exp(-_D) * (2 + _D) / 4
    inverse = -2 - special.lambertw(-4 * tail * np.exp(-2), -1).real
    value = engine(expected_max(Laplace()), np.stack([_D, 0 * _D], 1))
    closed = (1 - tail) * _D + tail * _D + tail * (3 + _D) / (2 + _D)
    return Part(
        "Laplace",
        (
            proof(
                "sympy",
                "W is Lambert's function, -1 its lower branch",
                shown(
                    r"$\gamma_2 - \gamma_1$ has the density $\frac14(1 + |x|)e^{-|x|}$",
                    identity(pieces - density),
                ),
                *_potential_steps(f, 1 - q, density, d),
                shown(
                    r"$f - D \to 0$ and $q(0) = \frac12$",
                    bool(sp.limit(f - d, d, sp.oo) == 0 and q.subs(d, 0) == sp.Rational(1, 2)),
                ),
                shown(
                    r"$pD - f = -qD - q\frac{3 + D}{2 + D}$",
                    identity((1 - q) * d - f - conjugate),
                ),
                shown(r"$-(2 + D)e^{-(2 + D)} = -4qe^{-2}$", identity(lambert)),
            ),
            agree("engine, f*", "quadrature", value, closed, "f against p D - f*(p) at four D"),
            agree("scipy, inverse", "quadrature", inverse, _D, "D from p"),
        ),
    )


def _uniform() -> Part:
    d, q = sp.symbols("D q", positive=True)
    p = 1 - (2 - d) ** 2 / 8
    f = d + (2 - d) ** 3 / 24
    inverse = 2 - 2 * sp.sqrt(2 * q)
    printed = -2 * q + 4 * sp.sqrt(2) / 3 * q ** sp.Rational(3, 2)
    found = [rational.uniform([x, 0]) for x in _DIFFERENCES]
    shares = [1 - (2 - x) ** 2 / 8 for x in _DIFFERENCES]
    tails = 1 - np.array([float(a.probabilities[0]) for a in found])
    conjugates = (1 - tails) * _D - np.array([float(a.value) for a in found])
    closed = -2 * tails + 4 * np.sqrt(2) / 3 * tails**1.5
    return Part(
        "uniform on [-1, 1]",
        (
            proof(
                "sympy",
                "0 <= D <= 2; the density of the difference is (2 - D)/4",
                *_potential_steps(f, p, (2 - d) / 4, d),
                shown(
                    r"$p(0) = \frac12$, $p(2) = 1$ and $f(2) = 2$, from where on $f = D$",
                    [p.subs(d, 0), p.subs(d, 2), f.subs(d, 2)] == [sp.Rational(1, 2), 1, 2],
                ),
                shown(
                    r"at $D = 2 - 2\sqrt{2q}$: $p = 1 - q$ and $pD - f = -2q + "
                    r"\frac{4\sqrt 2}{3}q^{3/2}$",
                    every(
                        map(
                            identity,
                            ((p * d - f).subs(d, inverse) - printed, p.subs(d, inverse) - 1 + q),
                        )
                    ),
                ),
            ),
            exact(
                "rational",
                all(a.probabilities[0] == p for a, p in zip(found, shares, strict=True)),
                "p at four D by exact integration",
                universal=False,
            ),
            agree("rational, f*", "quadrature", conjugates, closed, "p D - f against f*(p)"),
        ),
    )


def _coin() -> Part:
    """f is piecewise linear, so the supremum of p D - f is at a kink, D = -2, 0 or 2."""

    def coin(x: Fraction) -> Fraction:
        return rational.discrete([x, 0], [-1, 1]).value

    levels = [Fraction(k, 24) for k in range(25)]
    kinks = [max(p * x - coin(Fraction(x)) for x in (-2, 0, 2)) for p in levels]
    closed = [-min(2 * p, Fraction(1, 2), 2 * (1 - p)) for p in levels]
    grid = [max(p * Fraction(k, 4) - coin(Fraction(k, 4)) for k in range(-24, 25)) for p in levels]
    p = sp.Symbol("p", real=True)
    at = {x: sp.Rational(*coin(Fraction(x)).as_integer_ratio()) for x in (-2, 0, 2)}
    lines = {x: sp.expand(p * x - at[x]) for x in at}
    return Part(
        "coin on {-1, 1}",
        (
            proof(
                "kinks",
                "gamma_2 - gamma_1 takes the values -2, 0 and 2",
                argued(
                    r"$f(D, 0) = \frac14\max(D, 2) + \frac12\max(D, 0) + \frac14\max(D, -2)$ "
                    r"bends at $-2, 0, 2$ only, with slopes $0$ to $1$, so the supremum is there",
                    "four outcomes; a concave piecewise linear function",
                ),
                shown(
                    r"$pD - f$ is $-2p$, $-\frac12$ and $-2(1-p)$ at $D = -2, 0, 2$",
                    lines == {-2: -2 * p, 0: -sp.Rational(1, 2), 2: 2 * p - 2},
                    "rational arithmetic",
                ),
            ),
            exact("rational, kinks", kinks == closed, "25 values of p", universal=False),
            exact("rational, grid", grid == closed, "suprema over 49 D", universal=False),
        ),
    )


def _winner(samples: int) -> Part:
    p, y = sp.symbols("p y", positive=True)
    # y = e^-(gamma_i + c) is exponential, and the others lose with probability e^(-y (1/p - 1)).
    weight = sp.exp(-y) * sp.exp(-y * (1 / p - 1))
    mass = sp.integrate(sp.exp(-y / p), (y, 0, sp.oo))
    mean = sp.integrate(-sp.log(y) * sp.exp(-y / p), (y, 0, sp.oo)) / mass - sp.EulerGamma
    theta = np.array([0.5, -0.25, 1.0])
    draws = np.asarray(Gumbel().sample(np.random.default_rng(23), (samples, 3)), float)
    winner = (theta + draws).argmax(1)
    chosen = [draws[winner == i, i] for i in range(3)]
    found = Estimate(
        np.array([x.mean() for x in chosen]),
        np.array([5.5 * x.std() / np.sqrt(x.size) for x in chosen]),
        "monte-carlo",
        1 - 1e-7,
    )
    return Part(
        "Gumbel: E[gamma_i | argmax = i] = -log p_i",
        (
            proof(
                "sympy, any d",
                "p = e^theta_i / (e^theta_i + S), S the sum of e^theta_j over j != i",
                shown(
                    r"with $y = e^{-(\gamma_i + c)}$ exponential, all others lose with probability "
                    r"$e^{-yS/e^{\theta_i}} = e^{-y(1/p - 1)}$; $e^{-y}e^{-y(1/p-1)} = e^{-y/p}$",
                    identity(weight - sp.exp(-y / p)),
                ),
                shown(
                    r"$\mathbb E[-\log y - c \mid i] = -\frac1p\int_0^\infty \log(y)\,e^{-y/p}\,dy "
                    r"- c = -\log p$",
                    identity(mean + sp.log(p)),
                ),
            ),
            agree("sampling", "monte-carlo", found, -np.log(special.softmax(theta)), "d = 3"),
        ),
    )
