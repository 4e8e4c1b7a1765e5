"""Steps of proofs about cosets theta + R1, which several claims share, and cones to try them on."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from math import log
from typing import Any, NamedTuple

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import sums
from perturbtheory.claims.exhibits.sums import for_every_d
from perturbtheory.ledger import Check, Step, agree, argued, eq, exact
from perturbtheory.potential import Potential
from perturbtheory.properties import completeness, cone
from perturbtheory.routes import enumeration
from perturbtheory.routes.symbolic import categories

FACTORS = (Fraction(1, 2), Fraction(1), Fraction(2))
"""e^gamma_i, each with probability 1/3: odds e^theta that are rational have rational averages."""
ATOMS = tuple(log(factor) for factor in FACTORS)
indexed, expanded_sum = sums.indexed, sums.expanded_sum
W, V = indexed("w", positive=True), indexed("v")


def perturb_softmax(odds: Sequence[int | Fraction]) -> list[Fraction]:
    """E[softmax(theta + gamma)] for e^theta_i = odds_i and gamma_i with e^gamma_i in `FACTORS`."""
    p = [Fraction(0) for _ in odds]
    for outcome in product(FACTORS, repeat=len(odds)):
        weights = [a * factor for a, factor in zip(odds, outcome, strict=True)]
        for i, weight in enumerate(weights):
            p[i] += weight / sum(weights) / len(FACTORS) ** len(odds)
    return p


class Cone(NamedTuple):
    """Theta = {sum_k y_k g_k : y >= 0} in R^3 and why Theta + R1 is or is not all of R^3.

    Attributes:
        name: for the record.
        generators: the rows g_k.
        positive: y > 0 with sum_k y_k g_k = c1, for a cone whose generators and 1 span R^3: then
            Theta + R1 = R^3. None where there is none.
        u: sum zero, not zero, with <u, g_k> <= 0 for every k, where there is no such y.
    """

    name: str
    generators: tuple[tuple[int, ...], ...]
    positive: tuple[int, ...] | None = None
    u: tuple[int, ...] | None = None

    @property
    def covers(self) -> bool | None:
        """Whether Theta + R1 = R^d, by `positive` or `u`, in integers; None if neither shows it."""
        d = len(self.generators[0])
        if self.positive and min(self.positive) > 0:
            total = [
                sum(y * g[i] for y, g in zip(self.positive, self.generators, strict=True))
                for i in range(d)
            ]
            full = sp.Matrix([*self.generators, [1] * d]).rank() == d
            return True if full and len(set(total)) == 1 else None
        if self.u and any(self.u) and sum(self.u) == 0:
            blocked = all(inner(self.u, g) <= 0 for g in self.generators)
            return False if blocked else None
        return None


def inner(u: Sequence[Any], v: Sequence[Any]) -> Any:
    """<u, v>."""
    return sum(a * b for a, b in zip(u, v, strict=True))


CONES = (
    Cone("sum theta = 0", ((1, -1, 0), (-1, 1, 0), (0, 1, -1), (0, -1, 1)), positive=(1, 1, 1, 1)),
    Cone("theta_1 = 0", ((0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)), positive=(1, 1, 1, 1)),
    Cone("all theta_i >= 0", ((1, 0, 0), (0, 1, 0), (0, 0, 1)), positive=(1, 1, 1)),
    Cone("three rays", ((2, -1, 0), (0, 2, -1), (-1, 0, 2)), positive=(1, 1, 1)),
    Cone("theta_1, theta_2 >= 0 = theta_3", ((1, 0, 0), (0, 1, 0)), u=(-1, -1, 2)),
    Cone("a ray", ((1, 0, 0),), u=(-1, 1, 0)),
    Cone("theta_1 = theta_2", ((1, 1, 0), (-1, -1, 0), (0, 0, 1), (0, 0, -1)), u=(1, -1, 0)),
    Cone(
        "theta_1 + theta_2 <= 2 theta_3",
        ((1, -1, 0), (-1, 1, 0), (1, 1, 1), (-1, -1, -1), (0, 0, 1)),
        u=(1, 1, -2),
    ),
    Cone("theta_3 >= 0 = sum theta", ((1, -1, 0), (-1, 1, 0), (-1, -1, 2)), u=(1, 1, -2)),
)


def outcomes(checks: Any) -> np.ndarray:
    """1 where a property holds, 0 where it fails, NaN where it is unknown."""
    return np.array([{"holds": 1.0, "fails": 0.0}.get(check.outcome, np.nan) for check in checks])


def linear_programs(f: Potential) -> Check:
    """The completeness checker on every cone, against the integers that decide the cone."""
    found = outcomes(completeness(f, cone(np.array(c.generators, float))) for c in CONES)
    what = "1 where a cone is found complete, 0 where not, against its certificate in integers"
    return agree("linear programs", found, [float(c.covers or False) for c in CONES], what)


def certificates() -> Check:
    """Every cone is decided by integers, and the sets called complete are those with no u."""
    return exact(
        "integers, Farkas' lemma",
        all(c.covers is not None and c.covers == (c.u is None) for c in CONES),
        cases=rf"{len(CONES)} cones in $\mathbb R^3$: $y > 0$ with $\sum_ky_kg_k = c\mathbf 1$ for "
        r"generators that span $\mathbb R^3$ with $\mathbf 1$, or $u$ with $\langle u,g_k\rangle "
        r"\le 0$ for all of them",
    )


def preimages(p: np.ndarray) -> np.ndarray:
    """theta with sum zero and E[softmax(theta + gamma)] = p, by Newton's method on f - <p, .>."""
    theta = np.zeros_like(p)
    for _ in range(60):
        value, share, pairs = enumeration.softmax(theta, ATOMS, 1.0)
        hessian = np.einsum("nij->ni", pairs)[:, :, None] * np.eye(p.shape[1]) - pairs
        step = np.linalg.solve(hessian + 1.0, (p - share)[..., None])[..., 0]
        size = np.ones(len(p))
        for _ in range(40):
            moved = enumeration.softmax(theta + size[:, None] * step, ATOMS, 1.0).value
            rise = moved - value - size * (p * step).sum(1)
            if np.all(rise <= 1e-15):
                break
            size = np.where(rise > 1e-15, size / 2, size)
        theta = theta + size[:, None] * step
        if np.abs(step).max() < 1e-13:
            break
    return theta - theta.mean(1, keepdims=True)


