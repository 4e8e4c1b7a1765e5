"""Section 8.4, (45)-(47): Hoelder's inequality in the proof of Lemma 4.2."""

from fractions import Fraction

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import cosets, numbers, sums, three_atoms
from perturbtheory.claims.exhibits.hoelder_norms import (
    THIRD,
    cubes,
    logs,
    power_sum,
    printed,
    swapped,
    young,
)
from perturbtheory.ledger import Claim, agree, argued, eq, exact, identity, positive, shown, witness
from perturbtheory.routes import symbolic

LAMBDA, ALPHA = sp.symbols("lambda alpha", positive=True)
THETA, TAU, GAMMA = sp.symbols("theta_i tau_i gamma_i", real=True)
EIGHTHS = (0, 3)
"""tau / log 2 of the counterexample: e^tau = (1, 8), so that third roots are rational."""
SAME = (0, 6)
"""theta and tau / log 2 of the other: u = (1, 4) and v = u^2."""
QUARTER = (0, 4), (0, 1)
"""theta and tau / log 2 with u = v^2, where the printed bound is attained."""

printed_step = Claim(
    "A.softmax-hoelder-step",
    "A, section 8.4, (45)-(47)",
    r"""Hoelder's inequality $\langle u,v\rangle \le \lVert v\rVert_{1/\lambda}\cdot\lVert
    u\rVert_{1/(1-\lambda)}$ with $u_i = e^{\lambda(\theta_i+\gamma_i)}$, $v_i =
    e^{(1-\lambda)(\tau_i+\gamma_i)}$ gives the convexity (46), $f(\lambda\theta+(1-\lambda)\tau)
    \le \lambda f(\theta)+(1-\lambda)f(\tau)$, and is, "for non-negative vectors", an
    equality exactly if $v_i = \alpha u_i^{(1-\lambda)/\lambda}$, "or equivalently" (47),
    $e^{(1-\lambda)(\tau_i+\gamma_i)} = (e^{\lambda(\theta_i+\gamma_i)})^{(1-\lambda)/\lambda}
    \longleftrightarrow \tau_i = \theta_i+c$; "if $\tau \ne \theta+c$, then $\langle u,v\rangle <
    \lVert v\rVert_{1/\lambda}\cdot\lVert u\rVert_{1/(1-\lambda)}$ for every $\gamma$".""",
    assumes=r"""$0 < \lambda < 1$. The printed inequality is true, its exponents being conjugate;
    "we obtain (46)" is read as: the logarithm of its right-hand side is that of (46). Lemma 4.2
    itself is true, see A.softmax-strict-convexity.""",
)
true_step = printed_step.corrected(
    r"""$\langle u,v\rangle \le \lVert u\rVert_{1/\lambda}\lVert v\rVert_{1/(1-\lambda)}$, whose
    logarithm is $\lambda\log\sum_ie^{\theta_i+\gamma_i}+(1-\lambda)\log\sum_ie^{\tau_i+\gamma_i}$,
    gives (46); it is an equality exactly if $v_i = \alpha u_i^{(1-\lambda)/\lambda}$ for some
    $\alpha > 0$, $e^{(1-\lambda)(\tau_i+\gamma_i)} = \alpha(e^{\lambda(\theta_i+\gamma_i)})^{
    (1-\lambda)/\lambda}$, that is, $\tau_i = \theta_i+\frac{\log\alpha}{1-\lambda}$.""",
    assumes=r"$0 < \lambda < 1$; any real $\gamma$.",
)


def root(cube: Fraction) -> str:
    """Its third root in words."""
    return f"${cube}^{{1/3}}$ = {float(cube) ** (1 / 3):.4f}"


@printed_step.part(r"(45): the sum over $i$ of $u_iv_i$")
def product_of_terms(budget):
    x = numbers.thetas(3, budget)
    mixed = LAMBDA * (THETA + GAMMA) + (1 - LAMBDA) * (TAU + GAMMA)
    f = three_atoms.value(0.3 * x + 0.7 * x[::-1])
    why = "exponent of $u_iv_i$"
    yield exact("sympy", eq(mixed, LAMBDA * THETA + (1 - LAMBDA) * TAU + GAMMA, why))
    what = r"$\mathbb E\log\langle u,v\rangle$ against $f(\lambda\theta+(1-\lambda)\tau)$"
    yield agree("enumeration", logs(x, x[::-1]), f, what)


