"""One table of families for all law tests, and what a test runs over.

Every family of noise is here once in each of its forms: identical coordinates, parameters that
differ by coordinate (there are D), atoms, and sums with Gumbel noise. A law test runs over the
table and not over a list of its own.
"""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pytest
import scipy.stats

import perturbtheory as pt
from tests import oracles

D = 4
CONTINUOUS = {
    "normal": pt.Normal(),
    "normal-scaled": pt.Normal(0.01),
    "gumbel": pt.Gumbel(),
    "gumbel-min": pt.GumbelMin(),
    "logistic": pt.Logistic(2.0),
    "laplace": pt.Laplace(),
    "exponential": pt.Exponential(),
    "weibull": pt.Weibull(2.0),
    "student-3": pt.StudentT(3.0),
    "cauchy": pt.StudentT(1.0),
    "pareto": pt.Pareto(3.0),
    "frechet": pt.Frechet(3.0),
    "uniform": pt.Uniform(),
    "scipy-skewnorm": pt.FromScipy(scipy.stats.skewnorm(3.0)),
    "scipy-beta": pt.FromScipy(scipy.stats.beta(2.0, 3.0)),
}
DISCRETE = {
    "coin": pt.Discrete([-1.0, 1.0]),
    "three-atoms": pt.Discrete([-2.0, 0.5, 1.0], [0.2, 0.5, 0.3]),
}
SMOOTHED = {
    "normal+0.5G": pt.smoothed(CONTINUOUS["normal"], 0.5),
    "laplace+0.05G": pt.smoothed(CONTINUOUS["laplace"], 0.05),
    "uniform+2.0G": pt.smoothed(CONTINUOUS["uniform"], 2.0),
    "coin+0.3G": pt.smoothed(DISCRETE["coin"], 0.3),
}
SCALES = np.array([1.0, 0.25, 3.0, 0.5])
COORDINATES = {
    "normal-coordinates": pt.Normal(SCALES),
    "gumbel-coordinates": pt.Gumbel(SCALES),
    "laplace-coordinates": pt.Laplace(SCALES),
    "uniform-coordinates": pt.Uniform(-SCALES, SCALES + 0.5),
    "atoms-coordinates": pt.Discrete(np.array([[-1.0, 1.0], [0.0, 2.0], [-1.5, 0.5], [0.0, 1.0]])),
}
IDENTICAL = CONTINUOUS | DISCRETE | SMOOTHED
ALL = IDENTICAL | COORDINATES
UNITS = {"normal-scaled": 0.01}
"""The width of a law, in which theta is drawn, where it is not about one."""
ATOMS = [name for name, noise in ALL.items() if not noise.continuous]
WITH_MEAN = [name for name in ALL if name != "cauchy"]
BOUNDED = ["uniform", "scipy-beta", "uniform-coordinates", *ATOMS]
"""Probabilities can be zero."""

EULER = float(np.euler_gamma)
EXACT = {
    "normal": oracles.normal(),
    "normal-scaled": oracles.normal().scaled(0.01),
    "gumbel": oracles.gumbel(),
    "gumbel-min": oracles.gumbel_min(),
    "logistic": oracles.logistic().scaled(2),
    "laplace": oracles.laplace(),
    "exponential": oracles.exponential(),
    "weibull": oracles.weibull(2),
    "student-3": oracles.student_3(),
    "cauchy": oracles.cauchy(),
    "pareto": oracles.pareto(3),
    "frechet": oracles.frechet(3),
    "uniform": oracles.uniform(-1, 1),
    "scipy-beta": oracles.beta_2_3(),
    "coin+0.3G": oracles.atoms_and_gumbel([-1, 1], [0.5, 0.5], 0.3),
    "normal-coordinates": [oracles.normal().scaled(s) for s in SCALES],
    "gumbel-coordinates": [oracles.gumbel().scaled(s) for s in SCALES],
    "laplace-coordinates": [oracles.laplace().scaled(s) for s in SCALES],
    "uniform-coordinates": [oracles.uniform(-s, s + 0.5) for s in SCALES],
}
"""The same laws, written again and apart from the package."""


def every(families: Iterable[str] = ALL, *, slow: Iterable[str] = ()) -> pytest.MarkDecorator:
    """Run a test once per family, as `name`; those in `slow` with `-m slow` only."""
    return pytest.mark.parametrize(
        "name", [pytest.param(n, marks=[pytest.mark.slow] * (n in set(slow))) for n in families]
    )


def potential(name: str) -> pt.Potential:
    """E[max(theta + gamma)] under the family of this name."""
    return pt.expected_max(ALL[name])


def exact(name: str, theta: Any, **options: Any) -> oracles.Answer:
    """f and p of a family, without the package."""
    noise = ALL[name]
    if not noise.continuous:
        return oracles.enumerated(noise.atoms, noise.weights, theta)
    return oracles.solve(EXACT[name], theta, **options)


def placed(name: str, theta: np.ndarray) -> tuple[pt.Potential, np.ndarray, float]:
    """The potential, theta in units of the law, and the unit."""
    unit = UNITS.get(name, 1.0)
    return potential(name), theta * unit, unit


def kept(noise: pt.AbstractPerturbation, keep: Sequence[int]) -> pt.AbstractPerturbation:
    """The law of some of the D coordinates, made from their parameters."""
    if noise.shape == ():
        return noise
    fields = {f.name: np.asarray(getattr(noise, f.name)) for f in dataclasses.fields(noise)}
    shaped = {k: v[list(keep)] for k, v in fields.items() if v.shape[:1] == (D,)}
    return dataclasses.replace(noise, **shaped)
