"""Section 4.1: structured encoders and their noise."""

from itertools import product
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import two_bits
from perturbtheory.claims.exhibits.draws import average
from perturbtheory.claims.legacy import agree, argued, claim, exact, proof, shown
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.routes.symbolic import identity

ODDS = 2
"""e^alpha of the interaction in the counterexample to the Gibbs law."""
_TABLE = np.array([[0.0, 4.0], [3.0, 2.0]])
"""f at (z_1, z_2)."""
_BOTH = np.array([[0.0, 0.0], [0.0, 1.0]])
"""The slope of h in the interaction, z_1 z_2."""


def _symmetric_jacobian() -> Check:
    c: Any = sp.symbols("c_0:4", real=True)
    f: Any = sp.symbols("f_0:4", real=True)
    phi, e = sp.symbols("phi epsilon", real=True)
    g: Any = sp.Function("G")(*c)
    h = [sp.Function(f"h_{k}")(phi) for k in range(4)]
    p = [sp.diff(g, x) for x in c]

    def at(expression: Any, shift: Any) -> Any:
        return expression.subs(
            {x: hz + shift * fz for x, hz, fz in zip(c, h, f, strict=True)}, simultaneous=True
        )

    # d/dphi sum_z f_z p_z(h) and d/de sum_z h_z' p_z(h + e f) at e = 0, by the chain rule.
    d = range(4)
    left = sum(f[z] * sp.diff(p[z], c[w]) * sp.diff(h[w], phi) for z in d for w in d)
    right = sum(sp.diff(h[z], phi) * sp.diff(p[z], c[w]) * f[w] for z in d for w in d)
    equal = identity(sp.expand(at(left, e * 0) - at(right, e * 0)))
    signs = set()
    for n in (1, 2, 3, 4):
        for z in product((0, 1), repeat=n):
            normals = [
                tuple(a - b for a, b in zip(z, w, strict=True))
                for w in product((0, 1), repeat=n)
                if w != z
            ]
            # Entries are 0 or 2 z_i - 1: a positive multiple with such entries is the same vector.
            signs |= {x in (0, 2 * a - 1) for v in normals for x, a in zip(v, z, strict=True)}
            signs.add(len(set(normals)) == len(normals))
    return proof(
        "sympy and enumeration",
        "Theorem 2 needs no more than probabilities p(c) with a symmetric Jacobian, c = h + "
        "epsilon f",
        argued(
            r"$G(c) = \mathbb E\max_z\{c_z + \langle\gamma, z\rangle\}$ is convex with "
            r"$\partial G/\partial c_z = p_z(c) = \mathbb P(z \text{ wins})$",
            "Danskin's theorem; ties have probability zero because each gamma_i has a density",
        ),
        argued(
            r"$p_z(c) = \int_{R_z(c)} \rho$ over the polyhedron $R_z(c) = \{\gamma: \langle\gamma, "
            r"z-w\rangle \ge c_w - c_z\ \text{for all } w\}$",
            "the definition of the arg max",
        ),
        shown(
            r"no two normals $z-w$ of one polyhedron are parallel: the entry $i$ is $0$ or "
            r"$2z_i-1$, "
            r"so that a positive multiple is the same vector (all $z$, $n \le 4$)",
            signs == {True},
        ),
        argued(
            r"so every facet has a mass that is continuous in $c$, and $p$ is continuously "
            r"differentiable with a symmetric Jacobian, the Hessian of $G$",
            "dominated convergence on each facet; Schwarz's theorem",
        ),
        shown(
            r"$\frac{d}{d\phi}\sum_z f_z p_z(h) = \frac{d}{d\epsilon}\sum_z h_z' p_z(h+\epsilon "
            r"f)$ "
            r"at $\epsilon = 0$, for four $z$",
            equal,
        ),
    )


