"""Sections 1 and 3.3: which of the properties (I) to (III) hold for any random perturbation."""

from itertools import pairwise

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import cosets
from perturbtheory.claims.exhibits.cosets import ATOMS
from perturbtheory.claims.exhibits.noises import COIN
from perturbtheory.claims.exhibits.sums import probabilities
from perturbtheory.claims.paper_a.s4_perturb_softmax.perturb_softmax import (
    DOMINATED,
    log_sum_exp_slope,
)
from perturbtheory.ledger import Claim, agree, argued, exact, positive, shown, witness
from perturbtheory.perturbations import Discrete, Uniform
from perturbtheory.potential import expected_max
from perturbtheory.routes import enumeration, rational

any_perturbation = Claim(
    "A.any-perturbation",
    'A, section 1, "for any random perturbation", and section 3.3, (I)-(III) and the line after',
    r"""For any random perturbation, Perturb-Softmax and Perturb-Argmax have the properties: (I) the
    subdifferential is a single-valued mapping; (II) it is onto the probability simplex $\Delta$;
    (III) it is one-to-one.""",
    assumes=r""""the generality of our framework allows establishing these properties for any random
    perturbation" is read as: they hold for any; that the framework finds out whether they hold is
    no statement about the models, and A.table-1 has its answers. $\Theta = \{\sum_i\theta_i = 0\}$,
    without which (III) is false for all. (II) is read as printed, and as onto the positive
    probabilities, as in (8) and (14): both readings are parts.""",
    depends_on="C.completeness",
)
true_perturbation = any_perturbation.corrected(
    r"""For any real random vector $\gamma$, Perturb-Softmax on $\{\sum_i\theta_i = 0\}$ is
    single-valued, one-to-one and onto $\operatorname{ri}(\Delta)$, never onto $\Delta$ for $d > 1$.
    The subdifferential of Perturb-Argmax contains every positive probability; whether it is
    single-valued or one-to-one depends on $\gamma$.""",
    assumes=r"""where $f$ is not finite, the anchored potential of C.anchored-potential stands for
    it.""",
    depends_on=("C.completeness", "C.completeness-argmax"),
)


def far_away() -> tuple[np.ndarray, np.ndarray]:
    """k and p_3 at theta = (k, 0, -k), three atoms."""
    k = np.array([1.0, 4.0, 16.0, 32.0])
    far = np.stack([k, 0 * k, -k], 1)
    return k, enumeration.softmax(far, ATOMS, 1.0).probabilities[:, 2]


@any_perturbation.part("(II) Perturb-Softmax: onto the simplex, as printed")
def onto_the_simplex():
    weight = sp.exp(sp.Symbol("x", real=True))
    yield exact(
        "sympy",
        argued(
            r"$p = (1, 0, 0)$ asks for $\mathbb E[e^{\theta_2+\gamma_2}/\sum_je^{\theta_j+\gamma_j"
            "}] = 0$",
            "the second entry",
        ),
        shown("$e^x$ is not positive for a real $x$", not weight.is_positive),
    )
    yield positive(
        "enumeration", -far_away()[1], r"$-p_3$ at $\theta = (k, 0, -k)$, up to $k = 32$"
    )
    yield witness(
        {"d": 3, "gamma": "any", "missed $p$": [1, 0, 0], "entries that are reached": "positive"}
    )


@any_perturbation.part("(I) Perturb-Softmax: single-valued; (II): onto the positive probabilities")
@true_perturbation.part("Perturb-Softmax: single-valued, onto the positive probabilities")
def softmax_onto():
    targets = np.random.default_rng(2).dirichlet(np.ones(3), 12) * (1 - 3e-6) + 1e-6
    found = enumeration.softmax(cosets.preimages(targets), ATOMS, 1.0).probabilities
    yield exact(
        "convex analysis",
        log_sum_exp_slope(1, 1, 1),
        DOMINATED,
        *probabilities(),
        *cosets.onto(),
    )
    yield agree("enumeration, Newton's method", found, targets, r"$p(\theta(p))$, three atoms")


