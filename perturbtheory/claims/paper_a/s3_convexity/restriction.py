r"""Sections 3.3 and 8.1.1: what restricting $f$ to $\Theta$ does to its subgradients."""

from fractions import Fraction
from itertools import product

import numpy as np
import sympy as sp
from scipy import special

from perturbtheory.claims.exhibits import noises, numbers, slopes, softmax_exact
from perturbtheory.claims.exhibits.symbols import REST, T
from perturbtheory.claims.paper_a.s3_softmax.softmax_sets import onto_positive, positive_shares
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Budget, Claim, argued, eq, exact, positive, shown, witness
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_max
from perturbtheory.routes import enclosure, rational

single_subgradient = Claim(
    "A.single-subgradient",
    "A, 3.3 before and under I, with the definitions of 8.1.1",
    r"""The subdifferential maps $\Theta$ to $\mathcal P = \operatorname{dom}(f^*)$, which is the
    probability model: $\partial f : \Theta \to \mathcal P \subseteq \Delta$, where $p \in \partial
    f(\theta)$ if $f(\tau) \ge f(\theta) + \langle p, \tau - \theta\rangle$ for every $\tau \in
    \Theta$. For differentiable $f$, as for the softmax over $\{\sum_i \theta_i = 0\}$, it is
    single-valued, $\partial f = \nabla f$. Read of $f$ over $\Theta$, and of $f$ on all of $\mathbb
    R^d$.""",
    assumes=r"""$f$ is the log-sum-exp and $\Theta = \{\sum_i \theta_i = 0\}$, a set that the paper
    names as complete and minimal. Two readings, and both are parts: subgradients and $f^*$ are
    those of $f$ over $\Theta$, as 8.1.1 defines them, which fails; or those of $f$ on all of
    $\mathbb R^d$, taken at $\theta \in \Theta$, which holds, but then (22) says nothing about
    $\Theta$. "Is the probability model" has two readings as well: of all of $\mathcal P$, which
    fails on its boundary, and of its relative interior, which holds. I is printed as a condition,
    which the softmax is meant to satisfy (Table 1).""",
    depends_on="A.conjugate-attained.corrected",
)
corrected = single_subgradient.corrected(
    r"""Over a hyperplane the subdifferential of a differentiable $f$ is never single-valued: for
    convex $f : \mathbb R^d \to \mathbb R$, differentiable at $\theta \in \Theta = \{\langle a,
    \theta\rangle = b\}$, $\partial (f|_\Theta)(\theta) = \nabla f(\theta) + \mathbb R a$. The map
    into the simplex is the subdifferential of $f$ on all of $\mathbb R^d$, taken at $\theta \in
    \Theta$: $\partial f(\theta) \subseteq \Delta$ for $f = \mathbb E_\gamma[\max_i(\theta_i +
    \gamma_i)]$ or $\mathbb E_\gamma[\log\sum_i e^{\theta_i + \gamma_i}]$ on $\mathbb R^d$.""",
    source="corrects A, 3.3 and 8.1.1",
    assumes=r"""$a \ne 0$; any joint law of $\gamma$ with $f$ finite. Every convex $\Theta$ that is
    complete and minimal for the softmax is such a hyperplane, so that this concerns all of them.
    For $\mathcal P$ and its boundary see A.conjugate-attained.corrected.""",
    depends_on="A.directional-derivative",
)
OTHER = [g + 1 for g in softmax_exact.softmax((0, 0), sp.E)]
"""The gradient of the log-sum-exp at (0, 0), plus 1: a subgradient over {theta_1 + theta_2 = 0}."""


@single_subgradient.part(r"over $\Theta$: one subgradient, the gradient")
def one_subgradient(budget):
    k = sp.Symbol("k", real=True)
    # The gradient at 0 is a subgradient; p = gradient + k1 adds k (tau_1 + tau_2).
    constants = sp.solveset(k * (T - T), k, sp.S.Reals)
    cases = rf"gradient $+\, k\mathbf 1$ is a subgradient at 0 for $k \in {sp.latex(constants)}$"
    yield exact("sympy, d = 2", constants == sp.FiniteSet(0), cases=cases)
    what = r"""$d = 3$, $p = (\frac43, \frac43, \frac43)$ at 0: $\langle p, \tau\rangle$ less the
        rise of $f$, at its largest"""
    yield positive("engine", _violation(budget), what)
    yield witness(_at_zero() | {"another subgradient": [str(g) for g in OTHER]})