@claim("B.structured-gradient", depends_on=("B.direct-gradient",))
def structured_gradient(budget: Budget) -> list[Part]:
    r"""Statement: The gradient of Theorem 2 holds in the structured setting too, whenever the
    structure of gamma follows the structure of h.

    LaTeX: $\nabla_\phi \mathbb E_\gamma[f(z^*)] = \lim_{\epsilon\to 0} \frac1\epsilon
    \mathbb E_\gamma[\nabla h(z^*(\epsilon)) - \nabla h(z^*)]$ for $z^*(\epsilon) =
    \operatorname{argmax}_z \{\epsilon f(z) + h(z) + \sum_i \gamma_i(z_i)\}$

    Source: B, section 4.1

    Assumptions: binary coordinates, an independent gamma_i(z_i) with a density for every coordinate
    and value; h and f any tables over all z, decomposed or not; z*(epsilon) is computed with f
    itself. The printed proof moves f into the noise by a translation, which such noise cannot
    absorb. Noise on some coordinates only would leave ties.

    Computed: a symmetric Jacobian for any number of coordinates; n = 2 with an interaction: the
    quotient and the gradient by integrals, and the quotient by draws.
    """
    h = two_bits.pairwise(0.3, -0.5, 1.2)
    tiny, step, large = 1e-6, 2.0**-8, 0.5
    quotient = two_bits.mean(h, h + tiny * _TABLE, _BOTH, tiny)
    ends = [
        (two_bits.law(h + k * step * _BOTH, h).sum((2, 3)) * _TABLE).sum() for k in (-2, -1, 1, 2)
    ]
    slope = np.array([1.0, -8.0, 8.0, -1.0]) @ ends / (12 * step)

    def rows(gamma: np.ndarray) -> np.ndarray:
        noise = (gamma[..., 1] - gamma[..., 0]) @ np.array([[0, 0, 1, 1], [0, 1, 0, 1]])
        z, moved = ((c.reshape(4) + noise).argmax(1) for c in (h, h + large * _TABLE))
        both = _BOTH.reshape(4)
        return ((both[moved] - both[z]) / large)[:, None]

    drawn = average(rows, (2, 2), seed=73, samples=budget.samples, spread=2 / large)
    return [
        Part(
            "the limit of the quotient is the gradient of E f(z*)",
            (
                _symmetric_jacobian(),
                agree(
                    "integral over L_1",
                    "quadrature",
                    Estimate(quotient, 20 * tiny, "quadrature"),
                    Estimate(slope, 10 * step**4, "quadrature"),
                    "quotient at 1e-6 against differences of E f(z*), n = 2",
                ),
                agree(
                    "sampling",
                    "monte-carlo",
                    drawn,
                    [two_bits.mean(h, h + large * _TABLE, _BOTH, large)],
                    "quotient at 1/2, n = 2",
                ),
            ),
        )
    ]


def _one_zero(odds: Any) -> tuple[Any, Any]:
    """P(z* = (1, 0)) for h = alpha z_1 z_2, alpha >= 0, and the Gibbs probability; odds e^alpha."""
    # (1, 0) beats (0, 0) and (1, 1), hence (0, 1), if L_1 > 0 and L_2 < -alpha.
    return sp.Rational(1, 2) * 1 / (1 + odds), 1 / (3 + odds)


@claim("B.structured-gibbs", corrected="B.structured-gibbs.corrected")
def structured_gibbs(budget: Budget) -> list[Part]:
    r"""Statement: Gumbel-Max reparameterisation accounts for structural relations in h at the cost
    of an arg max: z* has the Gibbs distribution of h.

    LaTeX: $\mathbb P_\gamma[z^* = z] = e^{h(z)} / \sum_{\hat z} e^{h(\hat z)}$ for
    $h(z) = \sum_i h_i(z_i) + \sum_{i,j} h_{i,j}(z_i,z_j)$ and $\gamma(z) = \sum_i \gamma_i(z_i)$

    Source: B, section 4.1, with (3), (8) and "the structure of gamma follows the structure of h"

    Assumptions: one independent Gumbel variable for every coordinate and value, which keeps the arg
    max of h + gamma as efficient as that of h. With one for every z, 2^n of them, (3) holds.

    Computed: n = 2 with one interaction, in exact fractions, by an integral and by draws.
    """
    perturbed, gibbs = _one_zero(sp.Integer(ODDS))
    alpha = float(np.log(ODDS))
    joint = two_bits.law(*2 * [two_bits.pairwise(0.0, 0.0, alpha)]).sum((2, 3))

    def rows(gamma: np.ndarray) -> np.ndarray:
        noise = gamma[..., 1] - gamma[..., 0]
        scores = noise @ np.array([[0, 1, 0, 1], [0, 0, 1, 1]]) + np.array([0, 0, 0, alpha])
        return np.eye(4)[scores.argmax(1)][:, [1]]

    drawn = average(rows, (2, 2), seed=79, samples=8 * budget.samples)
    return [
        Part(
            "P(z* = z) = e^h(z) / sum e^h",
            (
                exact("rational", perturbed == gibbs, "z = (1, 0)", universal=False),
                agree("integral over L_1", "quadrature", joint[1, 0], float(gibbs), "z = (1, 0)"),
                agree("sampling", "monte-carlo", drawn, [float(gibbs)], "z = (1, 0)"),
            ),
            {
                "n": 2,
                "h": f"z_1 z_2 log {ODDS}",
                "z": [1, 0],
                "P(z* = z)": str(perturbed),
                "Gibbs": str(gibbs),
            },
        )
    ]


