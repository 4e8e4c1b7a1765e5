"""Section 4, Algorithm 1: what its two gradients estimate, and the objective (1)."""

import numpy as np
import sympy as sp
from scipy.special import expit, log_softmax, softmax

from perturbtheory.claims.exhibits.draws import VALUES, average, winners
from perturbtheory.claims.exhibits.encoder import (
    COVARIANCE,
    EPSILON,
    PHI,
    SLOPE,
    F,
    Z,
    at_zero,
    mean,
)
from perturbtheory.claims.exhibits.numbers import thetas
from perturbtheory.claims.exhibits.symbols import X
from perturbtheory.estimate import Estimate
from perturbtheory.estimators import direct_mean
from perturbtheory.ledger import Claim, agree, argued, eq, exact, positive, shown, witness

THETA = sp.Symbol("theta", real=True)
PIXELS = np.array([1.0, 0.0, 1.0, 1.0])
WEIGHTS = np.random.default_rng(95).normal(size=(3, 4, 2))
"""A linear decoder: for each of three z the logits of four pixels in two parameters."""
PRIOR = np.array([0.2, 0.5, 0.3])
TINY, SMALL = 1e-8, 0.1
REWARD = np.array([1.0, 0.0])

decoder_gradient = Claim(
    "B.decoder-gradient",
    "B, section 4 after (6); Algorithm 1, line 7",
    r"""The gradient with respect to the decoder parameters can be derived by the chain rule:
    $g_\theta = \nabla_\theta f_\theta(x, z^*)$ has the mean $\nabla_\theta \mathbb E_\gamma
    f_\theta(x, z^*)$.""",
    assumes=r"""Finitely many $z$, $f$ differentiable in $\theta$, of which $h$ and so $z^*$ do not
    depend.""",
    depends_on="B.gumbel-max",
)
algorithm = Claim(
    "B.algorithm-1",
    "B, Algorithm 1, with section 3 after (1)",
    r"""Algorithm 1 carries out the gradient descent on the right-hand side of (1), $R = -\mathbb
    E_q f_\theta + KL(q_\phi\,\|\,p)$: the update of $\phi$ by $g_\phi = \frac1\epsilon
    (\nabla_\phi h(z^*(\epsilon)) - \nabla_\phi h(z^*))$ goes, on average, downhill in $R$.""",
    assumes=r"""$f = \log p(x|z)$, up to a constant; $\epsilon > 0$. "Update parameters using
    gradients" (line 9) leaves the sign open, so that both readings are judged: $-g_\phi$, the
    descent of section 3, and $+g_\phi$, ascent in $f$. No line has the divergence.""",
)
complete = algorithm.corrected(
    r"""With $g_\phi = -\frac1\epsilon (\nabla_\phi h(z^*(\epsilon)) - \nabla_\phi h(z^*)) +
    \nabla_\phi KL(q_\phi\,\|\,p)$ and $g_\theta = -\nabla_\theta f_\theta(x, z^*)$ the updates
    $-\eta g_\phi$ and $-\eta g_\theta$ are gradient descent on $R$: as $\epsilon \to 0$ their means
    are $-\eta$ times its gradients.""",
    assumes=r"""$f = \log p(x|z)$; the prior $p$ has no parameters; the divergence is that of
    $q = \operatorname{softmax}(h)$, in closed form.""",
    depends_on=(decoder_gradient, "B.direct-gradient"),
)


