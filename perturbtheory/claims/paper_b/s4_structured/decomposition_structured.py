r"""Section 4.1: the approximation $\tilde f$ of a structured decoder, with structured encoders."""

from fractions import Fraction
from itertools import combinations, product
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import two_bits
from perturbtheory.claims.exhibits.symbols import U
from perturbtheory.claims.exhibits.two_bits import BITS, Bits, table
from perturbtheory.estimate import Estimate
from perturbtheory.estimators import direct_law
from perturbtheory.ledger import Claim, Step, agree, argued, eq, exact, positive, shown, witness

VALUES = (0, 4, 3, 2)
"""f at 00, 01, 10, 11 in the counterexample, where the parameter is that of z_1 z_2."""
ROOT = 2
"""e^(alpha/2) for the interaction alpha of the second reading."""
Table = dict[Bits, Any]
SLOPE = np.array([float(a * b) for a, b in BITS])

structured = Claim(
    "B.decomposition-structured",
    "B, section 4.1, last paragraph, as used in the second experiment of section 5",
    r"""With a structured encoder too, the estimate with $\tilde f$ in the place of $f$ points
    towards a direction of descent as $\epsilon \to 0$: $\langle \nabla\mathbb E f(z^*),
    \lim_{\epsilon\to 0} \frac1\epsilon \mathbb E[\nabla h(\tilde z^*(\epsilon)) -
    \nabla h(z^*)]\rangle > 0$ for $h = \sum_i h_i(z_i) + \sum_{i,j} h_{i,j}(z_i, z_j)$.""",
    assumes=r"""Both readings of the noise: an independent Gumbel variable for every $z$, or one for
    every coordinate and value. The parameter is the interaction, $h = \phi z_1 z_2 +$ const;
    direction means the sign of the inner product with the gradient.""",
)
pairs_exchanged = structured.corrected(
    r"""The limit of the estimate replaces $f(w) - f(z)$ of each pair by $B(z,w) =
    (\tilde f_z(w)-\tilde f_z(z))_+ - (\tilde f_w(z)-\tilde f_w(w))_+$, the difference of the gains
    that $\tilde f$ sees from either side: $\lim_{\epsilon\downarrow 0} \frac1\epsilon
    \mathbb E[\nabla h(\tilde z^*(\epsilon)) - \nabla h(z^*)] = \sum_{\{z,w\}} q_z q_w B(z,w)
    (\nabla h(w) - \nabla h(z))$. $B$ is right for pairs that differ in one coordinate, between zero
    and twice the truth for two, right for all if $f$ decomposes.""",
    source="corrects B, section 4.1",
    assumes=r"""$n = 2$ binary coordinates, an independent Gumbel variable for every $z$, $q$ the
    Gibbs distribution of any $h$. For one Gumbel variable per coordinate and value the weights
    $q_z q_w$ become the densities with which pairs tie for the maximum, zero for pairs two flips
    apart if $h$ decomposes.""",
    depends_on="C.joint-law",
)


def _flip(z: Bits, i: int) -> Bits:
    return tuple(1 - x if k == i else x for k, x in enumerate(z))


def _approximation(f: Table, z: Bits, w: Bits) -> Any:
    """f-tilde(z) - f-tilde(w) around the prediction w."""
    return sum(f[_flip(w, i)] - f[w] for i in (0, 1) if z[i] != w[i])


def _exchange(f: Table, z: Bits, w: Bits) -> Any:
    """B(z, w), which stands for f(w) - f(z)."""
    return max(_approximation(f, w, z), 0) - max(_approximation(f, z, w), 0)


def _weights_of_ties(root: int) -> dict[tuple[Bits, Bits], Fraction]:
    """Weights of the facets for one pair of Gumbel variables per coordinate, root = e^(alpha/2).

    h = alpha (z_1 z_2 - z_1/2 - z_2/2), alpha > 0: neighbours share f(alpha/2) F(-alpha/2) with
    f = F(1 - F), 00 and 11 share int f^2 over [-alpha/2, alpha/2], 01 and 10 nothing.
    """
    both = sp.integrate(U / (1 + U) ** 4, (U, sp.Rational(1, root), root))
    double: dict[Bits, Fraction] = {(0, 0): Fraction(int(both.p), int(both.q)), (0, 1): Fraction(0)}
    single = Fraction(root, (1 + root) ** 3)
    pairs = combinations(BITS, 2)
    return {(z, w): double[z] if w == _flip(_flip(z, 0), 1) else single for z, w in pairs}


def _joint(h: np.ndarray, at: Table, epsilon: float) -> np.ndarray:
    """P(z* = z, z~*(epsilon) = w), one Gumbel variable for every z, f-tilde around z in row z."""
    rows = [[_approximation(at, z, w) for z in BITS] for w in BITS]
    return np.array([direct_law(h, np.array(r, float), epsilon)[k] for k, r in enumerate(rows)])


def _by_joint_law() -> list[Estimate]:
    """(gradient, limit of the estimate) in phi at h = 0."""
    steps, h, f = SLOPE - SLOPE[:, None], np.zeros(4), np.array(VALUES, float)
    laws = (lambda e: direct_law(h, f, e)), (lambda e: _joint(h, table(VALUES), e))
    return [two_bits.limit(lambda e, law=law: (law(e) * steps).sum() / e) for law in laws]


def _by_integral() -> list[Estimate]:
    alpha = 2 * float(np.log(ROOT))
    h, f = two_bits.pairwise(-alpha / 2, -alpha / 2, alpha), np.array(VALUES, float).reshape(2, 2)
    return [
        two_bits.limit(lambda e, x=x: two_bits.mean(h, h + e * x, SLOPE.reshape(2, 2), e))
        for x in (f, two_bits.decomposed(f))
    ]


