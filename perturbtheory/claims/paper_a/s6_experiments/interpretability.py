"""Section 6.1: whether parameters can be interpreted, with Normal noise and with IGR."""

import numpy as np
import sympy as sp
from scipy import special, stats

from perturbtheory.claims.exhibits import cosets, gradients
from perturbtheory.claims.exhibits.numbers import difference, engine, entry, thetas
from perturbtheory.claims.exhibits.symbols import A, B
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import (
    Budget,
    Claim,
    Witness,
    agree,
    argued,
    eq,
    exact,
    identity,
    positive,
    shown,
    witness,
)
from perturbtheory.perturbations import Normal
from perturbtheory.potential import expected_logsumexp, expected_max
from perturbtheory.routes import sampling

DIFFERENCES = np.array([0.5, 1.0, 3.0])
SOFT, HARD = expected_logsumexp(Normal(), 1.0), expected_max(Normal())
AT_ONE = np.array([1.0, 0.0])

interpretability = Claim(
    "A.igr-interpretability",
    "A, section 6.1, the last sentence before the one on Table 2",
    r"""Unlike with Normal-Softmax, $p_\theta = \mathbb E[\operatorname{softmax}(\theta + \gamma)]$,
    the interpretability of the parameters is lost with the Invertible Gaussian Reparameterization
    (IGR), $p_{\mu,\sigma} = \mathbb E[\operatorname{softmax}(\mu + \sigma\epsilon, 0)]$.""",
    assumes=r"""IGR with softmax++, $\delta = 1$, and $\mu, \sigma \in \mathbb R^{d-1}$; temperature
    1. The paper does not say what makes parameters interpretable. Three readings, each of which has
    to hold for Normal-Softmax and to fail for IGR: the softmax of the parameters is $p$, or the
    probabilities of the arg max, as it is with Gumbel noise (A.gumbel-argmax-is-softmax), for which
    the paper on IGR calls the Gumbel-Softmax readily interpreted; their order is that of $p$; or
    $p$ identifies them, up to translation for $\theta$.""",
    depends_on="A.gumbel-argmax-is-softmax",
)
in_order = interpretability.corrected(
    r"""With Normal-Softmax the order of $\theta$ is that of $p$, and $p$ identifies $\theta$ up to
    translation; but $\operatorname{softmax}(\theta)$ is neither $p$ nor the probabilities of the
    arg max. With IGR none of this holds for $\mu$ and $\sigma$.""",
    assumes=r"""IGR with softmax++, $\delta = 1$, and $\mu, \sigma \in \mathbb R^{d-1}$; temperature
    1.""",
)


PAIR = (A * B / (1 + A * B) + A / (A + B)) / 2 - A / (1 + A)
"""The mean of e^y/(1 + e^y) over y = D + x and y = D - x, less that at D; a = e^D, b = e^x."""
FACTOR = -A * (A - 1) * (B - 1) ** 2 / (2 * (1 + A) * (1 + A * B) * (A + B))
LAWS = {"Normal-Softmax": Normal(), "IGR": Normal(np.array([1.0, 1e-12]))}
"""With d = 2. IGR has no noise in its last category, for which 1e-12 stands."""


def igr(mu, sigma, step: float = 0.05) -> Estimate:
    """p for d = 2 or 3, by the trapezoidal rule of two steps over epsilon."""

    def rule(step: float) -> np.ndarray:
        nodes = np.arange(-9.0, 9.0 + step / 2, step)
        axes = np.meshgrid(*[nodes] * len(mu), indexing="ij")
        y = np.stack([m + s * x for m, s, x in zip(mu, sigma, axes, strict=True)], -1)
        shares = special.softmax(np.concatenate([y, 0 * y[..., :1]], -1), -1)
        weights = np.prod([stats.norm.pdf(x) * step for x in axes], 0)
        return (weights[..., None] * shares).reshape(-1, len(mu) + 1).sum(0)

    fine = rule(step)
    return Estimate(fine, np.abs(fine - rule(2 * step)) + 1e-12, "quadrature")


def pair(model: str) -> Estimate:
    """p_1 at D of `DIFFERENCES`, d = 2: by the engine, or by the rule above."""
    if model == "Normal-Softmax":
        points = np.stack([DIFFERENCES, 0 * DIFFERENCES], 1)
        return entry(engine(SOFT, points, "probabilities"), np.s_[:, 0])
    found = [igr([mean], [1.0]) for mean in DIFFERENCES]
    value, radius = (np.array([np.asarray(x[k])[0] for x in found]) for k in (0, 1))
    return Estimate(value, radius, "quadrature")


