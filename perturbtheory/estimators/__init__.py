"""Gradients of E[f(z)] through an arg max: exact laws, biases and variances of estimators.

z* = argmax_z h(z) + gamma(z) is what an encoder with logits h samples; E[f(z*)] is to be
differentiated in h. Everything here is a closed form, a sum or a quadrature, without sampling.
"""

from perturbtheory.estimators._direct import direct_bias as direct_bias
from perturbtheory.estimators._direct import direct_law as direct_law
from perturbtheory.estimators._direct import direct_mean as direct_mean
from perturbtheory.estimators._direct import direct_variance as direct_variance
from perturbtheory.estimators._direct import exact_gradient as exact_gradient
from perturbtheory.estimators._relaxed import relaxed_bias as relaxed_bias
from perturbtheory.estimators._structured import pairwise_argmax as pairwise_argmax
