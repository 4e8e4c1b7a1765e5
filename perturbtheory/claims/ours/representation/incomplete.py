"""Families that are not complete: the best approximation of a $p$ that they miss, and its bias."""

import functools
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any

import numpy as np
import sympy as sp
from scipy.optimize import minimize_scalar

from perturbtheory.claims.exhibits import incomplete_fits as fits
from perturbtheory.claims.exhibits.incomplete_fits import FAMILIES, P, U
from perturbtheory.claims.exhibits.numbers import engine, entry, gumbel_argmax, thetas
from perturbtheory.claims.exhibits.symbols import A, B, indexed
from perturbtheory.ledger import Claim, agree, argued, eq, exact, positive, shown
from perturbtheory.routes.symbolic import categories

SMALL = np.array([1.0, 1.0, 6.0]) / 8
"""A target on the other side of the strip."""
SOFTMAX = gumbel_argmax()

minimiser = Claim(
    "C.incomplete-minimiser",
    "this package; an experiment that a referee of paper A asked for",
    r"""A family that is not complete has a best member all the same. Over a polyhedral $\Theta$ the
    loss $L(\theta, p) = f(\theta) + f^*(p) - \langle p, \theta\rangle$ has a minimiser $\theta^*$
    for every $p > 0$, with one $p(\theta^*)$. Over the half-space $\langle u, \theta\rangle \le b$,
    $\sum_i u_i = 0$, it is $p(\theta^*) = p - \lambda u$ with $\lambda \ge 0$ and
    $\lambda(\langle u, \theta^*\rangle - b) = 0$: under every noise the bias has the direction $u$,
    and $\langle w, p\rangle$ is matched exactly for all $w \perp u$. In a strip the sign of $u$ is
    that of the face that binds. On the ray $\{(s, 0) : s \ge 0\}$ all $p_1 < \frac12$ end at
    $(\frac12, \frac12)$, for $L$, $KL$ and $L_1$ alike.""",
    assumes=r"""Perturb-Softmax, or Perturb-Argmax with full support and without ties; $\gamma$ has
    a finite mean, and is exchangeable for the ray. For Gumbel noise $L(\theta, p) =
    KL(p\,\|\,\operatorname{softmax}(\theta))$. Numbers: $u = (1,1,-2)$, $d = 3$; Gumbel-Argmax,
    Normal-Argmax and Normal-Softmax at temperature 1.""",
    depends_on=("C.completeness", "C.completeness-argmax", "C.laplacian"),
)


@minimiser.part("a minimiser exists, and all have the same $p(\\theta^*)$")
def exists(budget):
    s, top, p = categories(), sp.Symbol("M", real=True), indexed("p")
    yield exact(
        "growth, any d",
        argued(r"""$f(\theta) \ge \max_i(\theta_i + \mathbb E\gamma_i) \ge M - m$, $M =
            \max_i\theta_i$, $m = \max_i|\mathbb E\gamma_i|$ [Jensen; log-sum-exp is at least the
            maximum]"""),
        eq(
            s.sum(p[s.j] * (top - s.theta[s.j])), top * s.sum(p[s.j]) - s.sum(p[s.j] * s.theta[s.j])
        ),
        r"with $\sum_jp_j = 1$: $f(\theta) - \langle p,\theta\rangle \ge \min_jp_j\,(\max\theta"
        r"-\min\theta) - m$",
        argued(r"""where $L$ is bounded so is $\max\theta-\min\theta$; $L(\theta+c\mathbf 1) =
            L(\theta)$, and $\Theta+\mathbb R\mathbf 1$ is closed: the least value is attained [a
            polyhedron plus a line is a polyhedron; compactness]"""),
        argued(r"""$L$ is convex; were $p(\theta^*)$ not the same at two minimisers, $L$ would be
            below half-way [C.completeness, C.completeness-argmax: strictly convex but for
            translations]"""),
    )
    points = np.concatenate([thetas(3, budget), 5 * thetas(3, budget)])
    for name, f in FAMILIES.items():
        value = engine(f, points)
        growth = P.min() * np.ptp(points, axis=1) - points @ -P
        margin = value._replace(value=np.asarray(value.value) - growth)
        yield positive(f"engine, {name}", margin, r"$f(\theta)-\langle p,\theta\rangle - \min_jp_j"
                       r"(\max\theta-\min\theta)$ for centred noise")  # fmt: skip


