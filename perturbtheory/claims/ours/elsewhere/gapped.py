r"""The gapped straight-through estimator: where it is too short, too long, and without noise."""

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.symbols import A, B, X, logistic_slope
from perturbtheory.estimators import GappedStraightThrough, StraightThrough, exact_gradient
from perturbtheory.ledger import Claim, agree, argued, eq, exact, positive, shown

SIGMA = 1 / (1 + sp.exp(-X))
GAPS = (0.5, 1.0, 2.0)
INSIDE = np.array([0.0, 0.2, 0.45])
BEYOND = np.array([2.2, 3.0, 6.0])
"""phi of a smaller and of a larger size than every gap."""

gapped = Claim(
    "C.gapped",
    "this package, on Fan, Chi, Rudnicky and Ramadge, ICML 2022",
    r"""At temperature 1 the gapped straight-through estimator of two categories and a linear $f$,
    $D = f_1-f_2$, $\varphi = \theta_1-\theta_2$, has the mean $D\,(p\,\sigma'(\max(|\varphi|, g))
    + (1-p)\,\sigma'(g))$ with $p = \sigma(|\varphi|)$, where the gradient is $D\sigma'(\varphi)$,
    which straight-through has exactly. It is too short where $|\varphi| < g$, and has no variance
    there; too long where $|\varphi| > g$; and right at $|\varphi| = g$ alone.""",
    assumes=r"""$z = e_1$ with probability $\sigma(\varphi)$; $M = \max\theta$; the estimate is
    $J(s)\nabla f$, $s = \operatorname{softmax}(x)$, $x_z = M$ and $x_k = \min(\theta_k, M-g)$ for
    the other $k$, $g > 0$ the gap, of its section 4. Its first entry; the second is minus
    that.""",
)


def moments(phi: np.ndarray, gap: float) -> tuple[np.ndarray, np.ndarray]:
    """(mean, variance) of the first entry that the package has, f = (1, 0)."""
    theta = np.stack([phi, 0 * phi], -1)
    mean, variance = GappedStraightThrough(gap=gap).moments(theta, np.array([1.0, 0.0]))
    return np.asarray(mean)[:, 0], np.asarray(variance)[:, 0]


def slope(x: np.ndarray | float) -> np.ndarray:
    """sigma'(x)."""
    return 0.25 / np.cosh(np.asarray(x) / 2) ** 2


def by_cases(phi: np.ndarray, gap: float) -> np.ndarray:
    """The mean over both z, written out."""
    size = np.abs(phi)
    p = 1 / (1 + np.exp(-size))
    return p * slope(np.maximum(size, gap)) + (1 - p) * slope(gap)


def exact_slopes(phi: np.ndarray) -> np.ndarray:
    """The first entry of the gradient."""
    theta = np.stack([phi, 0 * phi], -1)
    return np.array([exact_gradient(row, np.array([1.0, 0.0]))[0] for row in theta])


def falls() -> list:
    """sigma' falls on the positive side."""
    a, more = A, A + B
    fall = sp.sinh(B / 2) * sp.sinh(A + B / 2) / (4 * sp.cosh(a / 2) ** 2 * sp.cosh(more / 2) ** 2)
    return [
        eq(logistic_slope(a) - logistic_slope(more), fall, r"$\sigma'(a)-\sigma'(a+b)$"),
        shown("positive for positive $a$ and $b$", bool(fall.is_positive)),
    ]


@gapped.part(r"the gradient is $D\sigma'(\varphi)$, and so is every estimate of straight-through")
def straight_through():
    phi = np.concatenate([-BEYOND, INSIDE, BEYOND])
    theta, f = np.stack([phi, 0 * phi], -1), np.array([1.0, 0.0])
    mean, variance = StraightThrough().moments(theta, f)
    one, two = sp.symbols("f_1 f_2", real=True)
    mean_of_f = SIGMA * one + (1 - SIGMA) * two
    yield exact(
        "sympy",
        eq(sp.Derivative(mean_of_f, X), (one - two) * logistic_slope(X).rewrite(sp.exp),
           r"the gradient of $\mathbb E f$"),
        argued(r"""straight-through is $J(s)\nabla f$ with $s = \operatorname{softmax}(\theta)$
            whatever $z$ is: its first entry is $Ds_1s_2 = D\sigma'(\varphi)$ [by definition]"""),
    )  # fmt: skip
    yield agree("package", np.asarray(mean)[:, 0], slope(phi), "nine $\\varphi$", kind="exact sum")
    spread = np.asarray(variance)[:, 0]
    yield agree("package, variance", spread, 0, "none", kind="exact sum", floor=1.0)


@gapped.part("the mean")
def the_mean():
    yield exact(
        "both z",
        argued(r"""for $\varphi \ge 0$: $x_1-x_2 = \varphi-\min(0, \varphi-g) = \max(\varphi, g)$ at
            $z = e_1$, and $\min(\varphi, \varphi-g)-\varphi = -g$ at $z = e_2$; for $\varphi < 0$
            exchange the categories [by definition]"""),
        eq(sp.Derivative(SIGMA, X), logistic_slope(X).rewrite(sp.exp),
           r"the first entry of $J(s)\nabla f$ is $Ds_1s_2 = D\sigma'(x_1-x_2)$, which is even"),
    )  # fmt: skip
    phi = np.concatenate([-BEYOND, INSIDE, BEYOND])
    found = np.array([moments(phi, g)[0] for g in GAPS])
    expected = np.array([by_cases(phi, g) for g in GAPS])
    yield agree("package", found, expected, "nine $\\varphi$, three gaps", kind="exact sum")


@gapped.part(r"$|\varphi| < g$: too short, without variance")
def too_short():
    yield exact("half angles", *falls(),
                argued(r"""so $\sigma'(g) < \sigma'(\varphi)$, and both terms of the mean are
                    multiples of $\sigma'(g)$: every estimate is $D\sigma'(g)$ [the part
                    before]"""),
    )  # fmt: skip
    margins = np.array([exact_slopes(INSIDE) - moments(INSIDE, g)[0] for g in GAPS])
    yield positive("package", margins, "the gradient less the mean", kind="exact sum")
    spread = np.array([moments(INSIDE, g)[1] for g in GAPS])
    yield agree("package, variance", spread, 0, "none", kind="exact sum", floor=1.0)


@gapped.part(r"$|\varphi| > g$: too long")
def too_long():
    p = sp.Symbol("p", positive=True)
    one, two = sp.symbols("s_phi s_g", positive=True)
    yield exact(
        "half angles",
        eq(sp.Subs(p * X + (1 - p) * two - one, X, one), (1 - p) * (two - one),
           r"the mean less the gradient over $D$: $(1-p)(\sigma'(g)-\sigma'(\varphi))$"),
        *falls(),
    )  # fmt: skip
    margins = np.array([moments(BEYOND, g)[0] - exact_slopes(BEYOND) for g in GAPS])
    yield positive("package", margins, "the mean less the gradient", kind="exact sum")


@gapped.part(r"$|\varphi| = g$: right")
def right():
    p, at_gap = sp.symbols("p s_g", positive=True)
    why = r"$p\,\sigma'(g)+(1-p)\,\sigma'(g)$, the gradient over $D$"
    yield exact("the mean", eq(p * at_gap + (1 - p) * at_gap, at_gap, why))
    found = np.array([moments(np.array([g]), g)[0][0] for g in GAPS])
    yield agree("package", found, exact_slopes(np.array(GAPS)), "three gaps", kind="exact sum")
