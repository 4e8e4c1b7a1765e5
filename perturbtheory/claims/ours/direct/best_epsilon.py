r"""Direct estimator, Gumbel noise: which $\epsilon$ is best for $n$ draws, and when it is not."""

from typing import Any, NamedTuple

import numpy as np
import sympy as sp
from scipy.optimize import brentq

from perturbtheory.claims.exhibits.draws import LOGITS, VALUES
from perturbtheory.claims.exhibits.numbers import SHIFTS, WEIGHTS
from perturbtheory.claims.exhibits.symbols import D
from perturbtheory.claims.ours.direct.direct import constant
from perturbtheory.claims.ours.direct.direct_bias import at_zero, cumulants
from perturbtheory.estimators import direct_bias, direct_variance
from perturbtheory.ledger import Claim, agree, argued, eq, exact, positive, shown

best_epsilon = Claim(
    "C.best-epsilon",
    "this package",
    r"""With $n$ draws the squared error of the direct estimator has, as $n \to \infty$, its least
    value over $0 < \epsilon \le \epsilon_0$ at $\epsilon^* \sim \bigl(\frac{C}{2B^2n}\bigr)^{1/3}$
    with error $3B^2\epsilon^{*2}$, of order $n^{-2/3}$, $B = \frac12\lVert\kappa_3\rVert$;
    two-sided at $\epsilon^* \sim \bigl(\frac{C}{8B_2^2n}\bigr)^{1/5}$ with error
    $5B_2^2\epsilon^{*4}$, of order $n^{-4/5}$, $B_2 = \frac16\lVert\kappa_4\rVert$. Here
    $\epsilon_0$ is any number such that the bias vanishes nowhere on $(0, \epsilon_0]$, or infinity
    if it never vanishes. It can vanish: at such an $\epsilon$ the error is of order $1/n$. For $K =
    2$ it does for some $\epsilon > 0$ exactly if $(h_1-h_2)(f_1-f_2) < 0$; for $h = (-2, 0)$, $f =
    (1, 0)$ at $\epsilon = 8.3728$, two-sided for $h = (-3, 0)$ at $\epsilon = 11.0642$.""",
    assumes=r"""Independent draws; $C$, $\kappa_3$, $\kappa_4$ as in C.direct-variance,
    C.direct-bias and C.two-sided, none of them zero; the squared error is $\lVert bias\rVert^2$
    plus the trace of the covariance over $n$, in logit coordinates; for $K = 2$, $f_1 \ne f_2$.""",
    depends_on=("C.direct-bias", "C.direct-variance", "C.two-sided"),
)


class Problem(NamedTuple):
    """Logits and values, and which of the two estimators."""

    h: np.ndarray
    f: np.ndarray
    two_sided: bool = False

    def squared_bias(self, e: float) -> float:
        bias = direct_bias(self.h, self.f, e, two_sided=self.two_sided)
        return float(bias @ bias)

    def variance(self, e: float) -> float:
        return float(direct_variance(self.h, self.f, e, two_sided=self.two_sided).sum())

    @property
    def size(self) -> float:
        """B or B_2."""
        third, fourth = cumulants(self.h, self.f)
        return float(np.linalg.norm(fourth) / 6 if self.two_sided else np.linalg.norm(third) / 2)

    @property
    def constant(self) -> float:
        """C."""
        return constant(self.h, self.f)

    def stationary(self, e: float) -> tuple[float, float]:
        """(n, error): the number of draws for which the exact error is stationary at e."""
        at = e * np.exp(SHIFTS * 2.0**-6)
        rise, fall = (WEIGHTS @ [g(x) for x in at] for g in (self.squared_bias, self.variance))
        draws = float(-fall / rise)
        return draws, self.squared_bias(e) + self.variance(e) / draws


@best_epsilon.part(r"one-sided: error of order $n^{-2/3}$", two_sided=False)
@best_epsilon.part(r"two-sided: error of order $n^{-4/5}$", two_sided=True)
def least_error(two_sided):
    b, c, n, x, e = sp.symbols("B C n x epsilon", positive=True)
    power, sides = (4, 2) if two_sided else (2, 1)
    rate = sp.Rational(1, power + 1)
    scaled = b**2 * x**power + c / (sides * x)
    best = (c / (sides * power * b**2)) ** rate
    yield exact(
        "sympy, leading terms",
        argued(
            rf"the squared bias is $B^2\epsilon^{power}(1+O(\epsilon))$, and on $(0, \epsilon_0]$ "
            rf"at least a positive multiple of $\min(1, \epsilon^{power})$; the variance is $\frac "
            rf"C{{{sides if sides > 1 else ''}\epsilon}}+O(1)$",
            r"C.direct-bias, C.two-sided; the bias is continuous, not zero, and tends to minus the "
            r"gradient as $\epsilon \to \infty$",
        ),
        eq(
            n ** (power * rate) * sp.Subs(b**2 * e**power + c / (sides * n * e), e, x * n**-rate),
            scaled,
            "the rest tends to zero uniformly for $x$ in a compact set; for small or large $x$ "
            "the error is larger",
        ),
        eq(sp.Subs(sp.Derivative(scaled, x), x, best), 0),
        shown("the second derivative is positive", bool(sp.diff(scaled, x, 2).is_positive)),
        eq(sp.Subs(scaled, x, best), (power + 1) * b**2 * best**power, "the least error"),
    )
    problem = Problem(LOGITS, VALUES, two_sided)
    size, leading = problem.size, problem.constant

    def ratios(e: float) -> np.ndarray:
        draws, error = problem.stationary(e)
        first = draws * sides * power * size**2 * e ** (power + 1) / leading
        return np.array([first, error / ((power + 1) * size**2 * e**power)])

    what = r"$n$ for which $\epsilon$ is best and its error, over leading terms, $K = 3$"
    yield agree("stationary points of the exact error", at_zero(ratios), [1.0, 1.0], what)
    best_one = 2.0**-5
    draws, error = problem.stationary(best_one)
    grid = [best_one * 1.5**k for k in range(-20, 30) if k]
    others = [problem.squared_bias(e) + problem.variance(e) / draws for e in grid]
    what = r"exact error at 49 other $\epsilon$ over that of the stationary one, less 1, $K = 3$"
    yield positive("a grid", np.array(others) / error - 1, what)