@minimiser.part(
    r"half-space: $p(\theta^*) = p - \lambda u$, $\lambda \ge 0$, on the face where $\lambda > 0$",
    cases=((P, U, 0.0),),
)
@minimiser.part(
    r"strip $|\langle u,\theta\rangle| \le 1$: $p(\theta^*) = p \mp \lambda u$",
    cases=((P, U, 1.0), (SMALL, -U, 1.0)),
)
def along_the_normal(cases):
    s, size = categories(), sp.Symbol("lambda", real=True)
    p, u, w = indexed("p"), indexed("u"), indexed("w")
    yield exact(
        "Lagrange multiplier, any d",
        argued(r"""$L$ is convex with gradient $p(\theta)-p$: $\theta^*$ is optimal exactly if
            $p(\theta^*)-p = -\lambda u$ with $\lambda \ge 0$, zero off the face; in a strip with
            one such $\lambda$ for each face, of which one is zero [Karush, Kuhn and Tucker; linear
            constraints need no qualification]"""),
        eq(
            s.sum(w[s.j] * (p[s.j] - size * u[s.j])),
            s.sum(w[s.j] * p[s.j]) - size * s.sum(w[s.j] * u[s.j]),
            r"so $\langle w, p(\theta^*)\rangle = \langle w, p\rangle$ for $w \perp u$",
        ),
    )
    targets, normals = (np.array([case[k] for case in cases]) for k in (0, 1))
    levels = np.array([case[2] for case in cases])
    for name, f in FAMILIES.items():
        found = [fits.fenchel_young(f, p, b, u) for p, u, b in cases]
        theta, size = np.array([fit.theta for fit in found]), np.array([fit.size for fit in found])
        yield positive(f"engine, multiplier, {name}", size, r"$\lambda$", kind="quadrature")
        moved = engine(f, theta, "probabilities")
        what = r"$p(\theta^*)$ against $p\mp\lambda u$"
        yield agree(f"engine, gradient, {name}", moved, targets - size[:, None] * normals, what)
        height = (normals * theta).sum(1)
        what = r"$\pm\langle u,\theta^*\rangle$ against $b$"
        yield agree(f"engine, face, {name}", height, levels, what, kind="quadrature", floor=1.0)
        loss = np.asarray(f(theta)) - (targets * theta).sum(1)
        least = [fits.least_loss(f, p, b, u) for p, u, b in cases]
        what = r"least $f(\theta)-\langle p,\theta\rangle$"
        yield agree(f"SLSQP over the set, {name}", least, loss, what, slack=1e-9)


@minimiser.part(r"ray: $p_1 < \tfrac12$ ends at $(\tfrac12, \tfrac12)$ for every loss")
def on_the_ray():
    x = sp.Symbol("p_1", positive=True)
    entropy = -x * sp.log(x) - (1 - x) * sp.log(1 - x)
    yield exact(
        "monotonicity",
        argued(r"""$p_1(s, 0)$ increases from $\frac12$ at $s = 0$: the slope of $L$ is $p_1(s,0) -
            p_1 > 0$, $L_1$ is $2(p_1(s,0)-p_1)$, and $KL$ increases with it too [exchangeable
            noise; C.completeness, C.completeness-argmax]"""),
        eq(
            x * sp.expand_log(sp.log(2 * x)) + (1 - x) * (sp.log(2) + sp.log(1 - x)),
            sp.log(2) - entropy,
            r"$KL(p\,\|\,(\frac12,\frac12))$: what is left is $\log 2 - H(p)$",
        ),
    )
    p, s = np.array([0.25, 0.75]), np.linspace(0.0, 6.0, 49)[:, None] * np.array([1.0, 0.0])
    for name, f in FAMILIES.items():
        q = np.asarray(f.probabilities(s))
        losses = np.stack([np.asarray(f(s)) - s @ p, -np.log(q) @ p, np.abs(q - p).sum(1)])
        start = entry(engine(f, s, "probabilities"), 0)
        yield agree(f"engine, end, {name}", start, [0.5, 0.5], "$p(0, 0)$")
        yield positive(f"engine, grid, {name}", np.diff(losses, axis=1), kind="quadrature",
                       what="the three losses increase with $s$, $p = (1, 3)/4$")  # fmt: skip


