"""Section 8.2.1: the log-sum-exp is convex, and strictly so but for translations."""

from fractions import Fraction
from itertools import combinations, product
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.numbers import engine, entry, thetas
from perturbtheory.claims.exhibits.softmax_exact import translation_step
from perturbtheory.claims.legacy import agree, argued, claim, exact, positive, proof, shown
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Budget, Check, Outcome, Part, Step
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_max
from perturbtheory.routes.symbolic import categories, identity

_U, _V, _X, _Y, _R = sp.symbols("U V u_i v_i r", positive=True)
_K = sp.Symbol("k", positive=True)
_L = 1 / (1 + _K)
"""lambda in (0, 1), so that sympy knows the signs of lambda and of 1 - lambda."""
_LAMBDA = 0.3


class _Numbers:
    """f at theta, tau and between them, d = 3, by the engine; u = e^theta and v = e^tau."""

    def __init__(self, budget: Budget) -> None:
        self.theta = thetas(3, budget)
        self.tau = 2 * np.roll(self.theta, 1, axis=1)
        self.between = _LAMBDA * self.theta + (1 - _LAMBDA) * self.tau
        n = len(self.theta)
        found = engine(expected_max(Gumbel()), np.concatenate([self.theta, self.tau, self.between]))
        self.f, self.g, self.middle = (entry(found, np.s_[k * n : (k + 1) * n]) for k in range(3))
        self.u, self.v = np.exp(self.theta), np.exp(self.tau)

    def chord(self) -> Estimate:
        """Lambda f(theta) + (1 - lambda) f(tau)."""
        return self.f._replace(
            value=_LAMBDA * np.asarray(self.f.value) + (1 - _LAMBDA) * np.asarray(self.g.value),
            radius=np.asarray(self.f.radius) + np.asarray(self.g.radius),
        )


def _logs_equal(one: Any, two: Any) -> Outcome:
    """Whether two positive numbers are equal, by their logarithms."""
    return identity(sp.expand_log(sp.log(one), force=True) - sp.expand_log(sp.log(two), force=True))


def _young_steps() -> tuple[Step, ...]:
    """Young: x^lambda y^(1 - lambda) <= lambda x + (1 - lambda) y, with equality only if x = y."""
    phi: Any = _L * _R + 1 - _L - _R**_L
    second = _L * (1 - _L) * _R ** (_L - 2)
    one, two = _X / _U, _Y / _V
    general = sp.Symbol("lambda", positive=True)
    return (
        shown(
            r"$\varphi(r) = \lambda r + 1 - \lambda - r^\lambda$ and $\varphi'$ vanish at $1$",
            phi.subs(_R, 1) == 0 and identity(sp.diff(phi, _R).subs(_R, 1)),
        ),
        shown(
            r"$\varphi''(r) = \lambda(1-\lambda) r^{\lambda-2} > 0$, so that $\varphi(r) > 0$ for "
            r"every $r \ne 1$",
            identity(sp.diff(phi, _R, 2) - second) if sp.simplify(second).is_positive else "fails",
        ),
        shown(
            r"with $r = \frac{u_i/U}{v_i/V}$, $U = \sum_i u_i$, $V = \sum_i v_i$: $\frac{v_i}V "
            r"r^\lambda = (\frac{u_i}U)^\lambda (\frac{v_i}V)^{1-\lambda}$, so this is at most "
            r"$\lambda \frac{u_i}U + (1-\lambda) \frac{v_i}V$, and equal only if $r = 1$",
            _logs_equal(two * (one / two) ** general, one**general * two ** (1 - general)),
        ),
    )


def _holder_steps() -> tuple[Step, ...]:
    """sum u^lambda v^(1 - lambda) <= U^lambda V^(1 - lambda), = only if v = (V/U) u; any d."""
    _, _, j, _ = (s := categories())
    u: Any = sp.IndexedBase("u", positive=True)
    v: Any = sp.IndexedBase("v", positive=True)
    total = sum(sp.factor_terms(s.sum(x)) for x in (_L * u[j] / _U, (1 - _L) * v[j] / _V))
    whole: Any = sp.sympify(total).subs({s.sum(u[j]): _U, s.sum(v[j]): _V})
    return (
        *_young_steps(),
        shown(
            r"$\sum_i (\lambda \frac{u_i}U + (1-\lambda) \frac{v_i}V) = \lambda + 1 - \lambda = 1$",
            identity(whole - 1),
        ),
        argued(
            r"so $\sum_i u_i^\lambda v_i^{1-\lambda} \le U^\lambda V^{1-\lambda}$, and equality "
            r"needs $v_i / u_i = V/U$ for every $i$",
            "adding up over i and multiplying by U^lambda V^(1 - lambda)",
        ),
    )