def anchored() -> tuple[Step, ...]:
    """min theta <= LSE(theta + gamma) - LSE(gamma) <= max theta."""
    s, length, top = categories(), sp.Symbol("lambda", real=True), sp.Symbol("M", real=True)
    terms = sp.exp(indexed("gamma")[s.j] + length * s.theta[s.j])
    mean, total = s.sum(W[s.j] * s.theta[s.j]), s.sum(W[s.j])
    return (
        for_every_d(
            sp.Derivative(sp.log(s.sum(terms)), length),
            s.sum(s.theta[s.j] * terms) / s.sum(terms),
            r"$\sum_jw_j\theta_j$ with $w = \operatorname{softmax}(\gamma+\lambda\theta)$",
        ),
        for_every_d(
            top - mean,
            s.sum(W[s.j] * (top - s.theta[s.j])),
            r"by $\sum_jw_j = 1$; $\ge 0$ for $M = \max_j\theta_j$ and $\le 0$ for $M = "
            r"\min_j\theta_j$, as $w_j > 0$",
            where={total: 1},
        ),
        argued(r"""$\min_j\theta_j \le \log\sum_je^{\theta_j+\gamma_j} - \log\sum_je^{\gamma_j} \le
            \max_j\theta_j$ for every $\gamma$; dividing $\theta$ and $\gamma$ by $t$ and
            multiplying by $t$, the same for $t\log\sum_je^{(\theta_j+\gamma_j)/t}$, and for its
            limit $\max_j(\theta_j+\gamma_j)$ as $t \to 0$ [mean value theorem between $\lambda = 0$
            and 1]"""),
    )


def variance() -> tuple[Step, ...]:
    """The second derivative of log-sum-exp along v is a variance, zero for v in R1 alone."""
    s = categories()
    length, mean = sp.symbols("lambda m", real=True)
    terms = sp.exp(indexed("x")[s.j] + length * V[s.j])
    total, first, second = (s.sum(V[s.j] ** k * terms) for k in range(3))
    weights, one, two = (s.sum(V[s.j] ** k * W[s.j]) for k in range(3))
    return (
        for_every_d(
            sp.Derivative(sp.log(total), (length, 2)),
            second / total - (first / total) ** 2,
            r"$\sum_jw_jv_j^2-(\sum_jw_jv_j)^2$ with $w = \operatorname{softmax}(x+\lambda v)$",
        ),
        for_every_d(
            two - one**2,
            s.sum(W[s.j] * (V[s.j] - mean) ** 2),
            r"by $\sum_jw_j = 1$, with $m = \sum_jw_jv_j$",
            where={weights: 1, mean: one},
        ),
        argued(r"""positive unless all $v_j$ are equal, and at most $(\max_jv_j-\min_jv_j)^2$ [every
            $w_j$ is positive]"""),
    )


def monotone() -> tuple[Step, ...]:
    """<p(theta) - p(tau), theta - tau> > 0 for Perturb-Softmax, unless theta - tau is in R1."""
    return (
        *variance(),
        argued(r"""with $v = \theta-\tau$, $\langle p(\theta)-p(\tau), v\rangle = \int_0^1\mathbb
            E_\gamma[\sum_jw_j(v_j-m)^2]\,d\lambda > 0$ at $x = \tau+\gamma$, unless $v = c\mathbf
            1$: two cosets never share $p$ [the integrand is bounded, so that it may be integrated
            in any order (Fubini)]"""),
    )


