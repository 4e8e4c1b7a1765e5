"""Where Normal's advantage in fits comes from, and what it turns into: from recorded fits."""

from dataclasses import replace

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.fits import APART, from_zero, gap
from perturbtheory.claims.exhibits.spreads import below, beyond
from perturbtheory.claims.legacy import agree, argued, claim, proof, shown
from perturbtheory.claims.legacy import exact as decided
from perturbtheory.experiments import recorded
from perturbtheory.experiments.fits import UNIT, FitRun
from perturbtheory.experiments.grids import LONG, PAIR, TARGETS, WIDE, exact, printed
from perturbtheory.experiments.study import LENGTHS, longer
from perturbtheory.experiments.table_2 import Results, Spread, between
from perturbtheory.ledger import Budget, Check, Part
from perturbtheory.models.targets import probabilities
from perturbtheory.perturbations import Gumbel, Normal
from perturbtheory.potential import expected_logsumexp, expected_max
from perturbtheory.routes.symbolic import identity

COUNTABLE = TARGETS[2:]
"""The targets of countable support, on which every term is larger than its error."""


def _excess(results: Results, target: str, key: str, other: str) -> Spread:
    """How much larger the advantage is in `key` than in `other`, seed by seed."""
    normal, gumbel = (results[printed(target, model)] for model in PAIR)
    steps = [np.array(run[key]) - np.array(run[other]) for run in (normal, gumbel)]
    return Spread.of(steps[1] - steps[0])


@claim("C.fit-advantage")
def fit_advantage(_: Budget) -> list[Part]:
    r"""Statement: Normal's advantage over Gumbel in the fits of section 6.1 has four sources, each
    of which adds to it for the Poisson and negative binomial targets: sampling noise in the number
    that is reported, sampling noise in the fit, the variance of the noise and its shape. For the
    discrete target the first is larger than zero and the distances are less than 0.005 apart.

    LaTeX: with $L(\gamma)$ the $L_1$ distance after 300 iterations without sampling, $G_\sigma$ and
    $N_\sigma$ noise of standard deviation $\sigma$, $w = \frac{\pi}{\sqrt 6}$: $L(G_w) > L(G_1) >
    L(N_1)$ and $L(G_w) > L(N_w)$

    Source: this package, on A, section 6.1 and the last sentence of section 3.4

    Assumptions: the printed protocol; the terms and their sum are those of
    `perturbtheory.experiments.study`.

    Computed: recorded fits, ten seeds with three standard errors and without sampling.
    """
    results = recorded.load()
    parts = [part for target in COUNTABLE for part in _sources(results, target)]
    reported = _excess(results, "discrete", "objective", "l1")
    return [
        *parts,
        Part(
            "discrete: the number that is reported is higher for Gumbel, the distance is not",
            (
                beyond("as seen by the fit", reported, "reported - distance, Gumbel - Normal"),
                below("no sampling", gap(results, "discrete", exact), "Gumbel - Normal", 0.005),
            ),
        ),
    ]


def _sources(results: Results, target: str) -> list[Part]:
    gumbel, unit = (FitRun(target, "gumbel", scale) for scale in (1.0, UNIT["gumbel"]))
    normal, wide = (FitRun(target, "normal", scale) for scale in (1.0, WIDE))
    reported = _excess(results, target, "objective", "l1")
    alone = gap(results, target, exact).mean
    sampled = gap(results, target, from_zero)
    return [
        Part(
            f"{target}: sampling adds to the advantage",
            (
                beyond("in the number reported", reported, "reported - distance"),
                beyond("in the fit", sampled, "Gumbel - Normal", alone),
            ),
        ),
        Part(
            f"{target}: variance adds to it",
            (
                beyond("ten seeds", between(results, unit, gumbel), "L(G_w) - L(G_1)"),
                beyond(
                    "no sampling", between(results, exact(unit), exact(gumbel)), "L(G_w) - L(G_1)"
                ),
            ),
        ),
        Part(
            f"{target}: shape adds to it",
            (
                beyond(
                    "at variance one", between(results, exact(normal), exact(unit)),
                    "L(G_1) - L(N_1)",
                ),
                beyond(
                    "at variance pi^2/6", between(results, exact(wide), exact(gumbel)),
                    "L(G_w) - L(N_w)",
                ),
            ),
        ),
    ]  # fmt: skip


