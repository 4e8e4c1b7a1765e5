"""Section 3.2: direct loss minimization without noise, (5); and section 5: its use with labels."""

from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import sympy as sp
from scipy import integrate
from scipy.special import expit

from perturbtheory.claims.exhibits.draws import average
from perturbtheory.claims.exhibits.numbers import thetas
from perturbtheory.claims.legacy import agree, argued, claim, exact, proof, shown
from perturbtheory.estimate import Estimate
from perturbtheory.estimators import direct_law, direct_mean
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.routes.symbolic import categories, identity

_PHI = sp.Symbol("phi", real=True)
STEPS = [Fraction(1, 10**k) for k in (1, 2, 3, 4)]
TIE, POWER = 0, 3
"""The counterexamples: h = (phi, 0) at phi = `TIE`, and h = (x^`POWER` + phi, 0) at phi = 0."""


def _bounded(quotients: list[Fraction]) -> bool:
    """Whether difference quotients for steps a tenth of each other stop growing."""
    return all(abs(b) <= 2 * abs(a) for a, b in pairwise(quotients))


def _loss(phi: Any, epsilon: Any, tie: int) -> tuple[Fraction, int]:
    """f(y*(epsilon)) and dh/dphi at y*(epsilon) for one x with h = (phi, 0) and f = (1, 0).

    Ties go to the label `tie`.
    """
    margin = phi + epsilon
    label = tie if margin == 0 else (1 if margin > 0 else 2)
    return Fraction(label == 1), int(label == 1)


@claim("B.direct-loss", corrected="B.direct-loss.corrected")
def direct_loss(_: Budget) -> list[Part]:
    r"""Statement: Without noise the gradient of the expected loss over the data is the limit of the
    expected difference of grad h at y*(epsilon) and at y*, divided by epsilon.

    LaTeX: $\nabla_\phi \mathbb E_{(x,y)\sim D}[f(y,y^*)] = \lim_{\epsilon\to 0} \frac1\epsilon
    \bigl(\mathbb E_{(x,y)\sim D}[\nabla_\phi h_\phi(x,y^*(\epsilon)) -
    \nabla_\phi h_\phi(x,y^*)]\bigr)$

    Source: B, (5)

    Assumptions: none is printed with (5); section 3.2 speaks of general position and regularity
    conditions of the papers cited. D may have atoms, as any finite set of data has; at a tie either
    label may be taken.

    Computed: one datum with a tie: difference quotients on both sides in exact arithmetic, for both
    ways to break the tie, and their limits; a continuous law whose scores touch zero.
    """
    step = sp.Symbol("t", positive=True)
    left = [(_loss(TIE + t, 0, 1)[0] - _loss(TIE - t, 0, 1)[0]) / (2 * t) for t in STEPS]
    right: dict[int, list[list[Fraction]]] = {}
    for tie in (1, 2):
        here = _loss(TIE, 0, tie)[1]
        right[tie] = [
            [(_loss(TIE, s * t, tie)[1] - here) / (s * t) for t in STEPS] for s in (1, -1)
        ]
    exist = _bounded(left) and any(all(map(_bounded, halves)) for halves in right.values())
    loss = (1 + sp.sign(_PHI)) / 2
    after, before = (sp.limit(loss, _PHI, TIE, side) for side in "+-")
    # x uniform on (-1, 1): P(x^n > -phi) = (1 + phi^(1/n))/2, an exact number for phi = s^n.
    slopes = [(s / 2) / s**POWER for s in STEPS]
    root = sp.limit(step ** sp.Rational(1, POWER) / 2 / step, step, 0, "+")
    return [
        Part(
            "both sides exist for every D",
            (
                exact("rational quotients", exist, "one datum, steps 1/10 to 1/10000"),
                exact(
                    "sympy, one-sided limits",
                    bool(after == before),
                    "E f(y*) = 1{phi > 0}; what has a gradient is continuous",
                ),
            ),
            {
                "data": "one x",
                "labels": 2,
                "h": f"(phi, 0) at phi = {TIE}",
                "f": [1, 0],
                "difference quotients of E f(y*)": [str(q) for q in left],
                "right-hand side, tie to label 2": [str(q) for q in right[2][0]],
            },
        ),
        Part(
            "both sides exist for every D with a continuous density",
            (
                exact("rational quotients", _bounded(slopes), "x uniform on (-1, 1)"),
                exact("sympy, limit", bool(root.is_finite), f"(1 + phi^(1/{POWER}))/2 at phi = 0"),
            ),
            {
                "x": "uniform on (-1, 1)",
                "h": f"(x^{POWER} + phi, 0) at phi = 0",
                "f": [1, 0],
                "E f(y*)": f"(1 + phi^(1/{POWER}))/2",
                "difference quotients": [str(q) for q in slopes],
            },
        ),
    ]


