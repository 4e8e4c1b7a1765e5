"""Section 8.2.1: the log-sum-exp is convex, and strictly so but for translations."""

from fractions import Fraction
from itertools import combinations, product
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import cosets, gradients, hoelder_norms, numbers, softmax_exact
from perturbtheory.claims.exhibits.symbols import indexed
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Claim, agree, argued, eq, exact, positive, shown
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_max
from perturbtheory.routes import symbolic

_symbols: Any = sp.symbols("U V u_i v_i lambda c", positive=True)
U, V, X, Y, LAM, C = _symbols
LAMBDA = 0.3
"""lambda where numbers are compared."""
LOG_SUM_EXP = expected_max(Gumbel())

lse_strictly_convex = Claim(
    "A.lse-strictly-convex",
    "A, Theorem 8.1, (23), (25)-(33)",
    r"""The log-sum-exp $f$ is convex by Hoelder's inequality: $f(\lambda\theta + (1-\lambda)\tau)
    \le \lambda f(\theta) + (1-\lambda) f(\tau)$ for $\lambda \in (0, 1)$, with equality if and only
    if $\tau$ is $\theta$ plus a constant, $\tau_i = \frac{\log c}{1-\lambda} + \theta_i$ for every
    $i$. The softmax is minimal on $\Theta$ when $f$ is strictly convex there.""",
    assumes=r"""$d \ge 1$; $f$ is strictly convex on a convex $\Theta$ (on all of $\mathbb R^d$ it
    never is). $c > 0$, for (31) has no solution with $c \le 0$. In (27) the logarithm is of the
    product. "The representation over $\mathbb R^d$ is complete" is A.softmax-complete; the sentence
    on linear constraints is A.linearly-constrained.""",
    depends_on="A.softmax-minimal-condition.corrected",
)

gauge_first_proof = Claim(
    "A.gauge-first-proof",
    "A, 8.2.1, after (33)",
    r"""For $\theta, \tau \in \Theta = \{\theta \in \mathbb R^d : \theta_1 = 0\}$ Hoelder's
    inequality holds strictly, as there can not exist a constant $c$ such that (33), $\tau_i =
    \frac{\log c}{1-\lambda} + \theta_i$, holds for every $i$ if $d > 1$. So the representation of
    $\Theta$ is minimal.""",
    assumes=r"""$\theta \ne \tau$, which strictness is about: for $\theta = \tau$, $c = 1$ will do.
    For $d = 1$ the set has no two points.""",
    depends_on=lse_strictly_convex,
)


@gauge_first_proof.part(r"no $c$ has (33) for every $i$: strict, so that $\Theta$ is minimal")
def strict_in_first_gauge(budget):
    c, lam = sp.symbols("c lambda", positive=True)
    yield exact(
        "sympy",
        shown(
            r"(33) at $i = 1$, $0 = \frac{\log c}{1-\lambda} + 0$, has $c = 1$ alone",
            sp.solve(sp.log(c) / (1 - lam), c) == [1],
        ),
        argued(r"""then (33) says $\tau = \theta$; without (33) the inequality is strict
            [(31)-(33)]"""),
        argued(r"""so $f$ is strictly convex on $\Theta$, and the softmax minimal
            [A.lse-strictly-convex]"""),
    )
    theta = numbers.thetas(3, budget)
    first, second = np.array(list(combinations(range(len(theta)), 2))).T
    one, two = ((theta - theta[:, :1])[k] for k in (first, second))
    gap = numbers.difference(_chord(one, two), _between(one, two))
    yield positive("engine", gap, "chord less $f$ between, for pairs in the set, $d = 3$")


@lse_strictly_convex.part("(25) = (26)")
def definition(budget):
    theta, tau = _points(budget)
    u, v = np.exp(theta), np.exp(tau)
    exponent = LAM * sp.log(X) + (1 - LAM) * sp.log(Y)
    why = r"$\theta_i = \log u_i$, $\tau_i = \log v_i$"
    yield exact("sympy", eq(sp.exp(exponent, evaluate=False), X**LAM * Y ** (1 - LAM), why))
    sums = (u**LAMBDA * v ** (1 - LAMBDA)).sum(1)
    yield agree("engine", _between(theta, tau), np.log(sums), "$f$ between against (26)")


@lse_strictly_convex.part("(26) <= (27), Hoelder")
def hoelder(budget):
    theta, tau = _points(budget)
    yield exact(
        "sympy, symbolic d",
        *(
            eq(_tower(base, power), base, "an exponent of (27) cancels")
            for base, power in ((X, LAM), (Y, 1 - LAM))
        ),
        *_hoelder_steps(),
    )
    gap = numbers.difference(_chord(theta, tau), _between(theta, tau))
    yield positive("engine", gap, "chord less $f$ between, $d = 3$")
    yield _cauchy_schwarz(strict=False)


@lse_strictly_convex.part("(27) = (28) = (29)")
def logarithm(budget):
    theta, tau = _points(budget)
    u, v = np.exp(theta).sum(1), np.exp(tau).sum(1)
    log = eq(
        sp.log(U**LAM * V ** (1 - LAM)),
        LAM * sp.log(U) + (1 - LAM) * sp.log(V),
        r"$U = \sum_i u_i = e^{f(\theta)}$, $V = \sum_i v_i = e^{f(\tau)}$",
    )
    bound = np.log(u**LAMBDA * v ** (1 - LAMBDA))
    yield exact("sympy", log)
    yield agree("engine", _chord(theta, tau), bound, "chord against (27), $d = 3$")


