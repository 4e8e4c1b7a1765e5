"""Section 4, after Theorem 4.3: two sets that are called complete and minimal."""

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import cosets, sums, three_atoms
from perturbtheory.ledger import Claim, agree, argued, exact, identity, positive, shown, witness
from perturbtheory.routes import symbolic

gauges = Claim(
    "A.softmax-gauges",
    "A, section 4, the sentence after the proof of Theorem 4.3 on two sets",
    r"""Similarly to the softmax, sets that are both complete and minimal for Perturb-Softmax are
    $\{\theta \in \mathbb R^d : \sum_i\theta_i = 0\}$ and $\{\theta \in \mathbb R^d : \theta_1 =
    0\}$.""",
    assumes=r"""any real random vector $\gamma$, $d > 1$. Complete as section 3.1 defines it, every
    $p$ of the closed simplex, and as (8) has it, every $p > 0$: both readings are parts, as in
    A.gauge-sets.""",
    depends_on="C.completeness",
)
true_gauges = gauges.corrected(
    r"""Perturb-Softmax maps $\{\sum_i\theta_i = 0\}$, and $\{\theta_1 = 0\}$, one-to-one onto the
    relative interior of the simplex, the $p$ with all entries positive; no other $p$ is
    reached.""",
    assumes=r"any real random vector $\gamma$, $d > 1$.",
    depends_on="C.completeness",
)


@gauges.part("complete as in (8), every $p > 0$, and minimal")
@true_gauges.part("one point of every $p > 0$")
def one_point_of_every_coset():
    s, (c, total, first) = symbolic.categories(), sp.symbols("c S theta_1", real=True)
    moved = cosets.expanded_sum(s, s.theta[s.j] + c).subs(s.sum(s.theta[s.j]), total).doit()
    one, two = sp.solve(moved, c), sp.solve(first + c, c)
    targets = np.random.default_rng(5).dirichlet(np.ones(3), 24)
    found = cosets.preimages(targets)
    moved_there = np.concatenate([found - found.mean(1, keepdims=True), found - found[:, :1]])
    reached = three_atoms.share(moved_there)
    yield exact(
        "cosets",
        shown(
            r"$\sum_j(\theta_j+c) = 0$ has exactly one solution, $c = -\frac1d\sum_j\theta_j$",
            identity(one[0] * s.d + total) if len(one) == 1 else "fails",
        ),
        shown(r"$\theta_1+c = 0$ has exactly one, $c = -\theta_1$", two == [-first]),
        argued(r"""every $p > 0$ has exactly one coset $\theta+\mathbb R\mathbf 1$, and so exactly
            one $\theta$ in either set [C.completeness]"""),
    )
    what = r"$p$ at $\theta(p)$ moved into either set, 24 $p$, $d = 3$"
    yield agree("enumeration", reached, np.concatenate([targets, targets]), what)
    for name, points in (("sum zero", moved_there[:24]), ("first zero", moved_there[24:])):
        apart, shares = points[:, None] - points, three_atoms.share(points)
        rises = (apart * (shares[:, None] - shares)).sum(-1)[np.triu_indices(24, 1)]
        what = rf"$\langle\theta-\tau, p(\theta)-p(\tau)\rangle$ for two of them, {name}"
        yield positive("enumeration, two points", rises, what)


def far_away() -> tuple[np.ndarray, np.ndarray]:
    """k and p_3 at theta = (k, 0, -k), three atoms."""
    k = np.array([1.0, 4.0, 16.0, 32.0])
    far = np.stack([k, 0 * k, -k], 1)
    return k, three_atoms.share(far)[:, 2]


@gauges.part(r"complete as in 3.1, every $p \in \Delta$")
def onto_the_closed_simplex():
    weight = sp.exp(sp.Symbol("x", real=True))
    yield exact(
        "sympy",
        argued(r"""$p = (1, 0, 0)$ asks for $\mathbb
            E[e^{\theta_2+\gamma_2}/\sum_je^{\theta_j+\gamma_j}] = 0$ [the second entry]"""),
        shown("$e^x$ is not positive for some real $x$", not weight.is_positive),
    )
    what = r"$-p_3$ at $\theta = (k, 0, -k)$, up to $k = 32$"
    yield positive("enumeration", -far_away()[1], what)
    yield witness(d=3, gamma="any", **{"missed $p$": [1, 0, 0], "all that are reached": "positive"})


@true_gauges.part("no other $p$ is reached")
def only_positive():
    distance, last = far_away()
    yield exact("sympy, symbolic d", *sums.probabilities())
    what = r"$\log p_3+2k+\log 12$ at $\theta = (k, 0, -k)$, for $p_3 \ge e^{-2k}/12$"
    yield positive("enumeration", np.log(last) + 2 * distance + np.log(12.0), what)
