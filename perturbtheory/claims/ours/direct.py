"""The direct estimator with Gumbel noise: the exact law of its two arg maxes, bias and variance."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import sympy as sp
from scipy import integrate

from perturbtheory.claims.compare import agree, argued, exact, positive, proof, shown
from perturbtheory.claims.evidence import Check, Part, Step
from perturbtheory.claims.ledger import Budget, claim
from perturbtheory.claims.numbers import thetas
from perturbtheory.claims.paper_b.draws import VALUES, average
from perturbtheory.estimate import Estimate
from perturbtheory.estimators import direct_bias, direct_law, direct_variance, exact_gradient
from perturbtheory.routes.symbolic import categories, identity

_EPSILON = 0.75
_LOGITS = np.array([0.5, -0.25, 1.0])
_A = (Fraction(1, 3), Fraction(2), Fraction(5, 4))
_B = (Fraction(7, 2), Fraction(1, 5), Fraction(3))
"""a_k = e^h_k and b_k = e^(h_k + epsilon f_k) of the exact checks; any positive numbers serve."""


def rational_law(a: Sequence[Fraction], b: Sequence[Fraction]) -> list[list[Fraction]]:
    """P(z* = i, z*(epsilon) = j) in fractions: the closed form of `C.joint-law`."""
    s = [x / y for x, y in zip(a, b, strict=True)]

    def total(x: Fraction) -> Fraction:
        return sum((max(p, x * q) for p, q in zip(a, b, strict=True)), Fraction(0))

    def integral(low: Fraction, high: Fraction) -> Fraction:
        cuts = sorted({low, high, *(x for x in s if low < x < high)})
        return sum(((y - x) / (total(x) * total(y)) for x, y in pairwise(cuts)), start=Fraction(0))

    n = range(len(a))
    return [
        [a[i] / total(s[i]) if i == j else a[i] * b[j] * integral(s[j], max(s[i], s[j])) for j in n]
        for i in n
    ]


def _quadrature_law(h: np.ndarray, f: np.ndarray, epsilon: float) -> Estimate:
    """The same by adaptive quadrature over s, without the sum over pieces."""
    a, b = np.exp(h), np.exp(h + epsilon * f)
    s, n = a / b, range(len(h))
    law, radius = np.zeros((len(h), len(h))), np.zeros((len(h), len(h)))
    for i in n:
        law[i, i] = 1 / np.maximum(a / a[i], b / b[i]).sum()
        for j in n:
            if s[j] < s[i]:
                kinks = [x for x in s if s[j] < x < s[i]] or None
                law[i, j], radius[i, j] = integrate.quad(
                    lambda x, i=i, j=j: a[i] * b[j] / np.maximum(a, x * b).sum() ** 2,
                    s[j],
                    s[i],
                    points=kinks,
                )
    return Estimate(law, radius + 1e-13, "quadrature")


def _winners(gamma: np.ndarray, shift: np.ndarray) -> np.ndarray:
    return np.eye(shift.size)[(gamma + shift).argmax(-1)]


def _law_steps() -> tuple[Step, ...]:
    x, s, total, rest = sp.symbols("x s D R", positive=True)
    one, slope, gap = sp.symbols("A B g", positive=True)
    both = sp.integrate(sp.exp(-x * (1 + rest)), (x, 0, sp.oo))
    inner = sp.integrate(x * sp.exp(-x * total), (x, 0, sp.oo))
    piece = sp.integrate(1 / (one + slope * x) ** 2, (x, s, s + gap))
    ends = gap / ((one + slope * s) * (one + slope * (s + gap)))
    return (
        argued(
            r"$E_k = e^{-\gamma_k - c}$ are independent and exponential; $z^* = "
            r"\operatorname{argmin} E_k/a_k$ "
            r"and $z^*(\epsilon) = \operatorname{argmin} E_k/b_k$",
            "the cdf of a Gumbel variable; x -> -log x decreases",
        ),
        shown(
            r"both are $i$ iff $E_k > E_i\max(a_k/a_i, b_k/b_i)$ for $k \ne i$: "
            r"$\int_0^\infty e^{-x(1 + R)}dx = \frac1{1 + R}$ with $R$ the sum of these maxima, "
            r"which is $a_i/D(s_i)$",
            identity(both - 1 / (1 + rest)),
        ),
        argued(
            r"for $i \ne j$ put $X = E_i/a_i$ and $E_j/b_j = sX$: then $E_k > X\max(a_k, s b_k)$ "
            r"for the others, and $s_j < s < s_i$ since $j$ loses at first and $i$ at last; the "
            r"density is $a_i b_j X e^{-X D(s)}$",
            "change of variables with Jacobian X; max(a_i, s b_i) = a_i, max(a_j, s b_j) = s b_j",
        ),
        shown(r"$\int_0^\infty X e^{-XD}\,dX = 1/D^2$", identity(inner - 1 / total**2)),
        shown(
            r"where $D$ is linear, $\int_x^{x'} ds/D(s)^2 = (x' - x)/(D(x)D(x'))$",
            identity(piece - ends),
        ),
    )


def _marginals() -> Check:
    """Rows and columns of the law, summed for any K: both integrands are derivatives."""
    s = sp.Symbol("s", positive=True)
    total: Any = sp.Function("D", positive=True)(s)
    slope = sp.diff(total, s)
    return proof(
        "sympy, any K",
        "the integrals telescope",
        argued(
            r"$\sum_{j: s_j<s} b_j = D'(s)$ and $\sum_{i: s_i>s} a_i = D(s) - s D'(s)$",
            "k adds a_k to D(s) for s < s_k and s b_k for s > s_k",
        ),
        shown(r"$D'/D^2 = (-1/D)'$", identity(slope / total**2 - sp.diff(-1 / total, s))),
        argued(
            r"row $i$: $\frac{a_i}{D(s_i)} + a_i\int_0^{s_i} \frac{D'}{D^2}\,ds = "
            r"\frac{a_i}{D(0)}$ with $D(0) = \sum_k a_k$",
            "s_j < s < s_i, and the law vanishes for s_j > s_i",
        ),
        shown(
            r"$(D - sD')/D^2 = (s/D)'$",
            identity((total - s * slope) / total**2 - sp.diff(s / total, s)),
        ),
        argued(
            r"column $j$: $\frac{a_j}{D(s_j)} + b_j\int_{s_j}^\infty \frac{D-sD'}{D^2}\,ds = "
            r"\frac{b_j}{\sum_k b_k}$",
            "s/D tends to 1/sum b, and b_j s_j = a_j",
        ),
    )


def _marginals_by_gumbel_max() -> Check:
    a, c, b, d = sp.symbols("a_1 a_2 b_1 b_2", positive=True)
    # Two categories with s_2 < s_1: D(s_1) = a_1 + s_1 b_2 and D(s_2) = a_1 + a_2.
    first, second = a / b, c / d
    same = a / (a + first * d)
    differ = a * d * (first - second) / ((a + first * d) * (a + c))
    return proof(
        "marginals, any K",
        "each arg max by itself is a Gumbel-max draw",
        argued(
            r"summed over $j$, $\mathbb P[z^* = i, z^*(\epsilon) = j]$ is $\mathbb P[z^* = i] = "
            r"a_i/\sum_k a_k$; over $i$, $b_j/\sum_k b_k$",
            "the Gumbel-max identity with logits h, and with h + epsilon f",
        ),
        shown(
            r"for two categories: $\frac{a_1}{D(s_1)} + \frac{a_1 b_2(s_1 - s_2)}{D(s_1)D(s_2)} = "
            r"\frac{a_1}{a_1 + a_2}$",
            identity(same + differ - a / (a + c)),
        ),
    )


@claim("C.joint-law", depends_on=("B.gumbel-max",))
def joint_law(budget: Budget) -> list[Part]:
    r"""Statement: Under shared Gumbel noise the two arg maxes of the direct estimator have a joint
    law in closed form: a finite sum over sorted breakpoints, without sampling.

    LaTeX: with $a_k = e^{h_k}$, $b_k = e^{h_k + \epsilon f_k}$, $s_k = a_k/b_k$ and
    $D(s) = \sum_k \max(a_k, s b_k)$: $\mathbb P[z^* = z^*(\epsilon) = i] = a_i/D(s_i)$ and
    $\mathbb P[z^* = i, z^*(\epsilon) = j] = a_i b_j \int_{s_j}^{s_i} D(s)^{-2}\,ds$ if
    $s_j < s_i$, and $0$ otherwise

    Source: this package

    Assumptions: any number of categories, real h and f, epsilon of either sign; independent Gumbel
    noise, the same for both.

    Computed: two integrals and one change of variables for symbolic weights; sums over rows and
    columns for any number of categories and in fractions; adaptive quadrature; sampled pairs.
    """
    exactly, total = rational_law(_A, _B), (sum(_A), sum(_B))
    rows = [sum(row, Fraction(0)) for row in exactly]
    columns = [sum(column, Fraction(0)) for column in zip(*exactly, strict=True)]
    marginals = [x / total[0] for x in _A] + [x / total[1] for x in _B]
    law = direct_law(_LOGITS, VALUES, _EPSILON)
    sampled = average(
        lambda g: (
            _winners(g, _LOGITS)[:, :, None] * _winners(g, _LOGITS + _EPSILON * VALUES)[:, None]
        ),
        (3,),
        seed=41,
        samples=budget.samples,
    )
    logs = [np.log([float(x) for x in v]) for v in (_A, _B)]
    return [
        Part(
            "the joint law",
            (
                proof("exponential race, any K", "two integrals over the race", *_law_steps()),
                agree(
                    "fractions",
                    "quadrature",
                    direct_law(logs[0], logs[1] - logs[0], 1.0),
                    np.array([[float(x) for x in row] for row in exactly]),
                    "all pairs, K = 3, closed form in logarithms against fractions",
                ),
                agree(
                    "adaptive quadrature",
                    "quadrature",
                    _quadrature_law(_LOGITS, VALUES, _EPSILON),
                    law,
                    "all pairs, K = 3",
                ),
                agree("sampling", "monte-carlo", sampled, law, "frequencies of pairs, K = 3"),
            ),
        ),
        Part(
            "rows sum to softmax(h), columns to softmax(h + epsilon f)",
            (
                _marginals(),
                _marginals_by_gumbel_max(),
                exact(
                    "fractions",
                    [*rows, *columns] == marginals,
                    "K = 3, rational weights a and b",
                    universal=False,
                ),
                agree(
                    "closed form",
                    "quadrature",
                    np.concatenate([law.sum(1), law.sum(0)]),
                    np.concatenate(
                        [_softmax(_LOGITS), _softmax(_LOGITS + _EPSILON * VALUES)],
                    ),
                    "K = 3",
                ),
            ),
        ),
    ]


def _softmax(h: np.ndarray) -> np.ndarray:
    odds = np.exp(h - h.max())
    return odds / odds.sum()


def _tilt() -> Step:
    """d/de E_{q_e}[g] = Cov(f, g) for q_e proportional to e^(h + e f), any number of categories."""
    _, _, j, h = (s := categories())
    e = sp.Symbol("epsilon", real=True)
    f: Any = sp.IndexedBase("f", real=True)
    g: Any = sp.IndexedBase("g", real=True)
    odds = sp.exp(h[j] + e * f[j])
    sums = {name: s.sum(term * odds) for name, term in (("1", 1), ("f", f[j]), ("g", g[j]))}
    slope = sp.diff(sums["g"] / sums["1"], e).doit()
    covariance = s.sum(f[j] * g[j] * odds) / sums["1"] - sums["f"] * sums["g"] / sums["1"] ** 2
    return shown(
        r"$\frac{d}{d\epsilon}\mathbb E_{q_\epsilon}[g] = \mathbb E[fg] - \mathbb E f\,"
        r"\mathbb E g$ for $q_\epsilon \propto e^{h + \epsilon f}$ and every $g$",
        identity(slope - covariance),
    )


def _moment(power: int, with_g: int) -> Any:
    return sp.Symbol(f"E_f{power}g{with_g}", real=True) if power or with_g else sp.Integer(1)


def _derivative(expression: Any) -> Any:
    """d/de of a polynomial in the moments E[f^k g^l], each with derivative E[f X] - E[f] E[X]."""
    out = sp.Integer(0)
    for power in range(6):
        for with_g in (0, 1):
            moment = _moment(power, with_g)
            if moment != 1:
                slope = _moment(power + 1, with_g) - _moment(1, 0) * moment
                out += sp.diff(expression, moment) * slope
    return sp.expand(out)


def _cumulant_steps(order: int) -> tuple[Step, ...]:
    """That the derivative of this order of E_{q_e}[g] at 0 is a central moment or cumulant."""
    found = _moment(0, 1)
    for _ in range(order):
        found = _derivative(found)
    centred = {
        k: sum(
            sp.binomial(k, m)
            * (-_moment(1, 0)) ** (k - m)
            * (_moment(m, 1) - _moment(0, 1) * _moment(m, 0))
            for m in range(k + 1)
        )
        for k in (1, 2, 3)
    }
    variance = _moment(2, 0) - _moment(1, 0) ** 2
    expected = centred[order] if order < 3 else centred[3] - 3 * variance * centred[1]
    says = {
        2: r"$\kappa_3(f, f, g) = \mathbb E[(f - \bar f)^2(g - \bar g)]$ is the second derivative",
        3: r"$\kappa_4(f, f, f, g) = \mathbb E[(f - \bar f)^3(g - \bar g)] - 3\operatorname{Var} f"
        r"\operatorname{Cov}(f, g)$ is the third",
    }[order]
    return (_tilt(), shown(says, identity(sp.expand(found - expected))))


def cumulants(h: np.ndarray, f: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """kappa_3(f, f, e_z) and kappa_4(f, f, f, e_z) under softmax(h), for every z."""
    q = _softmax(h)
    away = f - q @ f
    variance = q @ away**2
    third = q * (away**2 - variance)
    return third, q * (away**3 - q @ away**3) - 3 * variance * q * away


def _mean_check(two_sided: bool, budget: Budget) -> Check:
    low, high = (_LOGITS - _EPSILON * VALUES if two_sided else _LOGITS), _LOGITS + _EPSILON * VALUES
    width = 2 * _EPSILON if two_sided else _EPSILON
    sampled = average(
        lambda g: (_winners(g, high) - _winners(g, low)) / width,
        (3,),
        seed=43,
        samples=budget.samples,
        spread=2 / width,
    )
    bias = direct_bias(_LOGITS, VALUES, _EPSILON, two_sided=two_sided)
    predicted = exact_gradient(_LOGITS, VALUES) + bias
    return agree("sampling", "monte-carlo", sampled, predicted, "mean of the estimator, K = 3")


def _mean_part(two_sided: bool, budget: Budget) -> Part:
    h, f, e = _LOGITS, VALUES, _EPSILON
    lower = _softmax(h - e * f) if two_sided else _softmax(h)
    quotient = (_softmax(h + e * f) - lower) / (2 * e if two_sided else e)
    q = _softmax(h)
    return Part(
        "the bias for every epsilon",
        (
            proof(
                "Gibbs distributions, any K",
                "the mean is a difference quotient of q_epsilon, whose limit is Cov_q(f, .)",
                _tilt(),
                argued(
                    r"$z^*(\epsilon) \sim q_\epsilon$ for every $\epsilon$",
                    "the Gumbel-max identity with logits h + epsilon f",
                ),
            ),
            agree(
                "closed form",
                "quadrature",
                direct_bias(h, f, e, two_sided=two_sided),
                quotient - q * (f - q @ f),
                "bias against the difference of softmaxes",
            ),
            _mean_check(two_sided, budget),
        ),
    )


def _order_part(two_sided: bool) -> Part:
    power, order = (2, 3) if two_sided else (1, 2)
    kappa = cumulants(_LOGITS, VALUES)[order - 2]
    factor = 6 if two_sided else 2
    steps = np.array([2.0**-7, 2.0**-8])
    scaled = [
        factor * direct_bias(_LOGITS, VALUES, e, two_sided=two_sided) / e**power for e in steps
    ]
    # Richardson: the next term of the series is of one order more, or two where it is even.
    weight = 4.0 if two_sided else 2.0
    limit = (weight * scaled[1] - scaled[0]) / (weight - 1)
    radius = np.abs(limit - scaled[1]) / (16 if two_sided else 4)
    name = "epsilon^2/6 kappa_4" if two_sided else "epsilon/2 kappa_3"
    odd = argued(
        r"the two-sided quotient keeps only the odd powers of $E_{q_\epsilon}[g]$",
        "the even ones cancel in the difference",
    )
    return Part(
        f"the bias is {name} to leading order",
        (
            proof(
                "moments under q_epsilon, any K",
                "Taylor's formula for E_{q_epsilon}[g], g an entry of grad h",
                *_cumulant_steps(order),
                *((odd,) if two_sided else ()),
            ),
            agree(
                "extrapolation",
                "quadrature",
                Estimate(limit, radius, "quadrature"),
                kappa,
                f"{factor} bias / epsilon^{power} as epsilon -> 0, K = 3",
            ),
        ),
    )


@claim("C.direct-bias", depends_on=("B.gumbel-max", "B.direct-gradient"))
def direct_bias_claim(budget: Budget) -> list[Part]:
    r"""Statement: The direct estimator with Gumbel noise has mean (E_{q_eps} - E_q)[grad h] over
    epsilon, q_eps the softmax of h + epsilon f; its bias is eps/2 times a third cumulant,
    to leading order.

    LaTeX: bias $= \frac1\epsilon(\mathbb E_{q_\epsilon} - \mathbb E_q)[\nabla h] -
    \operatorname{Cov}_q(f, \nabla h) = \frac\epsilon2\kappa_3(f, f, \nabla h) + O(\epsilon^2)$ with
    $q_\epsilon \propto e^{h + \epsilon f}$

    Source: this package

    Assumptions: finitely many categories, f not a function of the parameters of h; the cumulant is
    that of q = softmax(h).

    Computed: derivatives under a symbolic sum; the closed form against softmaxes, samples, and its
    own limit.
    """
    return [_mean_part(False, budget), _order_part(False)]


@claim("C.direct-variance", depends_on=("C.joint-law",))
def direct_variance_claim(budget: Budget) -> list[Part]:
    r"""Statement: The variance of one draw of the direct estimator is a finite sum over the joint
    law; it grows like C/epsilon as epsilon -> 0.

    LaTeX: trace of the covariance $= \epsilon^{-2}\sum_{i,j} P_{ij}\lVert\nabla h_i -
    \nabla h_j\rVert^2 - \lVert\text{mean}\rVert^2$, and $\epsilon$ times it tends to
    $C = \sum_{i<j} q_i q_j |f_i - f_j| \lVert\nabla h_i - \nabla h_j\rVert^2$

    Source: this package

    Assumptions: as for the joint law; in the checks grad h is the identity, logit coordinates.

    Computed: the limit of P_ij/epsilon symbolically; the sum against the same in fractions and
    against sampled second moments.
    """
    fi, fj = sp.symbols("f_i f_j", real=True)
    e = sp.Symbol("epsilon", positive=True)
    opening = sp.limit((sp.exp(-e * fi) - sp.exp(-e * fj)) / e, e, 0)
    law = direct_law(_LOGITS, VALUES, _EPSILON)
    second = 2 * (1 - np.trace(law)) / _EPSILON**2
    total = direct_variance(_LOGITS, VALUES, _EPSILON).sum()
    mean = exact_gradient(_LOGITS, VALUES) + direct_bias(_LOGITS, VALUES, _EPSILON)
    sampled = average(
        lambda g: ((_winners(g, _LOGITS + _EPSILON * VALUES) - _winners(g, _LOGITS)) ** 2).sum(
            -1, keepdims=True
        ),
        (3,),
        seed=47,
        samples=budget.samples,
        spread=2.0,
    )
    scaled = sampled._replace(
        value=sampled.value / _EPSILON**2, radius=sampled.radius / _EPSILON**2
    )
    q = _softmax(_LOGITS)
    pairs = [(0, 1), (0, 2), (1, 2)]
    constant = sum(2 * q[i] * q[j] * abs(VALUES[i] - VALUES[j]) for i, j in pairs)
    small = np.array([2.0**-10, 2.0**-11])
    growth = np.array([x * direct_variance(_LOGITS, VALUES, x).sum() for x in small])
    limit = 2 * growth[1] - growth[0]
    return [
        Part(
            "the variance for every epsilon",
            (
                proof(
                    "second moments, any K",
                    "the estimator takes the value (J_j - J_i)/epsilon with probability P_ij",
                    *_law_steps()[3:],
                    argued(
                        r"$\mathbb E\lVert X\rVert^2 - \lVert\mathbb E X\rVert^2$ for a variable "
                        r"with finitely many values",
                        "definition of the variance",
                    ),
                ),
                agree(
                    "adaptive quadrature",
                    "quadrature",
                    np.asarray(
                        2
                        * (1 - np.trace(_quadrature_law(_LOGITS, VALUES, _EPSILON).value))
                        / _EPSILON**2
                        - mean @ mean
                    ),
                    total,
                    "trace, K = 3",
                    slack=1e-9,
                ),
                agree(
                    "sampling",
                    "monte-carlo",
                    scaled,
                    np.array([second]),
                    "second moment of the estimator, K = 3",
                ),
            ),
        ),
        Part(
            "epsilon times the variance tends to C",
            (
                proof(
                    "sympy, any pair",
                    "P_ij = a_i b_j times an integral over an interval that shrinks to 1",
                    shown(
                        r"$(s_i - s_j)/\epsilon \to f_j - f_i$, so that $P_{ij}/\epsilon \to q_i "
                        r"q_j (f_j - f_i)$ for $f_j > f_i$, since $D \to 1$ for normalised $a$",
                        identity(opening - (fj - fi)),
                    ),
                    argued(
                        r"the mean stays bounded, so that $\epsilon\lVert\text{mean}\rVert^2 "
                        r"\to 0$",
                        "C.direct-bias",
                    ),
                ),
                agree(
                    "extrapolation",
                    "quadrature",
                    Estimate(limit, abs(limit - growth[1]) / 16, "quadrature"),
                    constant,
                    "epsilon times the trace as epsilon -> 0, K = 3",
                ),
            ),
        ),
    ]


@claim("C.two-sided", depends_on=("C.joint-law", "C.direct-bias", "C.direct-variance"))
def two_sided(budget: Budget) -> list[Part]:
    r"""Statement: The two-sided direct estimator has a bias of second order in epsilon and half
    the leading variance, for the same two maximisations.

    LaTeX: $\frac1{2\epsilon}(\nabla h(z^*(\epsilon)) - \nabla h(z^*(-\epsilon)))$ has bias
    $\frac{\epsilon^2}6\kappa_4(f, f, f, \nabla h) + O(\epsilon^4)$ and variance
    $\frac C{2\epsilon} + O(1)$, against $\frac\epsilon2\kappa_3$ and $\frac C\epsilon + O(1)$

    Source: this package

    Assumptions: as for the one-sided estimator. Both orders are for epsilon -> 0: at a large
    epsilon, or where kappa_3 vanishes, the two-sided bias may be the larger one.

    Computed: third derivatives under a symbolic sum; the one-sided law at logits h - epsilon f and
    2 epsilon; both variances and biases at four points.
    """
    h = np.concatenate([_LOGITS[None], thetas(3, budget)])
    one, two = (
        np.array([direct_variance(x, VALUES, 0.125, two_sided=side).sum() for x in h])
        for side in (False, True)
    )
    x, f, e = sp.symbols("h f epsilon", real=True)
    law = direct_law(_LOGITS, VALUES, 0.25, two_sided=True)
    return [
        _mean_part(True, budget),
        _order_part(True),
        Part(
            "its variance is that of the one-sided at h - epsilon f with 2 epsilon",
            (
                proof(
                    "substitution",
                    "the two arg maxes are those of logits h - epsilon f and steps of 2 epsilon",
                    shown(
                        r"$(h - \epsilon f) + 2\epsilon f = h + \epsilon f$",
                        identity((x - e * f) + 2 * e * f - (x + e * f)),
                    ),
                    argued(r"hence $\frac C{2\epsilon}$ to leading order", "C.direct-variance"),
                ),
                agree(
                    "adaptive quadrature",
                    "quadrature",
                    _quadrature_law(_LOGITS - 0.25 * VALUES, VALUES, 0.5),
                    law,
                    "the joint law of the two sides, K = 3",
                ),
                positive(
                    "closed form",
                    "quadrature",
                    one - two,
                    "one-sided less two-sided variance at epsilon = 1/8",
                ),
            ),
        ),
    ]