@single_subgradient.part(r"over $\Theta$: $\mathcal P$ lies in the simplex")
def in_simplex(budget):
    tau = (T, -T)
    height = sum(g * x for g, x in zip(OTHER, tau, strict=True))
    height -= sp.log(sum(sp.exp(x) for x in tau))
    largest = height.subs(T, 0)
    critical = sp.solveset(sp.diff(height, T), T, sp.S.Reals)
    cases = rf"""$f^*(\frac32, \frac32) = {sp.latex(largest)}$, at $\theta = 0$: the only critical
        point"""
    yield exact(
        "sympy, d = 2", not (critical == sp.FiniteSet(0) and largest.is_finite), cases=cases
    )
    what = r"""$d = 3$: 0 attains $f^*(\frac43, \frac43, \frac43)$ unless $\langle p, \tau\rangle$
        exceeds the rise of $f$"""
    yield positive("engine", _violation(budget), what)
    yield witness(
        _at_zero()
        | {"p": [str(g) for g in OTHER], "$f^*(p)$": str(largest), r"$\sum_i p_i$": int(sum(OTHER))}
    )


def _violation(budget: Budget) -> Estimate:
    """Positive if some tau refutes that p = gradient + 1 is a subgradient at 0, d = 3."""
    points = numbers.thetas(3, budget)
    points = points - points.mean(1, keepdims=True)
    f = numbers.engine(expected_max(Gumbel()), np.concatenate([points, 0 * points[:1]]))
    value, radius = np.asarray(f.value), np.asarray(f.radius)
    excess = points @ np.full(3, 4 / 3) - (value[:-1] - value[-1])
    violation = f._replace(value=excess, radius=radius[:-1] + radius[-1])
    return numbers.entry(violation, int(np.argmax(excess)))


def _at_zero() -> dict[str, object]:
    gradient = [str(g) for g in softmax_exact.softmax((0, 0), sp.E)]
    return {"d": 2, "Theta": r"$\{\sum_i \theta_i = 0\}$", "theta": [0, 0], "gradient": gradient}


@single_subgradient.part(r"on $\mathbb R^d$: one subgradient, the gradient")
def one_on_all_of_space(budget):
    points, shift = numbers.thetas(3, budget), np.array([[0.25, -0.25, 0.0], [0.1, 0.1, 0.1]])
    f = expected_max(Gumbel())
    start = np.asarray(f.estimate(points).value)
    rises = [np.asarray(f.estimate(points + move).value) - start for move in shift]
    wrong = [(special.softmax(points, axis=1) + move) @ move for move in shift]
    yield exact(
        "sympy, any d",
        eq(sp.Derivative(sp.log(sp.exp(T) + REST), T), sp.exp(T) / (sp.exp(T) + REST)),
        r"""with $t = \theta_i$ and $S$ the sum of the other $e^{\theta_j}$: every partial
            derivative is continuous""",
        argued("""so $f$ is differentiable, and its gradient is its only subgradient [Rockafellar,
            Theorem 25.1]"""),
    )
    what = r"""$\langle p, v\rangle - (f(\theta + v) - f(\theta))$ for $p =
        \operatorname{softmax}(\theta) + v$, two $v$, $d = 3$: no such $p$ is a subgradient"""
    yield positive("engine", np.array(wrong) - np.array(rises), what, slack=1e-9)


@single_subgradient.part(r"on $\mathbb R^d$: $\mathcal P$ lies in the simplex")
def domain_on_all_of_space():
    far = np.array([10.0, 100.0, 1000.0])
    rays = {(-0.1, 1.1): (-1, 0), (0.6, 0.6): (1, 1), (0.2, 0.6): (-1, -1)}
    f = expected_max(Gumbel())
    heights = [
        far * np.dot(p, v) - np.asarray(f.estimate(far[:, None] * np.array(v, float)).value)
        for p, v in rays.items()
    ]
    yield exact(
        "sympy, symbolic d",
        softmax_exact.translation_step(),
        argued(r"""$f^*(p) \ge c(\langle p, \mathbf 1\rangle - 1) - f(0)$ for every $c$: infinite
            unless $\sum_i p_i = 1$ [$\theta = c\mathbf 1$]"""),
        argued(r"""$f^*(p) \ge -c p_i - f(0)$ for every $c > 0$: infinite if $p_i < 0$ [$\theta =
            -ce_i$, where $f$ is at most $f(0)$]"""),
    )
    what = r"""$\langle p, \theta\rangle - f(\theta)$ grows without end along a ray for $p = (-0.1,
        1.1), (0.6, 0.6), (0.2, 0.6)$"""
    yield positive("engine", np.diff(heights, axis=1) - 1, what)


@single_subgradient.part(
    r"on $\mathbb R^d$: $\operatorname{ri}(\mathcal P)$ is the set of all gradients"
)
def interior_is_model(budget):
    p = positive_shares(budget)
    proof, by_engine = onto_positive(r"\theta = \log p", np.log(p), p)
    yield exact(
        "sympy, symbolic d",
        argued(r"""$\mathcal P = \Delta$, whose relative interior is the set of all positive $p$
            [A.conjugate-attained.corrected]"""),
        argued("a softmax is positive, so that no other $p$ is a gradient", "the exponential"),
        *proof.steps,
    )
    yield by_engine