@lse_strictly_convex.part("(31)-(33): equality exactly for translates")
def equality(budget):
    theta_i = sp.Symbol("theta_i", real=True)
    lifted = sp.log(C) / (1 - LAM) + theta_i
    theta, _ = _points(budget)
    gap = numbers.difference(_chord(theta, theta + 1.75), _between(theta, theta + 1.75))
    yield exact(
        "sympy, symbolic d",
        *_hoelder_steps(),
        eq(sp.Pow(X**LAM, 1 / LAM - 1, evaluate=False), X ** (1 - LAM)),
        r"so (31) and (32) say $(v_i/u_i)^{1-\lambda} = c$, the same for every $i$",
        eq((1 - LAM) * lifted, sp.log(C) + LAM * theta_i * (1 / LAM - 1)),
        r"(33) solves the logarithm of (32), $(1-\lambda)\tau_i$ on the left",
        softmax_exact.translation_step(),
        argued(r"""so $\tau = \theta + k\mathbf 1$ makes both sides $f(\theta) + (1-\lambda) k$
            [substitution]"""),
    )
    yield _cauchy_schwarz(strict=True)
    what = r"chord less $f$ between for $\tau = \theta + 1.75$, $d = 3$"
    yield agree("engine", gap, 0.0, what, floor=1.0)


@lse_strictly_convex.part(r"minimal on a convex $\Theta$ exactly where $f$ is strictly convex")
def minimal(budget):
    yield exact(
        "sympy, symbolic d",
        argued(r"""strictly convex: $f(\tau) > f(\theta) + \langle \nabla f(\theta), \tau - \theta
            \rangle$ and the same with $\theta, \tau$ exchanged [Rockafellar, Theorem 25.1, strict
            for strictly convex f]"""),
        argued(r"""added: $\langle \nabla f(\tau) - \nabla f(\theta), \tau - \theta\rangle > 0$, so
            that $\nabla f(\theta) \ne \nabla f(\tau)$: minimal [addition]"""),
        argued(r"minimal: no two translates in $\Theta$", "A.softmax-minimal-condition.corrected"),
        *cosets.variance(),
        argued(r"""no two translates: not all entries of $v = \tau - \theta$ are equal, so that at
            $x = \theta$ the second derivative of $f$ along $v$ is positive: $f$ is strictly convex
            on $\Theta$ [$w_j = p_j(\theta + \lambda v) > 0$]"""),
    )
    yield gradients.increases("engine", LOG_SUM_EXP, budget, first_zero=True)


def _points(budget):
    """Theta and tau, d = 3."""
    theta = numbers.thetas(3, budget)
    return theta, 2 * np.roll(theta, 1, axis=1)


def _between(theta: np.ndarray, tau: np.ndarray) -> Estimate:
    return numbers.engine(LOG_SUM_EXP, LAMBDA * theta + (1 - LAMBDA) * tau)


def _chord(theta: np.ndarray, tau: np.ndarray) -> Estimate:
    """Lambda f(theta) + (1 - lambda) f(tau)."""
    ends = numbers.engine(LOG_SUM_EXP, theta), numbers.engine(LOG_SUM_EXP, tau)
    return numbers.combined(*zip((LAMBDA, 1 - LAMBDA), ends, strict=True))


def _tower(base: Any, power: Any) -> Any:
    """(base^power)^(1/power), as it stands in (27)."""
    return sp.Pow(base**power, 1 / power, evaluate=False)


def _hoelder_steps():
    """sum u^lambda v^(1 - lambda) <= U^lambda V^(1 - lambda), = only if v = (V/U) u; any d."""
    _, _, j, _ = (s := symbolic.categories())
    u, v = indexed("u", positive=True), indexed("v", positive=True)
    one, two = X / U, Y / V
    return (
        *hoelder_norms.young(LAM),
        eq(two * (one / two) ** LAM, one**LAM * two ** (1 - LAM)),
        r"""with $r = \frac{u_i/U}{v_i/V}$, $U = \sum_i u_i$, $V = \sum_i v_i$: this is at most
            $\lambda \frac{u_i}U + (1-\lambda) \frac{v_i}V$, and equal only if $r = 1$""",
        softmax_exact.any_d(
            s.sum(LAM * u[j] / U + (1 - LAM) * v[j] / V),
            LAM * s.sum(u[j]) / U + (1 - LAM) * s.sum(v[j]) / V,
            r"which is $\lambda + 1 - \lambda = 1$",
        ),
        argued(r"""so $\sum_i u_i^\lambda v_i^{1-\lambda} \le U^\lambda V^{1-\lambda}$, and equality
            needs $v_i / u_i = V/U$ for every $i$ [adding up over $i$ and multiplying by $U^\lambda
            V^{1-\lambda}$]"""),
    )


def _cauchy_schwarz(*, strict):
    """(27) at lambda = 1/2 with u = x^2, v = y^2, in integers."""
    good, count = True, 0
    for d in (1, 2, 3):
        for x, y in product(product((1, 2, 4), repeat=d), repeat=2):
            inner = sum(a * b for a, b in zip(x, y, strict=True))
            gap = sum(a * a for a in x) * sum(b * b for b in y) - inner**2
            proportional = len({Fraction(b, a) for a, b in zip(x, y, strict=True)}) == 1
            good &= (gap == 0) == proportional if strict else gap >= 0
            count += 1
    what = "equality exactly for proportional $u, v$" if strict else "the two sides"
    cases = rf"{what}: {count} pairs of squares, $d \le 3$"
    return exact("integers, lambda = 1/2", good, cases=cases)
