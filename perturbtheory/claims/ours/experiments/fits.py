"""Where Normal's advantage in fits comes from, and what it turns into: from recorded fits."""

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.criteria import RUNS, below, beyond
from perturbtheory.claims.exhibits.fits import APART, SEEDS, STARTS, VARIANTS, compared, pair
from perturbtheory.claims.exhibits.symbols import B, T
from perturbtheory.estimate import Estimate
from perturbtheory.experiments.fits import FitRun, recorded
from perturbtheory.experiments.fits.grids import LONG, TARGETS, WIDE
from perturbtheory.experiments.fits.grids import exact as unsampled
from perturbtheory.experiments.fits.study import LENGTHS, longer
from perturbtheory.experiments.fits.tables import between
from perturbtheory.experiments.laws import UNIT
from perturbtheory.experiments.numbers import rounding
from perturbtheory.experiments.spread import Spread
from perturbtheory.ledger import Claim, agree, argued, eq, exact, positive
from perturbtheory.models.targets import probabilities
from perturbtheory.perturbations import Gumbel, Normal
from perturbtheory.potential import expected_logsumexp, expected_max

COUNTABLE = TARGETS[2:]
"""The targets of countable support, on which every term is larger than its error."""

fit_advantage = Claim(
    "C.fit-advantage",
    "this package, on A, section 6.1 and the last sentence of section 3.4",
    r"""Normal's advantage over Gumbel in the fits of section 6.1 has four sources, each of which
    adds to it for the Poisson and negative binomial targets: sampling noise in the number that is
    reported, sampling noise in the fit, the variance of the noise and its shape. With $L(\gamma)$
    the $L_1$ distance after 300 iterations without sampling, $G_\sigma$ and $N_\sigma$ noise of
    standard deviation $\sigma$, $w = \frac{\pi}{\sqrt 6}$: $L(G_w) > L(G_1) > L(N_1)$ and $L(G_w) >
    L(N_w)$. For the discrete target the first is larger than zero and the distances are less than
    $0.005$ apart.""",
    assumes="""The printed protocol, ten seeds with three standard errors and without sampling; the
    terms and their sum are those of `experiments.fits.study`.""",
)


def reported(target):
    """How much larger the advantage is in the number that the last iteration saw."""
    results = recorded.load()
    for case in STARTS:
        found = [results[VARIANTS[case](run)] for run in pair(target)]
        normal, gumbel = (np.array(x["objective"]) - np.array(x["l1"]) for x in found)
        yield beyond(case, Spread.of(gumbel - normal), "reported - distance, Gumbel - Normal")


def sampled(target):
    """How much larger it is than without sampling."""
    unit = FitRun(target, "gumbel", UNIT["gumbel"])
    normal, gumbel = pair(target)
    for far in (gumbel, unit):
        alone = between(recorded.load(), unsampled(normal), unsampled(far)).mean
        yield from compared((normal, far), SEEDS[:1], above=alone)


for _target in COUNTABLE:
    _unit, _wide = FitRun(_target, "gumbel", UNIT["gumbel"]), FitRun(_target, "normal", WIDE)
    _normal, _gumbel = pair(_target)
    fit_advantage.part(
        f"{_target}: sampling adds to the advantage in the number reported", target=_target
    )(reported)
    fit_advantage.part(f"{_target}: sampling adds to it in the fit", target=_target)(sampled)
    for _name, _runs in {
        "variance adds to it": (_unit, _gumbel),
        "shape adds to it at variance one": (_normal, _unit),
        r"shape adds to it at variance $\pi^2/6$": (_wide, _gumbel),
    }.items():
        fit_advantage.part(f"{_target}: {_name}", runs=_runs)(compared)
fit_advantage.part("discrete: the number that is reported is higher for Gumbel", target="discrete")(
    reported
)
fit_advantage.part("discrete: the distance is not", runs=pair("discrete"), within=0.005)(compared)

fit_reach = Claim(
    "C.fit-reach",
    "this package, on A, section 6.1",
    r"""What variance does is reach: Gumbel noise of variance one is unit Gumbel noise at a higher
    temperature with a longer step of Adam, $\operatorname{softmax}(\theta + \tfrac{1}{w}\gamma) =
    \operatorname{softmax}\left(\frac{w\theta + \gamma}{w}\right)$ for $w > 0$: $\theta$ moves in
    units of the noise; and the temperature alone makes fits worse. After 3,000 iterations and after
    30,000 both models are within $0.005$ of the discrete, the binomial and the Poisson target.""",
    assumes=r"""Fits without sampling, from $\theta = 0$. Adam's step does not depend on the scale
    of the gradient but through its epsilon of $10^{-8}$, so that $w\theta$ moves $w$ times as
    far; what that epsilon and rounding do over 300 steps is not bounded here, and the two fits are
    equal to the resolution of the record, which is six digits of every $L_1$.""",
)


