r"""The direct estimator with Gumbel noise: where it points, and which $\epsilon$ to choose."""

from fractions import Fraction

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.cosets import indexed
from perturbtheory.claims.exhibits.draws import LOGITS, VALUES, average
from perturbtheory.claims.exhibits.numbers import thetas
from perturbtheory.claims.exhibits.symbols import D
from perturbtheory.claims.ours.direct.direct_bias import tilted_mean
from perturbtheory.claims.ours.direct.joint_law import mean_by_law
from perturbtheory.estimate import Estimate
from perturbtheory.estimators import direct_law, direct_mean, exact_gradient
from perturbtheory.ledger import Claim, agree, argued, eq, exact, positive, shown

direct_ascends = Claim(
    "C.direct-ascends",
    "this package",
    r"""For $\epsilon > 0$ the value of $f$ at $z^*(\epsilon)$ is never less than at $z^* = z^*(0)$,
    draw by draw and whatever the noise; more generally it never decreases as $\epsilon$ grows:
    $f(z^*(\epsilon')) \ge f(z^*(\epsilon))$ for $\epsilon' > \epsilon$.""",
    assumes=r"""One and the same noise for both arg maxes, of any law, ties broken in any way; $h$
    and $f$ any functions of $z$.""",
)


@direct_ascends.part(r"$f(z^*(\epsilon))$ does not decrease in $\epsilon$")
def does_not_decrease(budget):
    xz, xw, fz, fw, low, high = sp.symbols("x_z x_w f_z f_w epsilon {\\epsilon'}", real=True)
    first = (xz + low * fz) - (xw + low * fw)
    second = (xw + high * fw) - (xz + high * fz)
    yield exact(
        "sympy, any noise",
        eq(first + second, (high - low) * (fw - fz), r"with $x = h + \gamma$, at $z$ and $w$"),
        argued(r"""both $x_z+\epsilon f_z-x_w-\epsilon f_w$ and $x_w+\epsilon'f_w-x_z-\epsilon'f_z$
            are $\ge 0$ for $z = z^*(\epsilon)$, $w = z^*(\epsilon')$ [each maximises its
            score]"""),
    )
    e = 0.75
    laws = [direct_law(h, VALUES, s * e) for h in thetas(3, budget) for s in (1, -1)]
    forbidden = [VALUES[None, :] < VALUES[:, None], VALUES[None, :] > VALUES[:, None]]
    masses = [law[forbidden[k % 2]].sum() for k, law in enumerate(laws)]
    yield agree("joint law", masses, 0.0, "mass where $f$ would decrease, $K = 3$", floor=1.0)

    def rows(gamma: np.ndarray) -> np.ndarray:
        steps = (-e, 0.0, e, 2 * e)
        found = [VALUES[(LOGITS + x * VALUES + gamma).argmax(1)] for x in steps]
        return (np.diff(found, axis=0) < 0).any(0, keepdims=True).T.astype(float)

    drawn = average(rows, (3,), seed=103, samples=budget.samples)
    yield agree("sampling", drawn, [0.0], "share of draws where $f$ decreases", floor=1.0)


direct_direction = Claim(
    "C.direct-direction",
    "this package",
    r"""For two categories the mean $m_\epsilon$ of the direct estimator has the sign of the
    gradient at every $\epsilon$, $\operatorname{sgn} \frac{\sigma(D+\epsilon\delta) -
    \sigma(D)}{\epsilon} = \operatorname{sgn} \sigma'(D)\delta$. For $K = 3$ it can point the
    other way, $\langle \operatorname{Cov}_q(f, \cdot), m_\epsilon\rangle < 0$ for some $q$, $f$,
    $\epsilon$. Against $f$ itself, instead of the gradient, it never does: $\langle f,
    m_\epsilon\rangle = \frac1\epsilon (\mathbb E_{q_\epsilon} f - \mathbb E_q f) \ge 0$ for
    every $K$.""",
    assumes=r"""Logit coordinates; the direction of a gradient step is judged by its inner product
    with the gradient in these coordinates.""",
    depends_on="C.joint-law",
)
WEIGHTS, SCORES, ODDS = (11, 1, 2), (3, 4, 0), 16
"""e^h, f and e^epsilon of three categories whose mean estimate points away from the gradient."""


