"""Theorem 5.1: which convex sets of parameters represent every $p$ by Perturb-Argmax."""

from fractions import Fraction

import numpy as np

from perturbtheory.claims.exhibits import cosets
from perturbtheory.claims.exhibits.cones import (
    HALF_SPACE,
    programs,
    uniqueness,
)
from perturbtheory.claims.exhibits.cosets import CONES, outcomes
from perturbtheory.claims.legacy import agree, argued, claim, exact, proof
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.perturbations import Discrete, Gumbel
from perturbtheory.potential import Potential, expected_max
from perturbtheory.properties import box, completeness, cone, reach, whole_space
from perturbtheory.routes import rational

COIN = (Fraction(-1), Fraction(1))


def _coin() -> Potential:
    return expected_max(Discrete(np.array([-1.0, 1.0])))


@claim(
    "A.argmax-completeness",
    corrected="A.argmax-completeness.corrected",
    depends_on=("A.gumbel-argmax-is-softmax", "C.completeness-argmax"),
)
def argmax_completeness(_: Budget) -> list[Part]:
    r"""Statement: Every convex set Theta is complete for Perturb-Argmax, for any type of random
    perturbation: every p > 0 is E[argmax(theta + gamma)] for a theta in Theta.

    LaTeX: $\Theta \subseteq \mathbb R^d$ convex: $\operatorname{ri}(\Delta) \subseteq \{\mathbb
    E_\gamma[\arg\max(\theta+\gamma)] : \theta \in \Theta\} \subseteq \Delta$

    Source: A, Theorem 5.1, (14), and the sentence after its proof

    Assumptions: first as printed, without any condition on Theta; then with "the conditions on
    h_i" of Theorem 4.1 that the proof mentions, unbounded above for every i. With ties,
    E[argmax] is read as the subdifferential of f, as in (13), and in the last part as one vector,
    ties being broken by any rule. (14) prints one vector for the set of all.

    Computed: a point, exactly for uniform noise and coins; a half-space for Gumbel noise, whose
    arg max is the softmax, and for coins; all values of E[argmax] for coins.
    """
    point = box([0.0, 0.0], [0.0, 0.0])
    p = (Fraction(1, 8), Fraction(7, 8))
    alone = rational.uniform([0, 0]).probabilities
    tied = rational.discrete([0, 0], COIN)
    return [
        Part(
            "no condition on Theta, as printed: Theta = {0}",
            (
                exact(
                    "rational, uniform noise",
                    alone == p,
                    f"the only p is ({', '.join(map(str, alone))})",
                ),
                exact(
                    "rational, coins",
                    tied.only[0] <= p[0] <= tied.some[0],
                    f"the subgradients have p_1 from {tied.only[0]} to {tied.some[0]}",
                ),
                agree(
                    "linear programs",
                    "quadrature",
                    outcomes([completeness(expected_max(Gumbel()), point)]),
                    np.ones(1),
                    "1 if complete, 0 if not, against 1; Gumbel noise",
                ),
            ),
            {
                "d": 2,
                "Theta": "{(0, 0)}",
                "gamma": "uniform on [-1, 1]",
                "the only p": [str(x) for x in alone],
                "missed p": [str(x) for x in p],
            },
        ),
        Part(
            f"h_i unbounded above, as in the proof: {HALF_SPACE.set}",
            (
                uniqueness(HALF_SPACE, HALF_SPACE.unbounded(above=True), "Gumbel noise"),
                programs(HALF_SPACE, expected_max(Gumbel()), "Gumbel noise"),
                programs(HALF_SPACE, _coin(), "coins, set-valued"),
            ),
            HALF_SPACE.missed | {"gamma": "Gumbel, where argmax(theta + gamma) is the softmax"},
        ),
        _single_valued(),
    ]


