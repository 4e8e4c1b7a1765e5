"""Sections 3.1 and A: the Gumbel density and the Gumbel-max trick."""

from typing import Any

import numpy as np
import sympy as sp
from scipy import integrate

from perturbtheory.claims.exhibits.draws import average
from perturbtheory.claims.exhibits.gumbel_law import density
from perturbtheory.claims.exhibits.numbers import engine, thetas
from perturbtheory.claims.legacy import agree, argued, claim, exact, positive, proof, shown
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Budget, Check, Part, Step
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_max
from perturbtheory.routes import sampling
from perturbtheory.routes.symbolic import categories, identity

PRINTED_SIGN = {"(3)": -1, "Theorem 2": 1, "Theorem 3": -1}
"""s in the density exp(-(t + c) + s exp(-(t + c))) of one coordinate, where it is printed."""
_T = sp.Symbol("t", real=True)
_Z: Any = _T + sp.EulerGamma


def _part(place: str, sign: int) -> Part:
    u, end = sp.symbols("u b", positive=True)
    # From t = -c upwards u = exp(-(t + c)) falls from 1 to 0, and downwards it grows without end.
    upper = sp.integrate(sp.exp(sign * u), (u, 0, 1))
    mass = sp.limit(sp.integrate(sp.exp(sign * u), (u, 0, end)), end, sp.oo)
    derivative = sp.diff(sp.exp(-_Z), _T) + sp.exp(-_Z)
    low = -float(np.euler_gamma)
    found, error = integrate.quad(
        lambda t: np.exp(low - t + sign * np.exp(low - t)), low, low + 60.0
    )
    # A density leaves no excess over 1 on any interval.
    excess = Estimate(1.0 - found, error, "quadrature")
    return Part(
        f"{place}: every factor integrates to one",
        (
            proof(
                "sympy, u = exp(-(t + c))",
                f"the integral over the line is {mass}",
                shown(r"$du = -e^{-(t+c)}\,dt$ for $u = e^{-(t+c)}$", identity(derivative)),
                shown(
                    rf"$\int_0^\infty e^{{{'-' if sign < 0 else ''}u}}\,du = {sp.latex(mass)}$",
                    bool(mass == 1),
                ),
            ),
            positive("scipy quadrature", "quadrature", excess, "1 - integral over t >= -c"),
        ),
        {
            "k": 1,
            "interval": "t >= -c",
            "integral of the printed function": f"{upper} = {float(upper):.6f}",
            "largest value for a density": 1,
            "integral over the line": str(mass),
        },
    )


@claim("B.gumbel-density", corrected="B.gumbel-density.corrected")
def gumbel_density(_: Budget) -> list[Part]:
    r"""Statement: The zero-mean Gumbel density is printed in three places: the inner sign is minus
    in (3) and in Theorem 3, and plus in the proof of Theorem 2.

    LaTeX: $g(\gamma) = \prod_z e^{-(\gamma(z)+c+e^{-(\gamma(z)+c)})}$ in (3),
    $g(\gamma) = \prod_{z=1}^k e^{-(\gamma(z)+c)+e^{-(\gamma(z)+c)}}$ in Theorem 2,
    $g(t) = e^{-(t+c+e^{-(t+c)})}$ in Theorem 3

    Source: B, (3), proof of Theorem 2, Theorem 3

    Assumptions: c is the Euler-Mascheroni constant; a density integrates to one, and the product
    does exactly if every factor does.

    Computed: the integral over the line after u = exp(-(t + c)); the integral over t >= -c alone,
    which is at most one for a density, by quadrature.
    """
    return [_part(place, sign) for place, sign in PRINTED_SIGN.items()]


