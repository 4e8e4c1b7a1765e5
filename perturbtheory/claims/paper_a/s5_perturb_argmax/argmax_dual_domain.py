"""Theorem 5.1 and section 9.1: the closure of the dual domain in the proof of completeness."""

import numpy as np
from scipy import optimize

from perturbtheory.claims.exhibits import cones, conjugate_lines, cosets, noises, numbers
from perturbtheory.ledger import Claim, agree, argued, exact, witness
from perturbtheory.perturbations import Gumbel, Normal
from perturbtheory.potential import expected_max
from perturbtheory.properties import reach, whole_space
from perturbtheory.routes import rational

dual_domain = Claim(
    "A.argmax-dual-domain",
    "A, proof of Theorem 5.1 with (18), (19), and section 9.1",
    r"""For $\Theta$ as in Theorem 5.1 the zero-one distributions are limit points of probabilities
    in $\mathcal P$, i.e., $\operatorname{cl}(\mathcal P) = \Delta$.""",
    assumes=r"""the conditions on $h_i$ of Theorem 4.1, unbounded above for every $i$; then the
    zero-one distributions are limit points: A.argmax-vertex-limit. $\mathcal P$ is the domain of
    $f^*$ in (19), with a maximum over $\Theta$ as printed in (18); or the set of Perturb-Argmax
    probabilities, as in section 3.3. $f$ finite.""",
    depends_on=("A.argmax-vertex-limit.corrected", "A.gumbel-argmax-is-softmax"),
)
true_domain = dual_domain.corrected(
    r"""With $f^*$ a supremum over all of $\mathbb R^d$, $\operatorname{ri}(\Delta) \subseteq
    \mathcal P \subseteq \Delta$ and $\operatorname{ri}(\Delta) \subseteq
    \bigcup_{\theta\in\mathbb R^d}\partial f(\theta) \subseteq \Delta$, so that the closure of both
    is $\Delta$. For a smaller $\Theta$ neither follows from its zero-one limit points.""",
    assumes="any joint law with finite $f$.",
    depends_on=("C.completeness-argmax", "A.max-potential-gradient.corrected"),
)


@dual_domain.part(
    r"$\mathcal P = \operatorname{dom} f^*$, the maximum over $\Theta = \{\theta_1 = 0\}$"
)
def over_a_gauge():
    # Beyond -2 and 2 the potential of coins is 0 and t at theta = (0, t): p_2 decides.
    f = {t: rational.discrete([0, t], noises.COIN).value for t in (-4, -2, 2, 4)}
    slopes = (f[-2] - f[-4]) / 2, (f[4] - f[2]) / 2
    members = [p for p in conjugate_lines.CANDIDATES if slopes[0] <= p[1] <= slopes[1]]
    outside = next(p for p in members if sum(p) != 1)
    ends = np.array([[0.0, t] for t in (-40.0, -20.0, 20.0, 40.0)])
    steps = np.diff(numbers.engine(expected_max(Normal()), ends).value)[[0, 2]] / 20
    sums = [
        float(sum(p))
        for p in conjugate_lines.CANDIDATES
        if steps[0] - 1e-9 <= p[1] <= steps[1] + 1e-9
    ]
    cases = rf"""along $\theta = (0, t)$ the slope of $f$ is {slopes[0]} from $-2$ down and
        {slopes[1]} from 2 up, so that $f^*(p)$ is finite for $0 \le p_2 \le 1$, whatever $p_1$"""
    yield exact("rational, coins", all(sum(p) == 1 for p in members), cases=cases)
    yield agree("engine, normal noise", sums, np.ones(len(sums)), r"sums of $p \in \mathcal P$")
    yield witness(
        {
            "$d$": 2,
            r"$\Theta$": r"$\{\theta_1 = 0\}$",
            "$p$": [str(x) for x in outside],
            "$f^*(p)$": r"finite: $\langle p, \theta\rangle = p_2\theta_2$ on $\Theta$",
            "sum of $p$": str(sum(outside)),
        }
    )