def onto() -> tuple[Step, ...]:
    """Every p > 0 is a subgradient of the anchored potential, whatever the law of gamma."""
    s, length, c = categories(), sp.Symbol("lambda", positive=True), sp.Symbol("c", real=True)
    p, top = indexed("p", positive=True), sp.Symbol("M", real=True)
    return (
        argued(r"""$\tilde f(\theta) = \mathbb E[\max(\theta+\gamma)-\max\gamma]$, or the same with
            $t\log\sum e^{\cdot/t}$, is finite, convex and continuous, $|\tilde f(\theta)| \le
            \max_i|\theta_i|$ [C.anchored-potential]"""),
        eq(
            sp.Limit((length * top + c) / length, length, sp.oo),
            top,
            r"$M = \max v$, $\lambda\max v+\min\gamma \le \max(\lambda v+\gamma) \le \lambda\max v+"
            r"\max\gamma$",
        ).step(),
        argued(r"""$\tilde f(\lambda v)/\lambda \to \max v$: the recession function of $\tilde f$
            [dominated convergence, $|\tilde f(\lambda v)|/\lambda \le \max_i|v_i|$; Rockafellar,
            Theorem 8.5]"""),
        for_every_d(
            top - s.sum(p[s.j] * V[s.j]),
            s.sum(p[s.j] * (top - V[s.j])),
            r"by $\sum_jp_j = 1$, with $M = \max v$: the recession function of $F(\theta) = \tilde "
            r"f(\theta)-\langle p,\theta\rangle$",
            where={s.sum(p[s.j]): 1},
        ),
        argued(r"""it is positive unless $v = c\mathbf 1$, so $F$ on $\{\sum\theta = 0\}$ has no
            direction of recession and attains its minimum [no term is negative, and one with $v_j <
            \max v$ is positive, as $p_j > 0$; Rockafellar, Theorem 27.1(d)]"""),
        for_every_d(
            s.sum(p[s.j] * (s.theta[s.j] + c)),
            s.sum(p[s.j] * s.theta[s.j]) + c,
            r"by $\sum_jp_j = 1$: $F(\theta+c\mathbf 1) = F(\theta)$, because $\tilde f(\theta+c"
            r"\mathbf 1) = \tilde f(\theta)+c$",
            where={s.sum(p[s.j]): 1},
        ),
        argued(r"""so the minimum is one over $\mathbb R^d$, $0 \in \partial F(\theta)$, that is, $p
            \in \partial\tilde f(\theta)$ [Fermat's rule]"""),
    )


def separation() -> tuple[Step, ...]:
    """For convex Theta: Theta + R1 = R^d iff sup <u, Theta> is infinite for u != 0, sum u = 0."""
    s, c, u = categories(), sp.Symbol("c", real=True), indexed("u")
    return (
        for_every_d(
            s.sum(u[s.j] * (s.theta[s.j] + c)),
            s.sum(u[s.j] * s.theta[s.j]) + c * s.sum(u[s.j]),
            r"$\langle u,\theta+c\mathbf 1\rangle$",
        ),
        argued(r"""if $\sum_iu_i = 0$, $u \ne 0$ and $\sup_\Theta\langle u,\theta\rangle < \infty$,
            a $\tau$ with a larger $\langle u,\tau\rangle$ is not in $\Theta+\mathbb R\mathbf 1$
            [this product is the same on a whole coset]"""),
        argued(r"""if $\tau \notin \Theta+\mathbb R\mathbf 1$, which is convex, some $u \ne 0$ has
            $\langle u,\theta+c\mathbf 1\rangle \le \langle u,\tau\rangle$ for all $\theta \in
            \Theta$ and $c$; then $\sum_iu_i = 0$, or $c \to \pm\infty$ would exceed it
            [Rockafellar, Theorem 11.3]"""),
    )


def disjoint() -> tuple[Step, ...]:
    """Subgradients at different cosets differ if the noise can hand the lead from j to i."""
    one, two, third, high, low, more = sp.symbols("x_i x_j x_k v_i v_j v_k", real=True)
    gap, drop, room = sp.symbols("g r h", positive=True)
    return (
        argued(r"""if $p \in \partial\tilde f(\theta)\cap\partial\tilde f(\tau)$, both minimise
            $\tilde f-\langle p,\cdot\rangle$, so $\tilde f$ is affine between them, and so is
            $\max(\cdot+\gamma)$ almost surely; an $i$ that is maximal half-way is maximal at both
            ends [a convex function is constant between two of its minimisers; a gap $\ge 0$ with
            mean zero vanishes almost surely]"""),
        eq(
            sp.Subs(one + high - two - low, (two, high), (one + gap / 2, low + gap)),
            gap / 2,
            r"$\tau = \theta+v$, $x = \theta+\gamma$, $v_i$ is the largest entry of $v$ and $v_j$ "
            r"the smallest, $g > 0$: $j$ is ahead of $i$ at $x$ and $i$ of $j$ at $x+v$",
        ).step(),
        eq(
            sp.Subs(one + high - third - more, (third, more), (one - drop, high - room)),
            drop + room,
            r"for the other $k$, $r > 0$ and $h \ge 0$: $j$ alone wins at $\theta$ and $i$ alone "
            r"at $\tau$, and so they do for all $\gamma$ near this one",
        ).step(),
    )
