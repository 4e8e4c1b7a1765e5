"""Sections 5.2 and 9.4: the sentences around (67) and (68), $d = 2$, fair coins $-1$ and $1$."""

from fractions import Fraction
from itertools import combinations, pairwise, product

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import noises, numbers
from perturbtheory.claims.exhibits.uniform_pieces import ONE, TWO, first_wrong
from perturbtheory.claims.paper_a.s9_examples import discrete
from perturbtheory.claims.paper_a.s9_examples.discrete import SUBDIFFERENTIAL, TWO_COINS
from perturbtheory.ledger import Claim, agree, argued, eq, exact, shown, witness
from perturbtheory.potential import expected_max
from perturbtheory.routes import rational

argmax_event = Claim(
    "A.discrete-argmax-event",
    "A, 9.4, before (66)",
    r"""$P(1 = \arg\max_i\{\theta_i + \gamma_i\}) = P(\theta_1 + \gamma_1 \ge \theta_2 + \gamma_2)$,
    "clearly".""",
    assumes=TWO_COINS
    + r""" $A$ is the set of maximisers. Read as "$1 \in A$", or with the first maximiser chosen, it
    is true. Read as the first entry of $p_\theta = \mathbb E[\arg\max(\theta + \gamma)]$, a
    probability vector for whose entry 2 the same holds, it fails at ties. Both are parts.""",
)
true_event = argmax_event.corrected(
    r"""$P(1 \in A) = P(\theta_1 + \gamma_1 \ge \theta_2 + \gamma_2)$ and $P(A = \{1\}) =
    P(\theta_1 + \gamma_1 > \theta_2 + \gamma_2)$. They are the ends of $(\partial f(\theta))_1$,
    fair tie breaking is half-way, and the three are equal exactly where $\theta_1 - \theta_2 \notin
    \{-2, 0, 2\}$.""",
    depends_on="A.discrete-subdifferential",
)


@argmax_event.part(r"read as $1 \in A$")
@true_event.part(r"$P(1 \in A) = P(\theta_1 + \gamma_1 \ge \theta_2 + \gamma_2)$")
def is_a_maximiser():
    points = [row[0] for row in SUBDIFFERENTIAL.values()]
    counted = [Fraction(sum(t + k >= 0 for k in noises.DIFFERENCES), 4) for t in points]
    some = [rational.discrete([t, 0], noises.COIN).some[0] for t in points]
    upper = [Fraction(row[1][1]) for row in SUBDIFFERENTIAL.values()]
    every_region = argued("both are constant on the region", "no tie begins or ends inside it")
    by = "one point of every region of the plane, in fractions"
    yield exact(
        "rational, counted",
        shown(r"$P(\theta_1 - \theta_2 + Z \ge 0)$ is as in (68)", counted == upper, by),
        every_region,
    )
    yield exact(
        "rational, enumerated",
        shown("$P(1$ is a maximiser$)$ is as in (68)", some == upper, by),
        every_region,
    )
    yield witness(first_wrong(r"$\theta_1 - \theta_2$", points, counted, some))


@argmax_event.part("read as the first of two entries, 2 alike, of a probability vector")
def entries_of_a_vector():
    at_least = [Fraction(sum(s * k >= 0 for k in noises.DIFFERENCES), 4) for s in (1, -1)]
    fair = numbers.engine(expected_max(discrete.COINS), np.zeros((1, 2)), "probabilities")
    cases = r"the two probabilities at $\theta = 0$"
    yield exact("rational, counted", sum(at_least) == 1, cases=cases)
    yield agree("engine, fair ties", fair, [[float(x) for x in at_least]], r"both at $\theta = 0$")
    yield witness(
        {
            r"$\theta$": [0, 0],
            r"$P(\theta_1 + \gamma_1 \ge \theta_2 + \gamma_2)$": "3/4",
            r"$P(\theta_2 + \gamma_2 \ge \theta_1 + \gamma_1)$": "3/4",
            "sum": "3/2",
        }
    )


@true_event.part(r"""$P(A = \{1\}) = P(\theta_1 + \gamma_1 > \theta_2 + \gamma_2)$, fair ties
    half-way, equal exactly off ties""")