@claim("B.gumbel-density.corrected", depends_on=("A.gumbel-density.corrected",))
def gumbel_density_corrected(budget: Budget) -> list[Part]:
    r"""Statement: The density is the product of exp(-(t + c) - exp(-(t + c))) in all three places:
    it is the derivative of the cdf G(t) = exp(-exp(-(t + c))) of Theorem 3, and its mean is zero.

    LaTeX: $g(\gamma) = \prod_z e^{-(\gamma(z)+c) - e^{-(\gamma(z)+c)}}$,
    $\frac{d}{dt} e^{-e^{-(t+c)}} = e^{-(t+c) - e^{-(t+c)}}$ and
    $\int t\, e^{-(t+c) - e^{-(t+c)}}\,dt = 0$

    Source: corrects B, proof of Theorem 2

    Assumptions: c is the Euler-Mascheroni constant, which makes the mean zero.

    Computed: derivative and mean symbolically, and that g = e^-(t + c) G as the proof of Theorem 3
    uses it; the engine's density; the mean of draws.
    """
    cdf: Any = sp.exp(-sp.exp(-_Z))
    x = sp.Symbol("x", real=True)
    mean: Any = -sp.diff(sp.gamma(1 + x), x).subs(x, 0) - sp.EulerGamma
    grid = np.linspace(-3.0, 12.0, 61)
    draws = sampling.value(
        Gumbel(), np.zeros(1), seed=41, samples=budget.samples, method="quasi-monte-carlo"
    )
    return [
        Part(
            "g is the derivative of G, which rises from 0 to 1",
            (
                proof(
                    "sympy",
                    "dG/dt = e^-(t + c) G(t) = g(t)",
                    shown(
                        r"$G'(t) = e^{-(t+c)} e^{-e^{-(t+c)}}$",
                        identity(sp.diff(cdf, _T) - sp.exp(-_Z - sp.exp(-_Z))),
                    ),
                    shown(
                        r"$g(t) = e^{-(t+c)} G(t)$",
                        identity(sp.exp(-_Z - sp.exp(-_Z)) - sp.exp(-_Z) * cdf),
                    ),
                    shown(
                        r"$G(-\infty) = 0$ and $G(\infty) = 1$",
                        sp.limit(cdf, _T, -sp.oo) == 0 and sp.limit(cdf, _T, sp.oo) == 1,
                    ),
                ),
                agree(
                    "engine",
                    "quadrature",
                    np.exp(np.asarray(Gumbel().log_pdf(np.asarray(grid)))),
                    density(grid),
                    "the engine's density",
                ),
            ),
        ),
        Part(
            "its mean is zero",
            (
                exact("sympy", identity(mean), "-int log(u) e^-u du - c = -Gamma'(1) - c = 0"),
                agree("sampling", "monte-carlo", draws, 0.0, "mean of Sobol draws"),
            ),
        ),
    ]


def _product_of_cdfs() -> Step:
    _, _, j, h = (s := categories())
    exponent = s.sum(sp.expand(sp.exp(h[j]) * sp.exp(-_Z))).doit()
    whole = sp.expand(s.sum(sp.exp(h[j])) * sp.exp(-_Z))
    shifted = sp.exp(-(_T - h[j] + sp.EulerGamma)) - sp.exp(h[j]) * sp.exp(-_Z)
    return shown(
        r"$\prod_{j=1}^k G(t-h_j) = \exp(-S e^{-(t+c)})$ with $S = \sum_j e^{h_j}$, because "
        r"$e^{-(t-h_j+c)} = e^{h_j} e^{-(t+c)}$",
        identity(exponent - whole) if identity(shifted) == "holds" else "fails",
    )