half_space = Claim(
    "C.incomplete-half-space",
    "this package; an experiment that a referee of paper A asked for",
    r"""What the half-space $\theta_1+\theta_2 \le 2\theta_3$ makes of a $p$ that it misses depends
    on the loss. For the softmax the least $KL$ is at $q = p - \lambda(1,1,-2)$, $6\lambda =
    \sqrt{(1+3p_3)^2+12(p_1p_2-p_3^2)} - 1 - 3p_3$; the least $L_1$ is at $q = p+s(e_3 - e_1)$ for
    $p_1 \le p_2$, $(p_1-s)p_2 = (p_3+s)^2$: the rarer of the two pays for all of it. For $p =
    (2,9,2)/13$ they are $(4,25,10)/39$ and $(1,9,3)/13$. Under every noise some nearest $q$ in
    $L_1$ takes mass from 1 and 2 alone and gives it all to 3. Under Normal noise the least $KL$ is
    not the least $L$, and its bias is not along $(1,1,-2)$.""",
    assumes=r"""$p > 0$ with $\theta_1+\theta_2 > 2\theta_3$ at $\theta(p)$; for the softmax this is
    $p_1p_2 > p_3^2$. Any noise: as in C.incomplete-minimiser, with a density for $L_1$. Normal
    noise: Perturb-Argmax, and Perturb-Softmax at temperature 1; their log-probabilities are concave
    (Prekopa), so that the least $KL$ is on the face.""",
    depends_on=(minimiser, "C.laplacian"),
)


@half_space.part(r"softmax, least $KL$: $q = p-\lambda(1,1,-2)$, the root in closed form")
def least_divergence():
    rest = 1 - A - B
    size = (sp.sqrt((1 + 3 * rest) ** 2 + 12 * (A * B - rest**2)) - 1 - 3 * rest) / 6
    x = sp.Symbol("lambda", real=True)
    quadratic = -3 * x**2 - (1 + 3 * rest) * x + A * B - rest**2
    at = {A: sp.Rational(2, 13), B: sp.Rational(9, 13)}
    yield exact(
        "sympy",
        argued(r"$q = p-\lambda u$ on the face, $q_1q_2 = q_3^2$", "C.incomplete-minimiser"),
        shown(
            r"$(p_1-\lambda)(p_2-\lambda)-(p_3+2\lambda)^2 = -3\lambda^2-(1+3p_3)\lambda+p_1p_2-"
            r"p_3^2$ for $\sum_ip_i = 1$",
            sp.expand((A - x) * (B - x) - (rest + 2 * x) ** 2 - quadratic) == 0,
        ),
        shown(
            r"the stated $\lambda$ is a root, the positive one",
            sp.expand(quadratic.subs(x, size)) == 0,
        ),
        shown(
            r"$\lambda = \frac{2}{39}$ for $p = (2,9,2)/13$", size.subs(at) == sp.Rational(2, 39)
        ),
    )
    q = np.array([4, 25, 10]) / 39
    yield agree("engine, dual", fits.fenchel_young(SOFTMAX, P).p, q, "$q$", kind="quadrature")
    found = fits.kullback_leibler(SOFTMAX, P).p
    yield agree("engine, slope of KL on the face", found, q, "$q$", kind="quadrature")


@functools.cache
def _nearest_to_the_target() -> fits.Fit:
    return fits.total_variation(SOFTMAX, P)


@half_space.part(r"softmax, least $L_1$: the rarer of 1 and 2 pays alone")
def least_distance():
    s, one, more = sp.symbols("s p_1 delta", nonnegative=True)
    part, two = sp.Symbol("a", nonnegative=True), one + more
    gap = (one - part) * (two - (s - part)) - (one - s) * two
    yield exact(
        "sympy",
        argued(r"""let $|q-p|_1 = 2s$: $q_1 \ge p_1-a$, $q_2 \ge p_2-(s-a)$ with $0 \le a \le s$,
            $q_3 \le p_3+s$ [what is lost is what is won]"""),
        eq(gap, (s - part) * (part + more), r"so $q_1q_2 \ge (p_1-s)p_2$ for $p_2 = p_1+\delta$"),
        argued("""$(p_1-s)p_2-(p_3+s)^2$ decreases with $s$ from $p_1p_2-p_3^2 > 0$: below its root
            $q_1q_2 > q_3^2$ and $q$ is missed, at the root $p+s(e_3-e_1)$ is reached [the root is
            below $p_1$: there the difference is negative]"""),
    )
    n = 39
    lattice = [(i, j, n - i - j) for i, j in product(range(n + 1), repeat=2) if i + j <= n]
    reached = [q for q in lattice if q[0] * q[1] <= q[2] ** 2]
    least = min((sum(map(abs, (q[0] - 6, q[1] - 27, q[2] - 6))), q) for q in reached)
    yield exact("integers", least == (6, (3, 27, 9)),
                cases=f"all {len(reached)} reached $q$ in 39ths, closure included, for $p = "
                "(2,9,2)/13$: the least $|q-p|_1$ is 2/13, at $(1,9,3)/13$ alone")  # fmt: skip
    found = _nearest_to_the_target().p
    yield agree("engine", found, np.array([1, 9, 3]) / 13, "$q$", kind="quadrature", slack=1e-10)


