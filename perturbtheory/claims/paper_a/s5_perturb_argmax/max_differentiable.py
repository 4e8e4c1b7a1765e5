"""Lemma 5.2 and (62): when the expected maximum is differentiable, and the printed proof."""

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from scipy import integrate

from perturbtheory.claims.exhibits import change_of_variables as change
from perturbtheory.claims.exhibits.noises import COIN
from perturbtheory.claims.exhibits.numbers import engine, entry, gradient_by_differences
from perturbtheory.claims.legacy import agree, argued, claim, exact, proof, shown
from perturbtheory.claims.paper_a.s5_perturb_argmax.perturb_argmax import uniform_slopes
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.perturbations import Logistic
from perturbtheory.potential import expected_max
from perturbtheory.routes.symbolic import identity


@claim("A.max-differentiable", depends_on=("A.max-potential-gradient.corrected",))
def max_differentiable(_: Budget) -> list[Part]:
    r"""Statement: If gamma has independent coordinates with differentiable densities, f is
    differentiable and its gradient is E[arg max].

    LaTeX: if $p(\gamma) = \prod_{i=1}^d p_i(\gamma_i)$ is differentiable, then $\nabla f(\theta) =
    \mathbb E_\gamma[\arg\max(\theta + \gamma)]$

    Source: A, Lemma 5.2, (15)

    Assumptions: f finite. The lemma needs less than it asks for: that no difference of two
    coordinates has an atom, for which a density of all but one of them is enough. The printed
    proof is another matter: A.max-change-of-variables.

    Computed: that ties have probability zero; differences of f, by the engine for logistic noise
    and exactly for uniform noise and for one coin against one uniform coordinate.
    """
    theta = np.array([0.5, -0.25, 1.0])
    f = expected_max(Logistic())
    return [
        Part(
            "f is differentiable with gradient P(arg max = i)",
            (
                _no_ties_proof(),
                exact(
                    "rational, uniform noise",
                    uniform_slopes(),
                    "differences of f, exact for its quartic pieces, equal P(arg max = i), d = 3",
                    universal=False,
                ),
                agree(
                    "engine",
                    "quadrature",
                    gradient_by_differences(f, theta),
                    entry(engine(f, theta[None], "probabilities"), 0),
                    "differences of f against P(arg max = i), Logistic noise, d = 3",
                ),
            ),
        ),
        Part(
            "no difference of coordinates with an atom is enough: one density a pair",
            (
                _no_ties_proof(),
                exact(
                    "rational, a coin against a uniform coordinate",
                    _coin_against_uniform(),
                    "left and right slopes of f, exact for its quadratic pieces, both equal "
                    "P(arg max = 1), also where the coin alone would tie",
                    universal=False,
                ),
            ),
        ),
    ]


def _no_ties_proof() -> Check:
    x, c = sp.symbols("x c", real=True)
    density: Any = sp.Function("p_i")
    point = sp.integrate(density(x), (x, c, c))
    return proof(
        "no ties, any d",
        "ties have probability zero",
        shown(
            r"given every other coordinate, $\theta_i + \gamma_i = \theta_j + \gamma_j$ asks for "
            r"one value $c$ of $\gamma_i$, of probability $\int_c^c p_i = 0$",
            identity(point),
        ),
        argued(
            r"$P(|A| \ge 2) \le \sum_{i < j} P(\theta_i + \gamma_i = \theta_j + \gamma_j) = 0$; a "
            r"density of one coordinate of every pair is enough, differentiable or not",
            "Fubini, union bound",
        ),
        argued(r"f is differentiable with gradient $P(\arg\max = i)$", "A.max-potential-gradient"),
    )


def _coin_against_uniform() -> bool:
    """gamma_1 uniform on [-1, 1], gamma_2 a coin, theta = (t, 0), d = 2."""

    def positive_part(t: Fraction) -> Fraction:
        """E max(t + U, 0)."""
        return t if t > 1 else (Fraction(0) if t < -1 else (1 + t) ** 2 / 4)

    def f(t: Fraction) -> Fraction:
        # max(t + U, c) = c + max(t - c + U, 0), and the coin has mean zero.
        return sum((positive_part(t - c) for c in COIN), Fraction(0)) / 2

    def share(t: Fraction) -> Fraction:
        """P(t + U > coin)."""
        return sum((min(Fraction(1), max(Fraction(0), (1 + t - c) / 2)) for c in COIN), Fraction(0))

    h = Fraction(1, 32)
    # f(t), f(t + h), f(t + 2h) give the slope of a quadratic exactly, on either side.
    return all(
        (4 * f(t + s * h) - f(t + 2 * s * h) - 3 * f(t)) / (2 * s * h) == share(t) / 2
        for t in (Fraction(k, 4) for k in range(-10, 11))
        for s in (-1, 1)
    )


