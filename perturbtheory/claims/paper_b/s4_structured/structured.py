"""Section 4.1: structured encoders and their noise."""

from itertools import product
from typing import Any

import numpy as np
import sympy as sp
from scipy.integrate import quad

from perturbtheory.claims.exhibits import two_bits
from perturbtheory.claims.exhibits.draws import average
from perturbtheory.claims.exhibits.symbols import A, X, Y
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import (
    Claim,
    Outcome,
    agree,
    argued,
    eq,
    exact,
    identity,
    positive,
    shown,
    witness,
)

ODDS = 2
"""e^alpha of the interaction in the counterexample to the Gibbs law."""
_TABLE = np.array([[0.0, 4.0], [3.0, 2.0]])
"""f at (z_1, z_2)."""
_BOTH = np.array([[0.0, 0.0], [0.0, 1.0]])
"""The slope of h in the interaction, z_1 z_2."""

structured_gradient = Claim(
    "B.structured-gradient",
    "B, section 4.1",
    r"""The gradient of Theorem 2 holds in the structured setting too, whenever the structure of
    $\gamma$ follows the structure of $h$: $\nabla_\phi \mathbb E_\gamma[f(z^*)] =
    \lim_{\epsilon\to 0} \frac1\epsilon \mathbb E_\gamma[\nabla h(z^*(\epsilon)) - \nabla h(z^*)]$
    for $z^*(\epsilon) = \operatorname{argmax}_z \{\epsilon f(z) + h(z) +
    \sum_i \gamma_i(z_i)\}$. The density of the noise must be bounded, as that of Gumbel noise is:
    with $|x|^{-3/4}/8$ on $[-1, 1]$ and $n = 1$ no derivative exists where $h(0) = h(1)$.""",
    assumes=r"""Binary coordinates, an independent $\gamma_i(z_i)$ with a bounded density for every
    coordinate and value, which the paper has for Gumbel noise. $h$ and $f$ are any tables over all
    $z$, decomposed or not; $z^*(\epsilon)$ is computed with $f$ itself. The printed proof moves $f$
    into the noise by a translation, which such noise cannot absorb. Noise on some coordinates only
    would leave ties.""",
    depends_on="B.direct-gradient",
)


@structured_gradient.part(r"the limit of the quotient is the gradient of $\mathbb E f(z^*)$")
def limit_is_the_gradient(budget):
    h = two_bits.pairwise(0.3, -0.5, 1.2)
    step, large = 2.0**-8, 0.5
    ends = [(two_bits.marginal(h + k * step * _BOTH) * _TABLE).sum() for k in (-2, -1, 1, 2)]
    slope = np.array([1.0, -8.0, 8.0, -1.0]) @ ends / (12 * step)
    quotient = two_bits.limit(lambda e: two_bits.mean(h, h + e * _TABLE, _BOTH, e))

    def rows(gamma):
        noise = (gamma[..., 1] - gamma[..., 0]) @ np.array([[0, 0, 1, 1], [0, 1, 0, 1]])
        z, moved = ((c.reshape(4) + noise).argmax(1) for c in (h, h + large * _TABLE))
        both = _BOTH.reshape(4)
        return ((both[moved] - both[z]) / large)[:, None]

    drawn = average(rows, (2, 2), seed=73, samples=budget.samples, spread=2 / large)
    yield exact(
        "sympy and enumeration",
        argued(r"""$G(c) = \mathbb E\max_z\{c_z + \langle\gamma, z\rangle\}$ is convex with
            $\partial G/\partial c_z = p_z(c) = \mathbb P(z \text{ wins})$ [Danskin's theorem; ties
            have probability zero because each $\gamma_i$ has a density]"""),
        argued(r"""$p_z(c) = \int_{R_z(c)} \rho$ over the polyhedron $R_z(c) = \{\gamma:
            \langle\gamma, z-w\rangle \ge c_w - c_z\ \text{for all } w\}$, $\rho$ the density of the
            $\gamma_i = \gamma_i(1) - \gamma_i(0)$, a product of bounded continuous ones [the
            definition of the arg max; a convolution of bounded densities is continuous]"""),
        shown(
            r"no two normals $z-w$ of one polyhedron are parallel: the entry $i$ is $0$ or "
            r"$2z_i-1$, so that a positive multiple is the same vector (all $z$, $n \le 4$)",
            _normals_apart(),
            "enumeration",
        ),
        argued(r"""so every facet has a mass that is continuous in $c$, and $p$ is continuously
            differentiable with a symmetric Jacobian, the Hessian of $G$ [dominated convergence on
            each facet, solved for one $\gamma_i$; Schwarz's theorem]"""),
        shown(
            r"$\frac{d}{d\phi}\sum_z f_z p_z(h) = \frac{d}{d\epsilon}\sum_z h_z' p_z(h+\epsilon f)$"
            r" at $\epsilon = 0$, for four $z$",
            _symmetric(),
        ),
    )
    yield agree(
        "integral over L_1",
        quotient,
        Estimate(slope, 10 * step**4, "quadrature"),
        r"limit of the quotient against differences of $\mathbb E f(z^*)$, $n = 2$",
    )
    at_half = two_bits.mean(h, h + large * _TABLE, _BOTH, large)
    yield agree("sampling", drawn, [at_half], r"quotient at $\epsilon = \tfrac12$, $n = 2$")


