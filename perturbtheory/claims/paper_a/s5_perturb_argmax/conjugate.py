"""Corollary 9.2: the conjugate of the expected maximum."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import conjugate_lines, noises, outcomes, uniform_lines
from perturbtheory.ledger import Claim, agree, argued, eq, exact, identity, positive, witness
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_max
from perturbtheory.routes import rational, symbolic

ENGINE = expected_max(Gumbel())

conjugate = Claim(
    "A.conjugate",
    "A, Corollary 9.2, (52)-(61)",
    r"""At $p = P(\arg\max = i)$ the conjugate of $f$ is minus the mean of $\gamma$ at the arg max,
    and everywhere else it is infinite: $f^*(\lambda) = -\mathbb E_\gamma[\gamma_{\hat i}]$ if
    $\lambda = \lambda^*$, $\infty$ otherwise; by the lines (53) to (61), of which (59) is
    $-\sum_{\hat i} \mathbb E_\gamma[\mathbb 1_{\arg\max = \hat i} \gamma_{\hat i}]$, (60) is
    $-\sum_{\hat i} p_{\hat i}\mathbb E_\gamma[\gamma_{\hat i}]$ and (61) is
    $-\mathbb E_\gamma[\gamma_{\hat i}]$.""",
    assumes=r"""any joint law with finite $f$; $\lambda^*$ is $p(\theta) = P(\arg\max = i)$, with
    one maximiser chosen at a tie, as (54) needs. "Otherwise" in (52) is read as favourably as it
    can be: $\lambda$ is not $p(\theta)$ for any $\theta$. (60) is read as printed, with the mean
    of $\gamma_i$, and with the mean given $\arg\max = i$, to which the sentence after (61) may
    point.""",
    depends_on="A.max-potential-gradient.corrected",
)
true_conjugate = conjugate.corrected(
    r"""For $p$ in the subdifferential at $\theta$ the conjugate of $f$ is minus the mean of
    $\gamma$ at a maximiser, chosen at ties so that $i$ is chosen with probability $p_i$:
    $f^*(p) = -\mathbb E_\gamma[\gamma_{\hat\imath}]$ for $p \in \partial f(\theta)$,
    $\hat\imath \in \arg\max_i(\theta_i + \gamma_i)$ with $P(\hat\imath = i) = p_i$. The conjugate
    is finite exactly on the closed simplex: $-\mathbb E[\max_i\gamma_i] \le f^*(p) \le
    -\sum_i p_i\mathbb E[\gamma_i]$ for $p \in \Delta$, $f^*(p) = \infty$ otherwise.""",
    source="corrects A, Corollary 9.2",
    assumes="any joint law with finite means, which makes $f$ finite.",
    depends_on="A.max-potential-gradient.corrected",
)


def printed_line(line):
    formula, gumbel_means = conjugate_lines.LINES[line], conjugate_lines.gumbel()
    means = [conjugate_lines.coins(theta) for theta in conjugate_lines.THETAS]
    wrong = next((m for m in means if formula(m) != m.truth), None)
    if line in conjugate_lines.pointwise():
        yield exact("outcome by outcome, any law and d", *conjugate_lines.pointwise()[line])
    cases = rf"""$\mathbb E$ by enumeration against a supremum over all kinks of $f$, {len(means)}
        $\theta$"""
    yield exact("rational, coins", wrong is None, cases=cases)
    cases = r"symbolic $\theta$ at $d = 2$, against $\sum_i p_i \log p_i$"
    yield exact(
        "sympy, Gumbel noise", identity(formula(gumbel_means) - gumbel_means.truth), cases=cases
    )
    if wrong:
        yield witness(
            d=len(wrong.theta),
            gamma_i="-1 or 1, each with probability 1/2",
            theta=wrong.theta,
            p=wrong.p,
            printed=str(formula(wrong)),
            true=str(wrong.truth),
        )


for _line in conjugate_lines.LINES:
    conjugate.part(f"{_line} $= f^*(p)$", line=_line)(printed_line)


@conjugate.part(r"(52): infinite at every $\lambda$ that is no $p(\theta)$")
def infinite_elsewhere():
    largest = conjugate_lines.vertex_supremum()
    cases = rf"""$\lambda = (1, 0)$ is no $p(\theta)$, but $\langle\lambda, \theta\rangle -
        f(\theta) = -\log(1 + e^{{\theta_2 - \theta_1}}) < 0$ for every $\theta$, with supremum
        {largest}"""
    yield exact("sympy, Gumbel noise", not largest.is_finite, cases=cases)
    excess = ENGINE.conjugate(np.array([[1.0, 0.0]])) - 1.0
    yield positive("engine", excess, "$f^*(1, 0) - 1$ by Newton's method on a face")
    yield witness(
        d=2, gamma="zero-mean Gumbel", lambda_=[1, 0], printed="infinity", true=str(largest)
    )


@true_conjugate.part(r"$f^*(p) = -\mathbb E[\gamma$ at the arg max$]$ for $p \in \partial f$")
def value():
    choices = [(p, noise) for theta in conjugate_lines.THETAS for p, noise in _choices(theta)]
    points = np.array([[0.5, 0.5], [0.75, 0.25], [0.99, 0.01], [1e-6, 1 - 1e-6]])
    yield exact(
        "outcome by outcome, any law and d",
        conjugate_lines.pointwise()["(53)"][0],
        argued(r"""$\partial f(\theta) = \sum_S P(A = S)\operatorname{conv}\{e_i : i\in S\}$: every
            $p$ in it is the law of a choice $\hat\imath \in A$
            [A.max-potential-gradient.corrected]"""),
        *conjugate_lines.pointwise()["(56)"],
        conjugate_lines.pointwise()["(58)"][0],
        argued(r"""at $i = \hat\imath$, $\gamma_i$ is the maximum less $\theta_i$: its mean is
            $f(\theta) - \langle p, \theta\rangle = -f^*(p)$ [linearity, $P(\hat\imath = i) =
            p_i$]"""),
    )
    holds = all(-noise == conjugate_lines.supremum(p) for p, noise in choices)
    cases = rf"""{len(choices)} ways to break ties at {len(conjugate_lines.THETAS)} $\theta$,
        against a supremum over all kinks"""
    yield exact("rational, coins", holds, cases=cases)
    right = all(_uniform_value(Fraction(k, 4)) for k in range(9))
    cases = r"""integrals of $\gamma$ at the arg max against $\langle p, \theta\rangle - f(\theta)$,
        $d = 2$"""
    yield exact("rational, uniform noise", right, cases=cases)
    what = r"$f^*$ by Newton's method against $\sum p_i \log p_i$, Gumbel noise, $d = 2$"
    yield agree("engine", ENGINE.conjugate(points), (points * np.log(points)).sum(1), what)


def _choices(theta: Sequence[Any]) -> Iterator[tuple[list[Fraction], Fraction]]:
    """(p, E[gamma at the chosen maximiser]) for coins, ties broken by each order, and fairly."""
    d = len(theta)
    for preference in (*[[(k + s) % d for k in range(d)] for s in range(d)], None):
        p, noise = [Fraction(0)] * d, Fraction(0)
        for chance, gamma, winners in outcomes.draws(theta, noises.COIN):
            chosen = winners if preference is None else (min(winners, key=preference.index),)
            for i in chosen:
                p[i] += chance / len(chosen)
                noise += chance / len(chosen) * gamma[i]
        yield p, noise


def _uniform_value(t: Fraction) -> bool:
    """-E[gamma at the arg max] = <p, theta> - f(theta): uniform on [-1, 1], theta = (t, 0)."""
    half = Fraction(1, 2)
    # 1 wins at gamma_1 = x with probability min(1, (1 + x + t)/2), 2 with (1 + x - t)/2.
    first = uniform_lines.simpson(lambda x: half * x * (1 + x + t) / 2, Fraction(-1), 1 - t)
    first += uniform_lines.simpson(lambda x: half * x, 1 - t, Fraction(1))
    second = uniform_lines.simpson(lambda x: half * x * (1 + x - t) / 2, t - 1, Fraction(1))
    answer = rational.uniform([t, 0])
    return -(first + second) == outcomes.dot(answer.probabilities, [t, 0]) - answer.value


@true_conjugate.part("finite on the closed simplex")
def finite_on_the_simplex():
    _, _, j, x = (s := symbolic.categories())
    p: Any = sp.IndexedBase("p", nonnegative=True)
    largest = sp.Symbol("M", real=True)
    grid = [(Fraction(a, 8), Fraction(b, 8)) for a in range(9) for b in range(9 - a)]
    top = rational.discrete([0, 0, 0], noises.COIN).value
    yield exact(
        "two bounds, any law and d",
        eq(s.sum(p[j] * (largest - x[j])), largest * s.sum(p[j]) - s.sum(p[j] * x[j])),
        r"""$d = i + m$; for $M = \max x$ no term on the left is negative; where $\sum_jp_j = 1$
            this is $\max x - \langle p, x\rangle \ge 0$""",
        argued(r"""$f(\theta) \ge \langle p, \theta\rangle + \sum_j p_j\mathbb E[\gamma_j]$, so
            $f^*(p) \le -\sum_j p_j\mathbb E[\gamma_j]$; $\theta = 0$ gives $f^*(p) \ge -\mathbb
            E[\max\gamma]$ [the mean at $x = \theta + \gamma$; definition of $f^*$]"""),
    )
    holds = all(-top <= conjugate_lines.supremum([a, b, 1 - a - b]) <= 0 for a, b in grid)
    cases = f"{len(grid)} points of the closed simplex, $d = 3$"
    yield exact("rational, coins", holds, cases=cases)


@true_conjugate.part("infinite off the simplex")
def infinite_off_the_simplex():
    off = [[Fraction(3, 2), Fraction(-1, 2)], [Fraction(1, 2)] * 3, [Fraction(1, 4)] * 3]
    yield exact("two rays, any law and d", *conjugate_lines.two_rays())
    cases = r"""$\langle p, \theta\rangle - f(\theta)$ grows along a ray by the proved rate: three
        $p$, $\theta$ up to 1000"""
    yield exact("rational, coins", all(conjugate_lines.climbs(p) for p in off), cases=cases)