@dual_domain.part(rf"$\mathcal P$ the probabilities over $\Theta$: {cones.HALF_SPACE.set}")
def over_a_half_space():
    p = np.array([float(x) for x in cones.HALF_SPACE.p])
    # A scale per coordinate keeps the engine from using the closed form.
    f = expected_max(Gumbel(np.ones(3)))

    def objective(x: np.ndarray) -> tuple[float, np.ndarray]:
        """f(theta) - <p, theta> at theta = (s - r, -s - r, 0), and its gradient in s and r."""
        theta = np.array([x[0] - x[1], -x[0] - x[1], 0.0])
        one, two, _ = np.asarray(f.probabilities(theta)) - p
        return float(numbers.engine(f, theta).value - p @ theta), np.array([one - two, -one - two])

    found = optimize.minimize(
        objective, [0.5, 1.0], jac=True, method="L-BFGS-B", bounds=[(None, None), (0.0, None)]
    )
    allowed = cones.HALF_SPACE.unbounded(above=True) and cones.HALF_SPACE.bounded
    holds = not allowed or cosets.inner(cones.HALF_SPACE.u, cones.HALF_SPACE.powers) <= 0
    cases = rf"""$p = \operatorname{{softmax}}(\theta)$ has $p_1p_2/p_3^2 = e^{{\langle u,
        \theta\rangle}} \le 1$ for $u$ = {cones.HALF_SPACE.u}, in the limit too; at $p$ = (2/5, 2/5,
        1/5) it is 4"""
    yield exact("integers, Gumbel noise", holds, cases=cases)
    what = r"""$\max_\Theta\langle p, \theta\rangle - f(\theta)$ against $f^*(p)$, which it would
        come up to for a limit point $p > 0$ of probabilities over $\Theta$"""
    yield agree("engine and L-BFGS-B, Gumbel noise", -found.fun, float(p @ np.log(p)), what)
    yield witness(
        d=3,
        Theta=r"$\{\theta_1 + \theta_2 \le 2\theta_3\}$",
        gamma="Gumbel",
        p=cones.HALF_SPACE.p,
        **{"$p_1p_2/p_3^2$": 4, r"on $\Theta$": "at most 1"},
    )


@true_domain.part(r"$\operatorname{ri}(\Delta) \subseteq \mathcal P \subseteq \Delta$")
def between():
    off = [list(p) for p in conjugate_lines.CANDIDATES if sum(p) != 1 or min(p) < 0]
    points = np.array([[0.5, 0.25, 0.25], [0.01, 0.98, 0.01]])
    yield exact(
        "convex analysis",
        *conjugate_lines.two_rays(),
        *cosets.onto(),
        argued(r"""the supremum is attained where $p \in \partial f(\theta)$, so $f^*(p) < \infty$
            [definition of a subgradient]"""),
    )
    cases = rf"""$\langle p, \theta\rangle - f(\theta)$ grows along a ray for {len(off)} $p$ off the
        simplex"""
    yield exact("rational, coins", all(conjugate_lines.climbs(p) for p in off), cases=cases)
    what = r"$f^*(p)$ by Newton's method against $\sum p_i \log p_i$, Gumbel noise, $d = 3$"
    found = expected_max(Gumbel(np.ones(3))).conjugate(points)
    yield agree("engine", found, (points * np.log(points)).sum(1), what)


@true_domain.part(
    r"$\operatorname{ri}(\Delta) \subseteq \bigcup_\theta\partial f(\theta) \subseteq \Delta$"
)
def reached():
    targets = np.array([[0.5, 0.25, 0.25], [0.01, 0.98, 0.01], [0.3, 0.3, 0.4]])
    f = expected_max(Normal())
    reached_at = [reach(f, whole_space(3), p) for p in targets]
    found = [np.full(3, np.nan) if at is None else f.probabilities(at) for at in reached_at]
    yield exact(
        "convex analysis",
        *cosets.onto(),
        argued(r"""$\partial f(\theta) = \sum_S P(A = S) \operatorname{conv}\{e_i : i \in S\}
            \subseteq \Delta$ [A.max-potential-gradient.corrected]"""),
    )
    yield agree("engine, normal noise", np.array(found), targets, r"$p(\theta(p))$, $d = 3$")
