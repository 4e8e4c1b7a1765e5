"""Sections 3.1 and 8.2.1: {sum theta = 0} and {theta_1 = 0} are complete and minimal."""

from collections.abc import Sequence
from itertools import combinations, product
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.numbers import engine, thetas
from perturbtheory.claims.exhibits.softmax_exact import (
    BASES,
    Vector,
    first_set,
    is_minimal,
    log_share_step,
    same,
    softmax,
    written,
)
from perturbtheory.claims.legacy import agree, argued, claim, exact, proof, shown
from perturbtheory.claims.paper_a.s3_softmax.softmax_sets import (
    P,
    onto_positive,
    positive_shares,
)
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.perturbations import Gumbel
from perturbtheory.potential import expected_max
from perturbtheory.routes.symbolic import categories, identity

GAUGES: dict[str, np.ndarray] = {
    "sum theta = 0": np.array([1, 1, 1]),
    "theta_1 = 0": np.array([1, 0, 0]),
}
"""Normal vectors a of the two sets {<a, theta> = 0}, at d = 3."""


def _inside(normal: np.ndarray, size: int = 2) -> list[Vector]:
    """Integer points of {<a, theta> = 0}."""
    grid = product(range(-size, size + 1), repeat=len(normal))
    return [x for x in grid if normal @ np.array(x) == 0]


def _sum_of_normal(name: str) -> tuple[Any, str]:
    """<a, 1> for symbolic d, and the same in LaTeX."""
    s = categories()
    return (s.sum(sp.Integer(1)).doit(), "d") if name == "sum theta = 0" else (sp.Integer(1), "1")


@claim(
    "A.gauge-sets",
    depends_on=("A.softmax-complete.corrected", "A.softmax-minimal-condition.corrected"),
)
def gauge_sets(budget: Budget) -> list[Part]:
    r"""Statement: The sets {sum theta = 0} and {theta_1 = 0} are both complete and minimal for the
    softmax.

    LaTeX: $\Theta = \{\theta \in \mathbb R^d : \sum_j \theta_j = 0\}$ and $\Theta = \{\theta \in
    \mathbb R^d : \theta_1 = 0\}$ are complete and minimal

    Source: A, section 3.1, after footnote 1; 8.2.1

    Assumptions: d >= 1. "Complete" means onto the relative interior of the simplex, see
    A.softmax-complete. Both sets are {<a, theta> = 0} with <a, 1> not 0, and all that is used is
    this. (The proof that the paper prints is another matter: A.gauge-sequences, A.gauge-sum-proof.)

    Computed: theta = log p - c1 with c = <a, log p>/<a, 1>, for symbolic d and any a; that two
    translates cannot both lie in the set; the engine's p; integer points with odds 2^k and e^k.
    """
    parts = []
    for name, normal in GAUGES.items():
        parts += [
            Part(f"{{{name}}} is complete", _complete(budget, name, normal)),
            Part(f"{{{name}}} is minimal", _minimal(name, normal)),
        ]
    return parts


def _complete(budget: Budget, name: str, normal: np.ndarray) -> tuple[Check, ...]:
    _, _, j, _ = (s := categories())
    log_p = np.log(positive_shares(budget))
    numeric = log_p - (log_p @ normal / normal.sum())[:, None]
    a: Any = sp.IndexedBase("a", real=True)
    c = sp.Symbol("c", real=True)
    level = s.sum(a[j] * (sp.log(P[j]) - c)).expand()
    solution = s.sum(a[j] * sp.log(P[j])) / s.sum(a[j])
    symbol = r"\langle a, \log p\rangle / \langle a, \mathbf 1\rangle"
    sum_of_normal, written_sum = _sum_of_normal(name)
    inside = proof(
        "sympy, symbolic d, in the set",
        "theta = log p - c1 lies in {<a, theta> = 0}",
        shown(
            rf"$\langle a, \log p - c\mathbf 1\rangle = 0$ for $c = {symbol}$",
            identity(level.subs(c, solution)),
        ),
        shown(
            rf"$\langle a, \mathbf 1\rangle = {written_sum} > 0$",
            bool(sum_of_normal.is_positive),
        ),
    )
    return (
        inside,
        agree("numbers", "quadrature", numeric @ normal, 0.0, "<a, theta> at d = 3"),
        *onto_positive(budget, "log p - c1", symbol, numeric),
    )


def _minimal(name: str, normal: np.ndarray) -> tuple[Check, ...]:
    c, whole = sp.Symbol("c", real=True), _sum_of_normal(name)[0]
    inside = _inside(normal)
    return (
        proof(
            "sympy, symbolic d",
            "no two translates lie in the set",
            argued(
                r"$\operatorname{softmax}(\theta) = \operatorname{softmax}(\tau)$ only for "
                r"$\tau = \theta + c\mathbf 1$",
                "A.softmax-minimal-condition.corrected",
            ),
            shown(
                r"$0 = \langle a, \tau - \theta\rangle = c \langle a, \mathbf 1\rangle$ has the "
                r"solution $c = 0$ alone",
                sp.solve(c * whole, c) == [0],
            ),
        ),
        *(
            exact(
                route,
                is_minimal(inside, base),
                f"all pairs of {len(inside)} integer points, d = 3",
                universal=False,
            )
            for route, base in BASES.items()
        ),
    )


