"""Noise gamma: laws that declare their mathematics.

`AbstractPerturbation` says what a perturbation declares; the final ones are Normal, Gumbel,
Logistic, Laplace, StudentT, Uniform, Discrete and FromScipy; `smoothed` adds t G.
"""

from perturbtheory.perturbations._base import AbstractPerturbation as AbstractPerturbation
from perturbtheory.perturbations._base import Landmarks as Landmarks
from perturbtheory.perturbations._base import register as register
from perturbtheory.perturbations._discrete import Discrete as Discrete
from perturbtheory.perturbations._scale import EULER as EULER
from perturbtheory.perturbations._scale import Gumbel as Gumbel
from perturbtheory.perturbations._scale import Laplace as Laplace
from perturbtheory.perturbations._scale import Logistic as Logistic
from perturbtheory.perturbations._scale import Normal as Normal
from perturbtheory.perturbations._scipy import FromScipy as FromScipy
from perturbtheory.perturbations._smoothed import smoothed as smoothed
from perturbtheory.perturbations._student import StudentT as StudentT
from perturbtheory.perturbations._uniform import Uniform as Uniform
