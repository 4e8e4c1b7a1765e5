"""Lemma 4.2, Theorem 4.3 and section 8.4: Perturb-Softmax is one-to-one."""

from fractions import Fraction
from itertools import pairwise, product

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import cosets, sums, three_atoms
from perturbtheory.claims.exhibits.cosets import perturb_softmax
from perturbtheory.claims.exhibits.numbers import thetas
from perturbtheory.ledger import Claim, agree, argued, exact, positive, witness
from perturbtheory.routes import symbolic

SHARES = (0.05, 0.5, 0.8)
TARGETS = [(Fraction(1, 4), Fraction(3, 4)), (Fraction(1, 3), Fraction(2, 3))]
ORIGIN = perturb_softmax([1, 1])
"""The gradient of f at 0 for two exchangeable gamma."""

strictly_convex = Claim(
    "A.softmax-strict-convexity",
    "A, Lemma 4.2, (10), and the paragraph after it",
    r"""If no two vectors of a convex set $\Theta$ are translates of each other, then $f(\theta) =
    \mathbb E_\gamma[\log\sum_ie^{\theta_i+\gamma_i}]$ is strictly convex over $\Theta$:
    $f(\lambda\theta+(1-\lambda)\tau) < \lambda f(\theta)+(1-\lambda)f(\tau)$ for $\theta \ne \tau
    \in \Theta$, $0 < \lambda < 1$, if $\tau-\theta \notin \mathbb R\mathbf 1$. Along translates the
    inequality is an equality, $f(\theta+c\mathbf 1) = f(\theta)+c$.""",
    assumes=r"""any real random vector $\gamma$, dependent, discrete or with bounded support; $f$
    finite, as footnote 2 means (it prints $f < \infty$, see A.softmax-closed-smooth); without this
    for the anchored potential. For the printed proof see A.softmax-hoelder-step.""",
)
minimality = Claim(
    "A.softmax-minimality",
    "A, Theorem 4.3",
    r"""A convex set $\Theta$ without two vectors that are translates of each other is minimal for
    Perturb-Softmax: different parameters have different probabilities, $\theta \ne \tau \in \Theta
    \Rightarrow \mathbb E_\gamma[\operatorname{softmax}(\theta+\gamma)] \ne \mathbb
    E_\gamma[\operatorname{softmax}(\tau+\gamma)]$, if $\tau-\theta \notin \mathbb R\mathbf 1$ for
    all $\theta \ne \tau \in \Theta$.""",
    assumes=r"""any real random vector $\gamma$, without moments too. Convexity of $\Theta$ is not
    needed, and the condition is necessary: translates share $p$. For the last lines of the printed
    proof see A.softmax-minimality-step; Theorem 26.1 of Rockafellar, which is cited, is about
    single-valued gradients, 26.3 about one-to-one ones.""",
    depends_on="C.completeness",
)
printed_step = Claim(
    "A.softmax-minimality-step",
    "A, proof of Theorem 4.3, with (18)",
    r"""Since $f$ is strictly convex, $\langle p,\theta\rangle-f(\theta)$ has a unique maximal
    argument $\theta^* = \arg\max_{\theta\in\Theta}\{\langle p,\theta\rangle-f(\theta)\}$; the
    gradient vanishes there, that is, $p = \nabla f(\theta^*)$; "since $\theta^*$ is unique then $p$
    is unique as well", and the gradient is one-to-one.""",
    assumes=r"""$\Theta$ as in Theorem 4.3, convex and without translates; that a maximum exists is
    A.conjugate-attained. The theorem is true, see A.softmax-minimality. One-to-one asks that one
    $p$ has one $\theta$; the last step says that one $\theta^*$ has one $p$.""",
)
true_step = printed_step.corrected(
    r"""If $p$ is the gradient of $f$ at $\theta$ and at $\tau$, both maximise $\langle p,\cdot
    \rangle-f$ over $\mathbb R^d$; $f$ is strictly convex on the segment between them unless
    $\theta-\tau \in \mathbb R\mathbf 1$, so that $\theta-\tau \in \mathbb R\mathbf 1$:
    $\langle\nabla f(\theta)-\nabla f(\tau),\theta-\tau\rangle > 0$ for $\theta-\tau \notin \mathbb
    R\mathbf 1$, and the gradient is one-to-one on a set without translates.""",
    source="corrects A, proof of Theorem 4.3",
    assumes=r"""any real random vector $\gamma$; $f$, or the anchored potential where $f$ is not
    finite.""",
)


def gaps(theta: np.ndarray, tau: np.ndarray) -> np.ndarray:
    """lambda f(theta) + (1 - lambda) f(tau) - f(lambda theta + (1 - lambda) tau)."""
    f, weighted = three_atoms.value, [(a * theta + (1 - a) * tau, a) for a in SHARES]
    return np.array([a * f(theta) + (1 - a) * f(tau) - f(x) for x, a in weighted])


@strictly_convex.part(r"$f$ is strictly convex along every direction but $\mathbf 1$")
def every_direction_but_one(budget):
    one, two = (np.array(x) for x in zip(*pairwise(thetas(3, budget)), strict=True))
    yield exact(
        "sympy, symbolic d",
        *cosets.variance(),
        argued(r"""so $\lambda\log\sum e^{\theta+\gamma}+(1-\lambda)\log\sum
            e^{\tau+\gamma}-\log\sum e^{\lambda\theta+(1-\lambda)\tau+\gamma}$ is positive for every
            $\gamma$, and so is its mean [a positive random variable has a positive mean; it is
            bounded by $2\max|\theta-\tau|$, whatever the moments of $\gamma$]"""),
    )
    what = r"gaps of (10) for three atoms, $d = 3$, $\lambda$ = 0.05, 0.5, 0.8"
    yield positive("enumeration", gaps(one, two), what)


