"""Gradients of E[f(z)] through an arg max: estimators with one signature, and their exact laws.

z* = argmax_z h(z) + gamma(z) is what an encoder with logits h samples; E[f(z*)] is to be
differentiated in h. ``estimator(key, theta, f)`` estimates that from draws, see
`AbstractEstimator`; `measure` says how well. The laws, biases and variances are closed forms, sums
or quadratures, without sampling; for these JAX is not needed.
"""

from perturbtheory.estimators._arm import Arm as Arm
from perturbtheory.estimators._arm import DisArm as DisArm
from perturbtheory.estimators._base import GUMBEL as GUMBEL
from perturbtheory.estimators._base import AbstractEstimator as AbstractEstimator
from perturbtheory.estimators._carms import Carms as Carms
from perturbtheory.estimators._control import Rebar as Rebar
from perturbtheory.estimators._control import Relax as Relax
from perturbtheory.estimators._direct import Direct as Direct
from perturbtheory.estimators._direct_law import direct_bias as direct_bias
from perturbtheory.estimators._direct_law import direct_law as direct_law
from perturbtheory.estimators._direct_law import direct_mean as direct_mean
from perturbtheory.estimators._direct_law import direct_variance as direct_variance
from perturbtheory.estimators._direct_law import exact_gradient as exact_gradient
from perturbtheory.estimators._draws import constant as constant
from perturbtheory.estimators._draws import draw as draw
from perturbtheory.estimators._draws import one_hot as one_hot
from perturbtheory.estimators._draws import require_key as require_key
from perturbtheory.estimators._exact import Exact as Exact
from perturbtheory.estimators._gapped import GappedStraightThrough as GappedStraightThrough
from perturbtheory.estimators._gumbel_rao import GumbelRao as GumbelRao
from perturbtheory.estimators._measure import Measurement as Measurement
from perturbtheory.estimators._measure import measure as measure
from perturbtheory.estimators._objective import Objective as Objective
from perturbtheory.estimators._perturbed import PerturbedArgmax as PerturbedArgmax
from perturbtheory.estimators._reinmax import ReinMax as ReinMax
from perturbtheory.estimators._relaxed import Relaxed as Relaxed
from perturbtheory.estimators._relaxed import StraightThrough as StraightThrough
from perturbtheory.estimators._relaxed_law import relaxed_bias as relaxed_bias
from perturbtheory.estimators._relaxed_law import relaxed_variance as relaxed_variance
from perturbtheory.estimators._score import ScoreFunction as ScoreFunction
from perturbtheory.estimators._structured import pairwise_argmax as pairwise_argmax