@structured_gradient.part(
    r"without a bound it can fail: $n = 1$, density $|x|^{-3/4}/8$, $h = \phi z$ at $\phi = 0$"
)
def unbounded_density():
    x, y, phi = sp.symbols("x y phi", positive=True)
    least = x ** sp.Rational(-1, 2) / 64
    yield exact(
        "sympy, lower bound",
        eq(sp.Integral(x ** sp.Rational(-3, 2) / 64, (y, 0, x)), least),
        r"at most the density of $\gamma(0) - \gamma(1)$ at $x$: between $0$ and $x$ both "
        r"factors of the convolution are at least $x^{-3/4}/8$",
        eq(sp.Integral(least, (x, 0, phi)) / phi, phi ** sp.Rational(-1, 2) / 32),
        r"so the quotient of $\mathbb P(z^* = 1)$ is at least this, which has no limit at $0$",
    )
    # gamma = +-v^4 with v uniform in (0, 1) has this density and the cdf (1 +- |x|^(1/4))/2.
    quotients, errors, sizes = [], [], np.array([1e-2, 1e-4, 1e-6])
    for size in sizes:
        ends = [size**0.25]
        found = [
            quad(lambda v, s=s, d=size: _cdf(s * v**4 + d) - _cdf(s * v**4), 0, 1, points=ends)
            for s in (1, -1)
        ]
        quotients.append(sum(value for value, _ in found) / 2 / size)
        errors.append(sum(error for _, error in found) / size)
    margin = Estimate(np.array(quotients) - sizes**-0.5 / 32, np.array(errors), "quadrature")
    what = r"quotient minus bound, $\phi = 10^{-2}, 10^{-4}, 10^{-6}$"
    yield positive("scipy quadrature", margin, what)


def _cdf(x: float) -> float:
    return (1 + np.sign(x) * min(abs(x), 1.0) ** 0.25) / 2


def _symmetric() -> Outcome:
    """The chain rule on both sides, with p the gradient of any G of four variables."""
    c, f, slope = (sp.symbols(f"{name}_0:4", real=True) for name in "cfs")
    hessian = sp.hessian(sp.Function("G")(*c), c)
    sides = [(sp.Matrix([a]) * hessian * sp.Matrix(b))[0] for a, b in ((f, slope), (slope, f))]
    return identity(sides[0] - sides[1])


def _normals_apart() -> bool:
    # Entries are 0 or 2 z_i - 1: a positive multiple with such entries is the same vector.
    found = set()
    for n in (1, 2, 3, 4):
        every = list(product((0, 1), repeat=n))
        for z in every:
            normals = [tuple(a - b for a, b in zip(z, w, strict=True)) for w in every if w != z]
            found |= {x in (0, 2 * a - 1) for v in normals for x, a in zip(v, z, strict=True)}
            found.add(len(set(normals)) == len(normals))
    return found == {True}


structured_gibbs = Claim(
    "B.structured-gibbs",
    'B, section 4.1, with (3), (8) and "the structure of gamma follows the structure of h"',
    r"""Gumbel-Max reparameterisation accounts for structural relations in $h$ at the cost of an arg
    max: $z^*$ has the Gibbs distribution of $h$, $\mathbb P_\gamma[z^* = z] = e^{h(z)} /
    \sum_{\hat z} e^{h(\hat z)}$ for $h(z) = \sum_i h_i(z_i) + \sum_{i,j} h_{i,j}(z_i,z_j)$ and
    $\gamma(z) = \sum_i \gamma_i(z_i)$.""",
    assumes=r"""One independent Gumbel variable for every coordinate and value, which keeps the arg
    max of $h + \gamma$ as efficient as that of $h$. With one for every $z$, $2^n$ of them, (3)
    holds.""",
)
gibbs_if_decomposed = structured_gibbs.corrected(
    r"""With one Gumbel variable for every coordinate and value, $z^*$ has the Gibbs distribution
    $\mathbb P[z^*=z] = \prod_i \frac{e^{h_i(z_i)}}{\sum_a e^{h_i(a)}}$ if $h = \sum_i h_i(z_i)$
    decomposes over coordinates; for $h = \alpha z_1 z_2$ it has only if $\alpha = 0$:
    $\mathbb P[z^*=(1,0)] = \frac{1}{2(1+e^\alpha)}$ if $\alpha \ge 0$ and $\mathbb P[z^*=(1,1)] =
    \frac{e^{2\alpha}}{(1+e^\alpha)^2}$ if $\alpha \le 0$.""",
    source="corrects B, section 4.1",
    assumes=r"""Independent Gumbel variables $\gamma_i(z_i)$, any number of coordinates for the
    first part.""",
    depends_on="B.gumbel-max",
)