@direct_direction.part(r"$K = 2$: the sign of the gradient at every $\epsilon$")
def two_categories():
    sigmoid, slope = 1 / (1 + sp.exp(-D)), sp.exp(-D) / (1 + sp.exp(-D)) ** 2
    yield exact(
        "sympy",
        eq(sp.Derivative(sigmoid, D), slope, r"$\sigma' > 0$"),
        argued(r"""so $[\sigma(D+\epsilon\delta) - \sigma(D)]/\epsilon$ and $\sigma'(D)\delta$ have
            the sign of $\delta$ [mean value theorem]"""),
    )
    grid = [
        direct_mean(np.array([a, 0.0]), np.array([b, 0.0]), t)[0] * b
        for a in (-3.0, 0.0, 2.0)
        for b in (-4.0, 0.5, 3.0)
        for t in (-2.0, 0.1, 5.0)
    ]
    yield positive("closed form", grid, "mean times $f_1 - f_2$ on a grid")


def _witness() -> tuple[list[Fraction], list[Fraction]]:
    """(gradient, epsilon times the mean) in fractions."""
    a = [Fraction(x) for x in WEIGHTS]
    b = [x * ODDS**f for x, f in zip(a, SCORES, strict=True)]
    q, moved = ([x / sum(v) for x in v] for v in (a, b))
    mean = sum(x * f for x, f in zip(q, SCORES, strict=True))
    gradient = [x * (f - mean) for x, f in zip(q, SCORES, strict=True)]
    return gradient, [y - x for x, y in zip(q, moved, strict=True)]


@direct_direction.part("$K = 3$: an inner product with the gradient that is negative")
def three_categories():
    inner = sum(g * m for g, m in zip(*_witness(), strict=True))
    at = rf"$e^h = {WEIGHTS}$, $f = {SCORES}$, $e^\epsilon = {ODDS}$"
    yield exact(
        "fractions",
        shown(f"at {at} it is {float(inner):.6f}$/\\epsilon$", inner < 0, "rational arithmetic"),
    )
    h, f = np.log(np.array(WEIGHTS, float)), np.array(SCORES, float)
    numeric = exact_gradient(h, f) @ direct_mean(h, f, float(np.log(ODDS)))
    yield positive("closed form", -numeric, "minus the inner product")
    mean = mean_by_law(h, f, float(np.log(ODDS)))
    slope = exact_gradient(h, f)
    inner_product = Estimate(-slope @ mean.value, np.abs(slope) @ mean.radius, "quadrature")
    yield positive("the joint law by quadrature", inner_product, "minus the inner product")


@direct_direction.part("the inner product with $f$ is never negative")
def along_f():
    yield exact(
        "sympy, any K",
        tilted_mean(indexed("f")),
        argued(r"""this is $\operatorname{Var}_{q_\epsilon} f \ge 0$: $\mathbb E_{q_\epsilon} f$
            does not decrease, and $\frac1\epsilon(\mathbb E_{q_\epsilon} f - \mathbb E_q f) \ge 0$
            for $\epsilon$ of either sign [monotonicity]"""),
    )
    along = [VALUES @ direct_mean(LOGITS, VALUES, t) for t in (-5.0, -0.5, 0.1, 1.0, 20.0)]
    yield positive("closed form", along, r"inner product at five $\epsilon$")
    found = [mean_by_law(LOGITS, VALUES, t) for t in (-0.5, 0.1, 1.0)]
    value = np.array([VALUES @ mean.value for mean in found])
    radius = np.array([np.abs(VALUES) @ mean.radius for mean in found])
    products = Estimate(value, radius, "quadrature")
    yield positive("the joint law by quadrature", products, r"at three $\epsilon$")