@claim("C.fit-reach")
def fit_reach(_: Budget) -> list[Part]:
    r"""Statement: What variance does is reach: Gumbel noise of variance one is unit Gumbel noise at
    a higher temperature with a longer step of Adam, and the temperature alone makes fits worse.
    After 30,000 iterations both models are within 0.005 of the discrete, the binomial and
    the Poisson target.

    LaTeX: $\operatorname{softmax}(\theta + \tfrac{1}{w}\gamma) = \operatorname{softmax}\left(
    \frac{w\theta + \gamma}{w}\right)$ for $w > 0$: $\theta$ moves in units of the noise

    Source: this package, on A, section 6.1

    Assumptions: fits without sampling, from theta = 0. Adam's step does not depend on the scale of
    the gradient but through its epsilon of 1e-8, so that w theta moves w times as far.

    Computed: the identity; recorded fits.
    """
    results = recorded.load()
    theta, gamma, w = sp.symbols("theta gamma w", positive=True)
    parts = [
        Part(
            "scale of the noise = temperature and scale of theta",
            (
                proof(
                    "sympy",
                    "entry by entry",
                    shown(
                        r"$\theta + \gamma / w = (w\theta + \gamma)/w$",
                        identity(theta + gamma / w - (w * theta + gamma) / w),
                    ),
                    argued("softmax is a function of these", "definition"),
                ),
                *(_same_fit(results, target) for target in APART),
            ),
        )
    ]
    for target in APART:
        warm = exact(FitRun(target, "gumbel", temperature=WIDE))
        worse = between(results, exact(printed(target, "gumbel")), warm)
        far = between(results, replace(warm, learning_rate=0.01 * WIDE), warm)
        parts.append(
            Part(
                f"{target}: the higher temperature alone is worse",
                (
                    beyond("than temperature one", worse, "difference"),
                    beyond("than with the longer step", far, "difference"),
                ),
            )
        )
    for target in LONG:
        last = [longer(exact(printed(target, model)), LENGTHS[-1]) for model in PAIR]
        parts.append(
            Part(
                f"{target}: within 0.005 after {LENGTHS[-1]} iterations",
                tuple(
                    below(model, Spread.of(results[run]["l1"]), "L1", 0.005)
                    for model, run in zip(PAIR, last, strict=True)
                ),
            )
        )
    return parts


def _same_fit(results: Results, target: str) -> Check:
    """The same distance by both parametrisations, to 1e-5."""
    unit = exact(FitRun(target, "gumbel", UNIT["gumbel"]))
    warm = exact(FitRun(target, "gumbel", temperature=WIDE, learning_rate=0.01 * WIDE))
    one, two = (results[run]["l1"] for run in (unit, warm))
    return agree(f"fits, {target}", "experiment", one, two, "L1 of both", slack=1e-5)


@claim("C.fit-hard")
def fit_hard(_: Budget) -> list[Part]:
    r"""Statement: After the same fits the arg max of the fitted model, which hard samples follow,
    is nearer to the target under Gumbel noise than under Normal noise, for all four targets by more
    than 0.1; the same holds where E[softmax] is the target itself.

    LaTeX: $\|\mathbb P[\arg\max(\theta_N + N) = \cdot] - p_0\|_1 -
    \|\mathbb P[\arg\max(\theta_G + G) = \cdot] - p_0\|_1 > \tfrac1{10}$ after
    300 iterations, and for $\theta_N$, $\theta_G$ with
    $\mathbb E[\operatorname{softmax}(\theta + \gamma)] = p_0$

    Source: this package, on A, section 6.1

    Assumptions: temperature 1 for both, the printed protocol; the binomial target for the second
    part.

    Computed: P(argmax) by quadrature after recorded fits, ten seeds and without sampling; theta by
    the inverse map, and after 30,000 iterations without sampling.
    """
    results = recorded.load()
    parts = [
        Part(
            f"{target}: the arg max is nearer under Gumbel noise",
            (
                _hard("ten seeds", gap(results, target, from_zero, "l1_hard")),
                _hard("no sampling", gap(results, target, exact, "l1_hard")),
            ),
        )
        for target in TARGETS
    ]
    inverse = _hard_at_the_target("binomial")
    long = gap(results, "binomial", lambda run: longer(exact(run), LENGTHS[-1]), "l1_hard")
    at_the_target = Part(
        "binomial: so it is where E[softmax] is the target",
        (
            decided(
                "inverse map", inverse < -0.1, f"Gumbel - Normal = {inverse:.4f}", universal=False
            ),
            _hard("30,000 iterations", long),
        ),
    )
    return [*parts, at_the_target]


def _hard(route: str, difference: Spread) -> Check:
    turned = difference._replace(mean=-difference.mean)
    return beyond(route, turned, "Normal - Gumbel, L1 of P(argmax)", 0.1)


def _hard_at_the_target(target: str) -> float:
    p0 = probabilities(target)
    p0 = p0 / p0.sum()
    distances = []
    for law in (Normal(), Gumbel()):
        theta = expected_logsumexp(law, 1.0).parameters(p0)
        distances.append(np.abs(np.asarray(expected_max(law).probabilities(theta)) - p0).sum())
    return float(distances[1] - distances[0])