def gumbel_max() -> Check:
    """(15), (16) and the formula for 1/Z, line by line, for symbolic k."""
    h, total, u = sp.Symbol("h_z", real=True), *sp.symbols("S u", positive=True)
    g: Any = sp.exp(-_Z - sp.exp(-_Z))
    cdf: Any = sp.exp(-sp.exp(-_Z))
    moved = (g - sp.exp(-_Z) * cdf).subs(_T, _T - h)
    pulled = sp.exp(-(_T - h + sp.EulerGamma)) - sp.exp(h) * sp.exp(-_Z)
    one_over_z = sp.integrate(sp.exp(-total * u), (u, 0, sp.oo))
    _, _, j, logits = (s := categories())
    norm = sp.Symbol("Z", positive=True)
    summed: Any = sp.factor_terms(s.sum(sp.exp(logits[j]) / norm))
    solution = sp.solve(sp.Eq(summed, 1), norm)
    return proof(
        "sympy, symbolic k",
        "the printed chain (15), (16), with Z both from its integral and from the sum to one",
        argued(
            r"$P(z^*=z) = \int g(t-h_z) \prod_{\hat z \ne z} G(t-h_{\hat z})\,dt$",
            "h_z + gamma(z) has density g(t - h_z), and the others, independent, are below t",
        ),
        shown(r"(15): $g(t-h_z) = e^{-(t-h_z+c)} G(t-h_z)$", identity(moved)),
        shown(
            r"(16): $e^{-(t-h_z+c)} = e^{h_z} e^{-(t+c)}$, so that $e^{h_z}$ leaves the integral",
            identity(pulled),
        ),
        _product_of_cdfs(),
        shown(
            r"$\frac1Z = \int e^{-(t+c)} \prod_j G(t-h_j)\,dt = \int_0^\infty e^{-Su}\,du = "
            r"\frac1S$ with $u = e^{-(t+c)}$",
            identity(one_over_z - 1 / total),
        ),
        shown(
            r"the same from $\sum_z e^{h_z}/Z = 1$: $Z = \sum_z e^{h_z}$",
            solution == [s.sum(sp.exp(logits[j]))],
        ),
    )


@claim("B.gumbel-max", depends_on=("B.gumbel-density.corrected",))
def gumbel_max_trick(budget: Budget) -> list[Part]:
    r"""Statement: The arg max of h + gamma has the Gibbs distribution e^h/Z, Z = sum e^h; for
    normalised h it is e^h.

    LaTeX: $\mathbb P_{\gamma\sim g}[z = z^*] = \frac{e^{h(z)}}{\sum_{\hat z} e^{h(\hat z)}}$ for
    $z^* = \operatorname{argmax}_{\hat z} \{h(\hat z) + \gamma(\hat z)\}$, and
    $\frac1Z = \int e^{-(t+c)} \prod_{\hat z} G(t-h(\hat z))\,dt$

    Source: B, (3), Theorem 3, (14)-(16)

    Assumptions: any k >= 1 and real h; gamma(z) independent, with the density of Theorem 3, and
    ties have probability zero (footnote 1). (3) needs sum e^h = 1. "phi(x, z)" in the first line of
    the proof is a misprint for h_phi(x, z).

    Computed: every line of the proof symbolically; the integral by quadrature; arg maxes of draws.
    """
    points = thetas(3, budget)
    softmax = np.exp(points) / np.exp(points).sum(1, keepdims=True)
    # A scale per coordinate keeps the engine from using the closed form that is to be checked.
    found = engine(expected_max(Gumbel(np.ones(3))), points, "probabilities")
    wins = average(
        lambda g: np.eye(3)[(points[0] + g).argmax(1)], (3,), seed=43, samples=budget.samples
    )
    normalised = points - np.log(np.exp(points).sum(1, keepdims=True))
    return [
        Part(
            "Theorem 3: P(z* = z) = e^h(z) / sum e^h",
            (
                gumbel_max(),
                agree("engine", "quadrature", found, softmax, "quadrature of (15), k = 3"),
                agree("sampling", "monte-carlo", wins, softmax[0], "arg max frequencies, k = 3"),
            ),
        ),
        Part(
            "(3): P(z* = z) = e^h(z) for normalised h",
            (
                _normalised(),
                agree("engine", "quadrature", found, np.exp(normalised), "e^h against quadrature"),
            ),
        ),
    ]


def _normalised() -> Check:
    _, i, j, h = (s := categories())
    total = s.sum(sp.exp(h[j]))
    share: Any = sp.exp(h[i]) / total
    return exact(
        "sympy, symbolic k",
        identity(share.subs(total, 1) - sp.exp(h[i])),
        "Theorem 3 with sum e^h = 1",
    )
