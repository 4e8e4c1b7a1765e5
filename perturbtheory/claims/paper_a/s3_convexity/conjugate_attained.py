"""Section 8.1.1, (18): the conjugate is a supremum, and when it is attained."""

from fractions import Fraction

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import noises, slopes, softmax_exact
from perturbtheory.claims.exhibits.numbers import engine
from perturbtheory.claims.exhibits.symbols import T, U
from perturbtheory.ledger import (
    Claim,
    agree,
    argued,
    difference,
    eq,
    exact,
    positive,
    witness,
)
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_max
from perturbtheory.routes import enclosure, rational

EIGHTHS = [Fraction(k, 8) for k in range(9)]

conjugate_attained = Claim(
    "A.conjugate-attained",
    "A, (18)",
    r"""The conjugate of a convex $f$ is $f^*(p) = \max_{\theta\in\Theta}\{\langle p, \theta\rangle
    - f(\theta)\}$.""",
    assumes=r"""A maximum is attained; read as a supremum, (18) is the definition of $f^*$. $p$ with
    finite $f^*(p)$, for without it there is no maximum by (19). The example is the paper's own: its
    proofs need $f^*$ at the zero-one vectors, where the maximum is missing.""",
)
supremum = conjugate_attained.corrected(
    r"""The conjugate is the supremum, $f^*(p) = \sup_{\theta\in\Theta}\{\langle p,\theta\rangle -
    f(\theta)\}$, attained at $\theta$ if and only if $p \in \partial f(\theta)$; so it is attained
    for $p$ in the range of the subdifferential alone. For $f = \log\sum_i e^{\theta_i}$ and $p \in
    \Delta$, $f^*(p) = \sum_i p_i \log p_i$, attained if and only if $p \in
    \operatorname{ri}(\Delta)$, that is for positive $p$ only.""",
    assumes=r"Any $f$ and $\Theta$ in the first statement; $0 \log 0 = 0$ in the second.",
    depends_on="A.softmax-complete.corrected",
)


def rearranged():
    """The subgradient inequality and the maximum in the conjugate are one statement."""
    f, g, one, two = sp.symbols("f_theta f_tau a b", real=True)
    return eq(
        difference(g - f, two - one),
        difference(one - f, two - g),
        r"with $a = \langle p, \theta\rangle$, $b = \langle p, \tau\rangle$ the left side is "
        r"$f(\tau) - f(\theta) - \langle p, \tau - \theta\rangle$: $p \in \partial f(\theta)$ says "
        r"that $\theta$ attains $f^*(p)$",
    )


@conjugate_attained.part("the maximum is attained")
def maximum():
    # The log-sum-exp at d = 2 and p = (1, 0); theta = (t, 0) is general, because
    # <p, theta> - f(theta) does not change along 1.
    p = (sp.Integer(1), sp.Integer(0))
    height = p[0] * T - sp.log(1 + sp.exp(T))
    slope = sp.diff(height, T)
    # The same equation for p_1 = 1/2 has a solution, so that none for p_1 = 1 means something.
    critical, middle = (
        sp.solveset(slope + q - p[0], T, sp.S.Reals) for q in (p[0], sp.Rational(1, 2))
    )
    goal = sum((x * sp.log(x) for x in p if x != 0), sp.Integer(0))
    at = {k: enclosure.value(Gumbel(), [k, 0]) for k in range(0, 21, 5)}
    target = Fraction(str(sp.N(goal, 40)))
    reached = [k for k, f in at.items() if f.contains(k * Fraction(str(p[0])) - target)]
    best = max(float(sp.N(height.subs(T, k), 30)) for k in at)
    none = critical is sp.S.EmptySet
    cases = rf"""$t$ where $p_1 t - \log(1 + e^t)$ has slope 0: ${sp.latex(critical)}$ for $p_1 =
        1$, ${sp.latex(middle)}$ for $p_1 = \frac12$; a maximum over the line would be one"""
    yield exact(
        "sympy, critical points", not none if middle == sp.FiniteSet(0) else "unknown", cases=cases
    )
    cases = r"""$\langle p, \theta\rangle - f(\theta)$ against $f^*(p)$ at $t = 0, 5, \dots, 20$, in
        30 digits"""
    yield exact("ball arithmetic", bool(reached), cases=cases)
    yield witness(
        {
            "d": 2,
            "f": "log-sum-exp",
            "p": [int(x) for x in p],
            "$f^*(p)$": str(goal),
            r"at $\theta = (20, 0)$": f"{best:.6g}",
            "maximisers": "none" if none else f"${sp.latex(critical)}$",
        }
    )


