"""After Theorem 5.3 and section 9.3: $f$ is strictly convex, with a positive second derivative."""

from fractions import Fraction

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.numbers import engine, thetas
from perturbtheory.claims.exhibits.symbols import X, Y
from perturbtheory.claims.paper_a.s5_perturb_argmax.argmax_minimality import monotone_steps
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Claim, argued, eq, exact, positive, witness
from perturbtheory.perturbations import Logistic, Normal
from perturbtheory.potential import expected_max
from perturbtheory.routes import enclosure

strict_convexity = Claim(
    "A.argmax-strict-convexity",
    "A, after Theorem 5.3, and section 9.3",
    r"""Under the conditions of Theorem 5.3 $f(\theta) = \mathbb E_\gamma[\max\{\theta + \gamma\}]$
    is strictly convex over $\Theta$, and $g(\lambda) = f(\theta + \lambda v)$ has $g''(\lambda) >
    0$: the conditions require the density to be positive, to ensure that the second derivative is
    positive.""",
    assumes=r"""the theorem does not print that the $\gamma_i$ are independent, as Lemma 5.2 does:
    it is read without this, and with it. $f$ finite, $v \notin \mathbb R\mathbf 1$. $g'' > 0$ for
    the $\lambda$ where $g''$ exists. For the derivation see A.argmax-minimality-steps.""",
    depends_on=("A.argmax-minimality.corrected", "A.max-differentiable"),
)
true_convexity = strict_convexity.corrected(
    r"""For independent coordinates with positive differentiable densities $f$ is strictly convex
    over every convex $\Theta$ without two translates, and $g''(\lambda) > 0$ where it exists.""",
    assumes=r"$f$ finite, $v \notin \mathbb R\mathbf 1$.",
    depends_on=("A.argmax-minimality.corrected", "A.max-differentiable"),
)


@strict_convexity.part(r"any joint law, as printed: $\gamma_1 = \gamma_2$")
def without_independence(budget):
    one, two = sp.Max(1 + X, X), sp.Max(2 + X, X)
    half = sp.Max(sp.Rational(3, 2) + X, X)
    gamma = np.random.default_rng(59).normal(size=(budget.samples, 1))
    ends = [np.max(np.array([t, 0.0]) + gamma, 1).mean() for t in (1.0, 1.5, 2.0)]
    gap = (ends[0] + ends[2]) / 2 - ends[1]
    cases = r"""$\frac12(\max\{1 + \gamma, \gamma\} + \max\{2 + \gamma, \gamma\}) - \max\{\frac32 +
        \gamma, \gamma\}$ for every $\gamma$"""
    yield exact(
        "sympy, outcome by outcome", bool(sp.simplify((one + two) / 2 - half) != 0), cases=cases
    )
    yield positive("sampling", gap - 1e-9, "its average over draws, less $10^{-9}$")
    yield witness(
        d=2,
        gamma=r"$\gamma_1 = \gamma_2$, standard normal",
        Theta=r"$\{\theta_2 = 0\}$",
        f=r"$f(\theta_1, 0) = \theta_1$ for $\theta_1 \ge 0$",
        **{"$g''$": 0},
    )


@strict_convexity.part(r"independent: $f$ is strictly convex over $\Theta$ without two translates")
@true_convexity.part(r"$f$ is strictly convex over $\Theta$ without two translates")
def strictly_convex(budget):
    points = thetas(3, budget)
    i, j = np.triu_indices(len(points), 1)
    middle = (points[i] + points[j]) / 2
    ends, half = (engine(expected_max(Logistic()), x) for x in (points, middle))
    value, radius = np.asarray(ends.value), np.asarray(ends.radius)
    gap = (value[i] + value[j]) / 2 - half.value
    room = (radius[i] + radius[j]) / 2 + half.radius
    yield exact(
        "strict monotonicity, any d",
        *monotone_steps(),
        argued(r"""so $g'(\lambda) = \langle p(\theta + \lambda v), v\rangle$ increases strictly on
            a segment of $\Theta$, and $g$ is strictly convex [A.max-differentiable; mean value
            theorem]"""),
    )
    what = r"$\frac12(f(\theta) + f(\tau)) - f(\frac12(\theta + \tau))$ for all pairs, $d = 3$"
    yield positive("engine, logistic noise", Estimate(gap, room, "quadrature"), what)


@strict_convexity.part("independent: $g'' > 0$")
@true_convexity.part("$g'' > 0$")
def positive_curvature():
    h, c = sp.symbols("h c", positive=True)
    density = sp.Function("p_j")
    theta, v = ([0, Fraction(1, 2), -1], [4, 0, -4]), ((0, 1, -1), (1, 1, 0))
    balls = [enclosure.hessian(Normal(), x) for x in theta]
    f, at = expected_max(Logistic()), np.array([0.5, -0.25, 1.0])
    moved = np.stack([at + s * 2.0**-8 * np.array(w) for w in v for s in (-1, 1)])
    found = engine(f, moved, "probabilities")
    slope = (np.asarray(found.value).reshape(2, 2, 3) * np.array(v)[:, None]).sum(2)
    yield exact(
        "difference quotient, any d",
        argued(r"""$g'(\lambda + h) - g'(\lambda) = \mathbb E[v_b - v_a]$ with $v_b \ge v_a$: $a$
            wins at $x = \theta + \lambda v + \gamma$ and $b$ at $x + hv$
            [A.argmax-minimality.corrected]"""),
        argued(r"""for $v_j > v_i$, $c = v_j - v_i$, it is at least $c$ times the probability that
            $x_i - ch < x_j < x_i$ and all others are below $x_i - 2h\max|v|$ [then $i$ wins at $x$
            and $j$ at $x + hv$]"""),
        eq(
            sp.Subs(sp.Derivative(sp.Integral(density(Y), (Y, X - c * h, X)), h), h, 0),
            c * density(X),
            r"the probability of $x_j \in (x_i - ch, x_i)$ grows at this rate in $h$",
        ),
        argued(r"""$\liminf\frac1h(g'(\lambda + h) - g'(\lambda)) \ge c^2\int p_ip_j\prod_kF_k > 0$,
            each taken at its own coordinate [independence; Fatou's lemma; positive densities]"""),
    )
    holds = all(-h[i][j].high > 0 for h in balls for i in range(3) for j in range(i))
    cases = r"$g'' = \sum_{i<j}w_{ij}(v_i - v_j)^2$ at two $\theta$, $d = 3$: every $w_{ij} > 0$"
    yield exact("ball arithmetic, normal noise", holds, cases=cases)
    what = "$g'(h) - g'(-h)$ for two $v$, $h = 2^{-8}$, $d = 3$"
    yield positive("engine, logistic noise", slope[:, 1] - slope[:, 0], what)
