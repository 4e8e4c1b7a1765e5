"""Section 8.1.1, after (17): when a convex function is differentiable."""

from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import numbers, softmax_exact
from perturbtheory.claims.exhibits.slopes import TIES, polytope, slopes
from perturbtheory.claims.exhibits.sums import for_every_d
from perturbtheory.ledger import Claim, agree, argued, eq, exact, witness
from perturbtheory.routes import symbolic

differentiability = Claim(
    "A.differentiability",
    "A, 8.1.1, the sentence after (17)",
    r"""A multivariate function $f$ is differentiable if its directional derivative is the same in
    every direction, namely $\nabla f(\theta) = \nabla_v f(\theta)$ for every $v \in \mathbb R^d$,
    the gradient.""",
    assumes=r"""Read as the definition of differentiable that it is meant to be, with two readings.
    Taken literally it asks that a number be equal to a vector, and at $d = 1$, where it can be,
    that the derivative be zero, since $v = 0$ is a direction: this fails. Or $\langle\nabla
    f(\theta), v\rangle$ is meant on the left, and $f$ is convex.""",
    depends_on="A.directional-derivative",
)
corrected = differentiability.corrected(
    r"""For convex $f$ and $\theta$ in the interior of $\Theta$ are equivalent: $f$ is
    differentiable at $\theta$; the directional derivative is linear, $\nabla_v f(\theta) = \langle
    \nabla f(\theta), v\rangle$ for every $v \in \mathbb R^d$; slopes along the axes are opposite,
    $\nabla_{-e_i} f(\theta) = -\nabla_{e_i} f(\theta)$ for every $i$; $\partial f(\theta)$ is a
    single vector, the gradient.""",
    assumes=r"""$f$ convex, $\theta$ interior; Rockafellar (1970), Theorems 25.1 and 25.2. Without
    convexity a linear directional derivative is not enough. At the boundary of $\Theta$, and on
    sets without interior such as $\{\sum_i \theta_i = 0\}$, a single vector is not to be had: see
    A.single-subgradient.""",
    depends_on="A.directional-derivative",
)


@differentiability.part("differentiable: one directional derivative for every $v$")
def one_for_every_direction():
    e, theta, v = sp.symbols("epsilon theta v", real=True)
    along: Any = sp.limit((theta + e * v - theta) / e, e, 0)
    gradient, twice = along.subs(v, 1), along.subs(v, 2)
    p = softmax_exact.by_engine(np.array([[0.5, -0.25, 1.0]]))
    cases = rf"$f = \theta$: ${sp.latex(along)}$ along $v$"
    yield exact("sympy, limit", gradient == twice, cases=cases)
    what = r"log-sum-exp along $e_1$ and $e_2$ at $\theta = (\frac12, -\frac14, 1)$"
    yield agree("engine", numbers.entry(p, (0, 0)), numbers.entry(p, (0, 1)), what)
    yield witness(d=1, f=r"$\theta$", gradient=int(gradient), v=2, **{"along v": int(twice)})


@differentiability.part(
    r"read as $\nabla_v f(\theta) = \langle\nabla f(\theta), v\rangle$, for convex $f$"
)
@corrected.part("four equivalent conditions")
def equivalent():
    _, _, j, _ = (s := symbolic.categories())
    w: Any = sp.IndexedBase("w", real=True)
    x, total = sp.Symbol("w_i", real=True), sp.Symbol("S", positive=True)
    yield exact(
        "sympy, symbolic d",
        argued(r"""differentiable: $\nabla_v f(\theta) = \langle \nabla f(\theta), v\rangle$, linear
            in $v$, so opposite along $\pm e_i$ [chain rule]"""),
        argued(r"""with $g_i = \nabla_{e_i} f$: $r(w) = f(\theta + w) - f(\theta) - \langle g,
            w\rangle$ is convex, $r(0) = 0$ and $r(\pm t e_i)/t \to 0$ as $t \downarrow 0$ [opposite
            slopes along the axes]"""),
        eq(sp.Mul(sp.Abs(x) / total, total * sp.sign(x), evaluate=False), x),
        r"with $S = \sum_i |w_i|$: $w = \sum_i \frac{|w_i|}S\, S \operatorname{sgn}(w_i) e_i$",
        for_every_d(
            s.sum(sp.Abs(w[j]) / total),
            1,
            "these weights add up to one",
            where={s.sum(sp.Abs(w[j])): total},
        ),
        argued(r"""$r(w)/S \le \max_i r(S \operatorname{sgn}(w_i) e_i)/S \to 0$ and $r(w) \ge
            -r(-w)$: $f$ is differentiable, with gradient $g$ [convexity of $r$]"""),
        argued(r"""$p \in \partial f(\theta)$ iff $\langle p, v\rangle \le \langle g, v\rangle$ for
            every $v$, and $v = p - g$ gives $\lVert p - g\rVert^2 \le 0$: $p = g$ alone
            [A.directional-derivative]"""),
        argued(r"""one subgradient: every interval $[-\nabla_{-v} f, \nabla_v f]$ of slopes is a
            point [Rockafellar, Theorem 23.4: $\nabla_v f(\theta) = \max\{\langle p, v\rangle : p
            \in \partial f(\theta)\}$ at interior points]"""),
    )
    cases = rf"""opposite slopes, linearity on $\{{-1, 0, 1\}}^d$, one vertex, no tie: {len(TIES)}
        $\theta$, $d = 2, 3$"""
    yield exact(
        "rational, discrete noise", all(_conditions_agree(theta) for theta in TIES), cases=cases
    )


def _conditions_agree(theta: softmax_exact.Vector) -> bool:
    d, cell, rises = len(theta), polytope(theta), slopes(theta)
    axes = [tuple(int(i == j) for j in range(d)) for i in range(d)]
    opposite = all(rises[e] == -rises[tuple(-x for x in e)] for e in axes)
    gradient = [rises[e] for e in axes]
    linear = all(
        rise == sum(x * g for x, g in zip(v, gradient, strict=True)) for v, rise in rises.items()
    )
    return opposite == linear == cell.is_singleton == (len(cell.vertices()) == 1)