@supremum.part(r"attained at $\theta$ exactly if $p$ is a subgradient at $\theta$")
def attained():
    yield exact("sympy, any d", rearranged())
    cases = """$d = 2$: the engine's polytope at $(t, 0)$ contains $p$ exactly if $t$ attains the
        maximum of $p_1 t - f(t, 0)$, which lies at a kink"""
    yield exact("rational, discrete noise", _attained_at_ties(), cases=cases)


@supremum.part(r"log-sum-exp: $f^*(p) = \sum_i p_i \log p_i$, attained for positive $p$ only")
def entropy():
    gibbs = U - 1 - sp.log(U)
    m, n = sp.symbols("m n", positive=True)
    numbers = np.array([1.0, 4.0, 12.0, 20.0])
    half = np.full(4, np.log(0.5))
    # <p, theta> = f*(p) along this sequence, for p = (1/2, 1/2, 0).
    f = engine(expected_max(Gumbel()), np.stack([half, half, -numbers], 1))
    yield exact(
        "sympy, symbolic d",
        softmax_exact.log_share_step(),
        argued(r"""so $\langle p, \theta\rangle - f(\theta) = \sum_i p_i \log q_i$ with $q =
            \operatorname{softmax}(\theta)$, for $\sum_i p_i = 1$ [weighted with $p$ and added
            up]"""),
        eq(sp.Subs(gibbs, U, 1), 0, r"$u - 1 - \log u$ at 1"),
        eq(sp.Derivative(gibbs, U), (U - 1) / U),
        r"negative below 1 and positive above: $u - 1 - \log u > 0$ unless $u = 1$",
        argued(r"""$\sum_{p_i > 0} p_i \log\frac{q_i}{p_i} \le \sum_{p_i > 0} (q_i - p_i) \le 0$,
            and equality needs $q = p$, which is positive [$u = q_i/p_i$]"""),
        eq(sp.Limit(sp.log(1 + m * sp.exp(-n)), n, sp.oo), 0),
        r"""with $\theta_i = \log p_i$ where $p_i > 0$ and $-n$ at the $m$ zeros, $\langle p,
            \theta\rangle - f(\theta) = \sum_i p_i \log p_i - \log(1 + m e^{-n})$, which tends to
            $\sum_i p_i \log p_i$""",
    )
    what = r"$f$ at $\theta = (\log\frac12, \log\frac12, -n)$: $\log(1 + e^{-n})$"
    yield agree("engine", f, np.log1p(np.exp(-numbers)), what, floor=1.0)
    what = r"""$f^*(p)$ less $\langle p, \theta\rangle - f(\theta)$ for $p = (\frac12, \frac12, 0)$,
        along the sequence"""
    yield positive("engine, not attained", f, what)


def _attained_at_ties() -> bool:
    def height(p: Fraction, t: Fraction) -> Fraction:
        return p * t - rational.discrete([t, 0], noises.COIN).value

    kinks = sorted({Fraction(k) for k in noises.DIFFERENCES})
    grid = [Fraction(k, 2) for k in range(-6, 7)]
    best = {p: max(height(p, t) for t in kinks) for p in EIGHTHS}
    return all(
        slopes.polytope((t, 0)).contains([p, 1 - p]) == (height(p, t) == best[p])
        for t in grid
        for p in EIGHTHS
    )