def _cauchy_schwarz(*, strict: bool) -> Check:
    """(27) at lambda = 1/2 with u = x^2, v = y^2, in integers."""
    good, count = True, 0
    for d in (1, 2, 3):
        for x, y in product(product((1, 2, 4), repeat=d), repeat=2):
            gap = (
                sum(a * a for a in x) * sum(b * b for b in y)
                - sum(a * b for a, b in zip(x, y, strict=True)) ** 2
            )
            proportional = len({Fraction(b, a) for a, b in zip(x, y, strict=True)}) == 1
            good &= (gap == 0) == proportional if strict else gap >= 0
            count += 1
    what = "equality exactly for proportional u, v" if strict else "the two sides"
    return exact(
        "integers, lambda = 1/2", good, f"{what}: {count} pairs of squares, d <= 3", universal=False
    )


@claim("A.lse-strictly-convex", depends_on=("A.softmax-minimal-condition.corrected",))
def lse_strictly_convex(budget: Budget) -> list[Part]:
    r"""Statement: The log-sum-exp f is convex by Hoelder's inequality, with equality exactly if tau
    is theta plus a constant; the softmax is minimal on Theta when f is strictly convex.

    LaTeX: $f(\lambda\theta + (1-\lambda)\tau) \le \lambda f(\theta) + (1-\lambda) f(\tau)$ for
    $\lambda \in (0, 1)$, with equality if and only if $\tau_i = \frac{\log c}{1-\lambda} +
    \theta_i$ for every $i$; the representation is minimal when $f$ is strictly convex

    Source: A, Theorem 8.1, (23), (25)-(33)

    Assumptions: d >= 1; f is strictly convex on a convex Theta (on all of R^d it never is). c > 0,
    for (31) has no solution with c <= 0. In (27) the logarithm is of the product. "The
    representation over R^d is complete" is A.softmax-complete; the sentence on linear constraints
    is A.linearly-constrained.

    Computed: every printed line for symbolic exponents, Hoelder's inequality from the convexity
    of one function of one variable, for symbolic d; the Hessian as a variance; the engine's f
    under Gumbel noise, which is the log-sum-exp.
    """
    at = _Numbers(budget)
    lam: Any = sp.Symbol("lambda", positive=True)
    theta_i, tau_i = sp.symbols("theta_i tau_i", real=True)
    c = sp.Symbol("c", positive=True)
    sums = (at.u**_LAMBDA * at.v ** (1 - _LAMBDA)).sum(1)
    bound = at.u.sum(1) ** _LAMBDA * at.v.sum(1) ** (1 - _LAMBDA)
    chord, middle = at.chord(), at.middle
    gap = chord._replace(
        value=np.asarray(chord.value) - np.asarray(middle.value),
        radius=np.asarray(chord.radius) + np.asarray(middle.radius),
    )
    powers = sp.exp(theta_i) ** lam * sp.exp(tau_i) ** (1 - lam)
    lifted = theta_i + sp.log(c) / (1 - lam)
    return [
        Part(
            "(25) = (26)",
            (
                exact(
                    "sympy",
                    _logs_equal(powers, sp.exp(lam * theta_i + (1 - lam) * tau_i)),
                    "u_i^lambda v_i^(1 - lambda) = e^(lambda theta_i + (1 - lambda) tau_i)",
                ),
                agree("engine", "quadrature", middle, np.log(sums), "f between against (26)"),
            ),
        ),
        Part(
            "(26) <= (27), Hoelder",
            (
                proof(
                    "sympy, symbolic d",
                    "Young's inequality added up; the exponents 1/lambda and 1/(1 - lambda) of "
                    "(27) cancel",
                    shown(
                        r"$u_i^{\lambda \frac 1\lambda} = u_i$",
                        _logs_equal(_X ** (lam * (1 / lam)), _X),
                    ),
                    shown(
                        r"$v_i^{(1-\lambda) \frac 1{1-\lambda}} = v_i$",
                        _logs_equal(_Y ** ((1 - lam) * (1 / (1 - lam))), _Y),
                    ),
                    shown(
                        r"the exponents are conjugate: $\lambda + (1 - \lambda) = 1$",
                        identity(1 / (1 / lam) + 1 / (1 / (1 - lam)) - 1),
                    ),
                    *_holder_steps(),
                ),
                positive("engine", "quadrature", gap, "chord less f between, d = 3"),
                _cauchy_schwarz(strict=False),
            ),
        ),
        Part(
            "(27) = (28) = (29)",
            (
                exact(
                    "sympy",
                    identity(
                        sp.expand_log(sp.log(_U**lam * _V ** (1 - lam)), force=True)
                        - lam * sp.log(_U)
                        - (1 - lam) * sp.log(_V)
                    ),
                    "log(U^lambda V^(1 - lambda)) = lambda log U + (1 - lambda) log V",
                ),
                agree("engine", "quadrature", chord, np.log(bound), "chord against (27), d = 3"),
            ),
        ),
        Part(
            "(31)-(33): equality exactly for translates",
            (
                proof(
                    "sympy, symbolic d",
                    "the printed lines, and that equality needs them",
                    *_holder_steps(),
                    shown(
                        r"$(u_i^\lambda)^{\frac1\lambda - 1} = u_i^{1-\lambda}$, so that (31) and "
                        r"(32) say $(v_i/u_i)^{1-\lambda} = c$, the same for every $i$",
                        _logs_equal((_X**lam) ** (1 / lam - 1), _X ** (1 - lam)),
                    ),
                    shown(
                        r"(33) solves (32): $(1-\lambda)\tau_i = \log c + (1-\lambda)\theta_i$",
                        _logs_equal(
                            sp.exp((1 - lam) * lifted),
                            c * sp.exp(lam * theta_i * (1 / lam - 1)),
                        ),
                    ),
                    translation_step(),
                    argued(
                        r"so $\tau = \theta + k\mathbf 1$ makes both sides $f(\theta) + "
                        r"(1-\lambda) k$",
                        "substitution",
                    ),
                ),
                _cauchy_schwarz(strict=True),
            ),
        ),
        Part("minimal on a convex Theta exactly where f is strictly convex", _minimal(budget)),
    ]


