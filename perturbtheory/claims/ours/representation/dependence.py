"""Dependent coordinates: what factors change, and what the laws of the coordinates leave open."""

from itertools import combinations, pairwise, product

import numpy as np
import sympy as sp
from scipy.special import ndtr, ndtri

from perturbtheory.claims.exhibits.numbers import engine
from perturbtheory.claims.exhibits.symbols import T, X, Y, Z
from perturbtheory.claims.ours.representation.completeness import monotone_margins
from perturbtheory.ledger import Claim, agree, argued, difference, eq, exact, positive
from perturbtheory.perturbations import FactorNoise, Gumbel
from perturbtheory.potential import expected_max

LOADINGS = np.array([1.5, -0.5, 0.25])
SLOPES = np.array([-1.0, -0.25, 0.5, 2.0])
"""b_1 < ... < b_4."""

factor_noise = Claim(
    "C.factor-noise",
    "this package",
    r"""Theorem 5.3 does not need independence, and laws of the coordinates alone do not decide.
    Under $\gamma+Bu$ Perturb-Argmax is complete and one-to-one on $\mathbb R^d/\mathbb R\mathbf 1$,
    whatever $B$ and the law of $u$ are, if the $\gamma_i$ are independent with positive densities.
    But under $\gamma_1 = \dots = \gamma_d$, each of any law, one coset has all $p > 0$ as
    subgradients, and no other has one.""",
    assumes=r"""$u$ is a random vector independent of $\gamma$, and $B$ a matrix with $d$ rows.
    Complete and one-to-one as in C.completeness-argmax: subgradients count, and different cosets
    share none.""",
    depends_on=("C.completeness-argmax",),
)


@factor_noise.part(r"$\gamma+Bu$: complete and one-to-one for every $B$")
def for_every_loading(budget):
    p = np.random.default_rng(5).dirichlet(np.full(3, 0.7), 12) * 0.997 + 1e-3
    f = expected_max(FactorNoise(Gumbel(), LOADINGS))
    phi, cdf = sp.Function("varphi"), sp.Function("F")
    yield exact(
        "full support",
        argued(r"""an open set has positive probability under $\gamma$ moved by $Bu$, whatever $u$
            is, and so on average over $u$ [positive densities; independence of $u$]"""),
        argued("so it is complete, and one-to-one [C.completeness-argmax, full support]"),
        eq(
            sp.Derivative(sp.Integral(phi(T) * cdf(Z + X * T), (T, -sp.oo, sp.oo)), Z),
            sp.Integral(phi(T) * sp.Subs(sp.Derivative(cdf(Y), Y), Y, Z + X * T).doit(),
                        (T, -sp.oo, sp.oo)),
            r"for $d = 2$, where $p_1$ averages $F(z+xu)$, its slope averages positive densities",
        ),
    )  # fmt: skip
    what = r"$\langle p(\theta)-p(\tau), \theta-\tau\rangle$, $d = 3$"
    yield positive("engine, Gumbel and a factor", monotone_margins(f, budget), what)
    found = engine(f, f.parameters(p), "probabilities")
    yield agree("Newton's method", found, p, r"$p(\theta(p))$, $d = 3$", slack=1e-9)


@factor_noise.part(r"$\gamma_1 = \dots = \gamma_d$: all $p > 0$ at one coset, none at others")
def equal_coordinates():
    yield exact(
        "outcome by outcome",
        eq(difference(Z + X, X), Z, r"$\theta_1+\gamma_1-(\theta_2+\gamma_2)$ at $\theta = (z, 0)$ "
           r"and $\gamma_1 = \gamma_2 = x$: the noise has no part in who is largest"),
        argued(r"""so the maximisers of $\theta+\gamma$ are those of $\theta$, and $\partial
            f(\theta) = \operatorname{conv}\{e_i : \theta_i = \max\theta\}$, which has a $p > 0$
            exactly if all $\theta_i$ are equal, and then all of them [the subdifferential of a
            maximum]"""),
    )  # fmt: skip
    grid = np.array([*product((-1.0, 0.0, 1.0), repeat=3)])
    x = grid[:, None] + np.round(np.random.default_rng(0).normal(size=(64, 1)), 2)
    together = np.all(np.abs(x - x.max(-1, keepdims=True)) < 1e-9, axis=(1, 2))
    yield exact(
        "draws, common to all coordinates",
        bool(np.array_equal(together, np.ptp(grid, axis=1) == 0)),
        cases=rf"{len(grid)} $\theta$, $d = 3$: all coordinates are maximisers in every draw "
        "exactly where they are equal",
    )


one_factor = Claim(
    "C.one-factor",
    "this package",
    r"""One normal factor and no other noise, $\gamma = bu$ with $b_1 < \dots < b_d$, is complete
    already, whatever $d$ is: each $p > 0$ has one coset, $\theta_i-\theta_{i+1} =
    (b_{i+1}-b_i)\,\Phi^{-1}(p_1+\dots+p_i)$. For $d \ge 3$ it is not one-to-one: an open set of
    $\theta$ has $p$ with zeros, and each of these $p$ has many cosets. With $b_1 = b_2$ no $p > 0$
    is reached but at ties.""",
    assumes=r"""$u$ is standard normal, $\Phi$ its distribution function; the covariance $bb^\top$
    has rank one.""",
)