def ends_and_middle():
    alone, tie = sp.symbols("w e", nonnegative=True)
    points = [Fraction(n, 4) for n in range(-12, 13)]
    answers = [rational.discrete([x, 0], noises.COIN) for x in points]
    strict = [Fraction(sum(x + m > 0 for m in noises.DIFFERENCES), 4) for x in points]
    half_way = [(a.only[0] + a.some[0]) / 2 == a.probabilities[0] for a in answers]
    open_ = [x for x, a in zip(points, answers, strict=True) if a.only[0] < a.some[0]]
    yield exact(
        "outcome by outcome",
        argued(r"""with $t = \theta_1 - \theta_2$ and $\gamma_1 - \gamma_2 = k$: $1 \in A$ iff $t +
            k \ge 0$, and $A = \{1\}$ iff $t + k > 0$; they differ at $t = -k$ [two
            coordinates]"""),
        eq(
            sp.Mul(sp.Rational(1, 2), sp.Add(alone, alone + tie, evaluate=False), evaluate=False),
            alone + tie / 2,
        ),
        r"""half-way between $w = P(A = \{1\})$ and $w + e = P(1 \in A)$ a tie, of probability $e$,
            counts half""",
        shown(
            r"$-k$ takes the values $-2$, $0$ and $2$",
            sorted({-m for m in noises.DIFFERENCES}) == [-2, 0, 2],
            "four outcomes",
        ),
    )
    right = strict == [a.only[0] for a in answers] and all(half_way) and open_ == [-2, 0, 2]
    yield exact("rational", right, cases="all outcomes at 25 points a quarter apart")


almost_everywhere = Claim(
    "A.discrete-almost-everywhere",
    "A, 5.2 after Proposition 5.5, 9.4 after (67)",
    r"""$f$ is continuous, and differentiable almost everywhere.""",
    assumes=TWO_COINS,
    depends_on=("A.discrete-potential", "A.discrete-subdifferential"),
)


@almost_everywhere.part("continuous")
def continuous():
    pieces = sorted(discrete.POTENTIAL.values(), key=lambda p: p.low)
    joints = [
        eq(
            sp.Subs(left.formula(ONE, TWO), ONE, TWO + left.high),
            right.formula(ONE, TWO).subs(ONE, TWO + left.high),
            rf"the pieces meet at $\theta_1 = \theta_2 + {left.high}$",
        )
        for left, right in pairwise(pieces)
    ]
    points = list(product([Fraction(n, 2) for n in range(-6, 7)], [Fraction(0), Fraction(1, 3)]))
    f = {p: rational.discrete(p, noises.COIN).value for p in points}
    lipschitz = all(
        abs(f[p] - f[q]) <= max(abs(p[0] - q[0]), abs(p[1] - q[1])) for p, q in combinations(f, 2)
    )
    yield exact("sympy", *joints, argued("each is linear", "A.discrete-potential"))
    cases = r"$|f(\theta) - f(\tau)| \le \max_i|\theta_i - \tau_i|$ for all pairs of 26 points"
    yield exact("rational, Lipschitz", lipschitz, cases=cases)


@almost_everywhere.part("differentiable almost everywhere")
def differentiable():
    h, n = sp.symbols("h n", positive=True)
    kinks = [t for t, (low, high) in SUBDIFFERENTIAL.values() if low != high]
    points = np.random.default_rng(7).normal(scale=2.0, size=(256, 2))
    ties = expected_max(discrete.COINS).has_tie(points)
    yield exact(
        "area of strips",
        argued(rf"""$f$ has kinks exactly on the {len(kinks)} lines $\theta_1 - \theta_2 = k$
            [A.discrete-subdifferential]"""),
        eq(sp.Limit(len(kinks) * 2 * h * 2 * n, h, 0), 0),
        r"""in $[-n, n]^2$ they lie in strips $|\theta_1 - \theta_2 - k| \le h$ of width $2h$ in
            $\theta_1$ for each $\theta_2$""",
    )
    what = r"ties at 256 random $\theta$, against none"
    yield agree("engine", np.asarray(ties, float), np.zeros(len(points)), what)
