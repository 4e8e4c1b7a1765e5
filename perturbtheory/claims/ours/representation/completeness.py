"""Exactly which sets of parameters represent every p, and which represent each once."""

from fractions import Fraction
from math import log

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import cosets
from perturbtheory.claims.exhibits.cosets import (
    ATOMS,
    CONES,
    Cone,
    W,
    expanded_sum,
    indexed,
    outcomes,
)
from perturbtheory.claims.exhibits.numbers import engine, thetas
from perturbtheory.claims.legacy import agree, argued, claim, positive, proof, shown
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.perturbations import Discrete, Gumbel
from perturbtheory.potential import Potential, expected_logsumexp, expected_max
from perturbtheory.properties import completeness as is_complete
from perturbtheory.properties import cone, hyperplane, minimality
from perturbtheory.routes import enumeration
from perturbtheory.routes.symbolic import categories, identity

_RNG_SEED = 20240607


def three_atoms() -> Potential:
    """Perturb-Softmax at temperature 1 with gamma_i = -log 2, 0 or log 2, equally likely."""
    return expected_logsumexp(Discrete(np.array(ATOMS)), 1.0)


def _targets() -> np.ndarray:
    """Positive probability vectors, d = 3, with entries down to about 1e-6."""
    return np.random.default_rng(_RNG_SEED).dirichlet(np.full(3, 0.3), 24) * (1 - 3e-6) + 1e-6


def monotone_margins(f: Potential, budget: Budget) -> Estimate:
    """<p(theta) - p(tau), theta - tau> for every pair of points, with its radius."""
    points = thetas(3, budget)
    p, radius = (np.asarray(a) for a in engine(f, points, "probabilities")[:2])
    one, two = np.triu_indices(len(points), 1)
    v = points[one] - points[two]
    room = (np.abs(v) * (radius[one] + radius[two])).sum(1)
    return Estimate((v * (p[one] - p[two])).sum(1), room, "quadrature")


@claim("C.completeness", depends_on=("C.anchored-potential",))
def completeness(budget: Budget) -> list[Part]:
    r"""Statement: Under Perturb-Softmax every p > 0 has exactly one theta up to a constant,
    whatever the law of gamma. So any set Theta is complete exactly if Theta + R1 = R^d, and minimal
    exactly if it holds no two translates; a convex Theta is complete exactly if <u, theta> is
    unbounded above on it for every u != 0 with sum zero.

    LaTeX: $\theta+\mathbb R\mathbf 1 \mapsto \mathbb E_\gamma[\operatorname{softmax}((\theta+
    \gamma)/t)]$ is one-to-one from $\mathbb R^d/\mathbb R\mathbf 1$ onto $\operatorname{ri}
    (\Delta)$; $\Theta$ complete $\iff \Theta+\mathbb R\mathbf 1 = \mathbb R^d$; for convex
    $\Theta$ $\iff \sup_{\theta\in\Theta}\langle u,\theta\rangle = \infty$ for all $u \ne 0$ with
    $\sum_iu_i = 0$

    Source: this package

    Assumptions: t > 0; any real random vector gamma, dependent, discrete or without moments.
    Complete as in (8) of paper A: every p with positive entries is reached.

    Computed: the proof for symbolic d; parameters found by Newton's method on finite sums and
    confirmed by the engine; linear programs against integers for nine cones.
    """
    f, p = three_atoms(), _targets()
    found = engine(f, cosets.preimages(p), "probabilities")
    return [
        Part(
            "every p > 0 is reached",
            (
                proof("convex analysis", "a minimum of f - <p, .> exists", *cosets.onto()),
                agree("enumeration and engine", "quadrature", found, p, "p(theta(p)), d = 3"),
            ),
        ),
        Part(
            "from one coset only",
            (
                proof("strict monotonicity", "symbolic d, any gamma", *cosets.monotone()),
                positive(
                    "engine",
                    "quadrature",
                    monotone_margins(f, budget),
                    "<p(theta) - p(tau), theta - tau>, three atoms, d = 3",
                ),
            ),
        ),
        Part("so a set is complete if it meets every coset, convex or not", _any_set()),
        Part(
            "a convex set meets every coset exactly if no u is bounded above on it",
            (
                proof("separation", "any convex set, closed or not", *cosets.separation()),
                cosets.certificates(),
                cosets.linear_programs(expected_max(Gumbel())),
            ),
        ),
    ]


