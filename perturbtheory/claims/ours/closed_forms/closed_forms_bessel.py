"""Closed forms of Gumbel-Softmax for any number of categories, at temperature 1."""

from typing import Any

import numpy as np
import sympy as sp
from scipy import special

from perturbtheory.claims.exhibits.numbers import engine, entry, thetas
from perturbtheory.claims.legacy import agree, argued, claim, proof, shown
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_logsumexp
from perturbtheory.routes import sampling
from perturbtheory.routes.symbolic import identity


@claim("C.closed-forms-bessel", depends_on=("C.smoothing", "C.one-dimensional"))
def closed_forms_bessel(budget: Budget) -> list[Part]:
    r"""Statement: Gumbel-Softmax at temperature 1 is a one-dimensional integral of Bessel functions
    for any number of categories; the sum of two Gumbel variables has a cdf by K_1.

    LaTeX: With $w_i = e^{\theta_i}$ and $\kappa(x) = 2\sqrt xK_1(2\sqrt x)$: $\mathbb P[\gamma + G
    \le x - 2c] = \kappa(e^{-x})$ and $\mathbb E[s_i] = \int_0^\infty 2w_iK_0(2\sqrt{sw_i})
    \prod_{j\ne i}\kappa(sw_j)\,ds$

    Source: this package

    Assumptions: any d; independent zero-mean Gumbel coordinates of scale 1, temperature 1; c is
    Euler's constant.

    Computed: derivatives of Bessel functions by sympy; the engine for d = 2, sampling for d = 3.
    """
    d = np.array([0.25, 0.5, 1.0, 2.0, 4.0])
    at = thetas(3, budget)[0]
    found = engine(expected_logsumexp(Gumbel(), 1.0), np.stack([d, 0 * d], 1), "probabilities")
    sampled = sampling.probabilities(Gumbel(), at, seed=41, samples=budget.samples, temperature=1.0)
    return [
        Part(
            "p by Bessel functions",
            (
                _bessel(),
                agree(
                    "engine",
                    "quadrature",
                    found,
                    _bessel_integral(np.exp(np.stack([d, 0 * d], 1))),
                    "p at five D, d = 2",
                ),
                agree(
                    "sampling",
                    "monte-carlo",
                    sampled,
                    entry(_bessel_integral(np.exp(at[None])), 0),
                    "p, d = 3",
                ),
            ),
        )
    ]


def _bessel() -> Check:
    x, w, z = sp.symbols("x w z", positive=True)
    y = 2 * sp.sqrt(x)
    kappa: Any = y * sp.besselk(1, y)
    # 2 K_1' = -(K_0 + K_2) and K_2 = K_0 + (2/y) K_1.
    second = sp.besselk(0, y) + 2 * sp.besselk(1, y) / y
    slope = sp.diff(kappa, x).subs(sp.besselk(2, y), second) + 2 * sp.besselk(0, y)
    at = w * sp.exp(-z)
    root = 2 * sp.sqrt(at)
    # The same at x = w e^-z, by the derivative in z.
    third = sp.besselk(0, root) + 2 * sp.besselk(1, root) / root
    density = sp.diff(kappa.subs(x, at), z).subs(sp.besselk(2, root), third)
    moved = density - 2 * at * sp.besselk(0, root)
    return proof(
        "product of two exponentials",
        "any d, t = 1",
        argued(
            r"$\theta_i + \gamma_i + G_i + 2c \le z$ means $E_iE_i' \ge w_ie^{-z}$ with "
            r"$E_i, E_i'$ independent and exponential, of probability $\int_0^\infty "
            r"e^{-y-x/y}\,dy = 2\sqrt xK_1(2\sqrt x) = \kappa(x)$ at $x = w_ie^{-z}$",
            "E = e^-(gamma + c) is exponential; DLMF 10.32.10",
        ),
        shown(r"$-\kappa'(x) = 2K_0(2\sqrt x)$", identity(slope)),
        shown(
            r"so the density at $z$ is $w_ie^{-z}\,2K_0(2\sqrt{w_ie^{-z}})$",
            identity(moved),
        ),
        argued(
            r"$p_i = \int 2w_ie^{-z}K_0(2\sqrt{w_ie^{-z}})\prod_{j\ne i}\kappa(w_je^{-z})\,dz$, "
            r"with $s = e^{-z}$ the integral stated",
            "independence, as in C.one-dimensional",
        ),
    )


def _bessel_integral(weights: np.ndarray) -> Estimate:
    """The integral by the trapezoidal rule in log s."""
    log_s = np.linspace(-60.0, 10.0, 2801)
    y = 2 * np.sqrt(np.exp(log_s) * weights[:, :, None])
    cdf, density = y * special.k1(y), y**2 / 2 * special.k0(y)
    others = np.stack([np.delete(cdf, i, 1).prod(1) for i in range(weights.shape[1])], 1)
    terms = density * others * (log_s[1] - log_s[0])
    fine, coarse = terms.sum(-1), 2 * terms[..., ::2].sum(-1)
    return Estimate(fine, abs(fine - coarse) + 1e-13, "quadrature")