@strictly_convex.part("an equality along translates")
def along_translates(budget):
    points, s, c = thetas(3, budget), symbolic.categories(), sp.Symbol("c", real=True)
    yield exact(
        "sympy, any d",
        sums.for_every_d(s.sum(sp.exp(s.theta[s.j] + c)), sp.exp(c) * s.sum(sp.exp(s.theta[s.j]))),
        r"by logarithms $f(\theta+c\mathbf 1) = f(\theta)+c$, linear in $c$",
    )
    moved = gaps(points, points + 2.5)
    yield agree("enumeration", moved, 0 * moved, r"gaps of (10) at $\tau = \theta+2.5$", floor=1.0)


@minimality.part("different cosets have different $p$")
@true_step.part("the gradient is strictly monotone modulo translation", step=True)
def strictly_monotone(budget, step=False):
    points = thetas(3, budget)
    share = three_atoms.share(points)
    one, two = np.triu_indices(len(points), 1)
    margins = ((points[one] - points[two]) * (share[one] - share[two])).sum(1)
    equal = argued(r"""equal gradients would make $\langle\nabla f(\theta)-\nabla
        f(\tau),\theta-\tau\rangle = 0$ [a contradiction]""")
    what = r"$\langle p(\theta)-p(\tau),\theta-\tau\rangle$, three atoms, $d = 3$"
    yield exact("strict monotonicity", *cosets.monotone(), *([equal] if step else []))
    yield positive("enumeration", margins, what)
    if step:
        # Only theta maximises <p(theta), .> - f.
        what = r"$f(\tau)-f(\theta)-\langle p(\theta),\tau-\theta\rangle$"
        yield positive("enumeration, values", three_atoms.over_tangents(points), what)
    else:
        odds = list(product([Fraction(1, 2), Fraction(1), Fraction(2), Fraction(4)], repeat=3))
        classes = len({tuple(x / theta[0] for x in theta) for theta in odds})
        shares = len({tuple(perturb_softmax(theta)) for theta in odds})
        cases = rf"""64 $\theta$, $d = 3$, $e^{{\gamma_i}}$ = 1/2, 1 or 2: {classes} cosets,
            {shares} $p$"""
        yield exact("rational", classes == shares, cases=cases)


def best_on_a_ray() -> np.ndarray:
    """s >= 0 with the largest <p, (s, 0)> - f(s, 0) on a grid, for both `TARGETS`."""
    grid = np.linspace(0.0, 30.0, 301)
    heights = three_atoms.value(np.stack([grid, 0 * grid], 1))
    return np.array([grid[np.argmax(float(p[0]) * grid - heights)] for p in TARGETS])


def at_end() -> list[tuple[Fraction, Fraction]]:
    """Targets p for which 0 maximises <p, theta> - f(theta) over the ray {(s, 0) : s >= 0}.

    The function is strictly concave, so that its slope at the end of the ray, <= 0, decides it.
    """
    return [p for p in TARGETS if p[0] - ORIGIN[0] <= 0]


EXAMPLE = witness(
    d=2,
    Theta=r"$\{(s, 0) : s \ge 0\}$",
    gamma="0, or any exchangeable noise",
    p=TARGETS[0],
    q=TARGETS[1],
    **{r"$\theta^*$ of both": [0, 0], r"$\nabla f(\theta^*)$": ORIGIN},
)


@printed_step.part("a maximal argument is unique")
def unique_maximum(budget):
    points, p = thetas(3, budget), np.array([0.2, 0.3, 0.5])
    points = points - points.mean(1, keepdims=True)
    best = cosets.preimages(p[None])[0]
    slopes = ((p - three_atoms.share(points)) * (best - points)).sum(1)
    yield exact(
        "strict concavity",
        *cosets.variance(),
        argued(r"""so $\langle p,\theta\rangle-f(\theta)$ is strictly concave on $\Theta$, and
            half-way between two maximal arguments it would be larger [no two points of $\Theta$
            differ by $c\mathbf 1$]"""),
    )
    what = r"slope towards $\theta^*$ elsewhere on $\{\sum\theta = 0\}$, $p$ = (0.2, 0.3, 0.5)"
    yield positive("enumeration, Newton's method", slopes, what)


@printed_step.part(r"$p$ is the gradient of $f$ at $\theta^*$")
def gradient_at_the_maximum():
    starts = np.stack([best_on_a_ray(), 0 * best_on_a_ray()], 1)
    share = three_atoms.share(starts)
    cases = rf"""$\gamma_1, \gamma_2$ exchangeable, $\Theta$ a ray: slope $p_1-{ORIGIN[0]} \le 0$ at
        its end, so $\theta^* = 0$ for both $p$"""
    yield exact("rational, slopes", all(p == tuple(ORIGIN) for p in at_end()), cases=cases)
    numbers = np.array(TARGETS, float)
    yield agree("enumeration", share, numbers, r"gradient at $\theta^*$ against $p$")
    yield EXAMPLE


@printed_step.part(r"one $\theta^*$ has one $p$")
def one_maximum_one_p():
    one, two = best_on_a_ray()
    yield exact("rational, slopes", len(at_end()) <= 1, cases=r"two $p$ have $\theta^* = 0$")
    what = r"distance of the two $\theta^*$ on a grid of width 0.1, less half of it"
    yield positive("enumeration", abs(one - two) - 0.05, what)
    yield EXAMPLE