@claim("A.max-change-of-variables", corrected="A.max-change-of-variables.corrected")
def max_change_of_variables(_: Budget) -> list[Part]:
    r"""Statement: The mean of max(theta + gamma) is the integral of p(theta - gamma) max(gamma); as
    p is differentiable, f may be differentiated under that integral.

    LaTeX: $\int p(\gamma)\max\{\theta+\gamma\}\,d\gamma = \int p(\theta-\gamma)\max\{\gamma\}\,
    d\gamma$, and $\nabla f$ follows by differentiating under the integral sign while noting that
    $p(\theta - \gamma)$ is differentiable

    Source: A, (62) and the sentence after it (proof of Lemma 5.2)

    Assumptions: a product of differentiable densities with finite f. The lemma does not ask for
    zero mean; the equation is also read with it.

    Computed: both sides for a polynomial density at d = 1, and for Gumbel noise at d = 3; the
    differentiated integral for a differentiable density with ever thinner spikes.
    """
    true, printed = change.polynomial_sides()
    node_true, node_printed = change.gauss_sides()
    three, other = change.gumbel_sides(3)
    mirrored, error = integrate.quad(change.mirrored_gumbel, 0, np.inf, args=(3,), epsabs=1e-12)
    falls, numbers = change.spike_falls()
    return [
        Part(
            "(62), any mean",
            (
                exact("sympy", bool(true == printed), "p = 30 x^2 (1 - x)^2 on [0, 1], theta = 0"),
                agree("Gauss-Legendre", "quadrature", node_true, node_printed, "the two sides"),
            ),
            {
                "d": 1,
                "p": "30 x^2 (1 - x)^2 on [0, 1]",
                "theta": 0,
                "printed": str(printed),
                "true": str(true),
            },
        ),
        Part(
            "(62), zero mean",
            (
                exact(
                    "sympy, exp of both sides",
                    bool(three == other),
                    f"Gumbel noise at theta = 0: e^f = {three}, e^printed = {other}",
                ),
                agree(
                    "scipy quadrature",
                    "quadrature",
                    change.estimate(mirrored, error),
                    float(np.log(3.0)),
                    "E max(-gamma) from the cdf of the maximum, against log 3",
                ),
            ),
            {
                "d": 3,
                "gamma": "zero-mean Gumbel",
                "theta": [0, 0, 0],
                "printed": f"log({other}) = {float(sp.log(other)):.6f}",
                "true": f"log({three}) = {float(sp.log(three)):.6f}",
            },
        ),
        Part(
            "a differentiable density may be differentiated under the integral",
            (
                exact(
                    "sympy, every spike",
                    falls == 0,
                    "the integral of x p'(x) up to n + w and up to n, the centre of spike n of "
                    f"height c/n: they differ by {falls} c in the limit, so there is no integral",
                ),
                agree(
                    "Gauss-Legendre",
                    "quadrature",
                    numbers,
                    0.0,
                    "the same differences over c at n = 10, 100, 1000",
                ),
            ),
            {
                "d": 1,
                "p": "spikes c/n (1 - ((x - n) n^3)^2)^2 at n = 2, 3, ...",
                "integral of x p' over the right half of spike 1000": f"{numbers[-1]:.6f} c",
                "for an integral over the line": "these tend to 0",
            },
        ),
    ]


@claim("A.max-change-of-variables.corrected")
def max_change_of_variables_corrected(_: Budget) -> list[Part]:
    r"""Statement: The mean of max(theta + gamma) is the integral of p(y - theta) max(y). The
    printed integral is the mean of max(theta - gamma): the same for noise that is symmetric, and
    for two coordinates of one law with mean zero.

    LaTeX: $\int p(\gamma)\max\{\theta+\gamma\}\,d\gamma = \int p(y-\theta)\max\{y\}\,dy$,
    $\int p(\theta-y)\max\{y\}\,dy = \mathbb E_\gamma[\max\{\theta-\gamma\}]$

    Source: corrects A, (62)

    Assumptions: any density p on R^d with finite f; for the last part d = 2, independent
    coordinates of one law with mean zero.

    Computed: the substitution for any d and symbolically at d = 1; the special case d = 2 for any
    symmetric difference and for an asymmetric law of two atoms, which at d = 3 tells them apart.
    """
    theta = sp.Symbol("theta", real=True)
    shifted, mirrored = change.substituted_sides(theta)
    nodes = change.gauss_sides(at=0.75)
    asymmetric, lopsided = change.two_atoms(2), change.two_atoms(3)
    return [
        Part(
            "p(y - theta) gives E max(theta + gamma)",
            (
                change.substitution_proof(1),
                exact(
                    "sympy, d = 1",
                    identity(shifted - theta - sp.Rational(1, 2)),
                    "theta + 1/2",
                    universal=False,
                ),
                agree("Gauss-Legendre", "quadrature", nodes[0], 1.25, "d = 1, theta = 3/4"),
            ),
        ),
        Part(
            "p(theta - y) gives E max(theta - gamma)",
            (
                change.substitution_proof(-1),
                exact(
                    "sympy, d = 1",
                    identity(mirrored - theta + sp.Rational(1, 2)),
                    "theta - 1/2",
                    universal=False,
                ),
                agree("Gauss-Legendre", "quadrature", nodes[1], 0.25, "d = 1, theta = 3/4"),
            ),
        ),
        Part(
            "equal for symmetric noise, and for d = 2, one law, mean zero",
            (
                change.equality_proof(),
                exact(
                    "rational, two atoms",
                    all(one == two for one, two in asymmetric)
                    and any(one != two for one, two in lopsided),
                    "gamma_i = -1 or 2 with mean zero: equal at d = 2, not at d = 3",
                    universal=False,
                ),
            ),
        ),
    ]