@interpretability.part(r"Normal-Softmax: $p = \operatorname{softmax}(\theta)$")
def softmax_is_p(budget):
    at_one = FACTOR.subs(A, sp.E)
    p = entry(engine(SOFT, AT_ONE[None], "probabilities"), np.s_[:, 0])
    yield exact(
        "sympy, pairs",
        eq(PAIR, FACTOR),
        r"$\gamma_1 - \gamma_2 = \pm x$, $a = e^D$, $b = e^x$, $D = \theta_1 - \theta_2$",
        shown("it is zero for $D = 1$ and every $x$", identity(at_one)),
    )
    yield agree("engine", p, special.expit(1.0), r"$p_1$ at $\theta = (1, 0)$")
    what = r"$p_1$ at $\theta = (1, 0)$"
    yield agree("sampling", _drawn(LAWS["Normal-Softmax"], 1.0, budget), special.expit(1.0), what)
    yield _witness("$p_1$", float(np.asarray(p.value)[0]))


@interpretability.part(
    r"Normal-Softmax: the arg max has the probabilities $\operatorname{softmax}(\theta)$"
)
def softmax_is_arg_max(budget):
    wins = (1 + sp.erf(sp.Rational(1, 2))) / 2
    holds = abs(sp.N(wins - sp.E / (1 + sp.E), 30)) < sp.Rational(1, 10**20)
    cases = r"$\Phi(D/\sqrt 2) = e^D/(1 + e^D)$ at $D = \theta_1 - \theta_2 = 1$"
    yield exact("sympy, 30 digits", holds, cases=cases)
    yield agree(
        "engine",
        entry(engine(HARD, AT_ONE[None], "probabilities"), np.s_[:, 0]),
        special.expit(1.0),
        "$D = 1$",
    )
    what = "$D = 1$"
    yield agree("sampling", _drawn(LAWS["Normal-Softmax"], 0.0, budget), special.expit(1.0), what)
    yield _witness(r"$P(\arg\max = 1)$", float(wins))


@in_order.part(r"Normal-Softmax: $p \ne \operatorname{softmax}(\theta)$", model="Normal-Softmax")
@interpretability.part(r"IGR: $p \ne \operatorname{softmax}(\mu, 0)$", model="IGR")
@in_order.part(r"IGR: $p \ne \operatorname{softmax}(\mu, 0)$", model="IGR")
def softmax_is_not_p(model):
    yield exact(
        "sympy, pairs",
        eq(PAIR, FACTOR, "$d = 2$: the noise $\\pm x$ in $D$; $a = e^D$, $b = e^x$"),
        argued("negative for $D > 0$ and $x \\ne 0$, so that $p_1 < e^D/(1 + e^D)$", "symmetry"),
    )
    p = pair(model)
    margin = p._replace(value=special.expit(DIFFERENCES) - p.value)
    yield positive("quadrature", margin, "at three $D$")


@in_order.part(
    r"Normal-Softmax: the arg max has other probabilities than $\operatorname{softmax}(\theta)$",
    model="Normal-Softmax",
    wins=(1 + sp.erf(sp.Rational(1, 2))) / 2,
)
@interpretability.part(
    r"IGR: the arg max has other probabilities than $\operatorname{softmax}(\mu, 0)$",
    model="IGR",
    wins=(1 + sp.erf(1 / sp.sqrt(2))) / 2,
)
@in_order.part(
    r"IGR: the arg max has other probabilities than $\operatorname{softmax}(\mu, 0)$",
    model="IGR",
    wins=(1 + sp.erf(1 / sp.sqrt(2))) / 2,
)
def softmax_is_not_arg_max(budget, model, wins):
    yield exact(
        "sympy, 30 digits",
        argued(r"$P(\arg\max = 1) = \Phi(D/s)$ with $s$ the deviation of the noise", "$d = 2$"),
        shown(
            rf"${sp.latex(wins)} > \frac{{e}}{{1 + e}}$, for $D = 1$",
            bool(sp.N(wins - sp.E / (1 + sp.E), 30) > sp.Rational(1, 100)),
        ),
    )
    drawn = _drawn(LAWS[model], 0.0, budget)
    yield positive("sampling", drawn._replace(value=drawn.value - special.expit(1.0)), "$D = 1$")


