"""Section 6.1: what the parameters of the invertible Gaussian reparameterization say of p."""

import jax.numpy as jnp
import numpy as np
import sympy as sp
from scipy.special import softmax

from perturbtheory.claims.exhibits.numbers import engine, thetas
from perturbtheory.claims.exhibits.symbols import REST, A, B
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Claim, agree, argued, eq, exact, positive
from perturbtheory.models import InvertibleGaussian
from perturbtheory.perturbations import Normal
from perturbtheory.potential import expected_logsumexp

R = sp.Symbol("r", real=True)
MU, SIGMA = np.array([2.0, 2.2]), np.array([10.0, 0.1])
"""IGR with three categories whose order is not that of its means."""

interpretability = Claim(
    "A.igr-interpretability",
    "A, section 6.1",
    r"""Unlike for Normal-Softmax, the interpretability of the parameters is lost with the IGR
    method; read as: the order of $\theta$ is that of the probabilities, $\theta_i > \theta_j$ gives
    $p_i > p_j$, and the order of the means $\mu$ of IGR is not.""",
    assumes=r"""Temperature 1. IGR with softmax++ and $\delta = 1$: $s_i = e^{\mu_i + \sigma_i
    \epsilon_i} / (1 + \sum_j e^{\mu_j + \sigma_j \epsilon_j})$ with independent standard normal
    $\epsilon$, and the last category takes the rest. That a parameter can be read off a
    probability is the only sense in which "interpretability" is judged.""",
)


@interpretability.part(r"Normal-Softmax: $\theta_i > \theta_j$ gives $p_i > p_j$")
def ordered(budget):
    x, y, rest, more = A + B, A, REST, REST + R**2
    points = np.sort(thetas(3, budget), axis=1)
    found = engine(expected_logsumexp(Normal(), 1.0), points, "probabilities")
    value, radius = np.asarray(found.value), np.asarray(found.radius)
    yield exact(
        "exchange of two coordinates",
        argued(
            r"$p_j$ is the mean of $s_j(\theta + \gamma')$ too, $\gamma'$ being $\gamma$ with "
            r"$\gamma_i$ and $\gamma_j$ exchanged",
            "independent coordinates of one law",
        ),
        argued(
            r"$s_i(\theta + \gamma) = \frac{x}{x + S}$ and $s_j(\theta + \gamma') = \frac{y}{y + "
            r"S'}$ with $x = e^{\theta_i + \gamma_i} > y = e^{\theta_j + \gamma_i}$ and $S' > S$",
            r"$S' - S = e^{\theta_i + \gamma_j} - e^{\theta_j + \gamma_j}$",
        ),
        eq(
            x / (x + rest) - y / (y + more),
            (B * REST + (A + B) * R**2) / ((x + rest) * (y + more)),
            r"with $x = a + b$, $y = a$ and $S' = S + r^2$, any such numbers: positive, so "
            r"that $s_i(\theta + \gamma) > s_j(\theta + \gamma')$ for every $\gamma$",
        ),
    )
    gaps = found._replace(value=np.diff(value), radius=radius[:, 1:] + radius[:, :-1])
    yield positive("engine", gaps, r"neighbours of sorted $\theta$, $d = 3$")


@interpretability.part(r"IGR: for any $\mu_1 < \mu_2$ there are $\sigma$ with $p_1 > p_2$")
def disordered(budget):
    m = sp.Symbol("mu_2", real=True)
    yield exact(
        "limits of scales",
        argued(
            r"$p_1 \to \tfrac12$ and $p_2 \to \tfrac12 \frac{e^{\mu_2}}{1 + e^{\mu_2}}$ for "
            r"$\sigma_1 \to \infty$, $\sigma_2 \to 0$ and three categories",
            r"bounded convergence: the first wins all or nothing by the sign of $\epsilon_1$",
        ),
        eq(
            sp.Rational(1, 2) - sp.exp(m) / (1 + sp.exp(m)) / 2,
            1 / (2 * (1 + sp.exp(m))),
            r"positive for every $\mu_2$, however much larger than $\mu_1$",
        ),
    )
    family = InvertibleGaussian()
    p = np.asarray(family.probabilities((jnp.array(MU), jnp.log(jnp.array(SIGMA)))))
    case = rf"$p_1 - p_2$ at $\mu = ({MU[0]}, {MU[1]})$, $\sigma = ({SIGMA[0]:g}, {SIGMA[1]})$"
    yield positive("trapezoidal rule", Estimate(p[0] - p[1], 1e-9, "quadrature"), case)
    draws = np.random.default_rng(29).normal(size=(4 * budget.samples, 2))
    shares = softmax(np.pad(MU + SIGMA * draws, ((0, 0), (0, 1))), axis=1)
    rows = shares[:, 0] - shares[:, 1]
    drawn = Estimate(rows.mean(), 5.5 * rows.std() / rows.size**0.5, "monte-carlo", 1 - 1e-7)
    yield agree("sampling", drawn, p[0] - p[1], "the same number")
