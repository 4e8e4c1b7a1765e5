"""Exactly which sets of parameters represent every $p$, and which represent each once."""

from fractions import Fraction
from math import log

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import cosets
from perturbtheory.claims.exhibits.cosets import ATOMS, CONES, Cone, W, indexed, outcomes
from perturbtheory.claims.exhibits.numbers import engine, thetas
from perturbtheory.claims.exhibits.symbols import X
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Budget, Claim, agree, argued, eq, exact, positive, shown
from perturbtheory.perturbations import Discrete, Gumbel
from perturbtheory.potential import Potential, expected_logsumexp, expected_max
from perturbtheory.properties import completeness as is_complete
from perturbtheory.properties import cone, hyperplane, minimality
from perturbtheory.routes import enumeration
from perturbtheory.routes.symbolic import categories

THREE_ATOMS = expected_logsumexp(Discrete(np.array(ATOMS)), 1.0)
"""Perturb-Softmax at temperature 1 with gamma_i = -log 2, 0 or log 2, equally likely."""

completeness = Claim(
    "C.completeness",
    "this package",
    r"""Under Perturb-Softmax every $p > 0$ has exactly one $\theta$ up to a constant, whatever the
    law of $\gamma$: $\theta+\mathbb R\mathbf 1 \mapsto \mathbb E_\gamma[\operatorname{softmax}((
    \theta+\gamma)/t)]$ is one-to-one from $\mathbb R^d/\mathbb R\mathbf 1$ onto
    $\operatorname{ri}(\Delta)$. So any set $\Theta$ is complete exactly if $\Theta+\mathbb R\mathbf
    1 = \mathbb R^d$, and minimal exactly if it holds no two translates; a convex $\Theta$ is
    complete exactly if $\sup_{\theta\in\Theta}\langle u,\theta\rangle = \infty$ for all $u \ne 0$
    with $\sum_iu_i = 0$.""",
    assumes=r"""$t > 0$; any real random vector $\gamma$, dependent, discrete or without moments.
    Complete as in (8) of paper A: every $p$ with positive entries is reached. $\Theta$ is not
    empty.""",
    depends_on=("C.anchored-potential",),
)


def monotone_margins(f: Potential, budget: Budget) -> Estimate:
    """<p(theta) - p(tau), theta - tau> for every pair of points, with its radius."""
    points = thetas(3, budget)
    p, radius = (np.asarray(a) for a in engine(f, points, "probabilities")[:2])
    one, two = np.triu_indices(len(points), 1)
    v = points[one] - points[two]
    room = (np.abs(v) * (radius[one] + radius[two])).sum(1)
    return Estimate((v * (p[one] - p[two])).sum(1), room, "quadrature")


@completeness.part("every $p > 0$ is reached")
def reached():
    # Entries down to about 1e-6.
    p = np.random.default_rng(20240607).dirichlet(np.full(3, 0.3), 24) * (1 - 3e-6) + 1e-6
    found = engine(THREE_ATOMS, cosets.preimages(p), "probabilities")
    yield exact("convex analysis", *cosets.onto())
    yield agree("enumeration and engine", found, p, r"$p(\theta(p))$, $d = 3$")
    # Of sum zero, as the engine has it, which returns a theta if its p is right to 1e-10 of itself.
    preimages = cosets.preimages(p) - np.mean(cosets.preimages(p), axis=1, keepdims=True)
    inverse = THREE_ATOMS.parameters(p)
    yield agree("Newton's method", inverse, preimages, r"$\theta(p)$ of sum zero", slack=1e-9)


@completeness.part("from one coset only")
def one_coset(budget):
    what = r"$\langle p(\theta)-p(\tau), \theta-\tau\rangle$, three atoms, $d = 3$"
    yield exact("strict monotonicity", *cosets.monotone())
    yield positive("engine", monotone_margins(THREE_ATOMS, budget), what)


@completeness.part("""so a set, convex or not, is complete exactly if it meets every coset, minimal
    exactly if it meets none twice""")
def any_set():
    _, i, j, theta = (s := categories())
    c = sp.Symbol("c", real=True)
    moved = sp.exp(theta[i] + c) / s.sum(sp.expand(sp.exp(theta[j] + c)))
    slope = 1 + 3 * X**2
    yield exact(
        "cosets",
        eq(moved, sp.exp(theta[i]) / s.sum(sp.exp(theta[j])), "$p$ is a function of the coset"),
        argued(r"""so $\Theta$ reaches $p$ exactly if it meets the one coset of $p$, and reaches it
            once exactly if it meets it in one point [the two parts before]"""),
        eq(sp.Derivative(X + X**3, X), slope),
        r"for example $\{(x, -x^3)\}$, which is not convex: $\theta_1-\theta_2 = x+x^3$",
        shown(f"${sp.latex(slope)} > 0$: it takes every value once", bool(slope.is_positive)),
    )
    powers = range(-6, 7)
    roots = [np.roots([1.0, 0.0, 1.0, -k * log(2)]) for k in powers]
    places = np.array([float(r[np.argmin(np.abs(r.imag))].real) for r in roots])
    reached = enumeration.softmax(np.stack([places, -(places**3)], 1), ATOMS, 1.0).probabilities
    yield agree(
        "enumeration",
        reached[:, 0],
        [cosets.perturb_softmax([Fraction(2) ** k, 1])[0] for k in powers],
        r"$p$ on $(x, -x^3)$ against exact $p$ at $\theta_1-\theta_2 = k\log 2$, $|k| \le 6$",
    )