def _single_valued() -> Part:
    # p_1 is constant between ties, which happen where theta_1 - theta_2 is -2, 0 or 2.
    between = [rational.discrete([x, 0], COIN) for x in (-3, -1, 1, 3)]
    values = sorted({x.probabilities[0] for x in between})
    ties = [rational.discrete([x, 0], COIN) for x in (-2, 0, 2)]
    most = len(values) + len(ties)
    # Whatever the rule for ties, at most this many of the thirteenths are values of p_1.
    candidates = [Fraction(k, 13) for k in range(1, 13)]
    f = _coin()
    shares = [np.array([float(x), 1 - float(x)]) for x in candidates]
    found = [reach(f, whole_space(2), p) for p in shares]
    single = [t is not None and f.subdifferential(t).is_singleton for t in found]
    return Part(
        "any perturbation, E[argmax] as one vector: Theta = R^2, coins",
        (
            exact(
                "rational, coins",
                len(candidates) <= most,
                f"p_1 takes the values {', '.join(map(str, values))} without ties and one value "
                f"at each of {len(ties)} ties: at most {most} values",
            ),
            agree(
                "cutting planes",
                "quadrature",
                np.array(single, float),
                np.ones(len(single)),
                "1 where the theta that has k/13 as a subgradient has no other, k = 1 to 12",
            ),
        ),
        {
            "d": 2,
            "Theta": "R^2",
            "gamma_i": "-1 or 1, equally likely",
            "values of p_1 without a tie": [str(x) for x in values],
            "ties at theta_1 - theta_2": [-2, 0, 2],
        },
    )


@claim("A.argmax-completeness.corrected", depends_on=("C.completeness-argmax",))
def argmax_completeness_corrected(_: Budget) -> list[Part]:
    r"""Statement: A convex set Theta on which <u, theta> is unbounded above for every u != 0 with
    sum zero, such as R^d and both gauges, is complete for Perturb-Argmax under any perturbation:
    every p > 0 is a subgradient of f at a theta in Theta, and is E[argmax(theta + gamma)] there
    if ties have probability zero. If gamma has full support, no other convex Theta is complete.

    LaTeX: $\sup_{\theta\in\Theta}\langle u,\theta\rangle = \infty$ for all $u \ne 0$ with
    $\sum_iu_i = 0$ implies $\operatorname{ri}(\Delta) \subseteq \bigcup_{\theta\in\Theta}\partial
    f(\theta) \subseteq \Delta$, and is necessary for it under full support

    Source: corrects A, Theorem 5.1

    Assumptions: those of C.completeness-argmax. Under bounded or discrete noise the condition is
    not necessary: C.completeness-bounded, C.completeness-discrete.

    Computed: the proof for symbolic d; nine cones by linear programs, for coins and Gumbel noise.
    """
    sets = [cone(np.array(c.generators, float)) for c in CONES if c.covers]
    found = outcomes(completeness(_coin(), s) for s in sets)
    return [
        Part(
            "sufficient for any perturbation",
            (
                proof(
                    "convex analysis",
                    "every p > 0 has a theta, and every theta a translate in Theta",
                    *cosets.onto(),
                    *cosets.separation(),
                    argued(
                        r"$\partial f$ is the same at $\theta+c\mathbf 1$, and is the one vector "
                        r"$\mathbb E[\arg\max(\theta+\gamma)]$ where ties have probability zero",
                        "f(theta + c1) = f(theta) + c; C.anchored-potential",
                    ),
                ),
                agree(
                    "linear programs, coins",
                    "quadrature",
                    found,
                    np.ones(len(sets)),
                    f"{len(sets)} cones with Theta + R1 = R^3, 1 = complete, set-valued",
                ),
            ),
        ),
        Part(
            "necessary under full support",
            (_necessary(), cosets.certificates(), cosets.linear_programs(expected_max(Gumbel()))),
        ),
    ]


def _necessary() -> Check:
    return proof(
        "ties of arg max",
        "every coset has a p of its own",
        *cosets.disjoint(),
        argued(
            r"full support gives these $\gamma$, and those for which $i$ alone wins, positive "
            r"probability: every coset has a $p > 0$ that no other has, and $\Theta$ must meet it",
            "they form open sets",
        ),
        *cosets.separation(),
    )
