"""What one run of a VAE with some labels is: plain values. Nothing heavy is imported here."""

from dataclasses import dataclass

LATENTS = ("class", "attributes")
RULES = ("direct", "relaxed", "exact")
"""Exact is the sum over all categories of one latent, without sampling."""
EPOCHS = 10
SEEDS = (0, 1, 2)
VALIDATION_DRAWS, DRAWS = 1, 5
"""Of the continuous rows for each image, after every epoch and on test images."""


@dataclass(frozen=True)
class SemiRun:
    """One VAE with a discrete and a continuous latent, of which some images have the discrete one.

    Attributes:
        images: mnist, fashion-mnist or mnist-5000, thresholded at 1/2.
        latent: class, one of ten; or attributes, eight of two values, measured on the pixels.
        labels: training images that keep theirs, as many of each class; 0 for none.
        rule: direct, relaxed (Gumbel-Softmax) or exact (the sum over ten classes).
        learns: from both (paper B, (9)), images alone, labelled images alone or labels alone.
        weight: weight of the labels; 20 for direct and 10 for relaxed in the code of paper B.
        from_labels: add the labelled term of Kingma's M2, which paper B does not have.
        first: passes before, through the labelled images alone; 1,200 in the code of paper B.
        divergence: the KL of z in the loss: softmax; none, which reports it only; or argmax, which
            is that of softmax under the unit Gumbel noise of all these runs.
        schedule: how epsilon or temperature changes: constant at 1; or published, from 1 on.
        epochs: passes through the training images.
        seed: seed of the labels that are kept, the start, the order of the images and the noise.

    Example:
        >>> from perturbtheory.experiments.semi import SemiRun
        >>> SemiRun(labels=50).rule
        'direct'
    """

    images: str = "mnist"
    latent: str = "class"
    labels: int = 100
    rule: str = "direct"
    learns: str = "both"
    weight: float = 20.0
    from_labels: bool = False
    first: int = 0
    divergence: str = "softmax"
    schedule: str = "published"
    epochs: int = EPOCHS
    seed: int = 0
