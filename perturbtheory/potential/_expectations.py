"""The two potentials of the papers: expectations of a maximum and of a log-sum-exp."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perturbtheory.perturbations import AbstractDependentNoise, AbstractPerturbation, smoothed
from perturbtheory.potential._arguments import require_noise
from perturbtheory.potential._potential import Potential

if TYPE_CHECKING:
    from perturbtheory.numerics import Array


def expected_max(perturbation: AbstractPerturbation | AbstractDependentNoise) -> Potential:
    """f(theta) = E[max_i(theta_i + gamma_i)], the potential of Perturb-Argmax.

    Paper A, (12) and (13); in econometrics the surplus of an additive random utility model.
    Raises TypeError unless `perturbation` is one of the package's or a subclass of
    `AbstractPerturbation`, `FactorNoise` or `NestedGumbel`; wrap a scipy distribution in
    `FromScipy`.

    Example:
        >>> import perturbtheory as pt
        >>> f = pt.expected_max(pt.Gumbel())
        >>> round(float(f([0.0, 0.0])), 6)  # log 2
        0.693147
    """
    require_noise("perturbation", perturbation)
    return Potential(perturbation)


def expected_logsumexp(
    perturbation: AbstractPerturbation | AbstractDependentNoise, temperature: float | Array = 1.0
) -> Potential:
    """f_t(theta) = E[t log sum_i exp((theta_i + gamma_i)/t)], the potential of Perturb-Softmax.

    Its gradient is E[softmax((theta + gamma)/t)]. Because softmax(x/t) is the law of
    argmax(x + t G) for zero-mean Gumbel G, this is `expected_max` of gamma + t G.
    Paper A, (6), (7) and (11), with the factor t that (11) leaves out.
    Raises ValueError unless `temperature` > 0; for temperature 0 use `expected_max`. Under
    `NestedGumbel` noise there is no formula, and ValueError says what else serves.

    Example:
        >>> import perturbtheory as pt
        >>> f = pt.expected_logsumexp(pt.Uniform(), temperature=0.5)
        >>> f.probabilities([1.0, 0.0]).round(6).tolist()
        [0.796602, 0.203398]
    """
    expected_max(perturbation)
    return Potential(smoothed(perturbation, temperature))  # pyright: ignore[reportArgumentType]
