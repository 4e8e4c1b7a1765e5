"""Where Normal's advantage in Table 2 comes from: one factor at a time.

With L(noise, scale) the L1 distance after a fit with the exact objective, a fit's advantage over
another is a difference of L1, positive where Normal is the nearer one, and

    advantage seen =   what sampling adds to the number that the last iteration reports
                     + what sampling adds to the fit
                     + variance  ((L(G, 1) - L(G, u)) + (L(N, w) - L(N, 1))) / 2
                     + shape     ((L(G, 1) - L(N, w)) + (L(G, u) - L(N, 1))) / 2

where Gumbel noise G has variance one at scale u and Normal noise N the variance of unit Gumbel
noise at scale w: the mean over both orders in which the two can be changed (Shapley).
"""

from dataclasses import replace
from typing import NamedTuple

from perturbtheory.experiments.fits.grids import PAIR, TEMPERATURES, WIDE, exact, printed
from perturbtheory.experiments.fits.settings import FitRun
from perturbtheory.experiments.fits.tables import Results, advantage
from perturbtheory.experiments.laws import UNIT
from perturbtheory.experiments.spread import Spread

LENGTHS = (300, 3000, 30_000)
"""Iterations of the exact fits."""


class Decomposition(NamedTuple):
    """The terms at the head of the module, for one target; `seen` is the sum of the others."""

    seen: float
    reported: float
    sampled: float
    variance: float
    shape: float


def distance(results: Results, run: FitRun, key: str = "l1") -> float:
    """L1 after this run, its mean over seeds."""
    return Spread.of(results[run][key]).mean


def decomposition(results: Results, target: str) -> Decomposition:
    """The four terms, which sum to Gumbel's L1 minus Normal's as the fits saw it."""
    seen, l1 = (advantage(results, target, key).mean for key in ("objective", "l1"))
    normal, wide, unit, gumbel = (
        distance(results, exact(FitRun(target, model, scale)))
        for model, scale in (("normal", 1.0), ("normal", WIDE), ("gumbel", UNIT["gumbel"]),
                             ("gumbel", 1.0))
    )  # fmt: skip
    return Decomposition(
        seen,
        seen - l1,
        l1 - (gumbel - normal),
        ((gumbel - unit) + (wide - normal)) / 2,
        ((gumbel - wide) + (unit - normal)) / 2,
    )


def pair(results: Results, target: str, key: str = "l1", **changes: object) -> tuple[float, float]:
    """L1 of Normal and of Gumbel after exact fits that differ from the protocol by `changes`."""
    normal, gumbel = (
        distance(results, replace(exact(printed(target, model)), **changes), key) for model in PAIR
    )
    return normal, gumbel


def longer(run: FitRun, steps: int) -> FitRun:
    """The same fit with this many iterations."""
    return replace(run, steps=steps)


def against_length(results: Results, target: str) -> dict[int, tuple[float, float]]:
    """(Normal, Gumbel) after 300, 3,000 and 30,000 iterations; for the targets in `grids.LONG`."""
    return {steps: pair(results, target, steps=steps) for steps in LENGTHS}


def against_temperature(
    results: Results, target: str, key: str = "l1"
) -> dict[float, tuple[float, float]]:
    """(Normal, Gumbel) at every temperature, which both models share."""
    return {t: pair(results, target, key, temperature=t) for t in sorted((1.0, *TEMPERATURES))}


def against_draws(results: Results, target: str) -> dict[int | None, tuple[float, float]]:
    """(Normal, Gumbel), L1 of E[softmax] after fits with so many draws a step; None is exact."""
    found: dict[int | None, tuple[float, float]] = {None: pair(results, target)}
    for draws in (1, 10, 100, 1000):
        normal, gumbel = (
            distance(results, replace(printed(target, model), draws=draws)) for model in PAIR
        )
        found[draws] = (normal, gumbel)
    return found


def reach(results: Results, target: str) -> dict[str, float]:
    """Why unit variance helps Gumbel: L1 at scale 1, at scale u, and what that scale does.

    Gumbel noise of scale u = 1/w at temperature 1 is unit Gumbel noise at temperature w with
    theta w-fold: Adam's step, 0.01 whatever the gradient, is w-fold too. `warm` has the
    temperature alone, `warm_far` both, and is the same fit as `unit`.
    """
    warm = exact(FitRun(target, "gumbel", temperature=WIDE))
    return {
        "gumbel": distance(results, exact(printed(target, "gumbel"))),
        "unit": distance(results, exact(FitRun(target, "gumbel", UNIT["gumbel"]))),
        "warm": distance(results, warm),
        "warm_far": distance(results, replace(warm, learning_rate=0.01 * WIDE)),
        "normal": distance(results, exact(printed(target, "normal"))),
    }
