"""Section 8.4, (45)-(47): Hoelder's inequality in the proof of Lemma 4.2."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.cosets import ATOMS, indexed
from perturbtheory.claims.exhibits.numbers import thetas
from perturbtheory.claims.legacy import agree, argued, claim, exact, positive, proof, shown
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.routes import enumeration
from perturbtheory.routes.symbolic import categories, identity

Norms = Callable[[Any], tuple[Any, Any]]
"""Exponents (of u, of v) of the two norms, as functions of lambda."""


def printed(share: Any) -> tuple[Any, Any]:
    """<u, v> <= ||v||_(1/lambda) ||u||_(1/(1 - lambda)), as printed."""
    return 1 / (1 - share), 1 / share


def swapped(share: Any) -> tuple[Any, Any]:
    """<u, v> <= ||u||_(1/lambda) ||v||_(1/(1 - lambda))."""
    return 1 / share, 1 / (1 - share)


THIRD = Fraction(1, 3)
EIGHTHS = (0, 3)
"""tau / log 2 of the counterexample: e^tau = (1, 8), so that third roots are rational."""


def cubes(norms: Norms, theta: Sequence[int], tau: Sequence[int]) -> tuple[Fraction, Fraction]:
    """Cubes of ||u|| ||v|| and of e^(lambda f(theta) + (1 - lambda) f(tau)), lambda = 1/3.

    gamma = 0, and the units are log 2: u_i = 2^(theta_i / 3), v_i = 2^(2 tau_i / 3).
    """
    of_u, of_v = norms(THIRD)

    def norm(logs: Sequence[Fraction], exponent: Fraction) -> Fraction:
        """The cube of the norm of 2^logs, for an exponent 3/2 or 3."""
        powers = [exponent * x for x in logs]
        if any(x.denominator != 1 for x in powers) or (3 / exponent).denominator != 1:
            msg = (
                f"`logs` must have an exact norm of exponent {exponent}, got {logs}; multiply by 3"
            )
            raise ValueError(msg)
        total = sum((Fraction(2) ** int(x) for x in powers), Fraction(0))
        return total ** int(3 / exponent)

    u, v = [THIRD * x for x in theta], [2 * THIRD * x for x in tau]
    bound = norm(u, of_u) * norm(v, of_v)
    sums = [sum((Fraction(2) ** x for x in logs), Fraction(0)) for logs in (theta, tau)]
    return bound, sums[0] * sums[1] ** 2


def mean_log_bound(norms: Norms, share: float, theta: np.ndarray, tau: np.ndarray) -> np.ndarray:
    """E[log ||u|| + log ||v||] over all outcomes of three atoms, at rows of theta and tau."""
    gamma = np.array(list(product(ATOMS, repeat=theta.shape[1])))
    u, v = share * (theta[:, None] + gamma), (1 - share) * (tau[:, None] + gamma)
    logs = [
        np.log(np.exp(exponent * x).sum(-1)) / exponent
        for x, exponent in zip((u, v), norms(share), strict=True)
    ]
    return (logs[0] + logs[1]).mean(1)


def _needed(share: float, theta: np.ndarray, tau: np.ndarray) -> np.ndarray:
    """lambda f(theta) + (1 - lambda) f(tau)."""
    f = [enumeration.softmax(x, ATOMS, 1.0).value for x in (theta, tau)]
    return share * f[0] + (1 - share) * f[1]


def _gives_46(norms: Norms, budget: Budget) -> tuple[Check, Check]:
    """Whether the logarithm of the bound is the right-hand side of (46), on average."""
    theta = thetas(3, budget)
    tau = theta[::-1] * 1.5
    bound, needed = cubes(norms, (0, 0), EIGHTHS)
    return (
        exact(
            "rational, gamma = 0",
            bound == needed,
            f"lambda = 1/3, theta = 0, e^tau = (1, 8): (||u|| ||v||)^3 = {bound}, and e^3 of the "
            f"right-hand side of (46) is {needed}",
            universal=False,
        ),
        agree(
            "enumeration",
            "quadrature",
            mean_log_bound(norms, 0.3, theta, tau),
            _needed(0.3, theta, tau),
            "E log(||u|| ||v||) against lambda f(theta) + (1 - lambda) f(tau), lambda = 0.3",
        ),
    )


def _equality_case(norms: Norms) -> tuple[bool, Fraction, Fraction]:
    """Whether v_i = u_i^((1 - lambda)/lambda) gives equality: lambda = 1/3, u = (1, 4), v = u^2."""
    same = (0, 6)  # in units of log 2: u_i = 2^(x / 3), v_i = 2^(2 x / 3)
    bound, _ = cubes(norms, same, same)
    product_ = sum((Fraction(2) ** x for x in same), Fraction(0)) ** 3
    return bound == product_, bound, product_


@claim("A.softmax-hoelder-step", corrected="A.softmax-hoelder-step.corrected")
def hoelder_step(budget: Budget) -> list[Part]:
    r"""Statement: Hoelder's inequality <u, v> <= ||v||_(1/lambda) ||u||_(1/(1 - lambda)) with u_i =
    e^(lambda (theta_i + gamma_i)), v_i = e^((1 - lambda)(tau_i + gamma_i)) gives the convexity (46)
    and is an equality exactly if v_i = alpha u_i^((1 - lambda)/lambda), "or equivalently" (47).

    LaTeX: $\langle u,v\rangle \le \lVert v\rVert_{1/\lambda}\cdot\lVert u\rVert_{1/(1-\lambda)}$
    gives $f(\lambda\theta+(1-\lambda)\tau) \le \lambda f(\theta)+(1-\lambda)f(\tau)$, with equality
    iff $v_i = \alpha u_i^{(1-\lambda)/\lambda}$, $e^{(1-\lambda)(\tau_i+\gamma_i)} = (e^{\lambda(
    \theta_i+\gamma_i)})^{(1-\lambda)/\lambda} \longleftrightarrow \tau_i = \theta_i+c$

    Source: A, section 8.4, (45)-(47)

    Assumptions: 0 < lambda < 1. The printed inequality is true, its exponents being conjugate; "we
    obtain (46)" is read as: the logarithm of its right-hand side is that of (46). Lemma 4.2 itself
    is true, see A.softmax-strict-convexity.

    Computed: (45) for symbolic d; the rest at lambda = 1/3 in exact rationals and on average over
    finite noise.
    """
    theta, tau, gamma = sp.symbols("theta_i tau_i gamma_i", real=True)
    share = sp.Symbol("lambda", positive=True)
    u, v = share * (theta + gamma), (1 - share) * (tau + gamma)
    mixed = identity(u + v - (share * theta + (1 - share) * tau + gamma))
    bound, needed = cubes(printed, (0, 0), EIGHTHS)
    equal, right, left = _equality_case(printed)
    points = thetas(3, budget)
    log_alpha = 0  # (47) as printed has no alpha
    one, two = sp.symbols("t s", real=True)
    solution = sp.solve((1 - share) * two - log_alpha - share * one * (1 - share) / share, two)
    left_47 = np.exp(0.5 * (points + 1.0))
    right_47 = np.exp(0.5 * points + log_alpha)
    return [
        Part(
            "(45): the sum over i of u_i v_i",
            (
                exact("sympy", mixed, "lambda gamma + (1 - lambda) gamma = gamma in the exponent"),
                agree(
                    "enumeration",
                    "quadrature",
                    _mean_log_product(0.3, points, points[::-1]),
                    enumeration.softmax(0.3 * points + 0.7 * points[::-1], ATOMS, 1.0).value,
                    "E log <u, v> against f(lambda theta + (1 - lambda) tau), lambda = 0.3",
                ),
            ),
        ),
        Part(
            "the printed inequality gives (46)",
            _gives_46(printed, budget),
            {
                "d": 2,
                "lambda": str(THIRD),
                "theta": ["0", "0"],
                "tau": ["0", "log 8"],
                "gamma": 0,
                "<u, v>": sum(2 ** (2 * tau_i // 3) for tau_i in EIGHTHS),
                "||v|| ||u|| as printed": f"{bound}^(1/3) = {float(bound) ** (1 / 3):.4f}",
                "e^(right-hand side of (46))": f"{needed}^(1/3) = {float(needed) ** (1 / 3):.4f}",
            },
        ),
        Part(
            "its equality case is v_i = alpha u_i^((1 - lambda)/lambda)",
            (
                exact(
                    "rational",
                    equal,
                    f"lambda = 1/3, u = (1, 4), v = u^2: <u, v>^3 = {left}, its bound {right}",
                ),
                agree(
                    "enumeration",
                    "quadrature",
                    mean_log_bound(printed, 0.3, points, points),
                    _mean_log_product(0.3, points, points),
                    "E log bound against E log <u, v> at tau = theta, lambda = 0.3",
                ),
            ),
            {
                "d": 2,
                "lambda": str(THIRD),
                "u": [1, 4],
                "v": [1, 16],
                "<u, v>": f"{left}^(1/3)",
                "bound as printed": f"{right}^(1/3)",
            },
        ),
        Part(
            "(47) holds exactly if tau_i = theta_i + c, for any c",
            (
                exact(
                    "sympy",
                    len(solution) == 1 and bool((solution[0] - one).free_symbols),
                    "with s = tau_i + gamma_i, t = theta_i + gamma_i the logarithm of (47) as "
                    f"printed, without alpha, has the only solution s - t = {solution[0] - one}: "
                    "no room for c",
                ),
                agree(
                    "numbers",
                    "quadrature",
                    left_47,
                    right_47,
                    "both sides at tau = theta + 1, lambda = 1/2",
                ),
            ),
            {
                "d": 1,
                "lambda": "1/2",
                "theta": 0,
                "tau": 1,
                "gamma": 0,
                "left": f"e^(1/2) = {float(np.exp(0.5)):.4f}",
                "right": 1,
            },
        ),
    ]


def _mean_log_product(share: float, theta: np.ndarray, tau: np.ndarray) -> np.ndarray:
    """E[log <u, v>] over all outcomes of three atoms."""
    gamma = np.array(list(product(ATOMS, repeat=theta.shape[1])))
    u, v = share * (theta[:, None] + gamma), (1 - share) * (tau[:, None] + gamma)
    return np.log((np.exp(u) * np.exp(v)).sum(-1)).mean(1)


@claim("A.softmax-hoelder-step.corrected")
def hoelder_step_corrected(budget: Budget) -> list[Part]:
    r"""Statement: <u, v> <= ||u||_(1/lambda) ||v||_(1/(1 - lambda)), whose logarithm is lambda
    log sum e^(theta + gamma) + (1 - lambda) log sum e^(tau + gamma), gives (46); it is an equality
    exactly if v_i = alpha u_i^((1 - lambda)/lambda) for some alpha > 0, that is, tau_i = theta_i +
    c with c = log(alpha)/(1 - lambda).

    LaTeX: $\langle u,v\rangle \le \lVert u\rVert_{1/\lambda}\lVert v\rVert_{1/(1-\lambda)}$, equal
    iff $e^{(1-\lambda)(\tau_i+\gamma_i)} = \alpha(e^{\lambda(\theta_i+\gamma_i)})^{(1-\lambda)/
    \lambda} \iff \tau_i = \theta_i+\frac{\log\alpha}{1-\lambda}$

    Source: corrects A, section 8.4, (45)-(47)

    Assumptions: 0 < lambda < 1; any real gamma.

    Computed: the proof for symbolic d, from one inequality between two numbers; the same numbers as
    for the printed step, in rationals and on average over finite noise.
    """
    points = thetas(3, budget)
    other = points[::-1] * 1.5
    room = mean_log_bound(swapped, 0.3, points, other) - _mean_log_product(0.3, points, other)
    equal, right, left = _equality_case(swapped)
    return [
        Part(
            "the inequality, and when it is an equality",
            (
                _young(),
                positive(
                    "enumeration",
                    "quadrature",
                    room,
                    "E log(||u|| ||v||) - E log <u, v>, lambda = 0.3, d = 3",
                ),
            ),
        ),
        Part("it gives (46)", (_logarithm(swapped), *_gives_46(swapped, budget))),
        Part(
            "equality is v_i = alpha u_i^((1 - lambda)/lambda), that is, tau = theta + c",
            (
                _equality(),
                exact(
                    "rational",
                    equal,
                    f"lambda = 1/3, u = (1, 4), v = u^2: <u, v>^3 = {left} = {right}",
                    universal=False,
                ),
                agree(
                    "enumeration",
                    "quadrature",
                    mean_log_bound(swapped, 0.3, points, points),
                    _mean_log_product(0.3, points, points),
                    "E log bound against E log <u, v> at tau = theta, lambda = 0.3",
                ),
            ),
        ),
    ]


def _young() -> Check:
    ratio, share = sp.Symbol("r", positive=True), sp.Symbol("lambda", positive=True)
    rest = sp.Symbol("mu", positive=True)
    gap = share * ratio + 1 - share - ratio**share
    second = sp.diff(gap, ratio, 2) - share * (1 - share) * ratio ** (share - 2)
    curvature = share * rest * ratio ** (share - 2)
    return proof(
        "sympy, symbolic lambda",
        "Young's inequality for two numbers, added up",
        shown(
            r"$g(r) = \lambda r+1-\lambda-r^\lambda$ has $g(1) = g'(1) = 0$",
            identity(gap.subs(ratio, 1) ** 2 + sp.diff(gap, ratio).subs(ratio, 1) ** 2),
        ),
        shown(r"$g''(r) = \lambda(1-\lambda)r^{\lambda-2}$", identity(second)),
        shown(
            r"which is positive for $\lambda > 0$, $1-\lambda > 0$, so $g(r) > 0$ unless $r = 1$",
            bool(curvature.is_positive),
        ),
        argued(
            r"with $r = a_i/b_i$, $a_i = u_i^{1/\lambda}/\sum_ju_j^{1/\lambda}$ and $b_i = "
            r"v_i^{1/(1-\lambda)}/\sum_jv_j^{1/(1-\lambda)}$: $a_i^\lambda b_i^{1-\lambda} \le "
            r"\lambda a_i+(1-\lambda)b_i$, and the sum over $i$ is at most $\lambda+1-\lambda = 1$",
            "multiply g(r) >= 0 by b_i; both a and b sum to one",
        ),
        argued(
            r"$\sum_ia_i^\lambda b_i^{1-\lambda} = \langle u,v\rangle/(\lVert u\rVert_{1/\lambda}"
            r"\lVert v\rVert_{1/(1-\lambda)})$, with equality exactly if $a_i = b_i$ for all $i$",
            "definition of the norms",
        ),
    )


def _logarithm(norms: Norms) -> Check:
    s, share = categories(), sp.Symbol("lambda", positive=True)
    tau, gamma = indexed("tau"), indexed("gamma")
    of_u, of_v = norms(share)
    one, two = s.theta[s.j] + gamma[s.j], tau[s.j] + gamma[s.j]
    powers = [sp.simplify(of_u * share * one), sp.simplify(of_v * (1 - share) * two)]
    logs = [sp.log(s.sum(sp.exp(x))) / e for x, e in zip(powers, (of_u, of_v), strict=True)]
    needed = share * sp.log(s.sum(sp.exp(one))) + (1 - share) * sp.log(s.sum(sp.exp(two)))
    return proof(
        "sympy, symbolic d",
        "the logarithm of the bound",
        shown(
            r"$\log\lVert u\rVert_{1/\lambda}+\log\lVert v\rVert_{1/(1-\lambda)} = \lambda\log"
            r"\sum_ie^{\theta_i+\gamma_i}+(1-\lambda)\log\sum_ie^{\tau_i+\gamma_i}$",
            identity(logs[0] + logs[1] - needed),
        ),
        argued("on average this is the right-hand side of (46)", "definition of f"),
    )


def _equality() -> Check:
    share, alpha = sp.symbols("lambda alpha", positive=True)
    theta, tau, gamma = sp.symbols("theta tau gamma", real=True)
    shift = sp.log(alpha) / (1 - share)
    exponent = (1 - share) * (theta + shift + gamma)
    raised = sp.log(alpha) + share * (theta + gamma) * (1 - share) / share
    solved = sp.solve((1 - share) * (tau + gamma) - raised, tau)
    return proof(
        "sympy",
        "take logarithms",
        shown(
            r"$\tau = \theta+\log(\alpha)/(1-\lambda)$ gives $(1-\lambda)(\tau+\gamma) = "
            r"\log\alpha+\frac{1-\lambda}\lambda\lambda(\theta+\gamma)$",
            identity(exponent - raised),
        ),
        shown(
            "and it is the only solution",
            "holds"
            if len(solved) == 1 and identity(solved[0] - theta - shift) == "holds"
            else "fails",
        ),
        argued(
            r"$a_i = b_i$ means $v_i^{1/(1-\lambda)} = \kappa u_i^{1/\lambda}$, that is, $v_i = "
            r"\alpha u_i^{(1-\lambda)/\lambda}$ with $\alpha = \kappa^{1-\lambda} > 0$",
            "part one",
        ),
    )