@claim("A.gauge-sum-proof", corrected="A.gauge-sum-proof.corrected")
def gauge_sum_proof(budget: Budget) -> list[Part]:
    r"""Statement: To prove that {sum theta = 0} is minimal one has to show that theta_i - tau_i = 0
    for any i implies p_i = q_i for all i; (34)-(36) show it.

    LaTeX: it requires proving that if $\theta_i - \tau_i = 0$ for any $i$, then $p_i = q_i$ for
    all $i$, where $p = \operatorname{softmax}(\theta)$, $q = \operatorname{softmax}(\tau)$;
    $\log p_i = \log q_i \leftrightarrow \theta_i - \log\sum_j e^{\theta_j} = \tau_i -
    \log\sum_j e^{\tau_j}$

    Source: A, 8.2.1, the paragraph with (34)-(36)

    Assumptions: "for any i" is read as "for every i" and as "for some i". In (34) and (35) the
    index belongs to the exponent. Nothing in the paragraph uses the sum, so that what it calls
    required is judged on any Theta; minimal means that p = q implies theta = tau. The
    conclusion, that {sum theta = 0} is minimal, stands: A.gauge-sets.

    Computed: (36) for symbolic d; the two implications over small sets, exactly.
    """
    points = thetas(3, budget)
    f = expected_max(Gumbel())
    value, radius = (np.asarray(x)[:, None] for x in engine(f, points)[:2])
    p = engine(f, points, "probabilities")
    low = np.asarray(p.value)
    log_p = p._replace(value=np.log(low), radius=np.asarray(p.radius) / low * 2 + radius)
    return [
        Part(
            "(36): log p_i is theta_i less the log-sum-exp",
            (
                proof("sympy, symbolic d", "logarithm of (34)", log_share_step()),
                agree("engine", "quadrature", log_p, points - value, "log p, d = 3"),
            ),
        ),
        _required_suffices(),
        _some_coordinate(),
    ]


def _required_suffices() -> Part:
    """Whether "theta = tau implies p = q" makes a set minimal."""

    def required(points: Sequence[Vector], base: Any) -> bool:
        return all(same(t, u, base) for t, u in product(points, repeat=2) if t == u)

    found = {
        route: first_set(lambda x, base=base: required(x, base) and not is_minimal(x, base))
        for route, base in BASES.items()
    }
    what = "sets of one or two points of {0, 1, 2}^d, d = 1, 2, as required but not minimal"
    checks = tuple(
        exact(route, x is None, f"{what}: {'none' if x is None else written(x)}", universal=False)
        for route, x in found.items()
    )
    x = found["sympy, odds e^k"]
    p = [str(sp.simplify(y)) for y in softmax(x[-1], sp.E)] if x else []
    data = {"d": len(p), "Theta": written(x), "softmax of both": p} if x else None
    return Part('"theta = tau implies p = q" is what minimality requires', checks, data)


def _some_coordinate() -> Part:
    """Whether theta_i = tau_i for some i implies p = q within {sum theta = 0}."""
    planes = [_inside(np.ones(d, dtype=int), 1) for d in (2, 3)]
    pairs = [
        (t, u)
        for plane in planes
        for t, u in combinations(plane, 2)
        if any(a == b for a, b in zip(t, u, strict=True))
    ]
    bad = {r: [pair for pair in pairs if not same(*pair, base)] for r, base in BASES.items()}
    checks = tuple(
        exact(route, not found, f"{len(pairs)} pairs in the set, d = 2, 3", universal=False)
        for route, found in bad.items()
    )
    first = next(iter(bad["sympy, odds e^k"]), None)
    data = {"d": len(first[0]), "theta": list(first[0]), "tau": list(first[1])} if first else None
    return Part("theta_i = tau_i for some i implies p = q in {sum theta = 0}", checks, data)


@claim("A.gauge-sum-proof.corrected")
def gauge_sum_proof_corrected(_: Budget) -> list[Part]:
    r"""Statement: In {sum theta = 0}, p = q implies theta = tau: adding (36) up over i shows that
    the log-sum-exps of theta and tau are equal, and then (36) says theta_i = tau_i.

    LaTeX: $\sum_i \theta_i = \sum_i \tau_i = 0$ and $p = q$ imply $-d\log\sum_j e^{\theta_j} =
    -d\log\sum_j e^{\tau_j}$, hence $\theta = \tau$

    Source: corrects A, 8.2.1, the paragraph with (34)-(36)

    Assumptions: d >= 1.

    Computed: the sum for symbolic d; all pairs of integer points, exactly.
    """
    _, _, j, theta = (s := categories())
    tau: Any = sp.IndexedBase("tau", real=True)
    one, two = sp.symbols("L M", real=True)
    sides = [s.sum(x[j]) - s.sum(level).doit() for x, level in ((theta, one), (tau, two))]
    zero = {s.sum(theta[j]): 0, s.sum(tau[j]): 0}
    difference = (sides[0] - sides[1]).subs(zero)
    return [
        Part(
            "p = q implies theta = tau",
            (
                proof(
                    "sympy, symbolic d",
                    "(36) added up",
                    log_share_step(),
                    shown(
                        r"$\sum_i (\theta_i - L) = \sum_i (\tau_i - M)$ reads $-dL = -dM$, with "
                        r"$L$ and $M$ the two log-sum-exps: so $L = M$",
                        identity(difference + s.d * (one - two)),
                    ),
                    argued(r"$\theta_i - L = \tau_i - L$ for every $i$", "(36) once more"),
                ),
                *(
                    exact(
                        route,
                        is_minimal(_inside(GAUGES["sum theta = 0"]), base),
                        "all pairs of integer points of the set, d = 3",
                        universal=False,
                    )
                    for route, base in BASES.items()
                ),
            ),
        )
    ]