@single_subgradient.part(r"$\mathcal P$ is the probability model, the set of all gradients")
def domain_is_model():
    height = T - sp.log(1 + sp.exp(T))
    roots = sp.solveset(1 / (1 + sp.exp(-T)) - 1, T, sp.S.Reals)
    at = [enclosure.probabilities(Gumbel(), [k, 0])[0] for k in range(0, 21, 5)]
    inside = sp.limit(height, T, sp.oo).is_finite
    cases = rf"""$f^*(1, 0) = \sup_t (t - \log(1 + e^t)) = 0$ is finite, and $t$ with
        $\operatorname{{softmax}}(t, 0)_1 = 1$: ${sp.latex(roots)}$"""
    yield exact("sympy, d = 2", (roots is not sp.S.EmptySet) if inside else "unknown", cases=cases)
    cases = r"$\operatorname{softmax}(t, 0)_1 < 1$ at $t = 0, 5, \dots, 20$"
    yield exact("ball arithmetic", any(p.high >= 1 for p in at), cases=cases)
    yield witness({"d": 2, "p": [1, 0], "$f^*(p)$": 0, "theta with p as a gradient": "none"})


@corrected.part(r"over $\{\langle a, \theta\rangle = b\}$: $\nabla f(\theta) + \mathbb R a$")
def over_hyperplane():
    g, a, b, k, x, y = sp.symbols("g_j a_j a_i k tau_j theta_j", real=True)
    q, r = sp.symbols("q_i q_j", real=True)
    yield exact(
        "sympy, any d",
        eq((g + k * a) * (x - y), g * (x - y) + k * (a * x - a * y)),
        r"""added up over $j$, the last term is $k(b - b) = 0$: with $g = \nabla f(\theta)$, $g +
            ka$ is a subgradient""",
        argued(r"""$p = g + q \in \partial(f|_\Theta)(\theta)$ gives $\langle q, w\rangle \le 0$ for
            $w$ and $-w$ with $\langle a, w\rangle = 0$, hence $= 0$ [A.directional-derivative; the
            derivative is linear]"""),
        argued(r"""so for $w = a_j e_i - a_i e_j$, which has $\langle a, w\rangle = a_j a_i - a_i
            a_j = 0$ [coordinate by coordinate]"""),
        shown(
            r"$a_j q_i - a_i q_j = 0$ says $q_i = (q_j / a_j) a_i$ for one $a_j \ne 0$ "
            r"and every $i$: $q \in \mathbb R a$",
            sp.solve(a * q - b * r, q) == [b * r / a],
        ),
    )
    cases = r"""$d = 2$, $\{\sum_i \theta_i = 0\}$: $p$ is a subgradient exactly if $p - k\mathbf
        1$, with entries that add up to one, is one over $\mathbb R^2$; quarters $p$ at seven
        $\theta$"""
    yield exact("rational, discrete noise", _shifted_cells(), cases=cases)


@corrected.part(r"on $\mathbb R^d$ every subgradient is a probability vector")
def on_all_of_space():
    yield exact(
        "sympy, symbolic d",
        softmax_exact.translation_step(),
        argued(r"""$\max_j (\theta_j + c) = \max_j \theta_j + c$ likewise, and in expectation
            $f(\theta + c\mathbf 1) = f(\theta) + c$ [for every $\gamma$]"""),
        argued(r"""$c \ge c\langle p, \mathbf 1\rangle$ for $c = \pm 1$: $\sum_i p_i = 1$ [$\tau =
            \theta + c\mathbf 1$ in the definition]"""),
        argued(r"""$-p_i \le f(\theta - e_i) - f(\theta) \le 0$: $p_i \ge 0$ [$\tau = \theta - e_i$;
            $f$ grows in every coordinate]"""),
    )
    holds = all(
        min(vertex) >= 0 and sum(vertex) == 1
        for theta in slopes.TIES
        for vertex in slopes.polytope(theta).vertices()
    )
    cases = rf"the vertices at {len(slopes.TIES)} $\theta$, $d = 2, 3$"
    yield exact("rational, discrete noise", holds, cases=cases)


def _shifted_cells() -> bool:
    """Subgradients over {(t, -t)} by definition, against those over R^2 moved along 1."""
    halves = [Fraction(k, 2) for k in range(-6, 7)]
    f = {t: rational.discrete([t, -t], noises.COIN).value for t in halves}
    good = True
    for t in halves[3:-3]:
        cell = slopes.polytope((t, -t))
        for one, two in product([Fraction(k, 4) for k in range(-3, 8)], repeat=2):
            slope, k = one - two, (one + two - 1) / 2
            by_definition = all(f[s] >= f[t] + slope * (s - t) for s in halves)
            good &= by_definition == cell.contains([one - k, two - k])
    return good
