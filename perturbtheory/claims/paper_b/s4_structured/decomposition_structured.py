r"""Section 4.1: the approximation $\tilde f$ of a structured decoder, with structured encoders."""

from fractions import Fraction
from itertools import combinations, product
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import two_bits
from perturbtheory.claims.exhibits.two_bits import BITS, Bits, table
from perturbtheory.claims.legacy import agree, argued, claim, exact, positive, proof, shown
from perturbtheory.estimate import Estimate
from perturbtheory.estimators import direct_law
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.routes.symbolic import identity

VALUES = (0, 4, 3, 2)
"""f at 00, 01, 10, 11 in the counterexample, where the parameter is that of z_1 z_2."""


def _flip(z: Bits, i: int) -> Bits:
    return tuple(1 - x if k == i else x for k, x in enumerate(z))


def _approximation(f: dict[Bits, Any], z: Bits, w: Bits) -> Any:
    """f-tilde(z) - f-tilde(w) around the prediction w."""
    return sum(f[_flip(w, i)] - f[w] for i in (0, 1) if z[i] != w[i])


def _exchange(f: dict[Bits, Any], z: Bits, w: Bits) -> Any:
    """(f~_z(w) - f~_z(z))_+ - (f~_w(z) - f~_w(w))_+, which stands for f(w) - f(z)."""
    return max(_approximation(f, w, z), 0) - max(_approximation(f, z, w), 0)


def _pairs_of(weights: dict[Any, Any], f: Any, slope: Any) -> tuple[Any, Any]:
    """(gradient, limit of the estimate) from the weights of the pairs of z, exactly."""
    at = table(f)
    gradient = estimate = Fraction(0)
    for (z, w), weight in weights.items():
        step = weight * (slope(w) - slope(z))
        gradient += step * (at[w] - at[z])
        estimate += step * _exchange(at, z, w)
    return gradient, estimate


def _independent() -> dict[Any, Any]:
    """Weights q_z q_w for one Gumbel variable for every z, at h = 0."""
    return {pair: Fraction(1, 16) for pair in combinations(BITS, 2)}


def _per_coordinate(root: int) -> dict[Any, Any]:
    """Weights of the facets for one pair of Gumbel variables a coordinate, root = e^(alpha/2).

    h = alpha (z_1 z_2 - z_1/2 - z_2/2), alpha > 0: neighbours share f(alpha/2) F(-alpha/2) with
    f = F(1 - F), 00 and 11 share int f^2 over [-alpha/2, alpha/2], 01 and 10 nothing.
    """
    u = sp.Symbol("u", positive=True)
    both = sp.integrate(u / (1 + u) ** 4, (u, sp.Rational(1, root), root))
    single = Fraction(root, (1 + root) ** 3)
    weights: dict[Any, Any] = {}
    for z, w in combinations(BITS, 2):
        flips = sum(a != b for a, b in zip(z, w, strict=True))
        double = Fraction(int(both.p), int(both.q)) if z == (0, 0) else Fraction(0)
        weights[z, w] = single if flips == 1 else double
    return weights


def _interaction(z: Bits) -> int:
    return z[0] * z[1]