def _double_sum(term: Any, i: Any, j: Any, s: Any) -> Any:
    """sum_i sum_j of a polynomial in p_i, v_i, p_j, v_j: every monomial is a product of sums."""
    total = sp.Integer(0)
    monomials: Any = sp.expand(term).args
    for monomial in monomials:
        rest, of_j = monomial.as_independent(j)
        number, of_i = rest.as_independent(i)
        total += number * s.sum(of_i.subs(i, j)) * s.sum(of_j)
    return total


def _variance_steps() -> tuple[Step, Step]:
    """The second derivative of f along v is a sum over pairs, symbolic d."""
    _, _, j, theta = (s := categories())
    i = sp.Symbol("k", integer=True)
    t = sp.Symbol("t", real=True)
    p: Any = sp.IndexedBase("p", positive=True)
    v: Any = sp.IndexedBase("v", real=True)
    second = sp.diff(sp.log(s.sum(sp.exp(theta[j] + t * v[j]))), t, 2).doit().subs(t, 0)
    total = s.sum(sp.exp(theta[j]))
    mean, square = (s.sum(sp.exp(theta[j]) * v[j] ** n) / total for n in (1, 2))
    pairs = _double_sum(p[i] * p[j] * (v[i] - v[j]) ** 2 / 2, i, j, s)
    variance = s.sum(p[j] * v[j] ** 2) - s.sum(p[j] * v[j]) ** 2
    return (
        shown(
            r"$\frac{d^2}{dt^2} f(\theta + tv) = \sum_i p_i v_i^2 - (\sum_i p_i v_i)^2$ at $t = 0$,"
            r" with $p = \operatorname{softmax}(\theta)$",
            identity(second - (square - mean**2)),
        ),
        shown(
            r"$\sum_i p_i v_i^2 - (\sum_i p_i v_i)^2 = \sum_{i<j} p_i p_j (v_i - v_j)^2$, which is "
            r"$0$ only if all $v_i$ are equal",
            identity(pairs.subs(s.sum(p[j]), 1) - variance),
        ),
    )


def _minimal(budget: Budget) -> tuple[Check, ...]:
    f_theta, f_tau, slope, other = sp.symbols("f_theta f_tau a b", real=True)
    above = (f_tau - f_theta - slope, f_theta - f_tau + other)
    theta = thetas(3, budget)
    theta = theta - theta[:, :1]
    pairs = list(combinations(range(len(theta)), 2))
    found = engine(expected_max(Gumbel()), theta, "probabilities")
    p, radius = np.asarray(found.value), np.asarray(found.radius)
    step = np.array([theta[i] - theta[j] for i, j in pairs])
    rise = np.array([p[i] - p[j] for i, j in pairs])
    error = np.array([radius[i] + radius[j] for i, j in pairs])
    monotone = found._replace(value=(rise * step).sum(1), radius=(error * abs(step)).sum(1))
    return (
        proof(
            "sympy, symbolic d",
            "strict convexity, no two translates in Theta, and minimality are one thing",
            argued(
                r"strictly convex: $f(\tau) > f(\theta) + \langle \nabla f(\theta), \tau - \theta "
                r"\rangle$ and the same with $\theta, \tau$ exchanged",
                "Rockafellar, Theorem 25.1, strict for strictly convex f",
            ),
            shown(
                r"added: $\langle \nabla f(\tau) - \nabla f(\theta), \tau - \theta\rangle > 0$, so "
                r"that $\nabla f(\theta) \ne \nabla f(\tau)$: minimal",
                identity(sum(above) - (other - slope)),
            ),
            argued("minimal: no two translates in Theta", "A.softmax-minimal-condition.corrected"),
            *_variance_steps(),
            argued(
                r"no two translates: along $v = \tau - \theta$ the second derivative of $f$ is "
                r"positive, so that $f$ is strictly convex",
                r"$p_i > 0$ for every $i$",
            ),
        ),
        positive("engine", "quadrature", monotone, "<p - q, theta - tau> in {theta_1 = 0}, d = 3"),
    )