def inverse(p: np.ndarray) -> np.ndarray:
    """theta with theta_d = 0 by the formula, row by row."""
    steps = np.diff(SLOPES) * ndtri(np.cumsum(p, -1)[..., :-1])
    theta = np.cumsum(steps[..., ::-1], -1)[..., ::-1]
    return np.concatenate([theta, np.zeros((*p.shape[:-1], 1))], -1)


def shares(theta: np.ndarray, loadings: np.ndarray) -> np.ndarray:
    """p(theta): who wins on each interval between any two crossings of the lines theta + b u."""
    cuts = [
        (theta[j] - theta[i]) / (loadings[i] - loadings[j])
        for i, j in combinations(range(len(theta)), 2)
        if loadings[i] != loadings[j]
    ]
    ends = np.array([-40.0, *sorted(cuts), 40.0])
    p = np.zeros(len(theta))
    for low, high in pairwise(ends):
        p[(theta + loadings * (low + high) / 2).argmax()] += ndtr(high) - ndtr(low)
    return p


@one_factor.part("each $p > 0$ has exactly one coset, that of the formula")
def complete():
    b, (one, two) = sp.symbols("b_1:4", real=True), sp.symbols("t_1 t_2", real=True)
    second = (b[2] - b[1]) * two
    lines = [(b[1] - b[0]) * one + second + b[0] * T, second + b[1] * T, b[2] * T]
    p = np.random.default_rng(3).dirichlet(np.full(4, 0.7), 40) * 0.96 + 0.01
    yield exact(
        "lines in u",
        eq(lines[0] - lines[1], (b[1] - b[0]) * (one - T),
           r"$d = 3$, $t_i = (\theta_i-\theta_{i+1})/(b_{i+1}-b_i)$, $u = t$: line 1 is above line "
           "2 exactly for $u < t_1$"),
        eq(lines[1] - lines[2], (b[2] - b[1]) * (two - T), "and line 2 above line 3 for $u < t_2$"),
        argued(r"""so all $p_i > 0$ exactly if $t_1 < \dots < t_{d-1}$: then $i$ wins between
            $t_{i-1}$ and $t_i$; and where $t_i \ge t_{i+1}$ a neighbour is above line $i+1$ for
            every $u$, but at $u = t_i$ perhaps [$u$ has a positive density]"""),
        argued(r"""then $p_1+\dots+p_i = \Phi(t_i)$, which is the formula: $p$ and the coset tell
            each other, and every $p > 0$ has ascending $t_i$ [$\Phi$ increases strictly, onto
            $(0, 1)$]"""),
    )  # fmt: skip
    found = np.array([shares(theta, SLOPES) for theta in inverse(p)])
    yield agree("crossings", found, p, r"$p$ at the $\theta$ of the formula, $d = 4$")


@one_factor.part("$d = 3$: an open set of cosets, and many of them share a $p = (q, 0, 1-q)$")
def not_one_to_one():
    yield exact(
        "lines in u",
        eq(difference(X + T * Y, T * Z).subs(T, X / (Z - Y)), 0,
           r"lines 1 and 3, $x+yu$ and $zu$, cross at $u = x/(z-y)$, whatever $\theta_2$ is"),
        argued(r"""line 2 is above one of them somewhere exactly if it is above both there, that
            is, $\theta_2$ above a number: below it $p = (\Phi(u), 0, 1-\Phi(u))$, for a half-line
            of cosets to each $u$ [the slope of line 2 is between theirs]"""),
    )  # fmt: skip
    slopes = np.array([-1.0, 0.0, 1.0])
    p = [shares(np.array([0.5, height, 0.0]), slopes) for height in np.linspace(-3.0, 0.2, 6)]
    expected = np.array([ndtr(0.25), 0.0, ndtr(-0.25)])
    yield agree("crossings", np.array(p), np.tile(expected, (6, 1)),
                r"$p$ at $\theta = (\frac12, h, 0)$, six $h < \frac14$, $b = (-1, 0, 1)$",
                floor=1.0)  # fmt: skip


@one_factor.part("$b_1 = b_2$: $p_1p_2 = 0$ where nothing ties")
def equal_slopes():
    yield exact(
        "lines in u",
        eq(difference(X + Z * T, Y + Z * T), X - Y, "lines 1 and 2, $u = t$: no $u$ in it"),
        argued(
            "so one of the two is the higher for every $u$, or they tie for every $u$ [one sign]"
        ),
    )
    thetas = np.random.default_rng(8).normal(size=(30, 3))
    p = np.array([shares(theta, np.array([0.7, 0.7, -1.0])) for theta in thetas])
    which = np.where(thetas[:, 0] < thetas[:, 1], p[:, 0], p[:, 1])
    yield exact("crossings", bool(np.all(which == 0)), cases=r"the lower of both, 30 $\theta$")