@claim("B.decomposition-structured", corrected="B.decomposition-structured.corrected")
def structured(_: Budget) -> list[Part]:
    r"""Statement: With a structured encoder too, the estimate with f-tilde in the place of f points
    towards a direction of descent as epsilon -> 0.

    LaTeX: $\langle \nabla\mathbb E f(z^*), \lim_{\epsilon\to 0} \frac1\epsilon
    \mathbb E[\nabla h(\tilde z^*(\epsilon)) - \nabla h(z^*)]\rangle > 0$ for
    $h = \sum_i h_i(z_i) + \sum_{i,j} h_{i,j}(z_i, z_j)$

    Source: B, section 4.1, last paragraph, as used in the second experiment of section 5

    Assumptions: both readings of the noise: an independent Gumbel variable for every z, or one for
    every coordinate and value. The parameter is the interaction, h = phi z_1 z_2 + const; direction
    means the sign of the inner product with the gradient.

    Computed: n = 2: limits in exact fractions from the weights of pairs of z; the mean at small
    epsilon from the joint law of the arg maxes and by an integral over the noise.
    """
    tiny, root = 1e-6, 2
    f = np.array(VALUES, float)
    slope = np.array([float(_interaction(z)) for z in BITS])
    h = np.zeros(4)
    rows, at = [], table(VALUES)
    for w in BITS:
        around = np.array([float(_approximation(at, z, w)) for z in BITS])
        rows.append(direct_law(h, around, tiny)[BITS.index(w)])
    steps = slope - slope[:, None]
    estimate = (np.array(rows) * steps).sum() / tiny
    gradient = (direct_law(h, f, tiny) * steps).sum() / tiny
    alpha = 2 * float(np.log(root))
    start = two_bits.pairwise(-alpha / 2, -alpha / 2, alpha)
    decoder = f.reshape(2, 2)
    pair = [
        two_bits.mean(start, start + tiny * x, slope.reshape(2, 2), tiny)
        for x in (two_bits.decomposed(decoder), decoder)
    ]
    readings = {
        "one Gumbel variable for every z": (
            _independent(),
            (estimate, gradient),
            "phi z_1 z_2 at phi = 0",
        ),
        "one Gumbel variable for every coordinate and value": (
            _per_coordinate(root),
            tuple(pair),
            f"phi z_1 z_2 - (z_1 + z_2) log {root} at phi = 2 log {root}",
        ),
    }
    parts = []
    for name, (weights, numbers, encoder) in readings.items():
        true, found = _pairs_of(weights, VALUES, _interaction)
        inner = numbers[0] * numbers[1]
        parts.append(
            Part(
                name,
                (
                    exact("rational, weights", bool(true * found > 0), "limits", universal=False),
                    positive(
                        "law at epsilon = 1e-6",
                        "quadrature",
                        Estimate(inner, 1e-4, "quadrature"),
                        "inner product of mean and gradient",
                    ),
                ),
                {
                    "n": 2,
                    "h": encoder,
                    "f at 00, 01, 10, 11": list(VALUES),
                    "gradient in phi": str(true),
                    "limit of the estimate": str(found),
                },
            )
        )
    return parts


def _joint_limit() -> Check:
    a, b, e, gap, high, low = sp.symbols("q_z q_w epsilon d D_z D_w", positive=True)
    width = (sp.exp(e * gap) - 1) / e
    first, second = sp.symbols("f_z f_w", real=True)
    total: Any = sp.Symbol("S", real=True)
    symbols: Any = sp.symbols("x_00 x_01 x_10 x_11", real=True)
    at = table(symbols)
    single = [
        sp.expand(_approximation(at, w, z) - (at[w] - at[z])) == 0
        for z in BITS
        for w in (_flip(z, 0), _flip(z, 1))
    ]
    double = [
        sp.expand(_approximation(at, w, z) - (sum(symbols) - at[z] - at[w] - 2 * at[z])) == 0
        for z, w in (((0, 0), (1, 1)), ((0, 1), (1, 0)))
        for z, w in ((z, w), (w, z))
    ]
    gain = (total - 2 * first) - (total - 2 * second) - 2 * (second - first)
    additive = table([0, second, first, first + second])
    sums = [
        sp.expand(_approximation(additive, w, z) - (additive[w] - additive[z])) == 0
        for z, w in product(BITS, repeat=2)
    ]
    return proof(
        "sympy, n = 2",
        "the joint law to first order in epsilon, with f-tilde around each prediction",
        argued(
            r"$\mathbb P(z^*=z, \tilde z(\epsilon)=w)$ is the joint law for $\tilde f_z$: $q_z q_w "
            r"e^{\epsilon \tilde f_z(w)} \int ds/D(s)^2$ over an interval of relative length "
            r"$e^{\epsilon d} - 1$, $d = (\tilde f_z(w) - \tilde f_z(z))_+$",
            "C.joint-law: given z* = z both arg maxes are those of one decoder, f-tilde around z",
        ),
        shown(
            r"$\frac1\epsilon(e^{\epsilon d} - 1) \to d$, with $D \to 1$: the limit is $q_z q_w d$",
            identity(
                sp.limit(a * b * width / (high * low), e, 0, "+").subs({high: 1, low: 1})
                - a * b * gap
            ),
        ),
        shown(
            r"one flip: $\tilde f_z(w) - \tilde f_z(z) = f(w) - f(z)$, so that $B = f(w) - f(z)$",
            all(single),
        ),
        shown(
            r"two flips: $\tilde f_z(w) - \tilde f_z(z) = S - 2f(z)$ with $S$ the sum of $f$ over "
            r"the two $z$ in between",
            all(double),
        ),
        shown(
            r"$(S-2f(z)) - (S-2f(w)) = 2(f(w)-f(z))$",
            identity(gain),
        ),
        argued(
            r"so $B = (S-2f(z))_+ - (S-2f(w))_+$ lies between $0$ and $2(f(w)-f(z))$",
            "x -> x_+ does not decrease and has slope at most one",
        ),
        shown(r"if $f = f_1(z_1) + f_2(z_2)$, then $B = f(w)-f(z)$ for every pair", all(sums)),
    )


