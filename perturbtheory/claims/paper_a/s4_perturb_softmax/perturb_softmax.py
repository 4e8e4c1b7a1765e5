"""Section 4 and 8.2: the potential of Perturb-Softmax, its gradient, its temperature."""

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import cosets, numbers, sums
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Claim, agree, argued, eq, exact, positive, shown, witness
from perturbtheory.perturbations import Discrete
from perturbtheory.potential import Potential, expected_logsumexp, expected_max
from perturbtheory.routes import enumeration, symbolic

POINT = np.array([0.5, -0.25, 1.0])
ATOMS = (-1.0, 0.5, 1.5)
LAW = Discrete(np.array(ATOMS))
TEMPERATURE = sp.Symbol("t", positive=True)
DOMINATED = argued("""this moves the derivative inside the expectation wherever $f$ is finite
    [dominated convergence: it lies in $[0, 1]$]""")

potential_gradient = Claim(
    "A.softmax-potential-gradient",
    "A, (6), (7) and the paragraph after them",
    r"""$f(\theta) = \mathbb E_\gamma\bigl[\log\sum_{i=1}^de^{\theta_i+\gamma_i}\bigr]$ is convex,
    and its gradient is the expected softmax, $\nabla f(\theta) = \mathbb
    E_\gamma[\operatorname{softmax}(\theta+\gamma)]$.""",
    assumes=r"""any joint law of $\gamma$ with $f$ finite, as footnote 2 means (it prints $f <
    \infty$, see A.softmax-closed-smooth); footnote 3 is not needed.""",
)
softmax_probability = Claim(
    "A.softmax-probability",
    "A, Corollary 8.2, (39)-(41)",
    r"""The derivative of the expected log-sum-exp is a probability vector:
    $\sum_{j=1}^d\partial f/\partial\theta_j = 1$ and $\partial f/\partial\theta_j \ge 0$ for every
    $j$.""",
    assumes=r"any joint law of $\gamma$ with $f$ finite.",
    depends_on=potential_gradient,
)
softmax_temperature = Claim(
    "A.softmax-temperature",
    "A, (11)",
    r"""$f_t(\theta) = \mathbb E_\gamma[\log\sum_{i=1}^de^{(\theta_i+\gamma_i)/t}]$ has the gradient
    $\nabla f_t(\theta) = \mathbb E_\gamma[\operatorname{softmax}((\theta+\gamma)/t)]$, for
    non-negative $t$.""",
    assumes='$f_t$ finite. "Non-negative" is read as printed, with $t = 0$ allowed.',
)
true_temperature = softmax_temperature.corrected(
    r"""$f_t(\theta) = \mathbb E_\gamma[t\log\sum_{i=1}^de^{(\theta_i+\gamma_i)/t}]$ has the
    gradient $\nabla f_t(\theta) = \mathbb E_\gamma[\operatorname{softmax}((\theta+\gamma)/t)]$ for
    $t > 0$, and $0 \le f_t-\mathbb E_\gamma[\max_i(\theta_i+\gamma_i)] \le t\log d$, so that $f_t
    \to \mathbb E_\gamma[\max_i(\theta_i+\gamma_i)]$ as $t \to 0$.""",
    assumes="$f_t$ finite for one $t > 0$.",
)


def log_sum_exp_slope(scale, t, factor):
    """The derivative of scale * log sum_j e^((theta_j + gamma_j)/t) is factor times a softmax."""
    _, i, j, theta = (s := symbolic.categories())
    gamma = cosets.indexed("gamma")
    total = s.sum(sp.exp((theta[j] + gamma[j]) / t))
    slope = sp.Derivative(scale * sp.log(total), theta[i])
    share = sp.exp((theta[i] + gamma[i]) / t) / total
    why = "the softmax" if factor == 1 else f"${sp.latex(factor)}$ times the softmax"
    return sums.for_every_d(slope, factor * share, why)


def smooth(temperature: float) -> Potential:
    """f_t under three atoms."""
    return expected_logsumexp(LAW, temperature)


def enumerated(temperature: float) -> np.ndarray:
    """E[softmax((theta + gamma)/t)] at `POINT`, over all outcomes of three atoms."""
    return enumeration.softmax(POINT[None], ATOMS, temperature).probabilities[0]


@potential_gradient.part("(7): the gradient is the expected softmax", scale=1, t=1, number=1.0)
@true_temperature.part(
    "the gradient for $t > 0$", scale=TEMPERATURE, t=TEMPERATURE, number=2.0, route=" and t"
)
def gradient(scale, t, number, route=""):
    slopes = numbers.gradient_by_differences(smooth(number), POINT)
    p = numbers.entry(numbers.engine(smooth(number), POINT[None], "probabilities"), 0)
    what = "differences of $f$ against"
    yield exact(f"sympy, symbolic d{route}", log_sum_exp_slope(scale, t, 1), DOMINATED)
    yield agree("engine", slopes, p, f"{what} $p$, three atoms, $d = 3$")
    yield agree("enumeration", slopes, enumerated(number), f"{what} E softmax")


