"""Sections 3, 4 and 4.2: the objective, its reparameterisation and its semi-supervised form."""

from typing import Any

import numpy as np
import sympy as sp
from scipy.special import logsumexp, softmax

from perturbtheory.claims.exhibits.draws import VALUES, average, winners
from perturbtheory.claims.exhibits.numbers import engine, gumbel_argmax, thetas
from perturbtheory.claims.exhibits.symbols import T
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Budget, Claim, agree, argued, eq, exact, positive, shown, witness

Q, PRIOR, POSTERIOR, LIKE = sp.symbols("q pi r ell", positive=True)
"""q(z|x), p(z), p(z|x) and p(x|z) for one z."""
EVIDENCE = PRIOR * LIKE / POSTERIOR
"""p(x), by Bayes' rule."""
BOUND_TERM = -Q * sp.log(LIKE) + Q * sp.log(Q / PRIOR)
"""What one z adds to the right-hand side of (1)."""

elbo = Claim(
    "B.elbo",
    "B, (1)",
    r"""The negative log-likelihood is at most the expected negative log-likelihood given $z$ plus
    the divergence of $q$ from the prior: $\sum_{x\in S} -\log p_\theta(x) \le \sum_{x\in S}
    -\mathbb E_{z\sim q_\phi} \log p_\theta(x|z) + \sum_{x\in S}
    KL(q_\phi(z|x)\,\|\,p_\theta(z))$.""",
    assumes="""Finitely many $z$; $q$ is a distribution. Where $q$ puts mass on $z$ with $p(z)
    p(x|z) = 0$ the right-hand side is infinite.""",
)
reparameterised = Claim(
    "B.reparameterised-objective",
    "B, (6) and the sentence after it",
    r"""$\mathbb E_{z\sim q_\phi} \log p_\theta(x|z) = \sum_z \mathbb P_\gamma[z^*=z] f(x,z) =
    \mathbb E_\gamma[f(x,z^*)]$ under Gumbel noise, by linearity and because $\sum_z 1_{z^*=z} =
    1$.""",
    assumes="""Finitely many $z$, $f$ finite; $q$ is the Gibbs distribution of $h$; $z^*$ is unique,
    which holds with probability one (footnote 1).""",
    depends_on="B.gumbel-max",
)
semi_supervised = Claim(
    "B.semi-supervised-objective",
    "B, (9)",
    r"""The semi-supervised objective is the sum of $\mathbb E f(z^*)$, of the supervised losses and
    of the divergences, $\sum_{x\in S} \mathbb E_\gamma[f_\theta(x,z^*)] + \sum_{(x,z)\in S_1}
    \mathbb E_\gamma[\ell(z,z^*)] + \sum_{x\in S} KL(q_\phi(z|x)\,\|\,p_\theta(z))$; without labels
    it is the bound (1) that is minimised.""",
    assumes=r"""$f = \log p(x|z)$, as before (1) and in (6). Were $f$ the loss $-\log p(x|z)$, (9)
    would be right and (6) wrong.""",
)
mended = semi_supervised.corrected(
    r"""The first term of the semi-supervised objective is $-\mathbb E f(z^*)$: it is $-\sum_{x\in
    S} \mathbb E_\gamma[f_\theta(x,z^*)] + \sum_{(x,z)\in S_1} \mathbb E_\gamma[\ell(z,z^*)] +
    \sum_{x\in S} KL(q_\phi(z|x)\,\|\,p_\theta(z))$, which without labels is the bound (1).""",
    source="corrects B, (9)",
    assumes=r"$f = \log p(x|z)$; $z^*$ has the distribution $q$.",
    depends_on=(elbo, reparameterised),
)


@elbo.part(r"$-\log p(x) \le -\mathbb E_q \log p(x|z) + KL(q\,\|\,p(z))$")
def is_a_bound(budget):
    below = T - 1 - sp.log(T)
    table = _Tables(budget)
    yield exact(
        "sympy, any number of z",
        eq(BOUND_TERM + Q * sp.log(EVIDENCE), Q * sp.log(Q / POSTERIOR)),
        r"what one $z$ adds to the right-hand side minus the left: with $\pi = p(z)$, $\ell = "
        r"p(x|z)$ and $r = p(z|x) = \pi\ell/p(x)$ the gap is $KL(q\,\|\,r)$",
        eq(sp.Subs(below, T, 1), 0, r"$t - 1 - \log t$ at $t = 1$"),
        eq(sp.Subs(sp.Derivative(below, T), T, 1), 0),
        eq(sp.Derivative(below, (T, 2)), T**-2, r"positive, so that $\log t \le t - 1$"),
        argued(r"""$\sum q \log\frac{q}{r} \ge \sum q\,(1 - \frac{r}{q}) \ge 1 - 1 = 0$, with
            equality exactly for $q = r$ [$\log t \le t - 1$ at $t = r/q$; both distributions sum to
            one]"""),
    )
    gap = table.divergence - table.expected + table.evidence
    yield positive("enumeration", gap, "gap on random tables")
    yield agree("enumeration of the posterior", gap, table.gap, "gap against $KL(q, p(z|x))$")