def _any_set() -> tuple[Check, ...]:
    _, i, j, theta = (s := categories())
    c, x = sp.Symbol("c", real=True), sp.Symbol("x", real=True)
    moved = sp.exp(theta[i] + c) / s.sum(sp.expand(sp.exp(theta[j] + c))).doit()
    same = identity(sp.expand(moved) - sp.exp(theta[i]) / s.sum(sp.exp(theta[j])))
    slope = sp.diff(x + x**3, x)
    # theta_1 - theta_2 = k log 2 on the curve (x, -x^3): x + x^3 = k log 2.
    heights = [k * log(2) for k in range(-6, 7)]
    places = np.array([_real_root([1.0, 0.0, 1.0, -h]) for h in heights])
    curve = np.stack([places, -(places**3)], 1)
    reached = enumeration.softmax(curve, ATOMS, 1.0).probabilities[:, 0]
    odds = [cosets.perturb_softmax([Fraction(2) ** k, 1])[0] for k in range(-6, 7)]
    return (
        proof(
            "cosets",
            "p is a function of the coset, one-to-one and onto",
            shown(
                r"$\operatorname{softmax}(\theta+c\mathbf 1) = \operatorname{softmax}(\theta)$",
                same,
            ),
            argued(
                r"so $\Theta$ reaches $p$ exactly if it meets the one coset of $p$, and reaches it "
                r"once exactly if it meets it in one point",
                "the two parts before",
            ),
            shown(
                r"for example $\{(x, -x^3)\}$, which is not convex: $\theta_1-\theta_2 = x+x^3$ "
                r"has slope $1+3x^2 > 0$ and every value once",
                bool(slope.is_positive),
            ),
        ),
        agree(
            "enumeration",
            "quadrature",
            reached,
            odds,
            "p on the curve (x, -x^3) against exact p at theta_1 - theta_2 = k log 2, |k| <= 6",
        ),
    )


def _real_root(coefficients: list[float]) -> float:
    roots = np.roots(coefficients)
    return float(roots[np.argmin(np.abs(roots.imag))].real)


_NORMALS = ((1, 1, 1), (1, 0, 0), (1, 2, -1), (1, -1, 0), (2, -1, -1))


@claim("C.identifiable-sets", depends_on=("C.completeness", "C.completeness-argmax"))
def identifiable_sets(_: Budget) -> list[Part]:
    r"""Statement: The convex sets of parameters that are complete and minimal for Perturb-Softmax,
    whatever gamma, are exactly the hyperplanes that do not contain the direction 1. The same for
    Perturb-Argmax when gamma has full support.

    LaTeX: convex $\Theta$ is complete and minimal $\iff \Theta = \{\theta : \langle c,\theta\rangle
    = b\}$ with $\langle c,\mathbf 1\rangle \ne 0$

    Source: this package

    Assumptions: those of C.completeness; for Perturb-Argmax those of C.completeness-argmax, full
    support. For d = 1 the hyperplanes are points. Without convexity there are more such sets, for
    example the curve (x, -x^3).

    Computed: both directions for symbolic d; linear programs against integers for five hyperplanes
    and nine cones.
    """
    f = expected_max(Gumbel())
    planes = [hyperplane(np.array(c, float), 1.0) for c in _NORMALS]
    found = outcomes(is_complete(f, s) for s in planes) * outcomes(minimality(f, s) for s in planes)
    transversal = np.array([float(sum(c) != 0) for c in _NORMALS])
    sets = [cone(np.array(c.generators, float)) for c in CONES]
    both = outcomes(is_complete(f, s) for s in sets) * outcomes(minimality(f, s) for s in sets)
    flat = np.array([float(_is_transversal(c)) for c in CONES])
    return [
        Part(
            "a hyperplane meets every coset once exactly if <c, 1> != 0",
            (
                _meets_once(),
                agree("linear programs", "quadrature", found, transversal, "five hyperplanes"),
            ),
        ),
        Part(
            "a convex set that meets every coset once is such a hyperplane",
            (
                _graph(),
                agree("linear programs", "quadrature", both, flat, "nine cones"),
            ),
        ),
    ]


