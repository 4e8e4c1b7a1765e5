"""The task of paper B, section 4.2: images, some of which have labels, by any estimator."""

from dataclasses import replace
from typing import Any, ClassVar, Literal, NamedTuple, Self, get_args

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from perturbtheory.checks import positive, require, require_count, require_one_of
from perturbtheory.models.vae._by_estimator import ByEstimator
from perturbtheory.models.vae._images import require_binary
from perturbtheory.models.vae._task import AbstractTask
from perturbtheory.models.vae.semi._evaluation import MixedBounds, measured
from perturbtheory.models.vae.semi._labelled import UNKNOWN, Labelled, require_labels
from perturbtheory.models.vae.semi._network import AbstractMixedVAE
from perturbtheory.models.vae.semi._objective import given_labels, label_loss, unlabelled

Learns = Literal["both", "images", "labelled", "labels"]
"""From what a step learns; see `SemiSupervised`."""


class MixedEpoch(NamedTuple):
    """What is known after an epoch: means over its training batches, and the validation.

    Attributes:
        evidence: reconstruction and KL of the continuous rows, as the rule saw them.
        divergence: the KL of the discrete latents.
        labels: what `label_loss` gives for the labelled images, without its weight.
        validation: after the epoch.
    """

    evidence: float
    divergence: float
    labels: float
    validation: MixedBounds

    @property
    def loss(self) -> float:
        """Minus the bound, as the rule saw it; the labels add to what is minimised."""
        return self.evidence + self.divergence


class _Batch(NamedTuple):
    images: Float[Array, "B 784"]
    labelled: Float[Array, "M 784"]
    labels: Int[Array, "M N"]
    share: Float[Array, ""]
    """Of the images that have labels."""


class _Data(NamedTuple):
    images: Any
    labels: Any
    places: Any
    """Of those that have labels."""