def _binary() -> Check:
    x, e, delta, upper, at = sp.symbols("x epsilon delta b x_0", real=True)
    density, slope, slope_x = (sp.Function(name, real=True) for name in ("rho", "m_phi", "m_x"))
    root: Any = sp.Function("r")(_PHI)
    moved: Any = sp.Function("s")(e)
    # Where m(r(phi), phi) = 0 and m(s(epsilon), phi) = -epsilon delta, differentiated.
    rate = -slope(root) / slope_x(root)
    shift = -delta / slope_x(moved)
    left: Any = delta * sp.diff(sp.Integral(density(x), (x, root, upper)), _PHI)
    right: Any = sp.diff(sp.Integral(slope(x) * density(x), (x, moved, upper)), e)
    left = left.subs(sp.diff(root, _PHI), rate).subs(root, at)
    right = right.subs(sp.diff(moved, e), shift).subs(moved, at)
    common = delta * density(at) * slope(at) / slope_x(at)
    return proof(
        "sympy, arbitrary density and margin",
        "margin m(x, phi) = h_1 - h_2 with one root r(phi) in x, where it increases; delta = "
        "f_1 - f_2",
        argued(
            r"$r' = -m_\phi/m_x$ at $m(r(\phi),\phi) = 0$, and $s'(\epsilon) = -\delta/m_x$ at "
            r"$m(s(\epsilon),\phi) = -\epsilon\delta$",
            "implicit function theorem, m_x > 0",
        ),
        shown(
            r"$\mathbb E f(y^*) = f_2 + \delta\int_{r(\phi)}^\infty \rho\,dx$ has the derivative "
            r"$\delta\rho(r)\,m_\phi/m_x$",
            identity(left - common),
        ),
        argued(
            r"$\mathbb E[\nabla h(y^*(\epsilon)) - \nabla h(y^*)] = \int_{s(\epsilon)}^{r} m_\phi "
            r"\rho\,dx$",
            "the prediction changes exactly between the two roots, for either sign of delta",
        ),
        shown(
            r"its derivative at $\epsilon = 0$, where $s = r$, is $\delta\rho(r)\,m_\phi/m_x$ too",
            identity(right - common),
        ),
    )


def _smooth_case() -> tuple[float, Estimate, float]:
    """Both sides for h = (x e^phi - phi, 0), f = (1, 0), x logistic, at phi = 1/2.

    The gradient by a complex step, the quotient at epsilon = 1e-5, and that at 1/2.
    """
    phi = 0.5

    def quotient(epsilon: float) -> float:
        ends = (phi - epsilon) * np.exp(-phi), phi * np.exp(-phi)
        slope = integrate.quad(
            lambda x: (x * np.exp(phi) - 1) * expit(x) * expit(-x), *ends, epsabs=1e-14
        )
        return slope[0] / epsilon

    at = phi + 1e-40j
    gradient = (1 / (1 + np.exp(at * np.exp(-at)))).imag / 1e-40
    return gradient, Estimate(quotient(1e-5), 1e-5, "quadrature"), quotient(0.5)


@claim("B.direct-loss.corrected")
def direct_loss_corrected(budget: Budget) -> list[Part]:
    r"""Statement: For two labels (5) holds if x has a continuous density and the margin h_1 - h_2
    crosses zero with positive slope in x. For finitely many data both sides are zero without ties,
    and at a tie of labels with different losses there is no gradient.

    LaTeX: $\nabla_\phi \mathbb E[f(y^*)] = \delta\,\rho(r)\,\frac{m_\phi}{m_x} =
    \lim_{\epsilon\to 0} \frac1\epsilon \mathbb E[\nabla_\phi h(y^*(\epsilon)) -
    \nabla_\phi h(y^*)]$ for $m = h_1 - h_2$, $m(r,\phi) = 0$, $\delta = f_1 - f_2$

    Source: corrects B, (5)

    Assumptions: two labels, x real with density rho continuous at the root, m continuously
    differentiable with m_x > 0; several roots add up. Noise in h is one way to
    have such an x.

    Computed: both derivatives symbolically for any density and margin; one family by quadrature and
    by draws of x; finite data in exact arithmetic.
    """
    gradient, small, large = _smooth_case()

    def rows(gamma: np.ndarray) -> np.ndarray:
        # The difference of two Gumbel variables is logistic.
        x, phi = gamma[:, 0] - gamma[:, 1], 0.5
        score = x * np.exp(phi) - phi
        change = (score + 0.5 > 0).astype(float) - (score > 0)
        # Where the prediction changes -1/2 < score <= 0, so that |x e^phi - 1| is at most one.
        return (change * (x * np.exp(phi) - 1) / 0.5)[:, None]

    drawn = average(rows, (2,), seed=67, samples=budget.samples, spread=2.0)
    margin, change, size = sp.symbols("m d epsilon", positive=True)
    kept = sp.simplify((margin - size * change).subs(size, margin / (2 * change)))
    data = [(Fraction(k, 7), Fraction(-k * k, 3)) for k in (-3, -1, 2, 5)]
    phi, eps = Fraction(1, 2), Fraction(1, 10**4)
    labels = [[(a + b * phi + e) > 0 for a, b in data] for e in (0, eps, -eps)]
    near = [[(a + b * (phi + t)) > 0 for a, b in data] for t in (0, eps, -eps)]
    return [
        Part(
            "two labels with a density: both sides are delta rho(r) m_phi / m_x",
            (
                _binary(),
                agree("scipy quadrature", "quadrature", small, gradient, "quotient at 1e-5"),
                agree("sampling", "monte-carlo", drawn, [large], "quotient at 1/2 over draws of x"),
            ),
        ),
        Part(
            "finitely many data without ties: both sides are zero",
            (
                proof(
                    "sympy, any data",
                    "predictions do not move",
                    shown(
                        r"a label that leads by $m > 0$ still leads by $m/2$ at $\epsilon = "
                        r"m/(2d)$, $d$ the largest difference of losses",
                        identity(kept - margin / 2),
                    ),
                    argued(
                        r"so $y^*(\epsilon) = y^*$ for small $\epsilon$, and $y^*$ is constant "
                        r"near $\phi$",
                        "finitely many margins, each continuous in phi",
                    ),
                ),
                exact(
                    "rational, four data",
                    labels[0] == labels[1] == labels[2] == near[1] == near[2],
                    "predictions at epsilon = 0, +-1/10000 and phi moved by as much",
                    universal=False,
                ),
            ),
        ),
    ]


