r"""Sections 3.2, 4 and 5: what $\epsilon$ is in practice, and the bias that comes with it."""

import itertools
import math
from typing import Any

import numpy as np
import sympy as sp
from scipy.optimize import brentq
from scipy.special import softmax

from perturbtheory.claims.exhibits.draws import VALUES
from perturbtheory.claims.exhibits.numbers import thetas
from perturbtheory.claims.exhibits.symbols import A, X
from perturbtheory.estimators import direct_bias
from perturbtheory.ledger import Claim, agree, argued, eq, exact, positive, shown

RATE, EVERY, FLOOR = 1e-5, 1000, 0.1
EPOCHS, IMAGES, PUBLISHED_BATCH = 300, 50_000, 100
REACHED = 231_000
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
minimal_epsilon = Claim(
    "B.minimal-epsilon",
    "B, section 5, first paragraph, with Figure 2",
    r"""The annealing rate is $10^{-5}$, with updates every 1000 steps, and the least $\epsilon$ is
    0.1: $\epsilon_t = \max(0.1, e^{-10^{-5} t})$ at the last multiple $t$ of 1000. This minimum is
    reached at step 231,000, hence within the 300 epochs of 50,000 images in batches of at most 64
    only; in batches of 100 they end at $\epsilon = e^{-1.49} = 0.225$.""",
    assumes=r"""$\epsilon$ starts at 1, as the temperature of [10] does; steps are counted from 0.
    The paper prints the setting and not that the minimum is reached, nor the size of its batches,
    which is 100 in the authors' code.""",
)


@biased.part("biased for almost every $h$")
def almost_everywhere(budget):
    d, e = sp.symbols("d epsilon", real=True, nonzero=True)
    share, moved = A / (1 + A), A * sp.exp(e * d) / (1 + A * sp.exp(e * d))
    above = sp.exp(X) - 1 - X
    points = thetas(3, budget)
    found = np.array([direct_bias(h, VALUES, FLOOR) for h in points])
    odds = np.exp(points[:, None, :] + 1e-40j * np.eye(3))
    gradients = ((odds * VALUES).sum(-1) / odds.sum(-1)).imag / 1e-40
    means = (softmax(points + FLOOR * VALUES, axis=1) - softmax(points, axis=1)) / FLOOR
    yield exact(
        "sympy, any k",
        argued(
            r"the bias is an analytic function of $h$, so that its zeros are a null set unless it "
            r"is zero everywhere",
            r"a quotient of sums of exponentials without zeros",
        ),
        eq(
            sp.Limit(((moved - share) / e - share * (1 - share) * d) / share, A, 0, "+"),
            (sp.exp(e * d) - 1) / e - d,
            r"the bias over $q_j$ at $a = e^{h_j-h_i} \to 0$ where $i$ and $j$ are the only ones "
            r"of weight, $d = f_j - f_i \ne 0$",
        ),
        eq(above.subs(X, 0), 0, r"$e^y - 1 - y$ at $y = \epsilon d = 0$"),
        eq(sp.Subs(sp.Derivative(above, X), X, 0), 0),
        eq(sp.Derivative(above, (X, 2)), sp.exp(X), "positive, so that the limit is not zero"),
    )
    yield agree("complex step", found, means - gradients, r"bias at $\epsilon = 0.1$, $k = 3$")
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
        "closed form", direct_bias(LOGITS, REWARD, root), 0.0, "bias at the zero of the formula"
    )


@minimal_epsilon.part("the minimum is reached at step 231,000")
def first_step():
    last = sp.Rational(REACHED - EVERY, 100_000)
    first = next(t for t in itertools.count(0, EVERY) if math.exp(-RATE * t) <= FLOOR)
    yield exact(
        "sympy",
        bool(last < sp.log(10)) and bool(sp.log(10) < sp.Rational(REACHED, 100_000)),
        cases=r"$2.30 < \log 10 < 2.31$",
    )
    yield agree("simulation", first, REACHED, "the schedule, step by step")


@minimal_epsilon.part("300 epochs reach it in batches of at most 64, and not in batches of 100")
def within_the_epochs():
    reaching = [b for b in range(1, 513) if EPOCHS * -(-IMAGES // b) - 1 >= REACHED]
    ends = {}
    for batch in (64, 65, PUBLISHED_BATCH):
        step = sum(1 for _ in range(EPOCHS) for _ in range(0, IMAGES, batch)) - 1
        ends[batch] = max(FLOOR, math.exp(-RATE * (step - step % EVERY)))
    yield exact("integers", reaching == list(range(1, 65)), cases="batches of 1 to 512 images")
    yield agree(
        "simulation",
        [ends[64], ends[65], ends[PUBLISHED_BATCH]],
        [FLOOR, math.exp(-2.3), math.exp(-1.49)],
        r"$\epsilon$ at the end, in batches of 64, 65 and 100",
    )