@potential_gradient.part("$f$ is convex")
def convex(budget):
    points = numbers.thetas(3, budget)
    one, two, middle = (numbers.engine(smooth(1.0), x) for x in (points, -points, 0 * points))
    gap = (one.value + two.value) / 2 - middle.value
    radius = (one.radius + two.radius) / 2 + middle.radius
    yield exact(
        "sympy, symbolic d",
        *cosets.variance(),
        argued("""so log-sum-exp is convex, and so is its mean [an expectation of convex
            functions]"""),
    )
    what = r"$(f(\theta)+f(-\theta))/2-f(0)$, three atoms, $d = 3$"
    yield positive("engine", Estimate(gap, radius, "quadrature"), what)


@softmax_probability.part("(39), (40): the entries sum to one")
def sums_to_one(budget):
    points = numbers.thetas(3, budget)
    one, two = numbers.engine(smooth(1.0), points), numbers.engine(smooth(1.0), points + 0.5)
    rise = Estimate(two.value - one.value, two.radius + one.radius, "quadrature")
    s, k = symbolic.categories(), sp.Symbol("k", integer=True)
    x = [sp.exp(s.theta[n] + cosets.indexed("gamma")[n]) for n in (s.j, k)]
    total = sp.Sum(x[1], (k, 1, s.d))
    yield exact(
        "sympy, symbolic d",
        sums.for_every_d(s.sum(x[0] / total), 1, r"for every $\gamma$", where={total: s.sum(x[0])}),
        argued("so do the expected entries", "linearity of the expectation"),
    )
    yield agree("engine", rise, 0.5, r"$f(\theta+c\mathbf 1)-f(\theta)$, $c = 1/2$")
    yield agree("enumeration", enumerated(1.0).sum(), 1.0, "sum of E softmax")


@softmax_probability.part("(41): no entry is negative")
def not_negative():
    s = symbolic.categories()
    term = sp.exp(s.theta[s.i] + cosets.indexed("gamma")[s.i])
    yield exact(
        "sympy, symbolic d",
        shown(r"$e^{\theta_i+\gamma_i} > 0$", bool(term.is_positive)),
        argued(r"""a positive number over a sum of such is positive, and so is its mean [for every
            $\gamma$; monotony of the expectation]"""),
    )
    slopes = numbers.gradient_by_differences(smooth(1.0), POINT)
    yield positive("engine", slopes, "differences of $f$ in every coordinate, three atoms, $d = 3$")


@softmax_temperature.part("the printed gradient for $t > 0$")
def printed_gradient():
    x = sp.Symbol("theta_1", real=True)
    slopes = numbers.gradient_by_differences(smooth(2.0), POINT)
    printed = slopes._replace(value=slopes.value / 2, radius=slopes.radius / 2)
    yield exact(
        "sympy, symbolic d and t",
        log_sum_exp_slope(1, TEMPERATURE, 1 / TEMPERATURE),
        eq(sp.Derivative(x / 2, x), 1, "$f_2$ for $d = 1$ without noise, whose softmax is 1"),
    )
    yield agree("engine", printed, enumerated(2.0), "differences of $f_2$ against E softmax")
    yield witness(d=1, t=2, theta=[0], gamma=0, **{"gradient of $f_t$": "1/2", "softmax": "1"})


@softmax_temperature.part("$t = 0$ is allowed")
def zero_temperature():
    limit = sp.limit(sp.log(sp.exp(1 / TEMPERATURE) + 1), TEMPERATURE, 0, "+")
    bounds = np.array([10.0, 100.0, 1000.0])
    cases = r"$f_t(1, 0) = \log(e^{1/t}+1)$ without noise tends to infinity as $t \to 0$"
    yield exact("sympy, limit", bool(limit.is_finite), cases=cases)
    what = "$B-f_t(1, 0)$ at $t = 1/(2B)$, $B = 10, 100, 1000$: no bound holds, for $f_t > 1/t$"
    yield positive("numbers", bounds - np.logaddexp(2 * bounds, 0.0), what)
    yield witness({"d": 2, "t": 0, "theta": [1, 0], "gamma": [0, 0], "f_t": r"$\log(e^{1/0}+1)$"})


@true_temperature.part(r"$0 \le f_t-f_0 \le t\log d$")
def between():
    s, top, t = symbolic.categories(), sp.Symbol("M", real=True), TEMPERATURE
    low = numbers.engine(expected_max(LAW), POINT[None])
    margins, radii = [], []
    for temperature in (0.5, 1.0, 2.0):
        found = numbers.engine(smooth(temperature), POINT[None])
        excess = np.asarray(found.value) - np.asarray(low.value)
        margins += [excess, temperature * float(np.log(3.0)) - excess]
        radii += 2 * [np.asarray(found.radius) + np.asarray(low.radius)]
    yield exact(
        "sympy, symbolic d",
        argued(r"$t\log\sum_ie^{x_i/t} \ge \max_ix_i$", "the largest term alone, none is negative"),
        sums.for_every_d(t * sp.log(s.sum(sp.exp(top / t))), top + t * sp.log(s.d)),
        r"all $d$ terms equal to the largest, $M = \max_ix_i$: the upper bound",
    )
    what = r"$f_t-f_0$ and $t\log 3-(f_t-f_0)$ at $t = 1/2, 1, 2$"
    yield positive("engine", Estimate(np.array(margins), np.array(radii), "quadrature"), what)