@decoder_gradient.part(
    r"$\mathbb E[\nabla_\theta f_\theta(z^*)] = \nabla_\theta \mathbb E f_\theta(z^*)$"
)
@complete.part(
    r"the mean of $g_\theta$ is $\nabla_\theta R$, because $-\nabla_\theta f$ is unbiased"
)
def unbiased(budget):
    h, theta = thetas(3, budget)[0], np.array([0.4, -0.7])
    logits = WEIGHTS @ theta
    slopes = np.einsum("zp,zpt->zt", PIXELS - expit(logits), WEIGHTS)  # of the log-likelihoods
    drawn = average(
        lambda gamma: winners(gamma, h) @ slopes,
        (3,),
        seed=96,
        samples=budget.samples,
        spread=float(np.ptp(slopes, axis=0).max()),
    )
    moved = np.einsum("zpt,st->szp", WEIGHTS, theta + 1e-40j * np.eye(2))
    likelihoods = (PIXELS * moved - np.log1p(np.exp(moved))).sum(-1)
    gradient = (likelihoods @ softmax(h)).imag / 1e-40
    f = sp.Function("f", real=True)(Z, THETA)
    yield exact(
        "sympy, symbolic k",
        eq(sp.Derivative(mean(f), THETA), mean(sp.Derivative(f, THETA))),
        r"$\mathbb E f_\theta(z^*) = \mathbb E_q f_\theta$ by (6), and $h$ has no $\theta$",
    )
    yield agree("sampling", drawn, gradient, "a linear decoder of four pixels, $k = 3$", floor=1.0)


@algorithm.part(r"as descent, $\phi \leftarrow \phi - \eta g_\phi$", sign=-1, lead=0)
@algorithm.part(r"as ascent, $\phi \leftarrow \phi + \eta g_\phi$", sign=1, lead=2)
def downhill(sign, lead):
    q = 1 / (1 + sp.exp(-X))
    objective = -q + q * sp.log(2 * q) + (1 - q) * sp.log(2 * (1 - q))
    h = np.array([float(lead), 0.0])
    gradient = _slopes(h, REWARD, np.full(2, 0.5))
    change = sign * gradient @ direct_mean(h, REWARD, SMALL)
    yield exact(
        "sympy, k = 2",
        eq(sp.Derivative(objective, X), q * (1 - q) * (X - 1)),
        r"the slope of $R$ in $h_1 = x$ for $h_2 = 0$, $f = (1, 0)$ and a uniform prior; in "
        r"$h_2$ it is the opposite",
        argued(r"""$\mathbb E g_\phi$ is a positive multiple of $(1, -1)$ [$\epsilon > 0$ raises
            $P(z^*(\epsilon) = 1)$]"""),
        shown(
            f"${'-' if sign < 0 else '+'}(x - 1) < 0$ at $x = {lead}$, so that the update goes "
            "downhill",
            sign * (lead - 1) < 0,
            "integers",
        ),
    )
    yield positive("exact mean", -change, r"fall of $R$ along the mean update, $\epsilon = 0.1$")
    yield witness(
        {
            "$k$": 2,
            "$h$": [lead, 0],
            "$f$": [1, 0],
            "prior": "uniform",
            r"$\epsilon$": str(SMALL),
            r"slope of $R$ along the mean update": f"{change:.4f}",
        }
    )


@complete.part(r"the mean of $g_\phi$ tends to $\nabla_\phi R$")
def mean_of_update(budget):
    h = thetas(3, budget)[0]
    q = softmax(h)
    ratios = log_softmax(h) - np.log(PRIOR)
    divergence = q * (ratios - q @ ratios)
    spread = float(np.ptp(VALUES))
    found = Estimate(divergence - direct_mean(h, VALUES, TINY), TINY * spread**2, "quadrature")
    yield exact(
        "sympy, symbolic k",
        eq(at_zero(sp.Derivative(mean(SLOPE, EPSILON), EPSILON)), COVARIANCE),
        r"the limit of $\frac1\epsilon \mathbb E[\nabla h(z^*(\epsilon)) - \nabla h(z^*)]$",
        eq(sp.Derivative(-mean(F), PHI), -COVARIANCE, r"the gradient of the first term of $R$"),
        argued(r"$\nabla_\phi KL$ is added to both", r"$R = -\mathbb E_q f + KL$"),
    )
    yield agree(
        "complex step",
        found,
        _slopes(h, VALUES, PRIOR),
        r"$\epsilon = 10^{-8}$, $k = 3$, logits",
        floor=1.0,
    )


def _slopes(h: np.ndarray, f: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """The gradient of R in the logits, by complex steps."""
    odds = np.exp(h + 1e-40j * np.eye(h.size))
    q = odds / odds.sum(-1, keepdims=True)
    return (q * (np.log(q / prior) - f)).sum(-1).imag / 1e-40
