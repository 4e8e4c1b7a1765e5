"""Sections 2 and 3.2: the laws of maxima, and how fast Gaussian and Gumbel noise decay."""

import numpy as np
import sympy as sp
from scipy import integrate, special, stats

from perturbtheory.claims.exhibits import draws
from perturbtheory.claims.exhibits.gumbel_law import DENSITY, C
from perturbtheory.claims.exhibits.numbers import engine, thetas
from perturbtheory.claims.exhibits.symbols import REST, A, B, T, U, X
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Claim, agree, argued, eq, exact, positive, witness
from perturbtheory.perturbations import Exponential, Gumbel, Normal
from perturbtheory.potential import expected_max
from perturbtheory.routes import sampling

extreme_values = Claim(
    "A.extreme-value-theorem",
    "A, section 3.2, the paragraph after (4); cf. Gumbel (1954)",
    r"""The fundamental theorem of extreme value statistics asserts the equivalence between the
    softmax distribution and the Gumbel-Argmax distribution, $\operatorname{softmax}(\theta) =
    p^{gam}_\theta$.""",
    assumes=r"""The theorem is that of Fisher, Tippett and Gnedenko: if the largest of $n$
    independent copies of $\gamma_1$, shifted and scaled, has a limit law, it is a Gumbel, Fréchet
    or Weibull law. That the equivalence is true is a part. That the theorem asserts it has two
    readings: it follows from what the theorem is about, noise with a Gumbel limit, and then for all
    such noise, of which the Gumbel law is one; or from what makes the Gumbel law a limit, its
    stability under maxima. The first fails. $p^{gsm}_\theta$, which the
    sentence writes for the softmax, is judged by A.gumbel-softmax-equals-argmax.""",
    depends_on="A.gumbel-density.corrected",
)
stability = extreme_values.corrected(
    r"""The equivalence follows from the stability of the Gumbel law under maxima, and not from the
    theorem on limits: under independent Gumbel noise $\max_i(\theta_i + \gamma_i)$ has the law of
    $\log\sum_i e^{\theta_i} + \gamma_1$ and is independent of the arg max, whose law is
    $\operatorname{softmax}(\theta)$. Maxima of exponential variables have a Gumbel limit, too, but
    for exponential noise and $d = 2$, $P(\arg\max = 1) = 1 - \frac12 e^{-(\theta_1 - \theta_2)}$
    for $\theta_1 \ge \theta_2$.""",
    assumes=r"""$c$ is the Euler-Mascheroni constant, so that $\gamma_1$ has mean zero.""",
    depends_on="A.gumbel-density.corrected",
)
_LIMIT = eq(
    sp.Limit((1 - sp.exp(-X) / B) ** B, B, sp.oo),
    sp.exp(-sp.exp(-X)),
    r"the largest of $b$ exponential variables, less $\log b$, has a Gumbel limit",
)
FAR = np.array([4.0, 8.0, 16.0, 32.0])
_WINS = sp.Integral(sp.exp(-U) * (1 - sp.exp(-U) / A), (U, 0, sp.oo))
"""P(theta_1 + gamma_1 >= theta_2 + gamma_2) for exponential noise, a = exp(theta_1 - theta_2)."""


@extreme_values.part("noise with a Gumbel limit has the softmax as its arg max")
def noise_in_the_domain(budget):
    theta = np.array([np.log(2.0), 0.0])
    drawn = sampling.probabilities(Exponential(), theta, seed=19, samples=4 * budget.samples)
    found = engine(expected_max(Exponential()), theta[None], "probabilities")
    yield exact(
        "sympy, exponential noise",
        _LIMIT,
        eq(_WINS.subs(A, 2), sp.Rational(2, 3), r"$d = 2$, $\theta = (\log 2, 0)$"),
    )
    yield agree("engine", found, special.softmax(theta)[None], "exponential noise, the same case")
    yield agree("sampling", drawn, special.softmax(theta), "arg max frequencies")
    yield witness(
        d=2,
        gamma="exponential",
        theta=[r"$\log 2$", 0],
        **{r"$P(\arg\max = 1)$": "3/4", r"$\operatorname{softmax}(\theta)_1$": "2/3"},
    )


@extreme_values.part("the stability of the limit law gives the equivalence")
@stability.part(r"""$P(\max_i(\theta_i + \gamma_i) \le z,\ \arg\max = i) =
    \operatorname{softmax}(\theta)_i\, P(\log\sum_j e^{\theta_j} + \gamma_1 \le z)$""")