@claim("B.indicator-loss", depends_on=("B.gumbel-max",))
def indicator_loss(budget: Budget) -> list[Part]:
    r"""Statement: Setting z*(epsilon) of a labelled example to its true label is the same as using
    the indicator loss of the correct predictions.

    LaTeX: $z^*(\epsilon) = z_{true}$ for every $\epsilon > 0$ if $f(z) = 0$ for $z = z_{true}$ and
    $-\infty$ otherwise; then $\mathbb E[\nabla h(z_{true}) - \nabla h(z^*)] =
    \nabla \log q(z_{true})$

    Source: B, section 5, weak supervision

    Assumptions: the indicator of convex analysis, 0 or minus infinity. With f = 1 for the true
    label and 0 otherwise z*(epsilon) is the true label only with probability q e^epsilon / (1 - q
    + q e^epsilon). That such a step follows the gradient of log q is added here.

    Computed: the limit of softmax(h + epsilon f) as f falls off the true label; the mean of the
    estimate for a symbolic number of z; both by the exact mean.
    """
    a, rest = sp.symbols("a S", positive=True)
    fall = sp.Symbol("M", positive=True)
    share = a / (a + sp.exp(-fall) * rest)
    _, i, j, _ = (s := categories())
    h: Any = sp.Function("h", real=True)
    log_share = h(i, _PHI) - sp.log(s.sum(sp.exp(h(j, _PHI))))
    weight = sp.exp(h(j, _PHI))
    expected = sp.diff(h(i, _PHI), _PHI) - s.sum(weight * sp.diff(h(j, _PHI), _PHI)) / s.sum(weight)
    points = thetas(3, budget)
    label = np.array([0.0, -200.0, -200.0])
    means = np.array([direct_mean(x, label, 1.0) for x in points])
    step = 1e-40
    moved = np.exp(points[:, None, :] + 1j * step * np.eye(3))
    slopes = np.log(moved[:, :, 0] / moved.sum(-1)).imag / step
    return [
        Part(
            "z*(epsilon) is the true label",
            (
                proof(
                    "sympy, any k",
                    "a = e^h of the true label, S the sum over the others, f = -M there",
                    shown(
                        r"$P(z^*(\epsilon) = z_{true}) = \frac{a}{a + e^{-\epsilon M} S} \to 1$ as "
                        r"$M \to \infty$",
                        sp.limit(share, fall, sp.oo) == 1,
                    ),
                ),
                agree(
                    "joint law",
                    "quadrature",
                    np.array([direct_law(x, label, 1.0)[:, 0].sum() for x in points]),
                    1.0,
                    "P(z*(1) = true label) for M = 200",
                ),
            ),
        ),
        Part(
            "the estimate times epsilon has mean grad log q(true label)",
            (
                proof(
                    "sympy, symbolic k",
                    "the derivative of a log-softmax",
                    shown(
                        r"$\nabla\log q(z_{true}) = \nabla h(z_{true}) - \sum_z q(z) \nabla h(z)$",
                        identity(sp.diff(log_share, _PHI) - expected),
                    ),
                ),
                agree("complex step", "quadrature", means, slopes, "exact mean, k = 3"),
            ),
        ),
    ]
