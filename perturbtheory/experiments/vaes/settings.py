"""What one run of a discrete VAE is: plain values, from which the command line has its options.

Nothing heavy is imported here, so that a command that trains nothing is quick.
"""

from dataclasses import dataclass, field

RULES = (
    "relaxed", "straight-through", "direct", "exact", "score", "rebar", "relax", "arm", "hessian",
    "reinmax", "gumbel-rao", "gapped", "disarm", "carms",
)  # fmt: skip
TEMPERED = ("relaxed", "straight-through", "direct", "rebar", "gumbel-rao", "gapped")
"""Rules that have a temperature, or an epsilon."""
BINARY = ("arm", "disarm")
"""Rules for two categories alone."""
SCHEDULES = ("constant", "published", "annealed")
EPOCHS = 5
"""Of most runs in the record."""
PUBLISHED_EPOCHS = 300
"""Of both papers."""


@dataclass(frozen=True)
class VaeRun:
    """One discrete VAE.

    Attributes:
        images: mnist, fashion-mnist, binarized-mnist, omniglot-resized, omniglot-iwae or
            mnist-5000, thresholded at 1/2.
        rule: the gradient estimator: relaxed (Perturb-Softmax), straight-through (the same with
            hard samples forward), direct, exact (one latent), score (leave-one-out, two samples),
            rebar, relax, arm and disarm (two categories), carms (two samples), hessian
            (straight-through by the exact Hessian), reinmax (at its temperature 1), gumbel-rao
            (ten inner samples), gapped (a gap of 1).
        noise: normal, gumbel, logistic or laplace; rules from rebar on, but for hessian, know
            gumbel alone.
        unit: scale the noise to variance one.
        temperature: that of the softmax; for direct epsilon; 1 for rules that have none, and for
            the published schedule.
        schedule: constant; published, as in the code of both papers, from 1 on; annealed from 1 to
            the temperature, whatever the number of steps.
        latents: number of categorical variables, N.
        categories: number of values of each of them, K.
        divergence: the KL in the loss: softmax as published, argmax of the law that z has, or none.
        epochs: passes through the training images; 300 in the papers.
        seed: seed of the start, the order of the images and the noise.
        learning_rate: of Adam.
        warmup: epochs in which the weight of the KL in the loss rises to 1; 0 for 1 at once.
        spread: factor of the weights of the encoder's last layer before training: how far apart
            the logits of two images are then.

    Example:
        >>> from perturbtheory.experiments import vaes
        >>> run = vaes.VaeRun(rule="exact", latents=1)
        >>> run.images, run.epochs
        ('mnist', 5)
    """

    images: str = "mnist"
    rule: str = "relaxed"
    noise: str = "gumbel"
    unit: bool = False
    temperature: float = 1.0
    schedule: str = "constant"
    latents: int = 10
    categories: int = 10
    divergence: str = "softmax"
    epochs: int = EPOCHS
    seed: int = 0
    learning_rate: float = field(default=1e-3, metadata={"later": True})
    warmup: int = field(default=0, metadata={"later": True})
    spread: float = field(default=1.0, metadata={"later": True})