@claim("B.structured-gibbs.corrected", depends_on=("B.gumbel-max",))
def structured_gibbs_corrected(_: Budget) -> list[Part]:
    r"""Statement: With one Gumbel variable for every coordinate and value, z* has the Gibbs
    distribution if h decomposes over coordinates; for h = alpha z_1 z_2 it has only if alpha = 0.

    LaTeX: $\mathbb P[z^*=z] = \prod_i \frac{e^{h_i(z_i)}}{\sum_a e^{h_i(a)}}$ for $h = \sum_i
    h_i(z_i)$; for $h = \alpha z_1 z_2$: $\mathbb P[z^*=(1,0)] = \frac{1}{2(1+e^\alpha)}$ if
    $\alpha \ge 0$ and $\mathbb P[z^*=(1,1)] = \frac{e^{2\alpha}}{(1+e^\alpha)^2}$ if $\alpha \le 0$

    Source: corrects B, section 4.1

    Assumptions: independent Gumbel variables gamma_i(z_i), any number of coordinates for the first
    part.

    Computed: the product of Gumbel-max probabilities; the events of the two closed forms and their
    equality with the Gibbs probabilities, solved for alpha; integrals for n = 2.
    """
    a = sp.Symbol("a", positive=True)
    x, y = sp.symbols("x y", real=True)
    joint = sp.exp(x + y) / sp.expand((1 + sp.exp(x)) * (1 + sp.exp(y)))
    factors = sp.exp(x) / (1 + sp.exp(x)) * sp.exp(y) / (1 + sp.exp(y))
    above = _one_zero(a)
    below = (a / (1 + a)) ** 2, a / (3 + a)
    roots = [sp.solve(sp.Eq(*pair), a) for pair in (above, below)]
    free = two_bits.law(*2 * [two_bits.pairwise(0.4, -1.1, 0.0)]).sum((2, 3))
    gibbs = np.exp(two_bits.pairwise(0.4, -1.1, 0.0))
    values, closed = [], []
    for alpha in (0.5, 1.5, -0.5, -1.5):
        law = two_bits.law(*2 * [two_bits.pairwise(0.0, 0.0, alpha)]).sum((2, 3))
        values.append(law[1, 0] if alpha > 0 else law[1, 1])
        shape: Any = (above if alpha > 0 else below)[0]
        closed.append(float(shape.subs(a, np.exp(alpha))))
    return [
        Part(
            "Gibbs if h decomposes",
            (
                proof(
                    "sympy, coordinate by coordinate",
                    "the arg max of a sum over coordinates is that of each",
                    argued(
                        r"$\mathbb P[z^*=z] = \prod_i \mathbb P[z_i^* = z_i]$, each factor a "
                        r"softmax",
                        "independent noise, and B.gumbel-max for each coordinate",
                    ),
                    shown(
                        r"$\sum_z e^{\sum_i h_i(z_i)} = \prod_i \sum_{z_i} e^{h_i(z_i)}$, one "
                        r"factor at "
                        r"a time",
                        identity(joint - factors),
                    ),
                ),
                agree("integral over L_1", "quadrature", free, gibbs / gibbs.sum(), "n = 2"),
            ),
        ),
        Part(
            "for h = alpha z_1 z_2 only if alpha = 0",
            (
                proof(
                    "sympy, n = 2",
                    "one event for either sign of alpha, a = e^alpha",
                    argued(
                        r"for $\alpha \ge 0$: $(1,0)$ wins exactly if $L_1 > 0$ and $L_2 < "
                        r"-\alpha$; "
                        r"for $\alpha \le 0$: $(1,1)$ exactly if $L_1, L_2 > -\alpha$",
                        "the remaining comparisons follow from these",
                    ),
                    shown(
                        r"$\frac{1}{2(1+a)} = \frac{1}{3+a}$ only for $a = 1$",
                        roots[0] == [1],
                    ),
                    shown(
                        r"$\frac{a^2}{(1+a)^2} = \frac{a}{3+a}$ only for $a = 1$",
                        roots[1] == [1],
                    ),
                ),
                agree("integral over L_1", "quadrature", values, closed, "alpha = +-1/2, +-3/2"),
            ),
        ),
    ]