def _warm(target: str, temperature: float = WIDE) -> FitRun:
    return unsampled(FitRun(target, "gumbel", temperature=temperature))


def _far(target: str) -> FitRun:
    """With the longer step."""
    return replace(_warm(target), learning_rate=0.01 * WIDE)


@fit_reach.part(r"scale of the noise = temperature and scale of $\theta$")
def same_fits():
    gamma, results = sp.Symbol("gamma", real=True), recorded.load()
    yield exact(
        "sympy",
        eq(T + gamma / B, (B * T + gamma) / B, r"entry by entry, $t = \theta_i$ and $b = w$"),
        argued("softmax is a function of these", "definition"),
    )
    for target in APART:
        unit = unsampled(FitRun(target, "gumbel", UNIT["gumbel"]))
        found = [results[run]["l1"] for run in (unit, _far(target))]
        one, two = (Estimate(np.array(x), rounding(x), "quadrature") for x in found)
        yield agree(RUNS, one, two, f"{target}, L1 of both, as recorded", kind="experiment")


def worse(pairs):
    for case, near, far in pairs:
        yield beyond(case, between(recorded.load(), near, far), "difference")


for _target in APART:
    _gumbel = unsampled(FitRun(_target, "gumbel"))
    fit_reach.part(
        f"{_target}: the higher temperature alone is worse than temperature one",
        pairs=[(f"t = {t:.2f}", _gumbel, _warm(_target, t)) for t in (WIDE, 2.0)],
    )(worse)
    fit_reach.part(
        f"{_target}: it is worse than with the longer step",
        pairs=[
            ("at the temperature", _far(_target), _warm(_target)),
            ("at the scale", unsampled(FitRun(_target, "gumbel", UNIT["gumbel"])), _warm(_target)),
        ],
    )(worse)


def within_reach(target, model):
    for steps in LENGTHS[1:]:
        (run,) = pair(target, model)
        found = recorded.load()[longer(unsampled(run), steps)]
        yield below(f"{steps} iterations", Spread.of(found["l1"]), "L1", 0.005)


for _target, _model in product(LONG, ("normal", "gumbel")):
    fit_reach.part(f"{_target}, {_model}: within $0.005$", target=_target, model=_model)(
        within_reach
    )

fit_hard = Claim(
    "C.fit-hard",
    "this package, on A, section 6.1",
    r"""After the same fits the arg max of the fitted model, which hard samples follow, is nearer to
    the target under Gumbel noise than under Normal noise, for all four targets by more than $0.1$:
    $\|\mathbb P[\arg\max(\theta_N + N) = \cdot] - p_0\|_1 - \|\mathbb P[\arg\max(\theta_G + G) =
    \cdot] - p_0\|_1 > \tfrac1{10}$ after 300 iterations; the same holds where $\mathbb
    E[\operatorname{softmax}(\theta + \gamma)] = p_0$ is the target itself.""",
    assumes=r"""Temperature 1 for both, the printed protocol, ten seeds and without sampling; the
    binomial target for the second part, $\theta$ by the inverse map, and after 30,000 iterations
    without sampling. $P(\arg\max)$ by quadrature.""",
)
for _target in TARGETS:
    fit_hard.part(
        f"{_target}: the arg max is nearer under Gumbel noise",
        runs=pair(_target, "gumbel", "normal"), key="l1_hard", above=0.1,
    )(compared)  # fmt: skip


@fit_hard.part(r"binomial: so it is where $\mathbb E[\operatorname{softmax}]$ is the target")
def hard_at_the_target():
    p0: Any = probabilities("binomial")
    p0 = p0 / p0.sum()
    normal, gumbel = (
        np.abs(expected_max(law).probabilities(expected_logsumexp(law, 1.0).parameters(p0)) - p0)
        for law in (Normal(), Gumbel())
    )
    lead = float(normal.sum() - gumbel.sum())
    yield positive("inverse map", lead - 0.1, f"Normal - Gumbel = {lead:.4f} in L1, less 0.1")
    runs = tuple(longer(unsampled(x), LENGTHS[-1]) for x in pair("binomial", "gumbel", "normal"))
    yield from compared(runs, SEEDS[1:], key="l1_hard", above=0.1)
