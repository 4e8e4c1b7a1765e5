"""Section 8.1.1, (18): the conjugate is a supremum, and when it is attained."""

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.noises import COIN, DIFFERENCES
from perturbtheory.claims.exhibits.numbers import engine
from perturbtheory.claims.exhibits.slopes import polytope
from perturbtheory.claims.exhibits.softmax_exact import log_share_step
from perturbtheory.claims.legacy import agree, argued, claim, exact, positive, proof, shown
from perturbtheory.ledger import Budget, Part, Step
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_max
from perturbtheory.routes import enclosure, rational
from perturbtheory.routes.symbolic import identity

_T = sp.Symbol("t", real=True)
EIGHTHS = [Fraction(k, 8) for k in range(9)]


def rearranged() -> Step:
    """The subgradient inequality and the maximum in the conjugate are one statement."""
    f, g, one, two = sp.symbols("f_theta f_tau a b", real=True)
    # a = <p, theta>, b = <p, tau>
    return shown(
        r"$f(\tau) - f(\theta) - \langle p, \tau - \theta\rangle = (\langle p, \theta\rangle - "
        r"f(\theta)) - (\langle p, \tau\rangle - f(\tau))$: $p \in \partial f(\theta)$ says that "
        r"$\theta$ attains $f^*(p)$",
        identity((g - f - (two - one)) - ((one - f) - (two - g))),
    )


@claim("A.conjugate-attained", corrected="A.conjugate-attained.corrected")
def conjugate_attained(_: Budget) -> list[Part]:
    r"""Statement: The conjugate of a convex f is the maximum of <p, theta> - f(theta) over Theta.

    LaTeX: $f^*(p) = \max_{\theta\in\Theta}\{\langle p, \theta\rangle - f(\theta)\}$

    Source: A, (18)

    Assumptions: a maximum is attained; read as a supremum, (18) is the definition of f*. p with
    finite f*(p), for without it there is no maximum by (19). The example is the paper's own: its
    proofs need f* at the zero-one vectors, where the maximum is missing.

    Computed: the log-sum-exp at d = 2 and p = (1, 0), where theta = (t, 0) is general because
    <p, theta> - f(theta) does not change along 1: the critical points, and balls.
    """
    p = (sp.Integer(1), sp.Integer(0))
    height = p[0] * _T - sp.log(1 + sp.exp(_T))
    slope = sp.diff(height, _T)
    # The same equation for p_1 = 1/2 has a solution, so that none for p_1 = 1 means something.
    critical, middle = (
        sp.solveset(slope + q - p[0], _T, sp.S.Reals) for q in (p[0], sp.Rational(1, 2))
    )
    supremum = sum((x * sp.log(x) for x in p if x != 0), sp.Integer(0))
    goal = Fraction(str(sp.N(supremum, 40)))
    at = {k: enclosure.value(Gumbel(), [k, 0]) for k in range(0, 21, 5)}
    reached = [k for k, f in at.items() if f.contains(Fraction(str(p[0])) * k - goal)]
    best = max(float(sp.N(height.subs(_T, k), 30)) for k in at)
    return [
        Part(
            "the maximum is attained",
            (
                exact(
                    "sympy, critical points",
                    critical is not sp.S.EmptySet if middle == sp.FiniteSet(0) else "unknown",
                    f"t where p_1 t - log(1 + e^t) has slope 0: {critical} for p_1 = 1, {middle} "
                    "for p_1 = 1/2; a maximum over the line would be one",
                    universal=False,
                ),
                exact(
                    "ball arithmetic",
                    bool(reached),
                    "<p, theta> - f(theta) against f*(p) at t = 0, 5, ..., 20, in 30 digits",
                    universal=False,
                ),
            ),
            {
                "d": 2,
                "f": "log-sum-exp",
                "p": [int(x) for x in p],
                "f*(p)": str(supremum),
                "at theta = (20, 0)": f"{best:.6g}",
                "maximisers": "none" if critical is sp.S.EmptySet else str(critical),
            },
        )
    ]


