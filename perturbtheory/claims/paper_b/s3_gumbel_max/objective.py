"""Sections 3, 4 and 4.2: the objective, its reparameterisation and its semi-supervised form."""

from typing import Any

import numpy as np
import sympy as sp
from scipy.special import logsumexp

from perturbtheory.claims.exhibits.draws import VALUES, average
from perturbtheory.claims.exhibits.numbers import engine, thetas
from perturbtheory.claims.legacy import agree, argued, claim, exact, positive, proof, shown
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_max
from perturbtheory.routes.symbolic import categories, identity

SIGN_IN_9 = {"printed": 1, "corrected": -1}
"""The sign of the first term of (9)."""


class _Bound:
    """Both sides of (1) for random tables of three categories, one row a table."""

    def __init__(self, budget: Budget) -> None:
        rng = np.random.default_rng(71)
        logits, prior, self.q_logits = rng.normal(size=(3, 8 * budget.points, 3))
        self.f = -np.abs(2 * logits)
        self.log_prior = prior - logsumexp(prior, axis=1, keepdims=True)
        self.log_q = self.q_logits - logsumexp(self.q_logits, axis=1, keepdims=True)
        self.evidence = logsumexp(self.log_prior + self.f, axis=1)
        q = np.exp(self.log_q)
        self.expected = (q * self.f).sum(1)
        self.kl = (q * (self.log_q - self.log_prior)).sum(1)


@claim("B.elbo")
def elbo(budget: Budget) -> list[Part]:
    r"""Statement: The negative log-likelihood is at most the expected negative log-likelihood given
    z plus the divergence of q from the prior.

    LaTeX: $\sum_{x\in S} -\log p_\theta(x) \le \sum_{x\in S} -\mathbb E_{z\sim q_\phi}
    \log p_\theta(x|z) + \sum_{x\in S} KL(q_\phi(z|x)\,\|\,p_\theta(z))$

    Source: B, (1)

    Assumptions: finitely many z; q a distribution. Where q puts mass on z with p(z) p(x|z) = 0 the
    right-hand side is infinite.

    Computed: the gap as KL(q || p(z|x)) term by term and its sign from t - 1 - log t >= 0, for any
    number of z; both sides on random tables.
    """
    q, prior, like, evidence, t = sp.symbols("q pi ell p t", positive=True)
    gap = sp.log(q) - sp.log(prior) - sp.log(like) + sp.log(evidence)
    term = sp.expand_log(sp.log(q / (prior * like / evidence)), force=True)
    below = t - 1 - sp.log(t)
    table = _Bound(budget)
    right = -table.expected + table.kl
    return [
        Part(
            "-log p(x) <= -E_q log p(x|z) + KL(q || p(z))",
            (
                proof(
                    "sympy, any number of z",
                    "the gap is KL(q || p(z|x)) >= 0, with equality exactly for q = p(z|x)",
                    shown(
                        r"the right-hand side minus the left is $\sum_z q(z) [\log q - \log p(z) - "
                        r"\log p(x|z) + \log p(x)] = \sum_z q(z) \log\frac{q(z)}{p(z|x)}$ with "
                        r"$p(z|x) = p(z)p(x|z)/p(x)$",
                        identity(gap - term),
                    ),
                    shown(
                        r"$\log t \le t - 1$: the difference $t - 1 - \log t$ is zero with its "
                        r"derivative at $t = 1$ and has second derivative $t^{-2} > 0$",
                        below.subs(t, 1) == 0
                        and sp.diff(below, t).subs(t, 1) == 0
                        and identity(sp.diff(below, t, 2) - t**-2) == "holds",
                    ),
                    argued(
                        r"$\sum q \log\frac{q}{p(z|x)} \ge \sum q\,(1 - \frac{p(z|x)}{q}) \ge "
                        r"1 - 1 = 0$",
                        "log t <= t - 1 at t = p(z|x)/q; both distributions sum to one",
                    ),
                ),
                positive(
                    "enumeration", "quadrature", right + table.evidence, "gap on random tables"
                ),
            ),
        )
    ]


def _indicator_sums() -> Check:
    """Sums of indicators of z* over a symbolic number k of categories."""
    _, i, j, _ = (s := categories())
    f: Any = sp.IndexedBase("f", real=True)
    hit: Any = sp.KroneckerDelta(i, j)
    one = sp.simplify(s.sum(hit).doit())
    picked = sp.simplify(s.sum(hit * f[j]).doit())
    # i is one of the categories 1, ..., i + m.
    cases: Any = [x.args if isinstance(x, sp.Piecewise) else [[x]] for x in (one, picked)]
    pick = [case[0][0] for case in cases]
    return proof(
        "sympy, symbolic k",
        "pointwise in gamma, then averaged",
        argued(
            r"$\mathbb P[z^*=z] = \mathbb E[1_{z^*=z}]$",
            "the expectation of an indicator is the probability of its event",
        ),
        shown(r"$\sum_z 1_{z^*=z} = 1$", pick[0] == 1),
        shown(r"$\sum_z 1_{z^*=z} f(z) = f(z^*)$", pick[1] == f[i]),
        argued(
            r"$\sum_z \mathbb E[1_{z^*=z}] f(z) = \mathbb E[\sum_z 1_{z^*=z} f(z^*)] = "
            r"\mathbb E[f(z^*)]$",
            "finite sums commute with expectations, and f(z) = f(z*) where the indicator is one",
        ),
    )