@true_step.part("the inequality, and when it is an equality")
def when_it_is_equal(budget):
    x = numbers.thetas(3, budget)
    y = x[::-1] * 1.5
    yield exact(
        r"sympy, symbolic $\lambda$",
        *young(LAMBDA),
        argued(r"""with $r = a_i/b_i$, $a_i = u_i^{1/\lambda}/\sum_ju_j^{1/\lambda}$ and $b_i =
            v_i^{1/(1-\lambda)}/\sum_jv_j^{1/(1-\lambda)}$: $a_i^\lambda b_i^{1-\lambda} \le \lambda
            a_i+(1-\lambda)b_i$, and the sum over $i$ is at most $\lambda+1-\lambda = 1$ [multiply
            $g(r) \ge 0$ by $b_i$; both $a$ and $b$ sum to one]"""),
        argued(r"""$\sum_ia_i^\lambda b_i^{1-\lambda} = \langle u,v\rangle/(\lVert
            u\rVert_{1/\lambda}\lVert v\rVert_{1/(1-\lambda)})$, with equality exactly if $a_i =
            b_i$ for all $i$ [definition of the norms]"""),
    )
    what = r"""$\mathbb E\log(\lVert u\rVert\lVert v\rVert)-\mathbb E\log\langle u,v\rangle$,
        $\lambda$ = 0.3, $d = 3$"""
    yield positive("enumeration", logs(x, y, swapped) - logs(x, y), what)


@printed_step.part("the printed inequality gives (46)", norms=printed)
@true_step.part("it gives (46)", norms=swapped)
def gives_46(budget, norms):
    x = numbers.thetas(3, budget)
    y = x[::-1] * 1.5
    bound, needed = cubes(norms, (0, 0), EIGHTHS)
    f = [three_atoms.value(z) for z in (x, y)]
    if norms is swapped:
        yield logarithm()
    cases = rf"""$\lambda = 1/3$, $\theta = 0$, $e^\tau = (1, 8)$: $(\lVert u\rVert\lVert v\rVert)^3
        = {bound}$, and $e^3$ of the right-hand side of (46) is {needed}"""
    yield exact(r"rational, $\gamma = 0$", bound == needed, cases=cases)
    what = r"""$\mathbb E\log(\lVert u\rVert\lVert v\rVert)$ against $\lambda
        f(\theta)+(1-\lambda)f(\tau)$, $\lambda$ = 0.3"""
    yield agree("enumeration", logs(x, y, norms), 0.3 * f[0] + 0.7 * f[1], what)
    yield witness(
        {
            "d": 2,
            "lambda": str(THIRD),
            "theta": ["0", "0"],
            "tau": ["0", r"$\log 8$"],
            "gamma": 0,
            r"$\langle u,v\rangle$": int(power_sum(EIGHTHS, 2 * THIRD)),
            r"$\lVert v\rVert\lVert u\rVert$ as printed": root(bound),
            "$e$ to the right-hand side of (46)": root(needed),
        }
    )


def logarithm():
    """Whether the logarithm of the bound is the right-hand side of (46), for every d."""
    s, tau, gamma = symbolic.categories(), cosets.indexed("tau"), cosets.indexed("gamma")
    a, b = swapped(LAMBDA)
    one, two = s.theta[s.j] + gamma[s.j], tau[s.j] + gamma[s.j]
    # Not evaluated, so that the norms are seen: the e-th powers of the entries u_j and v_j.
    norm_u, norm_v = (
        sp.log(s.sum(sp.Pow(sp.exp(x), e, evaluate=False))) / e
        for x, e in ((LAMBDA * one, a), ((1 - LAMBDA) * two, b))
    )
    needed = LAMBDA * sp.log(s.sum(sp.exp(one))) + (1 - LAMBDA) * sp.log(s.sum(sp.exp(two)))
    return exact(
        "sympy, symbolic d",
        sums.for_every_d(norm_u + norm_v, needed),
        r"$\log\lVert u\rVert_{1/\lambda}+\log\lVert v\rVert_{1/(1-\lambda)}$",
        argued("on average this is the right-hand side of (46)", "definition of $f$"),
    )


@printed_step.part(r"its equality case is $v_i = \alpha u_i^{(1-\lambda)/\lambda}$", norms=printed)
@true_step.part(
    r"equality is $v_i = \alpha u_i^{(1-\lambda)/\lambda}$, that is, $\tau = \theta+c\mathbf 1$",
    norms=swapped,
)
def equality_case(budget, norms):
    x = numbers.thetas(3, budget)
    bound, inner = cubes(norms, SAME, SAME)[0], power_sum(SAME, Fraction(1)) ** 3
    if norms is swapped:
        yield equality()
    cases = rf"""$\lambda = 1/3$, $u = (1, 4)$, $v = u^2$: $\langle u,v\rangle^3 = {inner}$, its
        bound {bound}"""
    yield exact("rational", bound == inner, cases=cases)
    what = r"""E log bound against $\mathbb E\log\langle u,v\rangle$ at $\tau = \theta$, $\lambda$ =
        0.3"""
    yield agree("enumeration", logs(x, x, norms), logs(x, x), what)
    yield witness(
        d=2,
        lambda_=str(THIRD),
        u=[1, 4],
        v=[1, 16],
        **{r"$\langle u,v\rangle$": f"${inner}^{{1/3}}$", "bound as printed": f"${bound}^{{1/3}}$"},
    )