@claim("A.conjugate-attained.corrected", depends_on=("A.softmax-complete.corrected",))
def conjugate_attained_corrected(_: Budget) -> list[Part]:
    r"""Statement: The conjugate is the supremum; theta attains it exactly if p is a subgradient at
    theta, so it is attained for p in the range of the subdifferential alone. For the log-sum-exp it
    is sum p log p on the simplex, attained for positive p only.

    LaTeX: $f^*(p) = \sup_{\theta\in\Theta}\{\langle p,\theta\rangle - f(\theta)\}$, attained at
    $\theta$ if and only if $p \in \partial f(\theta)$; for $f = \log\sum_i e^{\theta_i}$ and $p \in
    \Delta$, $f^*(p) = \sum_i p_i \log p_i$, attained if and only if $p \in
    \operatorname{ri}(\Delta)$

    Source: corrects A, (18)

    Assumptions: any f and Theta in the first statement; 0 log 0 = 0 in the second.

    Computed: the first by rearranging, and for discrete noise and functions on intervals, exactly;
    the second by Gibbs' inequality for symbolic d, and by the engine along a maximising sequence.
    """
    x = sp.Symbol("x", positive=True)
    gibbs: Any = x - 1 - sp.log(x)
    m, n = sp.symbols("m n", positive=True)
    numbers = np.array([1.0, 4.0, 12.0, 20.0])
    half = np.log(0.5)
    points = np.stack([0 * numbers + half, 0 * numbers + half, -numbers], 1)
    found = engine(expected_max(Gumbel()), points)
    return [
        Part(
            "attained at theta exactly if p is a subgradient at theta",
            (
                proof("sympy, any d", "one inequality in two forms", rearranged()),
                exact(
                    "rational, discrete noise",
                    _attained_at_ties(),
                    "d = 2: the engine's polytope at (t, 0) contains p exactly if t attains the "
                    "maximum of p_1 t - f(t, 0), which lies at a kink",
                    universal=False,
                ),
            ),
        ),
        Part(
            "log-sum-exp: f*(p) = sum p log p, attained for positive p only",
            (
                proof(
                    "sympy, symbolic d",
                    "Gibbs' inequality",
                    log_share_step(),
                    argued(
                        r"so $\langle p, \theta\rangle - f(\theta) = \sum_i p_i \log q_i$ with "
                        r"$q = \operatorname{softmax}(\theta)$, for $\sum_i p_i = 1$",
                        "weighted with p and added up",
                    ),
                    shown(
                        r"$x - 1 - \log x \ge 0$: it is convex, and zero with its slope at $x = 1$",
                        bool(sp.diff(gibbs, x, 2).is_positive)
                        and gibbs.subs(x, 1) == sp.diff(gibbs, x).subs(x, 1) == 0,
                    ),
                    argued(
                        r"$\sum_{p_i > 0} p_i \log\frac{q_i}{p_i} \le \sum_{p_i > 0} (q_i - p_i) "
                        r"\le 0$, and equality needs $q = p$, which is positive",
                        r"$x = q_i/p_i$",
                    ),
                    shown(
                        r"with $\theta_i = \log p_i$ where $p_i > 0$ and $-n$ at the $m$ zeros, "
                        r"$\langle p, \theta\rangle - f(\theta) = \sum_i p_i \log p_i - \log(1 + m "
                        r"e^{-n})$, which tends to $\sum_i p_i \log p_i$",
                        sp.limit(sp.log(1 + m * sp.exp(-n)), n, sp.oo) == 0,
                    ),
                ),
                agree(
                    "engine",
                    "quadrature",
                    found,
                    np.log1p(np.exp(-numbers)),
                    "f at theta = (log 1/2, log 1/2, -n): log(1 + e^-n)",
                ),
                positive(
                    "engine, not attained",
                    "quadrature",
                    found,
                    "f*(p) less <p, theta> - f(theta) for p = (1/2, 1/2, 0), where <p, theta> = "
                    "f*(p), along the sequence",
                ),
            ),
        ),
    ]


def _attained_at_ties() -> bool:
    def height(p: Fraction, t: Fraction) -> Fraction:
        return p * t - rational.discrete([t, 0], COIN).value

    kinks = sorted({Fraction(k) for k in DIFFERENCES})
    grid = [Fraction(k, 2) for k in range(-6, 7)]
    best = {p: max(height(p, t) for t in kinks) for p in EIGHTHS}
    return all(
        polytope((t, 0)).contains([p, 1 - p]) == (height(p, t) == best[p])
        for t in grid
        for p in EIGHTHS
    )
