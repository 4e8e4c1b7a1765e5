"""Theorem 5.1: which convex sets of parameters represent every $p$ by Perturb-Argmax."""

from fractions import Fraction

import numpy as np

from perturbtheory.claims.exhibits import cones, cosets
from perturbtheory.claims.exhibits.noises import COIN
from perturbtheory.ledger import Claim, agree, argued, exact, witness
from perturbtheory.perturbations import Discrete, Gumbel
from perturbtheory.potential import expected_max
from perturbtheory.properties import box, completeness, cone, reach, whole_space
from perturbtheory.routes import rational

COINS = expected_max(Discrete(np.array([-1.0, 1.0])))

argmax_completeness = Claim(
    "A.argmax-completeness",
    "A, Theorem 5.1, (14), and the sentence after its proof",
    r"""Every convex set $\Theta \subseteq \mathbb R^d$ is complete for Perturb-Argmax, for any type
    of random perturbation: $\operatorname{ri}(\Delta) \subseteq \{\mathbb
    E_\gamma[\arg\max(\theta+\gamma)] : \theta \in \Theta\} \subseteq \Delta$, so that every $p > 0$
    is $\mathbb E_\gamma[\arg\max(\theta + \gamma)]$ for a $\theta \in \Theta$.""",
    assumes=r"""first as printed, without any condition on $\Theta$; then with "the conditions on
    $h_i$" of Theorem 4.1 that the proof mentions, unbounded above for every $i$. With ties,
    $\mathbb E[\arg\max]$ is read as the subdifferential of $f$, as in (13), and in the last part as
    one vector, ties being broken by any rule. (14) prints one vector for the set of all.""",
    depends_on=("A.gumbel-argmax-is-softmax", "C.completeness-argmax"),
)
complete_sets = argmax_completeness.corrected(
    r"""A convex set $\Theta$ on which $\langle u, \theta\rangle$ is unbounded above for every
    $u \ne 0$ with $\sum_iu_i = 0$, such as $\mathbb R^d$ and both gauges, is complete for
    Perturb-Argmax under any perturbation: $\operatorname{ri}(\Delta) \subseteq
    \bigcup_{\theta\in\Theta}\partial f(\theta) \subseteq \Delta$, so that every $p > 0$ is a
    subgradient of $f$ at a $\theta \in \Theta$, and it is $\mathbb E[\arg\max(\theta + \gamma)]$
    there if ties have probability zero. If $\gamma$ has full support, no other convex $\Theta$ is
    complete: the condition is necessary.""",
    assumes="""those of C.completeness-argmax. Under bounded or discrete noise the condition is not
    necessary: C.completeness-bounded, C.completeness-discrete.""",
    depends_on="C.completeness-argmax",
)


@argmax_completeness.part(r"no condition on $\Theta$, as printed: $\Theta = \{0\}$")
def a_point():
    p = (Fraction(1, 8), Fraction(7, 8))
    alone = rational.uniform([0, 0]).probabilities
    tied = rational.discrete([0, 0], COIN)
    found = completeness(expected_max(Gumbel()), box([0.0, 0.0], [0.0, 0.0]))
    cases = f"$p$ = ({', '.join(map(str, p))}); the only one is ({', '.join(map(str, alone))})"
    yield exact("rational, uniform noise", alone == p, cases=cases)
    cases = f"the same; the subgradients have $p_1$ from {tied.only[0]} to {tied.some[0]}"
    yield exact("rational, coins", tied.only[0] <= p[0] <= tied.some[0], cases=cases)
    what = "1 if complete, 0 if not, against 1; Gumbel noise"
    yield agree("linear programs", cosets.outcomes([found]), np.ones(1), what)
    yield witness(
        d=2,
        Theta=r"$\{(0, 0)\}$",
        gamma="uniform on $[-1, 1]$",
        **{"the only $p$": alone, "missed $p$": p},
    )


@argmax_completeness.part(f"$h_i$ unbounded above, as in the proof: {cones.HALF_SPACE.set}")
def a_half_space():
    yield cones.uniqueness(cones.HALF_SPACE, cones.HALF_SPACE.unbounded(above=True), "Gumbel noise")
    yield cones.programs(cones.HALF_SPACE, expected_max(Gumbel()), "Gumbel noise")
    yield cones.programs(cones.HALF_SPACE, COINS, "coins, set-valued")
    law = r"Gumbel, where $\arg\max(\theta + \gamma)$ is the softmax"
    yield witness(cones.HALF_SPACE.missed | {"gamma": law})


@argmax_completeness.part(
    r"any perturbation, $\mathbb E[\arg\max]$ as one vector: $\Theta = \mathbb R^2$, coins"
)
def single_valued():
    # p_1 is constant between ties, which happen where theta_1 - theta_2 is -2, 0 or 2. Whatever
    # the rule for ties, at most `most` of the thirteenths are values of p_1.
    values = sorted({rational.discrete([x, 0], COIN).probabilities[0] for x in (-3, -1, 1, 3)})
    most = len(values) + len(ties := (-2, 0, 2))
    shares = [Fraction(k, 13) for k in range(1, 13)]
    found = [reach(COINS, whole_space(2), np.array([float(x), 1 - float(x)])) for x in shares]
    single = [t is not None and COINS.subdifferential(t).is_singleton for t in found]
    cases = f"""{len(shares)} thirteenths; $p_1$ takes the values {", ".join(map(str, values))}
        without ties and one value at each of {len(ties)} ties: at most {most} values"""
    yield exact("rational, coins", len(shares) <= most, cases=cases)
    what = r"1 where the $\theta$ that has $k/13$ as a subgradient has no other, $k = 1$ to 12"
    yield agree("cutting planes", np.array(single, float), np.ones(len(single)), what)
    yield witness(
        d=2,
        Theta=r"$\mathbb R^2$",
        gamma_i="-1 or 1, equally likely",
        **{"values of $p_1$ without a tie": values, r"ties at $\theta_1 - \theta_2$": list(ties)},
    )


@complete_sets.part("sufficient for any perturbation")
def sufficient():
    sets = [cone(np.array(c.generators, float)) for c in cosets.CONES if c.covers]
    found = cosets.outcomes(completeness(COINS, s) for s in sets)
    yield exact(
        "convex analysis",
        *cosets.onto(),
        *cosets.separation(),
        argued(r"""$\partial f$ is the same at $\theta+c\mathbf 1$, and is the one vector $\mathbb
            E[\arg\max(\theta+\gamma)]$ where ties have probability zero [$f(\theta + c\mathbf 1) =
            f(\theta) + c$; C.anchored-potential]"""),
    )
    what = rf"""{len(sets)} cones with $\Theta + \mathbb R\mathbf 1 = \mathbb R^3$, 1 = complete,
        set-valued"""
    yield agree("linear programs, coins", found, np.ones(len(sets)), what)


@complete_sets.part("necessary under full support")
def necessary():
    yield exact(
        "ties of arg max",
        *cosets.disjoint(),
        argued(r"""full support gives these $\gamma$, and those for which $i$ alone wins, positive
            probability: every coset has a $p > 0$ that no other has, and $\Theta$ must meet it
            [they form open sets]"""),
        *cosets.separation(),
    )
    yield cosets.certificates()
    yield cosets.linear_programs(expected_max(Gumbel()))