@interpretability.part(r"Normal-Softmax: $p_i > p_j$ exactly if $\theta_i > \theta_j$")
@in_order.part(r"Normal-Softmax: $p_i > p_j$ exactly if $\theta_i > \theta_j$")
def order_is_kept(budget):
    u, v, a, b, rest = sp.symbols("u v a b r", positive=True)
    gap = (u * a - v * b) / (u * a + v * b + rest) + (u * b - v * a) / (u * b + v * a + rest)
    positive_factor = 2 * a * b * (u + v) + rest * (a + b)
    yield exact(
        "sympy, any d",
        argued(r"""$u, v = e^{\theta_i}, e^{\theta_j}$ and $a, b = e^{\gamma_i}, e^{\gamma_j}$, or
            $b, a$ with the same density; $r$ is the sum of the other terms [independent coordinates
            of one law]"""),
        eq(gap, (u - v) * positive_factor / ((u * a + v * b + rest) * (u * b + v * a + rest))),
        r"""twice the mean of $\operatorname{softmax}_i - \operatorname{softmax}_j$ over both,
            positive exactly for $u > v$""",
    )
    theta = np.sort(thetas(4, budget), 1)
    p = engine(SOFT, theta, "probabilities")
    steps = difference(entry(p, np.s_[:, 1:]), entry(p, np.s_[:, :-1]))
    yield positive("engine", steps, r"steps of $p$ for increasing entries of $\theta$, $d = 4$")


@interpretability.part(r"Normal-Softmax: $p$ identifies $\theta$ in $\{\theta_1 = 0\}$")
@in_order.part(r"Normal-Softmax: $p$ identifies $\theta$ in $\{\theta_1 = 0\}$")
def identified(budget):
    yield exact("sympy, symbolic d", *cosets.monotone())
    yield gradients.increases("engine", SOFT, budget)


@interpretability.part(r"IGR: the order of $\mu$ is not that of $p$")
@in_order.part(r"IGR: the order of $\mu$ is not that of $p$")
def order_is_lost(budget):
    x, m, c, sigma = sp.symbols("x mu_2 c sigma_2", positive=True)
    share = sp.exp(m + sigma * x) / (sp.exp(m + sigma * x) + c)
    limits = (sp.Limit(part, sigma, sp.oo) for part in (share, share.subs(x, -x)))
    yield exact(
        "sympy, dominated convergence",
        *(
            eq(limit, value, rf"the share of 2 for $\epsilon_2 = {sign}x$")
            for limit, value, sign in zip(limits, (1, 0), ("", "-"), strict=True)
        ),
        argued(r"""so $p_2 \to \frac12$ and $p_1 \to \frac12 \mathbb E[e^{y_1}/(1 + e^{y_1})] <
            \frac12$ as $\sigma_2 \to \infty$, whatever $\mu_1 > \mu_2$ is; $d = 3$ [dominated
            convergence; shares are at most 1]"""),
    )
    mu, sigma = (0.5, 0.0), (1.0, 5.0)
    p = igr(mu, sigma)
    what = r"$p_2 - p_1$ for $\mu = (0.5, 0)$, $\sigma = (1, 5)$"
    yield positive("trapezoidal rule", difference(entry(p, 1), entry(p, 0)), what)
    law, theta = Normal(np.array([*sigma, 1e-12])), np.array([*mu, 0.0])
    drawn = sampling.probabilities(
        law, theta, seed=9, samples=4 * budget.samples, temperature=1.0, method="quasi-monte-carlo"
    )
    yield positive("sampling", difference(entry(drawn, 1), entry(drawn, 0)), what)


@interpretability.part(r"IGR: $p$ does not identify $(\mu, \sigma)$")
@in_order.part(r"IGR: $p$ does not identify $(\mu, \sigma)$")
def not_identified():
    x = sp.Symbol("x", real=True)
    share = sp.exp(x) / (1 + sp.exp(x))
    yield exact(
        "sympy, symmetry",
        eq(share + share.subs(x, -x), 1, r"the shares at $\sigma\epsilon = \pm x$, $d = 2$"),
        argued(r"so $p = (\frac12, \frac12)$ for $\mu = 0$ and every $\sigma$", "symmetry"),
    )
    one, two = (igr([0.0], [sigma]) for sigma in (1.0, 3.0))
    yield agree("trapezoidal rule", one, two, r"$p$ for $\mu = 0$ and $\sigma = 1, 3$")


def _drawn(law: Normal, temperature: float, budget: Budget) -> Estimate:
    """p_1 at theta = (1, 0)."""
    found = sampling.probabilities(
        law,
        AT_ONE,
        seed=7,
        samples=4 * budget.samples,
        temperature=temperature,
        method="quasi-monte-carlo",
    )
    return entry(found, 0)


def _witness(name: str, value: float) -> Witness:
    softmax = r"$\operatorname{softmax}(\theta)_1$"
    return witness(theta=[1, 0], **{softmax: f"{special.expit(1.0):.6f}", name: f"{value:.6f}"})