@reparameterised.part(r"(6): $\mathbb E_q f = \mathbb E f(z^*)$")
def same_mean(budget):
    points = thetas(3, budget)
    found = engine(gumbel_argmax(), points, "probabilities")
    weighted = Estimate(found.value @ VALUES, found.radius @ np.abs(VALUES), found.kind)
    q = softmax(points, axis=1)
    drawn = average(
        lambda gamma: winners(gamma, points[0]) @ VALUES[:, None],
        (3,),
        seed=47,
        samples=budget.samples,
        spread=float(np.ptp(VALUES)),
    )
    yield _sums_of_indicators()
    yield agree("engine", weighted, q @ VALUES, "sum of $P(z^* = z) f(z)$, $k = 3$")
    yield agree("sampling", drawn, q[:1] @ VALUES, "mean of $f(z^*)$, $k = 3$")


@reparameterised.part("the indicators of $z^* = z$ sum to one")
def one_maximiser(budget):
    point = thetas(3, budget)[0]

    def maximisers(gamma: np.ndarray) -> np.ndarray:
        x = point + gamma
        return (x == x.max(1, keepdims=True)).sum(1, keepdims=True)

    count = average(maximisers, (3,), seed=47, samples=budget.samples, spread=2.0)
    yield _sums_of_indicators()
    yield agree("sampling", count, np.ones(1), "number of maximisers")


@semi_supervised.part("(9) without labels is an upper bound of $-\\log p(x)$, as (1) is")
def printed_sign(budget):
    like = sp.Rational(1, 2)
    bound, objective = -sp.log(like), sp.log(like)
    table = _Tables(budget)
    gap = table.expected + table.divergence + table.evidence
    yield exact(
        "sympy, one z",
        bool(objective - bound >= 0),
        cases=r"one $z$, $p(x|z) = \frac12$ and $KL = 0$: (9) against $-\log p(x)$",
    )
    yield positive("enumeration", gap, "gap on random tables")
    yield witness(
        {
            "number of $z$": 1,
            "$p(x|z)$": str(like),
            "$KL$": 0,
            r"$-\log p(x)$": f"{float(bound):.6f}",
            "(9) without labels": f"{float(objective):.6f}",
        }
    )


@mended.part("without labels it is the right-hand side of (1)")
def mended_sign(budget):
    table = _Tables(budget)
    gap = table.divergence - table.expected + table.evidence
    yield exact(
        "sympy, term by term",
        argued(r"$\mathbb E f(z^*) = \mathbb E_q f$", "(6), B.reparameterised-objective"),
        eq(-Q * sp.log(LIKE) + Q * (sp.log(Q) - sp.log(PRIOR)), BOUND_TERM),
        r"so that each $z$ adds its term of (1), with $\pi = p(z)$ and $\ell = p(x|z)$",
    )
    yield positive("enumeration", gap, r"gap to $-\log p(x)$ on random tables")
    yield agree("enumeration of the posterior", gap, table.gap, "gap against $KL(q, p(z|x))$")


class _Tables:
    """The terms of (1) for random tables of three categories, one row per table."""

    def __init__(self, budget: Budget) -> None:
        rng = np.random.default_rng(71)
        scores, prior, q_scores = rng.normal(size=(3, 8 * budget.points, 3))
        f = -np.abs(2 * scores)
        log_prior, log_q = (x - logsumexp(x, axis=1, keepdims=True) for x in (prior, q_scores))
        self.evidence = np.asarray(logsumexp(log_prior + f, axis=1))
        q = np.exp(log_q)
        self.expected = (q * f).sum(1)
        self.divergence = (q * (log_q - log_prior)).sum(1)
        log_posterior = log_prior + f - self.evidence[:, None]
        self.gap = (q * (log_q - log_posterior)).sum(1)


def _sums_of_indicators():
    """Sums of indicators of z* over a symbolic number of categories."""
    i, j = sp.symbols("i j", integer=True, positive=True)
    k = i + sp.Symbol("m", integer=True, nonnegative=True)  # so that z* = i is one of 1, ..., k
    f: Any = sp.IndexedBase("f", real=True)
    hit = sp.KroneckerDelta(i, j)
    sums: list[Any] = [sp.simplify(sp.Sum(x, (j, 1, k)).doit()) for x in (hit, hit * f[j])]
    # sympy keeps "if i is one of 1, ..., k" as a condition.
    one, picked = (x.args[0][0] if x.has(sp.Piecewise) else x for x in sums)
    return exact(
        "sympy, symbolic k",
        argued(r"""$\mathbb P[z^*=z] = \mathbb E[1_{z^*=z}]$ [the expectation of an indicator is the
            probability of its event]"""),
        shown(r"$\sum_z 1_{z^*=z} = 1$", one == 1),
        shown(r"$\sum_z 1_{z^*=z} f(z) = f(z^*)$", picked == f[i]),
        argued(r"""$\sum_z \mathbb E[1_{z^*=z}] f(z) = \mathbb E[\sum_z 1_{z^*=z} f(z^*)] = \mathbb
            E[f(z^*)]$ [finite sums commute with expectations, and $f(z) = f(z^*)$ where the
            indicator is one]"""),
    )
