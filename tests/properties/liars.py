"""Perturbations whose functions contradict each other or their declarations, one way each."""

import dataclasses

import numpy as np

import perturbtheory as pt

_BASE = pt.Logistic()


@pt.register
@dataclasses.dataclass(frozen=True, eq=False)
class Honest(pt.AbstractPerturbation):
    """The logistic law, written as a user would."""

    scale: float = 1.0

    @property
    def mean(self):
        return np.asarray(0.0)

    @property
    def variance(self):
        return np.asarray(np.pi**2 / 3)

    def log_pdf(self, x):
        return _BASE.log_pdf(x)

    def log_cdf(self, x):
        return _BASE.log_cdf(x)

    def log_sf(self, x):
        return _BASE.log_sf(x)

    def sample(self, key, shape):
        return _BASE.sample(key, shape)


@pt.register
@dataclasses.dataclass(frozen=True, eq=False)
class WrongDensity(Honest):
    def log_pdf(self, x):
        return _BASE.log_pdf(x) + 0.01 * np.sin(x)


@pt.register
@dataclasses.dataclass(frozen=True, eq=False)
class WrongSurvival(Honest):
    def log_sf(self, x):
        return _BASE.log_sf(x + 0.001)


@pt.register
@dataclasses.dataclass(frozen=True, eq=False)
class NarrowSupport(Honest):
    positive = False

    @property
    def support(self):
        return np.asarray(-3.0), np.asarray(3.0)


@pt.register
@dataclasses.dataclass(frozen=True, eq=False)
class NotPositive(Honest):
    """Uniform on [-1, 1], which forgets to say that it has a support."""

    def log_pdf(self, x):
        return pt.Uniform().log_pdf(x)

    def log_cdf(self, x):
        return pt.Uniform().log_cdf(x)

    def log_sf(self, x):
        return pt.Uniform().log_sf(x)


@pt.register
@dataclasses.dataclass(frozen=True, eq=False)
class CauchyWithAMean(Honest):
    def log_pdf(self, x):
        return pt.StudentT(1.0).log_pdf(x)

    def log_cdf(self, x):
        return pt.StudentT(1.0).log_cdf(x)

    def log_sf(self, x):
        return pt.StudentT(1.0).log_sf(x)


@pt.register
@dataclasses.dataclass(frozen=True, eq=False)
class WrongMean(Honest):
    @property
    def mean(self):
        return np.asarray(0.1)


@pt.register
@dataclasses.dataclass(frozen=True, eq=False)
class WrongVariance(Honest):
    @property
    def variance(self):
        return np.asarray(4.0)


@pt.register
@dataclasses.dataclass(frozen=True, eq=False)
class WrongDraws(Honest):
    def sample(self, key, shape):
        return 2.0 * _BASE.sample(key, shape)


LIARS = {
    "density": (WrongDensity(), "WrongDensity: `log_pdf` is not the derivative of `log_cdf`"),
    "survival": (WrongSurvival(), r"WrongSurvival: exp\(`log_cdf`\) \+ exp\(`log_sf`\) is not one"),
    "support": (NarrowSupport(), "NarrowSupport: `log_pdf` is finite off the declared `support`"),
    "positive": (NotPositive(), "NotPositive: no density within the declared `support`"),
    "mean": (CauchyWithAMean(), "CauchyWithAMean: `mean` is declared 0, but the tail decays"),
    "variance": (WrongVariance(), "WrongVariance: `variance` is declared 4, but the quantiles"),
    "draws": (WrongDraws(), "WrongDraws: `sample` draws from another law"),
    "average": (WrongMean(), "WrongMean: `mean` is declared 0.1, but the quantiles average to"),
}