@claim("B.decomposition-structured.corrected", depends_on=("C.joint-law",))
def structured_corrected(_: Budget) -> list[Part]:
    r"""Statement: The limit of the estimate replaces f(w) - f(z) of each pair by B(z, w), the
    difference of the gains that f-tilde sees from either side: right for pairs that differ in one
    coordinate, between zero and twice the truth for two, right for all if f decomposes.

    LaTeX: $\lim_{\epsilon\downarrow 0} \frac1\epsilon \mathbb E[\nabla h(\tilde z^*(\epsilon)) -
    \nabla h(z^*)] = \sum_{\{z,w\}} q_z q_w B(z,w) (\nabla h(w) - \nabla h(z))$, $B(z,w) =
    (\tilde f_z(w)-\tilde f_z(z))_+ - (\tilde f_w(z)-\tilde f_w(w))_+$

    Source: corrects B, section 4.1

    Assumptions: n = 2 binary coordinates, an independent Gumbel variable for every z, q the Gibbs
    distribution of any h. For one Gumbel variable a coordinate the weights q_z q_w become the
    densities with which pairs tie for the maximum, zero for pairs two flips apart if h decomposes.

    Computed: the limit and B symbolically; the mean at small epsilon from the joint law at random h
    and f, and the exact fractions of the counterexample with unit weights.
    """
    rng = np.random.default_rng(101)
    tiny, means, limits, shares = 1e-7, [], [], []
    for _index in range(6):
        h, f = rng.normal(size=4), rng.normal(size=4)
        q = np.exp(h) / np.exp(h).sum()
        at = table(list(f))
        joint = np.array(
            [
                direct_law(h, np.array([_approximation(at, z, w) for z in BITS]), tiny)[k]
                for k, w in enumerate(BITS)
            ]
        )
        means.append((joint.sum(0) - joint.sum(1)) / tiny)
        limit = np.zeros(4)
        for (i, z), (j, w) in combinations(enumerate(BITS), 2):
            change = _exchange(at, z, w)
            shares.append(change / (at[w] - at[z]))
            limit += q[i] * q[j] * change * (np.eye(4)[j] - np.eye(4)[i])
        limits.append(limit)
    return [
        Part(
            "the limit is the sum over pairs with B in the place of f(w) - f(z)",
            (
                _joint_limit(),
                agree(
                    "joint law",
                    "quadrature",
                    Estimate(np.array(means), 1e-5, "quadrature"),
                    np.array(limits),
                    "mean at 1e-7 in logit coordinates, n = 2",
                ),
            ),
        ),
        Part(
            "0 <= B / (f(w) - f(z)) <= 2",
            (
                _joint_limit(),
                positive(
                    "enumeration",
                    "quadrature",
                    np.array([*shares, *(2 - np.array(shares))]) + 1e-9,
                    "random f",
                ),
            ),
        ),
    ]
