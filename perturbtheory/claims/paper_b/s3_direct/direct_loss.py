"""Section 3.2: direct loss minimization without noise, (5)."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import sympy as sp
from scipy import integrate
from scipy.special import expit

from perturbtheory.claims.exhibits.draws import average
from perturbtheory.claims.exhibits.encoder import PHI
from perturbtheory.claims.exhibits.symbols import X
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Check, Claim, agree, argued, eq, exact, witness

STEPS = [Fraction(1, 10**k) for k in (1, 2, 3, 4)]
TIE, POWER = 0, 3
"""The counterexamples: h = (phi, 0) at phi = `TIE`, and h = (x^`POWER` + phi, 0) at phi = 0."""
HALF = 0.5
"""Both phi and epsilon of the smooth case h = (x e^phi - phi, 0), f = (1, 0), x logistic."""

without_noise = Claim(
    "B.direct-loss",
    "B, (5)",
    r"""Without noise the gradient of the expected loss over the data is the limit of an expected
    difference: $\nabla_\phi \mathbb E_{(x,y)\sim D}[f(y,y^*)] = \lim_{\epsilon\to 0}
    \frac1\epsilon \bigl(\mathbb E_{(x,y)\sim D}[\nabla_\phi h_\phi(x,y^*(\epsilon)) - \nabla_\phi
    h_\phi(x,y^*)]\bigr)$.""",
    assumes="""None is printed with (5); section 3.2 speaks of general position and regularity
    conditions of the papers cited. $D$ may have atoms, as any finite set of data has; at a tie
    either label may be taken.""",
)
two_labels = without_noise.corrected(
    r"""For two labels (5) holds if $x$ has a continuous density and the margin $m = h_1 - h_2$
    crosses zero with positive slope in $x$: with $m(r,\phi) = 0$ and $\delta = f_1 - f_2$,
    $\nabla_\phi \mathbb E[f(y^*)] = \delta\,\rho(r)\,\frac{m_\phi}{m_x} = \lim_{\epsilon\to 0}
    \frac1\epsilon \mathbb E[\nabla_\phi h(y^*(\epsilon)) - \nabla_\phi h(y^*)]$. For finitely many
    data both sides are zero without ties, and where the margin of two labels with different losses
    crosses zero there is no gradient.""",
    source="corrects B, (5)",
    assumes=r"""Two labels, $x$ real with a density $\rho$ that is continuous at the root, $m$
    continuously differentiable with $m_x > 0$; for finitely many data no two margins cross zero at
    one $\phi$. Noise in $h$ is one way to have such an $x$.""",
)


@without_noise.part("both sides exist for every $D$")
def every_law():
    left = [(_datum(TIE + t, 0, 1)[0] - _datum(TIE - t, 0, 1)[0]) / (2 * t) for t in STEPS]
    right = {tie: [[_rate(sign * t, tie) for t in STEPS] for sign in (1, -1)] for tie in (1, 2)}
    exist = _bounded(left) and any(all(map(_bounded, halves)) for halves in right.values())
    loss = (1 + sp.sign(PHI)) / 2
    after, before = (sp.limit(loss, PHI, TIE, side) for side in "+-")
    yield exact("rational quotients", exist, cases=r"one datum, steps $\frac{1}{10}$ to $10^{-4}$")
    yield exact(
        "sympy, one-sided limits",
        bool(after == before),
        cases=r"$\mathbb E f(y^*) = 1\{\phi > 0\}$; what has a gradient is continuous",
    )
    yield witness(
        {
            "data": "one $x$",
            "labels": 2,
            "$h$": rf"$(\phi, 0)$ at $\phi = {TIE}$",
            "$f$": [1, 0],
            r"difference quotients of $\mathbb E f(y^*)$": [str(q) for q in left],
            "right-hand side, tie to label 2": [str(q) for q in right[2][0]],
        }
    )


@without_noise.part("both sides exist for every $D$ with a continuous density")
def every_density():
    # x uniform on (-1, 1): P(x^n > -phi) = (1 + phi^(1/n))/2, an exact number for phi = s^n.
    slopes = [(s / 2) / s**POWER for s in STEPS]
    step = sp.Symbol("t", positive=True)
    root = sp.limit(step ** sp.Rational(1, POWER) / 2 / step, step, 0, "+")
    expected = rf"(1 + \phi^{{1/{POWER}}})/2"
    yield exact("rational quotients", _bounded(slopes), cases="$x$ uniform on $(-1, 1)$")
    yield exact("sympy, limit", bool(root.is_finite), cases=rf"${expected}$ at $\phi = 0$")
    yield witness(
        {
            "$x$": "uniform on $(-1, 1)$",
            "$h$": rf"$(x^{POWER} + \phi, 0)$ at $\phi = 0$",
            "$f$": [1, 0],
            r"$\mathbb E f(y^*)$": f"${expected}$",
            "difference quotients": [str(q) for q in slopes],
        }
    )


@two_labels.part(r"two labels with a density: both sides are $\delta\,\rho(r)\,m_\phi / m_x$")
def density_at_the_root(budget):
    def slope(x):
        return (x * np.exp(HALF) - 1) * expit(x) * expit(-x)

    def quotient(epsilon: float) -> float:
        ends = (HALF - epsilon) * np.exp(-HALF), HALF * np.exp(-HALF)
        return integrate.quad(slope, *ends, epsabs=1e-14 * epsilon)[0] / epsilon

    def rows(gamma: np.ndarray) -> np.ndarray:
        # The difference of two Gumbel variables is logistic.
        x = gamma[:, 0] - gamma[:, 1]
        score = x * np.exp(HALF) - HALF
        change = (score + HALF > 0).astype(float) - (score > 0)
        # Where the prediction changes -1/2 < score <= 0, so that |x e^phi - 1| is at most one.
        return (change * (x * np.exp(HALF) - 1) / HALF)[:, None]

    at = HALF + 1e-40j
    gradient = (1 / (1 + np.exp(at * np.exp(-at)))).imag / 1e-40
    small = Estimate(quotient(1e-7), 1e-7, "quadrature")
    drawn = average(rows, (2,), seed=67, samples=budget.samples, spread=2.0)
    yield _binary()
    yield agree("scipy quadrature", small, gradient, r"quotient at $10^{-7}$", floor=1.0)
    what = r"quotient at $\frac12$ over draws of $x$"
    yield agree("sampling", drawn, [quotient(HALF)], what, floor=1.0)


@two_labels.part("finitely many data without ties: both sides are zero")
def without_ties():
    margin, change, size = sp.symbols("m d epsilon", positive=True)
    data = [(Fraction(k, 7), Fraction(-k * k, 3)) for k in (-3, -1, 2, 5)]
    phi, eps = Fraction(1, 2), Fraction(1, 10**4)
    labels = [[(a + b * phi + e) > 0 for a, b in data] for e in (0, eps, -eps)]
    near = [[(a + b * (phi + t)) > 0 for a, b in data] for t in (eps, -eps)]
    yield exact(
        "sympy, any data",
        eq(sp.Subs(margin - size * change, size, margin / (2 * change)), margin / 2),
        r"a label that leads by $m > 0$ still leads by this at $\epsilon = m/(2d)$, with $d$ "
        r"the largest difference of losses",
        argued(r"""so $y^*(\epsilon) = y^*$ for small $\epsilon$, and $y^*$ is constant near $\phi$
            [finitely many margins, each continuous in $\phi$]"""),
    )
    yield exact(
        "rational, four data",
        all(found == labels[0] for found in labels[1:] + near),
        cases=r"four data, predictions at $\epsilon = 0, \pm 10^{-4}$ and $\phi$ moved by as much",
    )


@two_labels.part("where the margin of labels with different losses crosses zero: no gradient")
def at_a_tie():
    size, gap, level, rest = sp.symbols("t delta s R", positive=True)
    after, before = (rest + sp.Heaviside(sign * level * size) * gap for sign in (1, -1))
    quotients = [_datum(TIE + t, 0, 1)[0] - _datum(TIE - t, 0, 1)[0] for t in STEPS]
    yield exact(
        "sympy, any data",
        argued(r"""at $\phi + t$ the loss of the datum is $f_2 + \delta\,1\{m > 0\}$ with $m = s t +
            o(t)$, $s \ne 0$, and $R$, the rest of the mean, does not move [no other margin crosses
            zero at this $\phi$]"""),
        eq(sp.Limit(after, size, 0) - sp.Limit(before, size, 0), gap, "a jump, times its weight"),
        argued("what has a gradient is continuous", "definition of the gradient"),
    )
    jump = all(q == 1 for q in quotients)
    yield exact("rational, one datum", jump, cases=r"$h = (\phi, 0)$, $f = (1, 0)$, four steps")


def _bounded(quotients: list[Fraction]) -> bool:
    """Whether difference quotients for steps a tenth of each other stop growing."""
    return all(abs(b) <= 2 * abs(a) for a, b in pairwise(quotients))


def _datum(phi: Fraction | int, epsilon: Fraction | int, tie: int) -> tuple[Fraction, int]:
    """f(y*(epsilon)) and dh/dphi at y*(epsilon) for one x with h = (phi, 0) and f = (1, 0).

    Ties go to the label `tie`.
    """
    margin = phi + epsilon
    label = tie if margin == 0 else (1 if margin > 0 else 2)
    return Fraction(label == 1), int(label == 1)


def _rate(epsilon: Fraction, tie: int) -> Fraction:
    """The quotient of (5) at phi = `TIE`."""
    return (_datum(TIE, epsilon, tie)[1] - _datum(TIE, 0, tie)[1]) / epsilon


def _binary() -> Check:
    """Both sides for an arbitrary density and a margin with one root, where it increases."""
    e, delta, upper = sp.symbols("epsilon delta b", real=True)
    density, slope = (sp.Function(name, real=True) for name in ("rho", "m_phi"))
    root, moved = sp.Function("r")(PHI), sp.Function("s")(e)
    mass = sp.Integral(density(X), (X, root, upper))
    gain = sp.Integral(slope(X) * density(X), (X, moved, upper))
    return exact(
        "sympy, arbitrary density and margin",
        argued(r"""the margin $m = h_1 - h_2$ has one root; $r' = -m_\phi/m_x$ at $m(r(\phi),\phi) =
            0$ and $s'(\epsilon) = -\delta/m_x$ at $m(s(\epsilon),\phi) = -\epsilon\delta$ [implicit
            function theorem, $m_x > 0$]"""),
        eq(sp.Derivative(delta * mass, PHI), -delta * density(root) * sp.Derivative(root, PHI)),
        r"the derivative of $\mathbb E f(y^*) = f_2 + \delta\int_{r(\phi)}^\infty \rho\,dx$, "
        r"which is $\delta\,\rho(r)\,m_\phi/m_x$",
        argued(r"""$\mathbb E[\nabla h(y^*(\epsilon)) - \nabla h(y^*)] = \int_{s(\epsilon)}^{r}
            m_\phi \rho\,dx$ [the prediction changes exactly between the two roots, for either sign
            of $\delta$]"""),
        eq(sp.Derivative(gain, e), -slope(moved) * density(moved) * sp.Derivative(moved, e)),
        r"at $\epsilon = 0$, where $s = r$, it is $\delta\,\rho(r)\,m_\phi/m_x$ too",
    )