@half_space.part(r"any noise, least $L_1$: some nearest $q$ gives all to 3, from 1 and 2")
def from_the_others():
    x, y, z = sp.symbols("v_1 v_2 v_3", real=True)
    yield exact(
        "electrical network",
        argued(r"""moving mass from $i$ to 3 moves $\theta(q)$ by $v = H^+(e_3-e_i)$, the potentials
            of a current from 3 to $i$: $v_3 > v_j$ for the other two [C.laplacian, all weights
            positive; maximum principle]"""),
        shown(
            r"$\langle u,v\rangle = v_1+v_2-2v_3 = -(v_3-v_1)-(v_3-v_2) < 0$: it leads inwards",
            sp.expand(x + y - 2 * z + (z - x) + (z - y)) == 0,
        ),
        argued(r"""so what a reached $q$ has above $p$ in 1 or 2 may go to 3, and what it has below
            $p$ in 3 may be returned, at no more distance, without leaving the image: what is left
            is $q = p-ae_1-(s-a)e_2+se_3$, $0 \le a \le s$, and the least $s$ is attained at a $q >
            0$ on the face [continuity; $\langle u,\theta(q)\rangle \to -\infty$ as $q_1$ or $q_2$
            goes to zero]"""),
    )
    for name, f in FAMILIES.items():
        fit = fits.total_variation(f, P)
        margin = fits.distances(f, P) - 2 * fit.size
        yield positive(f"grid of the half-space, {name}", margin, kind="quadrature",
                       what="$|p(\\theta)-p|_1$ less that of the nearest")  # fmt: skip
        found = np.abs(f.probabilities(fit.theta) - P).sum()
        yield agree(f"engine, {name}", found, 2 * fit.size, "$|p(\\theta)-p|_1$ there",
                    kind="quadrature", slack=1e-10)  # fmt: skip


@half_space.part("softmax: neither minimiser is the other's")
def they_differ():
    near, wide = ([Fraction(k, 39) for k in q] for q in ((3, 27, 9), (4, 25, 10)))
    p = [Fraction(k, 13) for k in (2, 9, 2)]
    power = prod((w / n) ** int(13 * x) for w, n, x in zip(wide, near, p, strict=True))
    apart = [sum(abs(a - b) for a, b in zip(q, p, strict=True)) for q in (near, wide)]
    yield exact("fractions", apart == [Fraction(2, 13), Fraction(8, 39)] and power > 1,
                cases="$p = (2,9,2)/13$: $L_1$ is 6/39 and 8/39, $e^{13 KL}$ differs by a factor "
                "that is above 1")  # fmt: skip
    fitted = [fits.fenchel_young(SOFTMAX, P), _nearest_to_the_target()]
    losses = np.array(
        [[float(SOFTMAX.fenchel_young(x.theta, P)), np.abs(x.p - P).sum()] for x in fitted]
    )
    yield positive("engine", (losses[1] - losses[0]) * [1, -1], kind="quadrature",
                   what="$KL$ and $L_1$ of one less those of the other")  # fmt: skip


@half_space.part("Normal noise: the least $KL$ is not the least $L$, nor its bias along $u$")
def normal_noise():
    for name in ("Normal-Argmax", "Normal-Softmax"):
        f = FAMILIES[name]
        at, other = fits.kullback_leibler(f, P), fits.fenchel_young(f, P)
        found: Any = minimize_scalar(
            lambda x, f=f: fits.divergence(f, P, x),
            bounds=(-3.0, 3.0),
            method="bounded",
            options={"xatol": 1e-9},
        )
        yield agree(f"engine, slope against values, {name}", at.size, float(found.x),
                    "$x$ of $\\theta = (x,-x,0)$ with the least $KL$", slack=1e-6)  # fmt: skip
        saved = fits.divergence(f, P, other.theta[0]) - fits.divergence(f, P, at.size)
        yield positive(f"engine, values, {name}", saved, "$KL$ saved", kind="quadrature")
        bias = at.p - P
        yield positive(f"engine, bias, {name}", bias[0] - bias[1], kind="quadrature",
                       what="$q_1-p_1-(q_2-p_2)$, zero for a bias along $u$")  # fmt: skip