@structured.part(
    "one Gumbel variable for every $z$",
    weights=dict.fromkeys(combinations(BITS, 2), Fraction(1, 16)),
    numbers=_by_joint_law,
    h=r"$\phi z_1 z_2$ at $\phi = 0$",
)
@structured.part(
    "one Gumbel variable for every coordinate and value",
    weights=_weights_of_ties(ROOT),
    numbers=_by_integral,
    h=rf"$\phi z_1 z_2 - (z_1 + z_2) \log {ROOT}$ at $\phi = 2 \log {ROOT}$",
)
def descends(weights, numbers, h):
    at, slope = table(VALUES), table([int(s) for s in SLOPE])
    gradient = sum(q * (slope[w] - slope[z]) * (at[w] - at[z]) for (z, w), q in weights.items())
    limit = sum(q * (slope[w] - slope[z]) * _exchange(at, z, w) for (z, w), q in weights.items())
    one, two = numbers()
    radius = abs(one.value) * two.radius + abs(two.value) * one.radius
    inner = one._replace(value=one.value * two.value, radius=radius)
    yield exact("rational, weights", gradient * limit > 0, cases="limits for one $h$ and $f$")
    yield positive("law at small epsilon", inner, "inner product of limit and gradient")
    yield witness(
        {
            "$n$": 2,
            "$h$": h,
            "$f$ at 00, 01, 10, 11": list(VALUES),
            r"gradient in $\phi$": str(gradient),
            "limit of the estimate": str(limit),
        }
    )


def _approximations() -> tuple[Step, ...]:
    """What f-tilde sees of a pair, at any f: steps of both proofs."""
    x = sp.symbols("x_00 x_01 x_10 x_11", real=True)
    f, one = table(x), sp.symbols("f_1:3", real=True)
    additive = table([0, one[1], one[0], sum(one)])
    apart = {(z, w): sum(a != b for a, b in zip(z, w, strict=True)) for z, w in product(BITS, BITS)}
    single, double = ([pair for pair, n in apart.items() if n == k] for k in (1, 2))
    return (
        shown(
            r"one flip: $\tilde f_z(w) - \tilde f_z(z) = f(w) - f(z)$, so that $B = f(w) - f(z)$",
            all(_approximation(f, w, z) == f[w] - f[z] for z, w in single),
        ),
        shown(
            r"two flips: $\tilde f_z(w) - \tilde f_z(z) = S - 2f(z)$ with $S$ the sum of $f$ over "
            r"the two $z$ in between, and $(S - 2f(z)) - (S - 2f(w)) = 2(f(w) - f(z))$",
            all(
                sp.expand(_approximation(f, w, z) - (sum(x) - f[z] - f[w] - 2 * f[z])) == 0
                for z, w in double
            ),
        ),
        argued(r"""so $B = (S-2f(z))_+ - (S-2f(w))_+$ lies between $0$ and $2(f(w)-f(z))$ [$x
            \mapsto x_+$ does not decrease and has slope at most one]"""),
        shown(
            r"if $f = f_1(z_1) + f_2(z_2)$, then $B = f(w)-f(z)$ for every pair",
            all(
                sp.expand(_approximation(additive, w, z) - (additive[w] - additive[z])) == 0
                for z, w in apart
            ),
        ),
    )


def _random_tables() -> list[tuple[np.ndarray, Table]]:
    rng = np.random.default_rng(101)
    return [(rng.normal(size=4), table(list(rng.normal(size=4)))) for _ in range(6)]


@pairs_exchanged.part("the limit is the sum over pairs with $B$ in the place of $f(w) - f(z)$")
def limit_over_pairs():
    e, d = sp.Symbol("epsilon", positive=True), sp.Symbol("d", positive=True)
    means, limits = [], []
    for h, f in _random_tables():
        q = np.exp(h) / np.exp(h).sum()
        limit = np.zeros(4)
        for (i, z), (j, w) in combinations(enumerate(BITS), 2):
            limit += q[i] * q[j] * _exchange(f, z, w) * (np.eye(4)[j] - np.eye(4)[i])
        limits.append(limit)
        law = two_bits.limit(lambda e, h=h, f=f: _moved(_joint(h, f, e)) / e)
        means.append(law)
    found = means[0]._replace(
        value=np.array([m.value for m in means]), radius=np.array([m.radius for m in means])
    )
    yield exact(
        "sympy, n = 2",
        argued(r"""$\mathbb P(z^*=z, \tilde z(\epsilon)=w)$ is the joint law for $\tilde f_z$: $q_z
            q_w e^{\epsilon \tilde f_z(w)} \int ds/D(s)^2$ over an interval of relative length
            $e^{\epsilon d} - 1$, $d = (\tilde f_z(w) - \tilde f_z(z))_+$ [C.joint-law: given $z^* =
            z$ both arg maxes are those of one decoder, $\tilde f$ around $z$]"""),
        eq(sp.Limit((sp.exp(e * d) - 1) / e, e, 0), d),
        r"with $D \to 1$: the limit is $q_z q_w d$, and $B$ is the difference of both orders",
        *_approximations(),
    )
    yield agree("joint law", found, np.array(limits), "limit in logit coordinates, $n = 2$")


def _moved(law: np.ndarray) -> np.ndarray:
    return law.sum(0) - law.sum(1)


@pairs_exchanged.part("$0 \\le B / (f(w) - f(z)) \\le 2$")
def between_zero_and_twice():
    shares = np.array(
        [
            _exchange(f, z, w) / (f[w] - f[z])
            for _, f in _random_tables()
            for z, w in combinations(BITS, 2)
        ]
    )
    yield exact("sympy, n = 2", *_approximations())
    yield positive("enumeration", np.array([*shares, *(2 - shares)]) + 1e-9, "random $f$")