def _is_transversal(c: Cone) -> bool:
    """Whether the cone is a subspace of dimension d - 1 without the direction 1, in integers."""
    d = len(c.generators[0])
    lines = all(tuple(-x for x in g) in c.generators for g in c.generators)
    ranks = [sp.Matrix([*c.generators, *more]).rank() for more in ([], [[1] * d])]
    return lines and ranks == [d - 1, d]


def _meets_once() -> Check:
    s, shift, level = categories(), sp.Symbol("s", real=True), sp.Symbol("b", real=True)
    normal = indexed("c")
    slope = s.sum(normal[s.j])
    at = s.sum(normal[s.j] * s.theta[s.j])
    moved = expanded_sum(s, normal[s.j] * (s.theta[s.j] + shift))
    linear = identity(moved - at - shift * slope)
    root = identity(at + (level - at) / slope * slope - level)
    return proof(
        "sympy, symbolic d",
        "one s with <c, theta + s1> = b",
        shown(
            r"$\langle c,\theta+s\mathbf 1\rangle = \langle c,\theta\rangle+s\langle c,\mathbf "
            r"1\rangle$",
            linear,
        ),
        shown(
            r"for $\langle c,\mathbf 1\rangle \ne 0$ it equals $b$ exactly at $s = (b-\langle c,"
            r"\theta\rangle)/\langle c,\mathbf 1\rangle$",
            root,
        ),
        argued(
            r"for $\langle c,\mathbf 1\rangle = 0$ it equals $b$ for all $s$ or for none: not "
            r"every coset is met, and none is met once",
            "it does not depend on s, and c != 0",
        ),
        argued(
            "meeting every coset is completeness, meeting none twice is minimality",
            "C.completeness; for Perturb-Argmax C.completeness-argmax",
        ),
    )


def _graph() -> Check:
    s = categories()
    x, y, slope = indexed("x"), indexed("y"), indexed("a")
    one, two, share, height = sp.symbols("phi_x phi_y lambda phi", real=True)
    point = share * (x[s.j] + one) + (1 - share) * (y[s.j] + two)
    split = share * x[s.j] + (1 - share) * y[s.j] + share * one + (1 - share) * two
    # c = w - a with w_j = 1/d: sum w = 1 and <w, x> = 0 for sum x = 0.
    sums = {s.sum(W[s.j] * x[s.j]): 0, s.sum(W[s.j]): 1, s.sum(slope[s.j]): 0}
    normal = W[s.j] - slope[s.j]
    product = expanded_sum(s, normal * (x[s.j] + height)).subs(sums)
    along = s.sum(slope[s.j] * x[s.j])
    return proof(
        "sympy, symbolic d",
        "Theta is the graph of an affine function",
        argued(
            r"$\Theta = \{x+\varphi(x)\mathbf 1 : \sum_ix_i = 0\}$ for a function $\varphi$",
            "every coset holds exactly one point of Theta",
        ),
        shown(
            r"$\lambda(x+\varphi(x)\mathbf 1)+(1-\lambda)(y+\varphi(y)\mathbf 1) = \lambda x+(1-"
            r"\lambda)y+(\lambda\varphi(x)+(1-\lambda)\varphi(y))\mathbf 1$",
            identity(point - split),
        ),
        argued(
            r"a convex $\Theta$ holds this point, and no other of its coset: $\varphi(\lambda x+"
            r"(1-\lambda)y) = \lambda\varphi(x)+(1-\lambda)\varphi(y)$, so $\varphi(x) = \langle a,"
            r"x\rangle+b$ with $\sum_ia_i = 0$",
            "a function that is convex and concave is affine; only sums zero matter for a",
        ),
        shown(
            r"with $c = \mathbf 1/d-a$, $\langle c, x+\varphi(x)\mathbf 1\rangle = \varphi(x)-"
            r"\langle a,x\rangle = b$",
            identity(product - (height - along)),
        ),
        shown(
            r"and $\langle c,\mathbf 1\rangle = 1 \ne 0$",
            identity(expanded_sum(s, normal).subs(sums) - 1),
        ),
    )