def equality():
    """Whether v_i = alpha u_i^((1 - lambda)/lambda) means that tau and theta are translates."""
    shift = sp.log(ALPHA) / (1 - LAMBDA)
    rule = sp.Eq(
        (1 - LAMBDA) * (TAU + GAMMA),
        sp.log(ALPHA) + LAMBDA * (THETA + GAMMA) * (1 - LAMBDA) / LAMBDA,
    )
    solved = sp.solve(rule, TAU)
    return exact(
        "sympy",
        argued(r"""equality means $v_i^{1/(1-\lambda)} = \kappa u_i^{1/\lambda}$, that is, $v_i =
            \alpha u_i^{(1-\lambda)/\lambda}$ with $\alpha = \kappa^{1-\lambda} > 0$ [part one]"""),
        shown(
            rf"its logarithm, ${sp.latex(rule)}$, has the one solution $\tau_i = \theta_i+"
            rf"{sp.latex(shift)}$",
            identity(solved[0] - THETA - shift) if len(solved) == 1 else "fails",
        ),
    )


@printed_step.part(r"(47) holds exactly if $\tau_i = \theta_i+c$, for any $c$")
def line_47(budget):
    x = numbers.thetas(3, budget)
    log_alpha = 0  # (47) as printed has no alpha
    one, two = sp.symbols("t s", real=True)
    solution = sp.solve((1 - LAMBDA) * two - log_alpha - LAMBDA * one * (1 - LAMBDA) / LAMBDA, two)
    cases = rf"""with $s = \tau_i+\gamma_i$, $t = \theta_i+\gamma_i$ the logarithm of (47) as
        printed, without $\alpha$, has the only solution $s-t = {solution[0] - one}$: no room for
        $c$"""
    yield exact("sympy", len(solution) == 1 and bool((solution[0] - one).free_symbols), cases=cases)
    what = r"both sides at $\tau = \theta+1$, $\lambda = 1/2$"
    yield agree("numbers", np.exp(0.5 * (x + 1.0)), np.exp(0.5 * x + log_alpha), what)
    yield witness(
        d=1,
        lambda_="1/2",
        theta=0,
        tau=1,
        gamma=0,
        left=f"$e^{{1/2}}$ = {float(np.exp(0.5)):.4f}",
        right=1,
    )


@printed_step.part("the same equality case for all non-negative vectors, as printed")
def zero_vectors():
    alpha, factors = sp.Symbol("alpha", real=True), np.linspace(-100.0, 100.0, 2001)
    cases = r"""$u = (0, 0)$, $v = (1, 1)$: both sides are 0 for all exponents, while $1 = \alpha
        \cdot 0$ asks for an $\alpha$"""
    yield exact("sympy", bool(sp.solve(1 - alpha * sp.Integer(0), alpha)), cases=cases)
    nearest = np.abs(1.0 - factors * 0.0).min()
    yield agree("numbers", nearest, 0.0, r"least $|v_i-\alpha u_i|$ there for 2001 $\alpha$")
    yield witness({"d": 2, "u": [0, 0], "v": [1, 1], "both sides": 0, "alpha": "none"})


@printed_step.part(r"strict for every $\gamma$ if $\tau \ne \theta+c$")
def strict():
    bound, inner = cubes(printed, *QUARTER)[0], power_sum((0, 6), THIRD) ** 3
    v = np.exp(np.array([0.25, -0.5, 1.0]))
    gap = np.linalg.norm(v**2, 1.5) * np.linalg.norm(v, 3) - (v**2 * v).sum()
    cases = rf"""$\lambda = 1/3$, $e^\theta = (1, 16)$, $e^\tau = (1, 2)$: $\langle u,v\rangle^3 =
        {inner}$, its bound {bound}"""
    yield exact(r"rational, $\gamma = 0$", inner < bound, cases=cases)
    what = r"bound less $\langle u,v\rangle$ at $u = v^2$, less $10^{-6}$"
    yield positive("numbers", gap - 1e-6, what)
    yield witness(
        d=2,
        lambda_=str(THIRD),
        theta=["0", r"$\log 16$"],
        tau=["0", r"$\log 2$"],
        gamma=0,
        **{r"$\langle u,v\rangle$": f"${inner}^{{1/3}}$", "bound as printed": f"${bound}^{{1/3}}$"},
    )