def _gap(start: int, step: Any, two_sided: bool) -> Any:
    """epsilon (or 2 epsilon) times the bias in h_1, for h = (start, 0), f = (1, 0)."""
    sigma: Any = 1 / (1 + sp.exp(-D))
    slope = sp.diff(sigma, D).subs(D, start)
    if two_sided:
        return sigma.subs(D, start + step) - sigma.subs(D, start - step) - 2 * step * slope
    return sigma.subs(D, start + step) - sigma.subs(D, start) - step * slope


@best_epsilon.part(
    r"$h = (-2, 0)$, $f = (1, 0)$: no bias at $\epsilon = 8.3728$, and an error of order $1/n$",
    start=-2,
    zero="8.3728",
    two_sided=False,
)
@best_epsilon.part(
    r"two-sided, $h = (-3, 0)$, $f = (1, 0)$: no bias at $\epsilon = 11.0642$",
    start=-3,
    zero="11.0642",
    two_sided=True,
)
def no_bias(start, zero, two_sided):
    middle, margin = sp.Rational(zero), sp.Rational(1, 20000)
    ends = [_gap(start, middle + side * margin, two_sided) for side in (-1, 1)]
    yield exact(
        "sympy, signs",
        shown(
            rf"the bias in $h_1$ is positive at $\epsilon = {zero}-0.00005$ and negative at "
            rf"${zero}+0.00005$",
            bool(sp.N(ends[0], 30) > 0 and sp.N(ends[1], 30) < 0),
            by="30 digits",
        ),
        argued("so it vanishes between, in both coordinates", "continuity; they sum to zero"),
        argued("the error there is the variance over $n$", "the bias is zero"),
    )
    problem = Problem(np.array([start, 0.0]), np.array([1.0, 0.0]), two_sided)

    def bias(e: float) -> float:
        return float(direct_bias(problem.h, problem.f, e, two_sided=two_sided)[0])

    root: Any = brentq(bias, 5.0, 20.0, xtol=1e-14)
    exactly: Any = sp.nsolve(_gap(start, D, two_sided), D, float(middle))
    yield agree("engine, bisection", root, float(exactly), "root of the engine's bias and by sympy")
    power, sides = (4, 2) if two_sided else (2, 1)
    draws = 10.0 ** np.arange(2, 13)
    small = (problem.constant / (sides * power * problem.size**2 * draws)) ** (1 / (power + 1))
    local = (power + 1) * problem.size**2 * small**power
    better = 1 - problem.variance(root) / draws / local
    what = r"1 less the error there over that at the small $\epsilon^*$, $n = 10^2$ to $10^{12}$"
    yield positive("engine", better, what)


@best_epsilon.part(
    r"$K = 2$: the bias vanishes for some $\epsilon > 0$ exactly if $(h_1-h_2)(f_1-f_2) < 0$"
)
def where_it_vanishes():
    sigma = 1 / (1 + sp.exp(-D))
    yield exact(
        "convexity of the sigmoid",
        eq(sp.Derivative(sigma, (D, 2)), sp.exp(-D) / (1 + sp.exp(-D)) ** 2 * (1 - 2 * sigma)),
        r"$\sigma'' = \sigma'(1-2\sigma)$: strictly convex for $D < 0$, concave for $D > 0$",
        argued(r"""let $\delta = f_1-f_2 > 0$; at $D = h_1-h_2 < 0$ the bias of the first
            coordinate, $\frac1\epsilon[\sigma(D+\epsilon\delta)-\sigma(D)]-\sigma'(D)\delta$, is
            positive for small $\epsilon$ and tends to $-\sigma'(D)\delta < 0$: it vanishes between
            [a chord of a convex function is above its tangent; continuity]"""),
        argued(r"""at $D \ge 0$ it is negative for all $\epsilon > 0$ [a chord of a concave function
            is below its tangent]"""),
        argued(r"$\delta < 0$ by exchanging the two categories", "symmetry"),
    )
    starts, slopes = (-3.0, -0.5, 0.5, 2.0), (-1.5, 0.75)
    pairs = [(d, f) for d in starts for f in slopes]

    def signed(d: float, f: float, e: float) -> float:
        return direct_bias(np.array([d, 0.0]), np.array([f, 0.0]), e)[0] * np.sign(f)

    early = [signed(d, f, 0.125) * -np.sign(d * f) for d, f in pairs]
    late = [-signed(d, f, 64.0) for d, f in pairs]
    never = [-signed(d, f, e) for d, f in pairs if d * f > 0 for e in 2.0 ** np.arange(-3, 8)]
    what = r"sign of the bias at small and large $\epsilon$, and at all where there is no zero"
    yield positive("engine", [*early, *late, *never], what)