ABOVE: Any = 1 / (2 * (1 + A)), 1 / (3 + A)
"""P(z* = (1, 0)) for h = alpha z_1 z_2 and its Gibbs probability, alpha >= 0, a = e^alpha."""
BELOW: Any = (A / (1 + A)) ** 2, A / (3 + A)
"""P(z* = (1, 1)) and its Gibbs probability, alpha <= 0."""


@structured_gibbs.part(r"$\mathbb P(z^* = z) = e^{h(z)} / \sum_{\hat z} e^{h(\hat z)}$")
def gibbs(budget):
    perturbed, law = (side.subs(A, ODDS) for side in ABOVE)
    alpha = float(np.log(ODDS))

    def rows(gamma):
        noise = gamma[..., 1] - gamma[..., 0]
        scores = noise @ np.array([[0, 1, 0, 1], [0, 0, 1, 1]]) + np.array([0, 0, 0, alpha])
        return np.eye(4)[scores.argmax(1)][:, [1]]

    drawn = average(rows, (2, 2), seed=79, samples=8 * budget.samples)
    found = two_bits.marginal(two_bits.pairwise(0.0, 0.0, alpha))
    yield exact("rational", perturbed == law, cases="$z = (1, 0)$")
    yield agree("integral over L_1", found[1, 0], float(law), "$z = (1, 0)$")
    yield agree("sampling", drawn, [float(law)], "$z = (1, 0)$")
    yield witness(
        {
            "$n$": 2,
            "$h$": rf"$z_1 z_2 \log {ODDS}$",
            "$z$": [1, 0],
            r"$\mathbb P(z^* = z)$": str(perturbed),
            "Gibbs": str(law),
        }
    )


@gibbs_if_decomposed.part("Gibbs if $h$ decomposes")
def gibbs_by_coordinates():
    whole = sp.exp(X + Y) / (1 + sp.exp(X) + sp.exp(Y) + sp.exp(X + Y))
    factors = sp.Mul(*(sp.exp(x) / (1 + sp.exp(x)) for x in (X, Y)), evaluate=False)
    h = two_bits.pairwise(0.4, -1.1, 0.0)
    yield exact(
        "sympy, coordinate by coordinate",
        argued(r"""$\mathbb P[z^*=z] = \prod_i \mathbb P[z_i^* = z_i]$, each factor a softmax [the
            arg max of a sum over coordinates is that of each; independent noise, and B.gumbel-max
            for each coordinate]"""),
        eq(whole, factors),
        r"$\sum_z e^{\sum_i h_i(z_i)} = \prod_i \sum_{z_i} e^{h_i(z_i)}$, one factor at a time",
    )
    yield agree("integral over L_1", two_bits.marginal(h), np.exp(h) / np.exp(h).sum(), "$n = 2$")


@gibbs_if_decomposed.part(r"for $h = \alpha z_1 z_2$ only if $\alpha = 0$")
def gibbs_only_at_zero():
    values, closed = [], []
    for alpha in (0.5, 1.5, -0.5, -1.5):
        law = two_bits.marginal(two_bits.pairwise(0.0, 0.0, alpha))
        values.append(law[1, 0] if alpha > 0 else law[1, 1])
        closed.append(float((ABOVE if alpha > 0 else BELOW)[0].subs(A, np.exp(alpha))))
    yield exact(
        "sympy, n = 2",
        argued(r"""for $\alpha \ge 0$: $(1,0)$ wins exactly if $L_1 > 0$ and $L_2 < -\alpha$; for
            $\alpha \le 0$: $(1,1)$ exactly if $L_1, L_2 > -\alpha$ [the remaining comparisons
            follow from these]"""),
        *(
            shown(
                f"${sp.latex(one)} = {sp.latex(two)}$ only for $a = e^\\alpha = 1$",
                sp.solve(sp.Eq(one, two), A) == [1],
            )
            for one, two in (ABOVE, BELOW)
        ),
    )
    yield agree("integral over L_1", values, closed, r"$\alpha = \pm\tfrac12, \pm\tfrac32$")