@claim("B.reparameterised-objective", depends_on=("B.gumbel-max",))
def reparameterised_objective(budget: Budget) -> list[Part]:
    r"""Statement: E_q[f] is the expectation of f(z*) under Gumbel noise, by linearity and because
    the indicators of z* = z sum to one.

    LaTeX: $\mathbb E_{z\sim q_\phi} \log p_\theta(x|z) = \sum_z \mathbb P_\gamma[z^*=z] f(x,z) =
    \mathbb E_\gamma[f(x,z^*)]$, $\sum_z 1_{z^*=z} = 1$

    Source: B, (6) and the sentence after it

    Assumptions: finitely many z, f finite; q is the Gibbs distribution of h; z* is unique, which
    holds with probability one (footnote 1).

    Computed: the sums of indicators for a symbolic number of z; E_q[f] against quadrature of
    P(z* = z) and against averages of f(z*) over draws; the number of maximisers of every draw.
    """
    points = thetas(3, budget)
    q = np.exp(points) / np.exp(points).sum(1, keepdims=True)
    found = engine(expected_max(Gumbel(np.ones(3))), points, "probabilities")
    weighted = Estimate(
        np.asarray(found.value) @ VALUES, np.asarray(found.radius) @ np.abs(VALUES), "quadrature"
    )

    def outcome(gamma: np.ndarray) -> np.ndarray:
        return VALUES[(points[0] + gamma).argmax(1)][:, None]

    def maximisers(gamma: np.ndarray) -> np.ndarray:
        x = points[0] + gamma
        return (x == x.max(1, keepdims=True)).sum(1, keepdims=True)

    options = {"seed": 47, "samples": budget.samples}
    spread = float(np.ptp(VALUES))
    drawn = average(outcome, (3,), spread=spread, **options)
    count = average(maximisers, (3,), spread=2.0, **options)
    return [
        Part(
            "(6): E_q f = E f(z*)",
            (
                _indicator_sums(),
                agree("engine", "quadrature", weighted, q @ VALUES, "sum of P(z* = z) f(z), k = 3"),
                agree("sampling", "monte-carlo", drawn, q[:1] @ VALUES, "mean of f(z*), k = 3"),
            ),
        ),
        Part(
            "the indicators of z* = z sum to one",
            (
                _indicator_sums(),
                agree("sampling", "monte-carlo", count, np.ones(1), "number of maximisers"),
            ),
        ),
    ]


@claim("B.semi-supervised-objective", corrected="B.semi-supervised-objective.corrected")
def semi_supervised_objective(budget: Budget) -> list[Part]:
    r"""Statement: The semi-supervised objective is the sum of E f(z*), of the supervised losses and
    of the divergences; without labels it is the bound (1) that is minimised.

    LaTeX: $\sum_{x\in S} \mathbb E_\gamma[f_\theta(x,z^*)] + \sum_{(x,z)\in S_1}
    \mathbb E_\gamma[\ell(z,z^*)] + \sum_{x\in S} KL(q_\phi(z|x)\,\|\,p_\theta(z))$

    Source: B, (9)

    Assumptions: f = log p(x|z), as before (1) and in (6). Were f the loss -log p(x|z), (9) would be
    right and (6) wrong.

    Computed: (9) with no labels for one z, where both sides of (1) are equal; the two sides of (1)
    on random tables.
    """
    sign = SIGN_IN_9["printed"]
    like = sp.Rational(1, 2)
    bound, objective = -sp.log(like), sign * sp.log(like)
    table = _Bound(budget)
    printed = sign * table.expected + table.kl
    return [
        Part(
            "(9) without labels is an upper bound of -log p(x), as (1) is",
            (
                exact(
                    "sympy, one z",
                    bool(objective - bound >= 0),
                    "p(x|z) = 1/2 and KL = 0: (9) against -log p(x)",
                    universal=False,
                ),
                positive(
                    "enumeration", "quadrature", printed + table.evidence, "gap on random tables"
                ),
            ),
            {
                "number of z": 1,
                "p(x|z)": str(like),
                "KL": 0,
                "-log p(x)": f"{float(bound):.6f}",
                "(9) without labels": f"{float(objective):.6f}",
            },
        )
    ]


@claim(
    "B.semi-supervised-objective.corrected", depends_on=("B.elbo", "B.reparameterised-objective")
)
def semi_supervised_objective_corrected(budget: Budget) -> list[Part]:
    r"""Statement: The first term of the semi-supervised objective is minus E f(z*); without labels
    it is the bound (1).

    LaTeX: $-\sum_{x\in S} \mathbb E_\gamma[f_\theta(x,z^*)] + \sum_{(x,z)\in S_1}
    \mathbb E_\gamma[\ell(z,z^*)] + \sum_{x\in S} KL(q_\phi(z|x)\,\|\,p_\theta(z))$

    Source: corrects B, (9)

    Assumptions: f = log p(x|z); z* has the distribution q.

    Computed: the term of (1) from (6); the gap on random tables.
    """
    sign = SIGN_IN_9["corrected"]
    q, prior, like = sp.symbols("q pi ell", positive=True)
    divergence = q * sp.log(q / prior)
    ours = sign * q * sp.log(like) + divergence
    bound = -q * sp.log(like) + divergence
    table = _Bound(budget)
    right = sign * table.expected + table.kl
    return [
        Part(
            "without labels it is the right-hand side of (1)",
            (
                exact(
                    "sympy, term by term",
                    identity(ours - bound),
                    "E f(z*) = E_q[f] by (6), so that each z adds its terms of (1)",
                ),
                positive(
                    "enumeration",
                    "quadrature",
                    right + table.evidence,
                    "gap to -log p(x) on random tables",
                ),
            ),
        )
    ]
