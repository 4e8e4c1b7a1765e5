"""Sections 3.3 and 8.1.1: what restricting f to Theta does to its subgradients."""

from fractions import Fraction
from itertools import product

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.noises import COIN
from perturbtheory.claims.exhibits.numbers import engine, entry, thetas
from perturbtheory.claims.exhibits.slopes import TIES, polytope
from perturbtheory.claims.exhibits.softmax_exact import softmax, translation_step
from perturbtheory.claims.legacy import argued, claim, exact, positive, proof, shown
from perturbtheory.ledger import Budget, Part
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_max
from perturbtheory.routes import rational
from perturbtheory.routes.symbolic import identity


@claim("A.single-subgradient", corrected="A.single-subgradient.corrected")
def single_subgradient(budget: Budget) -> list[Part]:
    r"""Statement: The subdifferential maps Theta to P = dom f*, which is the probability model; for
    differentiable f, as for the softmax over {sum theta = 0}, it is the gradient alone.

    LaTeX: $\partial f : \Theta \to \mathcal P$, where $p \in \partial f(\theta)$ if $f(\tau) \ge
    f(\theta) + \langle p, \tau - \theta\rangle$ for every $\tau \in \Theta$; $\mathcal P =
    \operatorname{dom}(f^*) \subseteq \Delta$, and $\partial f = \nabla f$ is single-valued

    Source: A, 3.3 before and under I, with the definitions of 8.1.1

    Assumptions: f is the log-sum-exp over Theta = {sum theta = 0}, a set that the paper names as
    complete and minimal; subgradients and f* are those of f over Theta, as 8.1.1 defines them. I is
    printed as a condition, which the softmax is meant to satisfy (Table 1). With f on all of R^d
    both parts hold, but then P is that of R^d, and (22) says nothing about Theta.

    Computed: d = 2 symbolically and d = 3 by the engine, at theta = 0 with p = gradient + k1.
    """
    t, k = sp.symbols("t k", real=True)
    tau = (t, -t)
    # The gradient at 0 is a subgradient; p = gradient + k1 adds k (tau_1 + tau_2).
    gradient = softmax((0, 0), sp.E)
    other = [g + 1 for g in gradient]
    constants = sp.solveset(k * sum(tau), k, sp.S.Reals)
    height = sum(g * x for g, x in zip(other, tau, strict=True))
    height -= sp.log(sum(sp.exp(x) for x in tau))
    largest = height.subs(t, 0)
    critical = sp.solveset(sp.diff(height, t), t, sp.S.Reals)
    points = thetas(3, budget)
    points = points - points.mean(1, keepdims=True)
    found = engine(expected_max(Gumbel()), np.concatenate([points, 0 * points[:1]]))
    radius = np.asarray(found.radius)
    rise = np.asarray(found.value)[:-1] - np.asarray(found.value)[-1]
    p = np.full(3, 4 / 3)
    # Positive where tau refutes that p is a subgradient at 0.
    violation = entry(found, np.s_[:-1])._replace(
        value=points @ p - rise, radius=radius[:-1] + radius[-1]
    )
    best = entry(violation, int(np.argmax(np.asarray(violation.value))))
    data = {"d": 2, "Theta": "{sum theta = 0}", "theta": [0, 0]}
    data |= {"gradient": [str(g) for g in gradient]}
    return [
        Part(
            "one subgradient, the gradient",
            (
                exact(
                    "sympy, d = 2",
                    constants == sp.FiniteSet(0),
                    f"gradient + k1 is a subgradient at 0 for k in {constants}",
                    universal=False,
                ),
                positive(
                    "engine",
                    "quadrature",
                    best,
                    "d = 3, p = (4/3, 4/3, 4/3) at 0: <p, tau> less the rise of f, at its largest",
                ),
            ),
            data | {"another subgradient": [str(g) for g in other]},
        ),
        Part(
            "P lies in the simplex",
            (
                exact(
                    "sympy, d = 2",
                    not (critical == sp.FiniteSet(0) and largest.is_finite),
                    f"f*(3/2, 3/2) = {largest}, at theta = 0: the only critical point",
                    universal=False,
                ),
                positive(
                    "engine",
                    "quadrature",
                    best,
                    "d = 3: 0 attains f*(4/3, 4/3, 4/3) unless <p, tau> exceeds the rise of f",
                ),
            ),
            data | {"p": [str(g) for g in other], "f*(p)": str(largest), "sum p": int(sum(other))},
        ),
    ]


