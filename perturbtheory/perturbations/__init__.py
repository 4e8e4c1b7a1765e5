"""Noise gamma: laws that declare their mathematics.

`AbstractPerturbation` says what a perturbation declares; the final ones are Normal, Gumbel,
GumbelMin, Logistic, Laplace, Exponential, Weibull, StudentT, Pareto, Frechet, Uniform, Discrete and
FromScipy. `smoothed` adds t G. Dependent coordinates have `FactorNoise`, normal factors that all
share, `JointNormal` of any covariance, and `NestedGumbel`, the law of nested logit.
"""

from perturbtheory.numerics import Landmarks as Landmarks
from perturbtheory.numerics import register as register
from perturbtheory.perturbations._base import AbstractPerturbation as AbstractPerturbation
from perturbtheory.perturbations._base import Tail as Tail
from perturbtheory.perturbations._base import require_perturbation as require_perturbation
from perturbtheory.perturbations._bisection import bisect_log_quantile as bisect_log_quantile
from perturbtheory.perturbations._covariance import correlated_normal as correlated_normal
from perturbtheory.perturbations._dependent import AbstractDependentNoise as AbstractDependentNoise
from perturbtheory.perturbations._discrete import Discrete as Discrete
from perturbtheory.perturbations._exponential import Exponential as Exponential
from perturbtheory.perturbations._factor_noise import FactorNoise as FactorNoise
from perturbtheory.perturbations._frechet import Frechet as Frechet
from perturbtheory.perturbations._gumbel import EULER as EULER
from perturbtheory.perturbations._gumbel import Gumbel as Gumbel
from perturbtheory.perturbations._gumbel_min import GumbelMin as GumbelMin
from perturbtheory.perturbations._joint_normal import JointNormal as JointNormal
from perturbtheory.perturbations._laplace import Laplace as Laplace
from perturbtheory.perturbations._logistic import Logistic as Logistic
from perturbtheory.perturbations._nested_gumbel import NestedGumbel as NestedGumbel
from perturbtheory.perturbations._normal import Normal as Normal
from perturbtheory.perturbations._pareto import Pareto as Pareto
from perturbtheory.perturbations._scipy import FromScipy as FromScipy
from perturbtheory.perturbations._smoothed import smoothed as smoothed
from perturbtheory.perturbations._student import StudentT as StudentT
from perturbtheory.perturbations._uniform import Uniform as Uniform
from perturbtheory.perturbations._weibull import Weibull as Weibull
