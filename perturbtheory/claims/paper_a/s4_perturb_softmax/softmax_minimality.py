"""Lemma 4.2, Theorem 4.3 and section 8.4: Perturb-Softmax is one-to-one."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise, product

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import cosets
from perturbtheory.claims.exhibits.cosets import ATOMS, perturb_softmax
from perturbtheory.claims.exhibits.numbers import thetas
from perturbtheory.claims.legacy import agree, argued, claim, exact, positive, proof, shown
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.routes import enumeration
from perturbtheory.routes.symbolic import categories, identity

_SHARES = (0.05, 0.5, 0.8)


def _value(points: np.ndarray) -> np.ndarray:
    """f for three atoms."""
    return enumeration.softmax(points, ATOMS, 1.0).value


def _gaps(theta: np.ndarray, tau: np.ndarray) -> np.ndarray:
    """lambda f(theta) + (1 - lambda) f(tau) - f(lambda theta + (1 - lambda) tau)."""
    return np.array(
        [
            share * _value(theta)
            + (1 - share) * _value(tau)
            - _value(share * theta + (1 - share) * tau)
            for share in _SHARES
        ]
    )


@claim("A.softmax-strict-convexity")
def softmax_strict_convexity(budget: Budget) -> list[Part]:
    r"""Statement: If no two vectors of a convex set Theta are translates of each other, then
    f(theta) = E[log sum exp(theta + gamma)] is strictly convex over Theta. Along translates the
    inequality is an equality.

    LaTeX: $f(\lambda\theta+(1-\lambda)\tau) < \lambda f(\theta)+(1-\lambda)f(\tau)$ for $\theta \ne
    \tau \in \Theta$, $0 < \lambda < 1$, if $\tau-\theta \notin \mathbb R\mathbf 1$; $f(\theta+c
    \mathbf 1) = f(\theta)+c$

    Source: A, Lemma 4.2, (10), and the paragraph after it

    Assumptions: any real random vector gamma, dependent, discrete or with bounded support; f
    finite, as footnote 2 asks; without this for the anchored potential. For the printed proof see
    A.softmax-hoelder-step.

    Computed: the second derivative along a line for symbolic d; gaps of finite sums.
    """
    points = thetas(3, budget)
    one, two = (np.array(x) for x in zip(*pairwise(points), strict=True))
    _, _, j, theta = (s := categories())
    c = sp.Symbol("c", real=True)
    moved = sp.log(cosets.expanded_sum(s, sp.exp(theta[j] + c)))
    shift = identity(sp.expand_log(moved, force=True) - sp.log(s.sum(sp.exp(theta[j]))) - c)
    return [
        Part(
            "f is strictly convex along every direction but 1",
            (
                proof(
                    "sympy, symbolic d",
                    "for every gamma, then on average",
                    *cosets.variance(),
                    argued(
                        r"so $\lambda\log\sum e^{\theta+\gamma}+(1-\lambda)\log\sum e^{\tau+\gamma}"
                        r"-\log\sum e^{\lambda\theta+(1-\lambda)\tau+\gamma}$ is positive for every"
                        r" $\gamma$, and so is its mean",
                        "a positive random variable has a positive mean; it is bounded by "
                        "2 max |theta - tau|, whatever the moments of gamma",
                    ),
                ),
                positive(
                    "enumeration",
                    "quadrature",
                    _gaps(one, two),
                    "gaps of (10) for three atoms, d = 3, lambda = 0.05, 0.5, 0.8",
                ),
            ),
        ),
        Part(
            "an equality along translates",
            (
                proof(
                    "sympy, any d",
                    "translation",
                    shown(
                        r"$\log\sum_je^{\theta_j+c} = \log\sum_je^{\theta_j}+c$: $f(\theta+c\mathbf"
                        r" 1) = f(\theta)+c$, linear in $c$",
                        shift,
                    ),
                ),
                agree(
                    "enumeration",
                    "quadrature",
                    _gaps(points, points + 2.5),
                    np.zeros((len(_SHARES), len(points))),
                    "gaps of (10) at tau = theta + 2.5",
                ),
            ),
        ),
    ]


def _distinct(points: Sequence[Sequence[Fraction]]) -> tuple[int, int]:
    """How many cosets the odds belong to, and how many p they have."""
    classes = {tuple(x / odds[0] for x in odds) for odds in points}
    return len(classes), len({tuple(perturb_softmax(odds)) for odds in points})


@claim("A.softmax-minimality", depends_on=("C.completeness",))
def softmax_minimality(budget: Budget) -> list[Part]:
    r"""Statement: A convex set Theta without two vectors that are translates of each other is
    minimal for Perturb-Softmax: different parameters have different probabilities. Sets that are
    both complete and minimal are {sum theta = 0} and {theta_1 = 0}.

    LaTeX: $\theta \ne \tau \in \Theta \Rightarrow \mathbb E_\gamma[\operatorname{softmax}(\theta+
    \gamma)] \ne \mathbb E_\gamma[\operatorname{softmax}(\tau+\gamma)]$, if $\tau-\theta \notin
    \mathbb R\mathbf 1$ for all $\theta \ne \tau \in \Theta$

    Source: A, Theorem 4.3, and the sentence after its proof on two sets

    Assumptions: any real random vector gamma, without moments too. Convexity of Theta is not
    needed, and the condition is necessary: translates share p. Complete as in (8): every p > 0 is
    reached. For the last lines of the printed proof see A.softmax-minimality-step; Theorem 26.1 of
    Rockafellar, which is cited, is about single-valued gradients, 26.3 about one-to-one ones.

    Computed: the proof for symbolic d; all p for odds on a grid, exactly; parameters of given p
    by Newton's method on finite sums.
    """
    points = thetas(3, budget)
    share = enumeration.softmax(points, ATOMS, 1.0).probabilities
    one, two = np.triu_indices(len(points), 1)
    margins = ((points[one] - points[two]) * (share[one] - share[two])).sum(1)
    powers = [Fraction(1, 2), Fraction(1), Fraction(2), Fraction(4)]
    classes, shares = _distinct(list(product(powers, repeat=3)))
    targets = np.random.default_rng(5).dirichlet(np.ones(3), 24)
    found = cosets.preimages(targets)
    gauges = np.concatenate([found - found.mean(1, keepdims=True), found - found[:, :1]])
    reached = enumeration.softmax(gauges, ATOMS, 1.0).probabilities
    return [
        Part(
            "different cosets have different p",
            (
                proof("strict monotonicity", "symbolic d, any gamma", *cosets.monotone()),
                exact(
                    "rational",
                    classes == shares,
                    f"64 theta, d = 3, e^gamma_i = 1/2, 1 or 2: {classes} cosets, {shares} p",
                    universal=False,
                ),
                positive(
                    "enumeration",
                    "quadrature",
                    margins,
                    "<p(theta) - p(tau), theta - tau>, three atoms, d = 3",
                ),
            ),
        ),
        Part(
            "{sum theta = 0} and {theta_1 = 0} are complete and minimal",
            (
                _gauges(),
                agree(
                    "enumeration",
                    "quadrature",
                    reached,
                    np.concatenate([targets, targets]),
                    "p at theta(p) moved into either set, 24 p, d = 3",
                ),
            ),
        ),
    ]


def _gauges() -> Check:
    s, c = categories(), sp.Symbol("c", real=True)
    total, first = s.sum(s.theta[s.j]), sp.Symbol("theta_1", real=True)
    moved = cosets.expanded_sum(s, s.theta[s.j] + c)
    one = sp.solve(moved.subs(total, sp.Symbol("S")).doit(), c)
    two = sp.solve(first + c, c)
    return proof(
        "cosets",
        "one point of every coset",
        shown(
            r"$\sum_j(\theta_j+c) = 0$ has exactly one solution, $c = -\frac1d\sum_j\theta_j$",
            len(one) == 1 and identity(one[0] * s.d + sp.Symbol("S")) == "holds",
        ),
        shown(r"$\theta_1+c = 0$ has exactly one, $c = -\theta_1$", two == [-first]),
        argued(
            r"every $p > 0$ has exactly one coset $\theta+\mathbb R\mathbf 1$, and so exactly one "
            r"$\theta$ in either set",
            "C.completeness",
        ),
    )


def _ends_at_zero(p: Sequence[Fraction]) -> bool:
    """Whether 0 maximises <p, theta> - f(theta) over the ray {(s, 0) : s >= 0}.

    The function is strictly concave, so that its slope at the end of the ray, <= 0, decides it.
    """
    return p[0] - perturb_softmax([1, 1])[0] <= 0


@claim("A.softmax-minimality-step", corrected="A.softmax-minimality-step.corrected")
def softmax_minimality_step(_: Budget) -> list[Part]:
    r"""Statement: Since f is strictly convex, <p, theta> - f(theta) has a unique maximal argument
    theta* over Theta; the gradient vanishes there, that is, p is the gradient of f at theta*; since
    theta* is unique, p is unique as well, and the gradient is one-to-one.

    LaTeX: $\theta^* = \arg\max_{\theta\in\Theta}\{\langle p,\theta\rangle-f(\theta)\}$ is unique
    and $p = \nabla f(\theta^*)$; "since $\theta^*$ is unique then $p$ is unique as well"

    Source: A, proof of Theorem 4.3, with (18)

    Assumptions: Theta as in Theorem 4.3, convex and without translates. The theorem is true, see
    A.softmax-minimality. One-to-one asks that one p has one theta; the last step says that one
    theta* has one p.

    Computed: the ray {(s, 0) : s >= 0}, d = 2: slopes at its end exactly, and f on a grid.
    """
    candidates = [(Fraction(1, 4), Fraction(3, 4)), (Fraction(1, 3), Fraction(2, 3))]
    at_end = [p for p in candidates if _ends_at_zero(p)]
    gradient = tuple(perturb_softmax([1, 1]))
    grid = np.linspace(0.0, 30.0, 301)
    heights = _value(np.stack([grid, 0 * grid], 1))
    best = [grid[np.argmax(float(p[0]) * grid - heights)] for p in candidates]
    starts = enumeration.softmax(np.stack([best, 0 * np.array(best)], 1), ATOMS, 1.0).probabilities
    numbers = np.array([[float(x) for x in p] for p in candidates])
    data = {
        "d": 2,
        "Theta": "{(s, 0) : s >= 0}",
        "gamma": "0, or any exchangeable noise",
        "p": [str(x) for x in candidates[0]],
        "q": [str(x) for x in candidates[1]],
        "theta* of both": [0, 0],
        "gradient of f at theta*": [str(x) for x in gradient],
    }
    return [
        Part(
            "p is the gradient of f at theta*",
            (
                exact(
                    "rational, slopes",
                    all(p == gradient for p in at_end),
                    f"gamma_1, gamma_2 exchangeable: slope p_1 - {gradient[0]} <= 0 at the end, so "
                    "theta* = 0 for both p",
                ),
                agree("enumeration", "quadrature", starts, numbers, "gradient at theta* against p"),
            ),
            data,
        ),
        Part(
            "one theta* has one p",
            (
                exact("rational, slopes", len(at_end) <= 1, "two p have theta* = 0"),
                positive(
                    "enumeration",
                    "quadrature",
                    abs(best[0] - best[1]) - 0.05,
                    "distance of the two theta* on a grid of width 0.1, less half of it",
                ),
            ),
            data,
        ),
    ]


@claim("A.softmax-minimality-step.corrected")
def softmax_minimality_step_corrected(budget: Budget) -> list[Part]:
    r"""Statement: If p is the gradient of f at theta and at tau, both maximise <p, .> - f over R^d;
    f is strictly convex on the segment between them unless theta - tau is in R1, so that theta -
    tau is in R1: the gradient is one-to-one on a set without translates.

    LaTeX: $\langle\nabla f(\theta)-\nabla f(\tau),\theta-\tau\rangle > 0$ for $\theta-\tau \notin
    \mathbb R\mathbf 1$

    Source: corrects A, proof of Theorem 4.3

    Assumptions: any real random vector gamma; f, or the anchored potential where f is not finite.

    Computed: strict monotonicity for symbolic d, and on finite sums.
    """
    points = thetas(3, budget)
    value, share, _ = enumeration.softmax(points, ATOMS, 1.0)
    # f(tau) - f(theta) - <p(theta), tau - theta> > 0: only theta maximises <p(theta), .> - f.
    slope = share @ points.T - (share * points).sum(1)[:, None]
    off = ~np.eye(len(points), dtype=bool)
    one, two = np.triu_indices(len(points), 1)
    margins = ((points[one] - points[two]) * (share[one] - share[two])).sum(1)
    return [
        Part(
            "the gradient is strictly monotone modulo translation",
            (
                proof(
                    "strict monotonicity",
                    "symbolic d, any gamma",
                    *cosets.monotone(),
                    argued(
                        r"equal gradients would make $\langle\nabla f(\theta)-\nabla f(\tau),\theta"
                        r"-\tau\rangle = 0$",
                        "a contradiction",
                    ),
                ),
                positive(
                    "enumeration",
                    "quadrature",
                    margins,
                    "<grad f(theta) - grad f(tau), theta - tau>, three atoms, d = 3",
                ),
                positive(
                    "enumeration, values",
                    "quadrature",
                    (value[None, :] - value[:, None] - slope)[off],
                    "f(tau) - f(theta) - <p(theta), tau - theta>",
                ),
            ),
        )
    ]