class SemiSupervised(AbstractTask):
    """Minimise -E[f(z)] + KL of the images and `weight` times `label_loss` of the labelled ones.

    Paper B, (9), means in the place of sums, for an `AbstractMixedVAE`; f is `log_evidence`. A step
    takes a batch of all images, whether they have labels or not, and as large a batch of the
    labelled ones, or all of these if they are fewer; it learns from

    - "both": paper B, (9);
    - "images": the first term alone, without supervision;
    - "labelled": both terms on the labelled images alone, which is how the code of paper B begins;
    - "labels": the second term alone, which makes the encoder an ordinary classifier.

    An epoch has as many steps for each of them.

    Args:
        by: rule, divergence and schedule; see `ByEstimator`.
        learns: from what; see above.
        weight: of the labels. Paper B has 1/epsilon for direct optimisation, 20 in its code, and
            10 for Gumbel-Softmax in the code; M2 has a tenth of the number of labels.
        from_labels: add the bound on log p(x, z) at the labels of the labelled images, as many as
            there are among all: the labelled term of M2, which paper B does not have.
        latents: N, labels of each image.
        categories: K of each label.

    Raises:
        TypeError: unless `by` is a `ByEstimator`.
        ValueError: for another `learns`; for a weight that is not positive; for counts that are
            none.
    """

    by: ByEstimator
    learns: Learns = eqx.field(static=True, default="both")
    weight: float = 10.0
    from_labels: bool = eqx.field(static=True, default=False)
    latents: int = eqx.field(static=True, default=1)
    categories: int = eqx.field(static=True, default=10)
    criteria: ClassVar[tuple[str, ...]] = ("bound", "error")
    numbers: ClassVar[Any] = MixedBounds
    epoch: ClassVar[Any] = MixedEpoch

    def __check_init__(self) -> None:
        if not isinstance(self.by, ByEstimator):
            msg = f"`by` must be a ByEstimator, got {self.by!r}; see perturbtheory.models.vae"
            raise TypeError(msg)
        require_one_of("learns", self.learns, get_args(Learns))
        require("weight", self.weight, positive, "be positive", "10 is usual", most=0)
        require_count("latents", self.latents)
        require_count("categories", self.categories, 2)

    def check(self, model: Any) -> None:
        if not isinstance(model, AbstractMixedVAE):
            msg = f"`model` must be a mixed VAE, got {model!r}; see perturbtheory.models.vae.semi"
            raise TypeError(msg)
        found = (model.latents, model.categories)
        if found != (self.latents, self.categories):
            msg = (
                f"`model` must have {self.latents} latents of {self.categories} categories for "
                f"this task, got {found[0]} of {found[1]}; give the task its numbers"
            )
            raise ValueError(msg)
        self.by.rule.check(np.zeros(found, np.float32))

    def data(self, name: str, given: Any) -> _Data:
        if not isinstance(given, Labelled):
            msg = f"`{name}` must be made by perturbtheory.models.vae.semi.labelled, got {given!r}"
            raise ValueError(msg)
        images = require_binary(name, given.images)
        labels = require_labels(name, given, self.latents, self.categories)
        known = np.flatnonzero(labels[:, 0] != UNKNOWN).astype(np.int32)
        if name == "validation" and len(known) < len(images):
            msg = (
                f"`validation` must have labels for all images, got {len(known)} of {len(images)};"
                " they measure, and are not learnt from"
            )
            raise ValueError(msg)
        if len(known) == 0 and (self.learns != "images" or self.from_labels):
            msg = (
                f"`{name}` must have some labels where `learns` is {self.learns!r}, got none; see "
                "perturbtheory.data.draw_labelled, or learn from images alone"
            )
            raise ValueError(msg)
        return _Data(images, labels, known)

    def rows(self, key: Array, data: _Data, size: int) -> tuple[Array, Array]:
        to_images, to_labels = jax.random.split(key)
        images = super().rows(to_images, data, size)
        each = min(size, len(data.places))
        keys = jax.random.split(to_labels, len(images))
        picked = jax.vmap(lambda k: jax.random.permutation(k, data.places)[:each])(keys)
        return images, picked

    def batch(self, data: _Data, rows: tuple[Array, Array]) -> _Batch:
        some, known = rows
        x, given = (data.images[r].astype(jnp.float32) for r in (some, known))
        share = jnp.asarray(len(data.places) / len(data.images), jnp.float32)
        return _Batch(x, given, data.labels[known], share)

    def at(self, step: Array) -> Self:
        return replace(self, by=self.by.at(step))

    def loss(
        self, model: AbstractMixedVAE, batch: _Batch, key: Array
    ) -> tuple[Array, tuple[Array, Array, Array]]:
        rule, kind = self.by.rule, self.by.divergence
        to_images, to_labels, to_given = jax.random.split(key, 3)
        evidence = divergence = labels = jnp.zeros(1, jnp.float32)
        theta = None
        if self.learns in ("both", "images"):
            _, evidence, divergence = unlabelled(model, batch.images, to_images, rule, kind)
        if self.learns == "labelled":
            theta, evidence, divergence = unlabelled(model, batch.labelled, to_images, rule, kind)
        elif self.learns != "images":
            theta = model.logits(batch.labelled)
        if theta is not None:
            labels = label_loss(rule, to_labels, theta, batch.labels)
        total = jnp.mean(evidence + divergence) + self.weight * jnp.mean(labels)
        if self.from_labels:
            joint = given_labels(model, batch.labelled, batch.labels, to_given)
            total = total + batch.share * jnp.mean(joint)
        return total, (evidence, divergence, labels)

    def evaluate(
        self, model: AbstractMixedVAE, data: _Data, *, step: int, draws: int, key: Array
    ) -> MixedBounds:
        del step
        return measured(model, data.images, data.labels, self.by.rule.law, draws, key)

    @property
    def identity(self) -> tuple[Any, dict[str, Any]]:
        rule, beside = self.by.identity
        mine = {"learns": self.learns, "weight": self.weight, "from_labels": self.from_labels}
        return rule, beside | mine