def maximum_and_argmax(budget):
    points, ends = thetas(3, budget), np.array([-1.0, 0.5, 2.0])
    law = stats.gumbel_r(loc=-np.euler_gamma)
    joint = np.array([[_joint(theta, end) for end in ends] for theta in points])
    total = special.logsumexp(points, axis=1, keepdims=True)
    product = special.softmax(points, axis=1)[:, :1] * law.cdf(ends - total)
    drawn = _sampled_joint(points[0], ends[1], 4 * budget.samples)
    yield exact(
        "sympy, any d",
        argued(r"""with $a = e^{\theta_i}$, $S = \sum_{j \ne i} e^{\theta_j}$ and $u = e^{-(x+c)}$:
            the density of $x = \theta_i + \gamma_i$ becomes $a e^{-au}$, the probability that every
            other $\theta_j + \gamma_j$ is at most $x$ is $e^{-Su}$, and $x \le z$ means $u \ge b =
            e^{-(z+c)}$ [independence; A.gumbel-density.corrected]"""),
        eq(
            sp.Integral(A * sp.exp(-(A + REST) * U), (U, B, sp.oo)),
            A / (A + REST) * sp.exp(-(A + REST) * B),
            r"a function of $i$ times one of $z$, which is the cdf of $\log(a + S) + \gamma_1$",
        ),
    )
    what = "$d = 3$, $i = 1$, three $z$"
    yield agree("scipy quadrature", joint, product, what, slack=1e-9, floor=1.0)
    yield agree("sampling", drawn, product[0, 1], "the same for the first of these", floor=1.0)


def _joint(theta: np.ndarray, end: float) -> float:
    """P(theta_1 + gamma_1 is the largest and at most `end`), an integral over gamma_1."""
    law, c = stats.gumbel_r, np.euler_gamma

    def density(x: float) -> float:
        return float(law.pdf(x + c - theta[0]) * np.prod(law.cdf(x + c - theta[1:])))

    return integrate.quad(density, -12.0, end, epsabs=1e-12)[0]


def _sampled_joint(theta: np.ndarray, end: float, samples: int) -> Estimate:
    shifted = theta + np.asarray(
        Gumbel().sample(np.random.default_rng(23), (samples, theta.size)), float
    )
    share = np.mean((shifted.argmax(1) == 0) & (shifted.max(1) <= end))
    return draws.shares(share, samples)


@stability.part(r"exponential noise, $d = 2$: $1 - \frac12 e^{-(\theta_1 - \theta_2)}$")
def exponential_noise():
    differences = np.array([0.0, 0.5, 2.0, 6.0])
    points = np.stack([differences, 0 * differences], 1)
    p = engine(expected_max(Exponential()), points, "probabilities")
    exactly = 1 - np.exp(-differences) / 2
    yield exact("sympy", _LIMIT, eq(_WINS, 1 - 1 / (2 * A), r"$a = e^{\theta_1 - \theta_2} \ge 1$"))
    yield agree("engine", p, np.stack([exactly, 1 - exactly], 1), "at four differences")


gaussian_decay = Claim(
    "A.gaussian-decays-faster",
    "A, section 2",
    r"""The Gaussian distribution decays faster than the Gumbel distribution when approaching
    infinity.""",
    assumes=r"""Normal noise of variance 1 and Gumbel noise, as in the paper. Infinity is read as $t
    \to +\infty$, for the densities $\varphi$ and $\hat g$, and as $|\gamma_1| \to \infty$, for
    $P(|\gamma_1| \ge t)$; towards $-\infty$ alone the Gumbel law is the one that decays faster, see
    A.concentration-comparison.corrected. That a faster convergence follows is
    A.concentration-comparison.""",
    depends_on="A.gumbel-density.corrected",
)


@gaussian_decay.part(r"$\varphi(t) / \hat g(t) \to 0$ as $t \to \infty$")
def densities():
    ratio = np.asarray(Normal().log_pdf(FAR)) - np.asarray(Gumbel().log_pdf(FAR))
    yield exact(
        "sympy", eq(sp.Limit(sp.exp(-(T**2) / 2) / sp.sqrt(2 * sp.pi) / DENSITY, T, sp.oo), 0)
    )
    yield positive("engine", -ratio - FAR, r"$-\log(\varphi/\hat g) - t$ at $t = 4, 8, 16, 32$")


@gaussian_decay.part(r"$P_N(|\gamma_1| \ge t) / P_G(|\gamma_1| \ge t) \to 0$ as $t \to \infty$")
def tails():
    both = np.logaddexp(
        stats.gumbel_r.logsf(FAR + np.euler_gamma), stats.gumbel_r.logcdf(np.euler_gamma - FAR)
    )
    rate = sp.exp(-(T + C))
    why = r"""$P_N(|\gamma_1| \ge t) \le 2 e^{-t^2/2}$ over $P_G(\gamma_1 \ge t) \ge y -
        \frac{y^2}{2}$, $y = e^{-(t+c)}$"""
    yield exact(
        "sympy", eq(sp.Limit(2 * sp.exp(-(T**2) / 2) / (rate - rate**2 / 2), T, sp.oo), 0, why)
    )
    ratio = np.log(2) + special.log_ndtr(-FAR) - both
    yield positive("scipy", -ratio - FAR, r"$-\log$ of the ratio $- t$ at $t = 4, 8, 16, 32$")