@claim("A.single-subgradient.corrected", depends_on=("A.directional-derivative",))
def single_subgradient_corrected(_: Budget) -> list[Part]:
    r"""Statement: Over a hyperplane {<a, theta> = b} the subdifferential of a differentiable f is
    gradient + R a, so that it is never single-valued. The map into the simplex is the
    subdifferential of f on all of R^d, taken at theta in Theta.

    LaTeX: for convex $f : \mathbb R^d \to \mathbb R$, differentiable at $\theta \in \Theta =
    \{\langle a, \theta\rangle = b\}$: $\partial (f|_\Theta)(\theta) = \nabla f(\theta) + \mathbb R
    a$; for $f = \mathbb E_\gamma[\max_i(\theta_i + \gamma_i)]$ or $\mathbb E_\gamma[\log\sum_i
    e^{\theta_i + \gamma_i}]$ on $\mathbb R^d$, $\partial f(\theta) \subseteq \Delta$

    Source: corrects A, 3.3 and 8.1.1

    Assumptions: a not 0; any joint law of gamma with f finite. Every convex Theta that is complete
    and minimal for the softmax is such a hyperplane, so that this concerns all of them.

    Computed: symbolically for any d; for discrete noise over {sum theta = 0} from the definition of
    a subgradient, and the vertices of the engine's polytopes, exactly.
    """
    g, a, b, k, x, y = sp.symbols("g_j a_j a_i k tau_j theta_j", real=True)
    q, r = sp.symbols("q_i q_j", real=True)
    return [
        Part(
            "over {<a, theta> = b}: gradient + R a",
            (
                proof(
                    "sympy, any d",
                    "both inclusions",
                    shown(
                        r"$(g_j + k a_j)(\tau_j - \theta_j) = g_j(\tau_j - \theta_j) + "
                        r"k(a_j \tau_j - a_j \theta_j)$; added up over $j$, the last term is "
                        r"$k(b - b) = 0$: with $g = \nabla f(\theta)$, $g + ka$ is a subgradient",
                        identity((g + k * a) * (x - y) - g * (x - y) - k * (a * x - a * y)),
                    ),
                    argued(
                        r"$p = g + q \in \partial(f|_\Theta)(\theta)$ gives $\langle q, w\rangle "
                        r"\le 0$ for $w$ and $-w$ with $\langle a, w\rangle = 0$, hence $= 0$",
                        "A.directional-derivative; the derivative is linear",
                    ),
                    shown(
                        r"$w = a_j e_i - a_i e_j$ has $\langle a, w\rangle = 0$",
                        identity(a * b - b * a),
                    ),
                    shown(
                        r"$a_j q_i - a_i q_j = 0$ says $q_i = (q_j / a_j) a_i$ for one $a_j \ne 0$ "
                        r"and every $i$: $q \in \mathbb R a$",
                        sp.solve(a * q - b * r, q) == [b * r / a],
                    ),
                ),
                exact(
                    "rational, discrete noise",
                    _shifted_cells(),
                    "d = 2, {sum theta = 0}: p is a subgradient exactly if p - k1, with entries "
                    "that add up to one, is one over R^2; quarters p at seven theta",
                    universal=False,
                ),
            ),
        ),
        Part(
            "on R^d every subgradient is a probability vector",
            (
                proof(
                    "sympy, symbolic d",
                    "translation and monotonicity",
                    translation_step(),
                    argued(
                        r"$\max_j (\theta_j + c) = \max_j \theta_j + c$ likewise, and in "
                        r"expectation $f(\theta + c\mathbf 1) = f(\theta) + c$",
                        "for every gamma",
                    ),
                    argued(
                        r"$c \ge c\langle p, \mathbf 1\rangle$ for $c = \pm 1$: $\sum_i p_i = 1$",
                        r"$\tau = \theta + c\mathbf 1$ in the definition",
                    ),
                    argued(
                        r"$-p_i \le f(\theta - e_i) - f(\theta) \le 0$: $p_i \ge 0$",
                        r"$\tau = \theta - e_i$; f grows in every coordinate",
                    ),
                ),
                exact(
                    "rational, discrete noise",
                    all(
                        min(vertex) >= 0 and sum(vertex) == 1
                        for theta in TIES
                        for vertex in polytope(theta).vertices()
                    ),
                    f"the vertices at {len(TIES)} theta, d = 2, 3",
                    universal=False,
                ),
            ),
        ),
    ]


def _shifted_cells() -> bool:
    """Subgradients over {(t, -t)} by definition, against those over R^2 moved along 1."""
    halves = [Fraction(k, 2) for k in range(-6, 7)]
    f = {t: rational.discrete([t, -t], COIN).value for t in halves}
    good = True
    for t in halves[3:-3]:
        cell = polytope((t, -t))
        for one, two in product([Fraction(k, 4) for k in range(-3, 8)], repeat=2):
            slope, k = one - two, (one + two - 1) / 2
            by_definition = all(f[s] >= f[t] + slope * (s - t) for s in halves)
            good &= by_definition == cell.contains([one - k, two - k])
    return good