@completeness.part("a convex set meets every coset exactly if no $u$ is bounded above on it")
def convex_set():
    yield exact("separation", *cosets.separation())
    yield cosets.certificates()
    yield cosets.linear_programs(expected_max(Gumbel()))


identifiable_sets = Claim(
    "C.identifiable-sets",
    "this package",
    r"""The convex sets of parameters that are complete and minimal for Perturb-Softmax, whatever
    $\gamma$, are exactly the hyperplanes that do not contain the direction $\mathbf 1$, $\Theta =
    \{\theta : \langle c,\theta\rangle = b\}$ with $\langle c,\mathbf 1\rangle \ne 0$. The same for
    Perturb-Argmax when $\gamma$ has full support.""",
    assumes=r"""Those of C.completeness; for Perturb-Argmax those of C.completeness-argmax, full
    support. For $d = 1$ the hyperplanes are points. Without convexity there are more such sets, for
    example the curve $(x, -x^3)$.""",
    depends_on=("C.completeness", "C.completeness-argmax"),
)


def _both(sets: list) -> np.ndarray:
    """1 for sets that are complete and minimal for Perturb-Argmax with Gumbel noise, else 0."""
    f = expected_max(Gumbel())
    return outcomes(is_complete(f, s) for s in sets) * outcomes(minimality(f, s) for s in sets)


@identifiable_sets.part(
    r"a hyperplane meets every coset once exactly if $\langle c, \mathbf 1\rangle \ne 0$"
)
def meets_once():
    s, shift, level = categories(), sp.Symbol("s", real=True), sp.Symbol("b", real=True)
    c = indexed("c")
    slope, at = s.sum(c[s.j]), s.sum(c[s.j] * s.theta[s.j])
    yield exact(
        "sympy, symbolic d",
        eq(s.sum(c[s.j] * (s.theta[s.j] + shift)), at + shift * slope),
        shown(
            r"for $\langle c,\mathbf 1\rangle \ne 0$ this is $b$ for $s = (b-\langle c,\theta"
            r"\rangle)/\langle c,\mathbf 1\rangle$ alone",
            sp.solve(at + shift * slope - level, shift) == [(level - at) / slope],
        ),
        argued(r"""for $\langle c,\mathbf 1\rangle = 0$ it equals $b$ for all $s$ or for none: not
            every coset is met, and none is met once [it does not depend on $s$, and $c \ne 0$]"""),
        argued("""meeting every coset is completeness, meeting none twice is minimality
            [C.completeness; for Perturb-Argmax C.completeness-argmax]"""),
    )
    normals = ((1, 1, 1), (1, 0, 0), (1, 2, -1), (1, -1, 0), (2, -1, -1))
    found = _both([hyperplane(np.array(n, float), 1.0) for n in normals])
    yield agree("linear programs", found, [float(sum(n) != 0) for n in normals], "five hyperplanes")


@identifiable_sets.part("a convex set that meets every coset once is such a hyperplane")
def is_hyperplane():
    s = categories()
    x, y, slope = indexed("x"), indexed("y"), indexed("a")
    one, two, share, height = sp.symbols("phi_x phi_y lambda phi", real=True)
    # c = w - a with w_j = 1/d: sum w = 1 and <w, x> = 0 for sum x = 0.
    normal, along = W[s.j] - slope[s.j], s.sum(W[s.j] * x[s.j]) - s.sum(slope[s.j] * x[s.j])
    sums = s.sum(W[s.j]) - s.sum(slope[s.j])
    yield exact(
        "sympy, symbolic d",
        argued(r"""$\Theta = \{x+\varphi(x)\mathbf 1 : \sum_ix_i = 0\}$ for a function $\varphi$
            [every coset holds exactly one point of $\Theta$]"""),
        eq(
            share * (x[s.j] + one) + (1 - share) * (y[s.j] + two),
            share * x[s.j] + (1 - share) * y[s.j] + share * one + (1 - share) * two,
            "a point between two points of $\\Theta$, entry by entry",
        ),
        argued(r"""a convex $\Theta$ holds this point, and no other of its coset: $\varphi(\lambda
            x+(1-\lambda)y) = \lambda\varphi(x)+(1-\lambda)\varphi(y)$, so $\varphi(x) = \langle
            a,x\rangle+b$ with $\sum_ia_i = 0$ [a function that is convex and concave is affine;
            only sums zero matter for $a$]"""),
        eq(s.sum(normal * (x[s.j] + height)), height * sums + along),
        r"$\langle c, x+\varphi(x)\mathbf 1\rangle$ for $c = w-a$, $w = \mathbf 1/d$; as $"
        r"\sum_j w_j = 1$ and $\sum_j a_j = \sum_j x_j = 0$ it is $\varphi(x)-\langle "
        r"a,x\rangle = b$",
        eq(s.sum(normal), sums, r"$\langle c,\mathbf 1\rangle = 1 \ne 0$"),
    )
    found = _both([cone(np.array(c.generators, float)) for c in CONES])
    yield agree("linear programs", found, [float(_is_transversal(c)) for c in CONES], "nine cones")


def _is_transversal(c: Cone) -> bool:
    """Whether the cone is a subspace of dimension d - 1 without the direction 1, in integers."""
    d = len(c.generators[0])
    lines = all(tuple(-x for x in g) in c.generators for g in c.generators)
    ranks = [sp.Matrix([*c.generators, *more]).rank() for more in ([], [[1] * d])]
    return lines and ranks == [d - 1, d]
