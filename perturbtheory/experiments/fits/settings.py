"""What one fit of section 6.1 of paper A is; nothing is imported for it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FitRun:
    """One fit, for all its seeds.

    Attributes:
        target: discrete, discrete-printed, discrete-caption, discrete-igr, binomial, binomial-13,
            poisson or negative-binomial.
        model: normal, gumbel, logistic or laplace noise before the softmax, or igr.
        scale: scale of the noise; igr learns its own and takes 1 only.
        temperature: temperature of the softmax.
        loss: l1, squared, kl, reverse-kl or fenchel-young.
        draws: samples per step; None for the exact objective.
        steps: iterations of Adam.
        learning_rate: learning rate of Adam.
        start: zero for theta = 0; uniform for independent entries in (0, 1).
        observed: draws from the target whose histogram stands for it; None for its probabilities.
        seeds: one fit each.

    Example:
        >>> from perturbtheory.experiments import fits
        >>> run = fits.FitRun("poisson", model="logistic", temperature=0.5, steps=10)
        >>> run.loss, len(run.seeds)
        ('l1', 10)
    """

    target: str
    model: str = "normal"
    scale: float = 1.0
    temperature: float = 1.0
    loss: str = "l1"
    draws: int | None = 1000
    steps: int = 300
    learning_rate: float = 0.01
    start: str = "zero"
    observed: int | None = None
    seeds: tuple[int, ...] = tuple(range(10))
