r"""Section 9.1: along $h_i(\theta) = n$ the arg max tends to a vertex of the simplex."""

from fractions import Fraction
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.noises import COIN
from perturbtheory.ledger import Claim, agree, argued, eq, exact, shown, witness
from perturbtheory.routes import rational

N: Any = sp.Symbol("n", positive=True)

argmax_limit = Claim(
    "A.argmax-vertex-limit",
    "A, section 9.1, (50), (51) and the line after it",
    r"""Along $\theta^{(n)}$ with $h_i(\theta^{(n)}) = n$ the probability that $i = \arg\max(
    \theta^{(n)}+\gamma)$ tends to 1: it is $\mathbb P[\theta_i^{(n)}+\gamma_i \ge \max_{j\ne i}\{
    \theta_j^{(n)}+\gamma_j\}] \ge \mathbb P[\theta_i^{(n)}+\gamma_i \ge \max_{j\ne i}
    \theta_j^{(n)}+\max_{j\ne i}\gamma_j] \ge \mathbb P[\gamma_i \ge -n+\max_{j\ne i}\gamma_j] \to
    1$.""",
    assumes=r"""any real random vector $\gamma$, as after Theorem 5.1. $i = \arg\max$ is read as:
    $i$ is a maximiser, and may tie with others; and as: $i$ is the one that is taken, so that the
    probabilities have sum 1 as in (14). The last inequality is an equality.""",
)
true_argmax_limit = argmax_limit.corrected(
    r"""$\mathbb P[i \text{ is a maximiser}] = \mathbb P[\theta_i^{(n)}+\gamma_i \ge \max_{j\ne i}\{
    \theta_j^{(n)}+\gamma_j\}] \ge \mathbb P[\gamma_i \ge -n+\max_{j\ne i}\gamma_j] \to 1$, and
    $\mathbb P[i \text{ is the only one}] \ge \mathbb P[\gamma_i > -n+\max_{j\ne i}\gamma_j] \to 1$:
    the limit is the same, whatever is done with ties.""",
    assumes=r"any real random vector $\gamma$, $h_i(\theta^{(n)}) = n$.",
)


class Ahead(NamedTuple):
    """P(1 is a maximiser), P(1 is the only one), and p_1 with ties broken fairly."""

    some: Fraction
    only: Fraction
    fair: Fraction


def uniform(n: Fraction, last: int = 0) -> Ahead:
    """At (n, 0, last) under uniform noise on [-1, 1]; ties have probability zero."""
    return Ahead(*[rational.uniform([n, 0, last]).probabilities[0]] * 3)


def coins(n: Fraction, last: int = 0) -> Ahead:
    """At (n, 0, last) for coins -1 and 1."""
    found = rational.discrete([n, 0, last], COIN)
    return Ahead(found.some[0], found.only[0], found.probabilities[0])


STEPS = {uniform: [Fraction(k, 4) for k in range(12)], coins: [Fraction(k) for k in range(5)]}


@argmax_limit.part("(50): the probability that $i$ is taken, one per draw")
def one_is_taken():
    # The first of several maximisers is taken here; theta = (0, 2), so that h_2 = 2.
    one, two = np.array(list(product(COIN, repeat=2))).T
    first, at_least = np.mean(two + 2 > one), np.mean(two + 2 >= one)
    fair = coins(Fraction(2), -9)
    cases = rf"""coins at $\theta = (2, 0, -9)$: $p_1 = {fair.fair}$, and $\mathbb
        P[\theta_1+\gamma_1 \ge \max] = {fair.some}$"""
    yield exact("rational, ties broken fairly", fair.fair == fair.some, cases=cases)
    yield agree("enumeration, the first is taken", first, at_least, r"coins, $\theta = (0, 2)$")
    yield witness(
        {
            "d": 3,
            "gamma_i": r"$\pm 1$, equally likely",
            "theta": [2, 0, -9],
            "n": 2,
            "$p_1$ with ties broken fairly": str(fair.fair),
            r"$\mathbb P[\theta_1+\gamma_1 \ge \max]$": str(fair.some),
        }
    )


@argmax_limit.part(r"(50) to (51) and to $P(\gamma_i \ge -n+\max_{j\ne i}\gamma_j)$")
@true_argmax_limit.part(r"(50) to (51) and to $P(\gamma_i \ge -n+\max_{j\ne i}\gamma_j)$")
@true_argmax_limit.part(
    r"$i$ alone: at least $P(\gamma_i > -n+\max_{j\ne i}\gamma_j)$", which="only"
)
def inclusion_of_events(which="some"):
    less = sp.symbols("a b", nonnegative=True)
    top, other, theta = sp.symbols("M N theta_i", real=True)
    # theta_j = M - a and gamma_j = N - b for j != i.
    gap = sp.expand((top + other) - ((top - less[0]) + (other - less[1])))
    yield exact(
        "sympy",
        shown(
            r"$\theta_j+\gamma_j \le \max_{k\ne i}\theta_k+\max_{k\ne i}\gamma_k$ for every $j \ne "
            "i$",
            bool(gap.is_nonnegative),
        ),
        eq(sp.Subs(top - theta, top, theta - N), -N),
        r"$M = \max_{j\ne i}\theta_j = \theta_i-n$, as $h_i = n$",
    )
    cases = [(law, n) for law, steps in STEPS.items() for n in steps]
    holds = all(getattr(law(n, -1), which) >= getattr(law(n), which) for law, n in cases)
    cases = r"""$\theta = (n, 0, -1)$ against $\theta = (n, 0, 0)$, which has the last line as its
        probability: uniform noise at 12 $n$, coins at 5, $d = 3$"""
    yield exact("rational", holds, cases=cases)


@argmax_limit.part("the limit")
@true_argmax_limit.part("the limit")
@true_argmax_limit.part("the limit for $i$ alone", which="only")
def limit_of_events(which="some"):
    floor, least = ([getattr(law(n), which) for n in steps] for law, steps in STEPS.items())
    yield exact(
        "continuity of measure",
        shown(
            r"for real $x = \max_{j\ne i}\gamma_j-\gamma_i$, $n-x$ is positive from some $n$ on",
            sp.limit(N - sp.Symbol("x", real=True), N, sp.oo) == sp.oo,
        ),
        argued(r"""the events $\{x \le n\}$ increase to all outcomes, and so do the events $\{x <
            n\}$: their probabilities tend to 1 [continuity of measure from below; no tail
            condition]"""),
    )
    holds = floor == sorted(floor) and floor[8:] == [1] * 4 and least[-2:] == [1, 1]
    cases = "uniform noise and coins: the bound increases and is 1 from $n$ = 2 or 3 on"
    yield exact("rational", holds, cases=cases)
