r"""Sections 3.2 and 4: the bias that comes with a fixed $\epsilon$."""

from typing import Any

import numpy as np
import sympy as sp
from scipy.optimize import brentq
from scipy.special import softmax

from perturbtheory.claims.exhibits.draws import VALUES, gradient
from perturbtheory.claims.exhibits.numbers import thetas
from perturbtheory.claims.exhibits.symbols import A, X
from perturbtheory.estimators import direct_bias
from perturbtheory.ledger import Claim, agree, argued, eq, exact, positive, shown

FLOOR = 0.1
LOGITS, REWARD = np.array([-2.0, 0.0]), np.array([1.0, 0.0])

biased = Claim(
    "B.direct-biased",
    "B, sections 3.2 and 4, on epsilon in practice",
    r""""In practice we use $\epsilon \ge 0.1$, which means that the gradient estimator is biased":
    for every fixed $\epsilon \ne 0$ its mean $\frac1\epsilon \mathbb E[\nabla h(z^*(\epsilon)) -
    \nabla h(z^*)]$ is not $\nabla \mathbb E f(z^*)$ for almost every $h \in \mathbb R^k$.""",
    assumes=r"""Gradients in the logits, $k \ge 2$, $f$ not constant; "biased" means not unbiased,
    which would be equality for every $h$. At single points there may be none, see the last
    part.""",
    depends_on=("B.gumbel-max", "B.direct-gradient"),
)


@biased.part("biased for almost every $h$")
def almost_everywhere(budget):
    d, e = sp.symbols("d epsilon", real=True, nonzero=True)
    share, moved = A / (1 + A), A * sp.exp(e * d) / (1 + A * sp.exp(e * d))
    above = sp.exp(X) - 1 - X
    points = thetas(3, budget)
    found = np.array([direct_bias(h, VALUES, FLOOR) for h in points])
    means = (softmax(points + FLOOR * VALUES, axis=1) - softmax(points, axis=1)) / FLOOR
    yield exact(
        "sympy, any k",
        argued("""the bias is an analytic function of $h$, so that its zeros are a null set unless
            it is zero everywhere [a quotient of sums of exponentials without zeros]"""),
        eq(
            sp.Limit(((moved - share) / e - share * (1 - share) * d) / share, A, 0, "+"),
            (sp.exp(e * d) - 1) / e - d,
            r"the bias over $q_j$ at $a = e^{h_j-h_i} \to 0$ where $i$ and $j$ are the only ones "
            r"of weight, $d = f_j - f_i \ne 0$",
        ),
        eq(sp.Subs(above, X, 0), 0, r"$e^y - 1 - y$ at $y = \epsilon d = 0$"),
        eq(sp.Subs(sp.Derivative(above, X), X, 0), 0),
        eq(sp.Derivative(above, (X, 2)), sp.exp(X), "positive, so that the limit is not zero"),
    )
    yield agree(
        "complex step",
        found,
        means - gradient(points, VALUES),
        r"bias at $\epsilon = 0.1$, $k = 3$",
    )
    yield positive("closed form", np.abs(found).max(1), r"size of the bias at $\epsilon = 0.1$")


@biased.part(r"not for every $h$: $h = (-2, 0)$, $f = (1, 0)$ at some $\epsilon$ between 1 and 20")
def not_everywhere():
    e = sp.Symbol("epsilon", positive=True)
    share: Any = sp.exp(X) / (1 + sp.exp(X))
    bias = (share.subs(X, e - 2) - share.subs(X, -2)) / e - sp.diff(share, X).subs(X, -2)
    root: Any = brentq(sp.lambdify(e, bias), 1.0, 20.0, xtol=1e-14)
    ends = [sp.N(bias.subs(e, end), 30) for end in (1, 20)]
    yield exact(
        "sympy, 30 digits",
        shown(r"the bias in $h_1$ is positive at $\epsilon = 1$", bool(ends[0] > 0)),
        shown(r"and negative at $\epsilon = 20$", bool(ends[1] < 0)),
        argued("it has a zero in between", "continuity; in $h_2$ it is the opposite"),
    )
    yield agree(
        "closed form",
        direct_bias(LOGITS, REWARD, root),
        0.0,
        "bias at the zero of the formula",
        floor=1.0,
    )