@any_perturbation.part("(III) Perturb-Softmax: one-to-one")
@true_perturbation.part("Perturb-Softmax: one-to-one")
def softmax_one_to_one():
    x = np.random.default_rng(4).normal(size=(8, 3))
    share = enumeration.softmax(x, ATOMS, 1.0).probabilities
    one, two = np.triu_indices(8, 1)
    margins = ((x[one] - x[two]) * (share[one] - share[two])).sum(1)
    what = r"$\langle p(\theta)-p(\tau),\theta-\tau\rangle$ for 28 pairs, three atoms, $d = 3$"
    yield exact("strict monotonicity", *cosets.monotone())
    yield positive("enumeration", margins, what)


@any_perturbation.part("(I) Perturb-Argmax: single-valued")
def argmax_single_valued():
    tie = rational.discrete([0, 0], COIN)
    f = expected_max(Discrete(np.array(COIN, float)))
    single = f.subdifferential(np.zeros(2)).is_singleton
    yield exact(
        "rational, coins",
        tie.only[0] == tie.some[0],
        cases=rf"$\theta = 0$, $d = 2$: $p_1$ may be anything from {tie.only[0]} to {tie.some[0]}",
    )
    yield agree("engine", float(single), 1.0, "1 if the subdifferential at 0 is a point, coins")
    yield witness(
        {
            "d": 2,
            "gamma_i": r"$\pm 1$, equally likely",
            "theta": [0, 0],
            "p_1": f"any number from {tie.only[0]} to {tie.some[0]}",
        }
    )


@any_perturbation.part("(III) Perturb-Argmax: one-to-one")
def argmax_one_to_one():
    pair = [rational.uniform([k, -k]).probabilities for k in (2, 3)]
    f = expected_max(Uniform())
    found = np.asarray(f.probabilities(np.array([[2.0, -2.0], [3.0, -3.0]])))[:, 0]
    yield exact(
        "rational, uniform noise",
        pair[0] != pair[1],
        cases=r"$\theta = (2, -2)$ and $(3, -3)$, noise on $[-1, 1]$: both have $p = "
        rf"({pair[0][0]}, {pair[0][1]})$",
    )
    yield positive("engine", abs(found[0] - found[1]) - 1e-6, "distance of $p_1$, less $10^{-6}$")
    yield witness(
        {
            "d": 2,
            "gamma_i": "uniform on $[-1, 1]$",
            "theta": [2, -2],
            "tau": [3, -3],
            "p of both": [str(x) for x in pair[0]],
        }
    )


@any_perturbation.part("(II) Perturb-Argmax: every positive probability is a subgradient")
@true_perturbation.part("Perturb-Argmax: every positive probability is a subgradient")
def argmax_onto():
    # d = 2, coins: the subdifferentials at differences -2, 0 and 2 of theta cover (0, 1).
    f = expected_max(Discrete(np.array(COIN, float)))
    places = [[float(k), 0.0] for k in (-2, 0, 2)]
    shares = np.array([[k / 13, 1 - k / 13] for k in range(1, 13)])
    ends = [rational.discrete([k, 0], COIN) for k in (-2, 0, 2)]
    met = [any(f.subdifferential(np.array(t)).contains(p) for t in places) for p in shares]
    yield exact("convex analysis", *cosets.onto())
    yield agree("engine", np.array(met, float), np.ones(12), "1 if $p_1 = k/13$ is a subgradient")
    yield exact(
        "rational, coins",
        ends[0].only[0] == 0
        and ends[2].some[0] == 1
        and all(a.some[0] == b.only[0] for a, b in pairwise(ends)),
        cases=r"$d = 2$: the intervals of $p_1$ at $\theta_1-\theta_2 = -2, 0, 2$ cover $[0, 1]$",
    )


@true_perturbation.part(r"Perturb-Softmax: never onto $\Delta$")
def never_onto():
    distance, last = far_away()
    zero = argued("so no entry is 0, while $(1, 0, \\dots, 0) \\in \\Delta$", "$d > 1$")
    yield exact("sympy, symbolic d", *probabilities(), zero)
    what = r"$\log p_3+2k+\log 12$ at $\theta = (k, 0, -k)$, for $p_3 \ge e^{-2k}/12$"
    yield positive("enumeration", np.log(last) + 2 * distance + np.log(12.0), what)
