"""What one run of a VAE with coupled bits is: plain values. Nothing heavy is imported here."""

from dataclasses import dataclass

RULES = ("direct", "relaxed", "score", "rebar", "relax", "arm")
"""All of these for independent bits; direct alone for coupled ones."""
EPOCHS = 50
SEEDS = (0, 1, 2)
DRAWS = 100
"""Of z for each test image, where the law of z has no closed form."""


@dataclass(frozen=True)
class StructuredRun:
    """One VAE with binary latents.

    Attributes:
        couplings: of the encoder: none, supermodular (not negative) or general.
        rule: direct, relaxed (Gumbel-Softmax), score (leave-one-out, two samples), rebar, relax or
            arm; with couplings direct.
        exact: direct with f at all states, in the place of f-tilde.
        noise: Gumbel noise on the unary terms, as paper B, or on all states.
        divergence: the KL in the loss: softmax, of the unary terms; none, which reports it only;
            or argmax, that of z itself, where it is known.
        schedule: of epsilon or temperature: constant at 1; or published, from 1 on.
        images: a name of `perturbtheory.data.NAMES`, thresholded at 1/2.
        latents: bits, 15 in the paper.
        epochs: passes through the training images.
        seed: of the start, the order of the images and the noise.

    Example:
        >>> from perturbtheory.experiments.structured import StructuredRun
        >>> StructuredRun(couplings="general").latents
        15
    """

    couplings: str = "none"
    rule: str = "direct"
    exact: bool = False
    noise: str = "unary"
    divergence: str = "none"
    schedule: str = "published"
    images: str = "fashion-mnist"
    latents: int = 15
    epochs: int = EPOCHS
    seed: int = 0
