"""Pictures of a trained VAE: what it generates, what it makes of test images, how it learnt."""

import functools
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from perturbtheory.display import BLUE, GREEN, GREY, VERMILLION
from perturbtheory.experiments import vaes
from perturbtheory.figures._figure import Data, Figure
from perturbtheory.models import vae
from perturbtheory.perturbations import AbstractPerturbation

_SIDE = 28
_SHOWN = 12
_GAP = 3
"""Pixels between images."""


def draw(run: vaes.VaeRun, found: vae.Trained, test: np.ndarray, directory: Path) -> list[Path]:
    """samples, reconstructions and loss as PNG and PDF, of the model with the best bound."""
    model, noise = found.best["bound"], vaes.noise(run)
    key = jax.random.key(run.seed)
    figures = {
        "samples": samples(model, key),
        "reconstructions": reconstructions(model, test[:_SHOWN], noise, key),
        "loss": losses(found.history),
    }
    written = [directory / f"{name}.{kind}" for name in figures for kind in ("png", "pdf")]
    for path in written:
        figures[path.stem].save(path)
    return written


def samples(model: vae.DiscreteVAE, key: jax.Array, rows: int = 6) -> Figure:
    """Probabilities of the pixels at z drawn from the uniform prior; all z for one latent."""
    if model.latents == 1:
        chosen = jnp.arange(model.categories)[:, None]
    else:
        shape = (rows * _SHOWN, model.latents)
        chosen = jax.random.randint(key, shape, 0, model.categories)
    z = jax.nn.one_hot(chosen, model.categories, dtype=jnp.float32)
    images = np.asarray(jax.nn.sigmoid(model.decode(z)))
    what = "one image for each z" if model.latents == 1 else "z drawn from the uniform prior"
    return _images(f"Generated images, {what}", {"generated": images})


def reconstructions(
    model: vae.DiscreteVAE, x: np.ndarray, noise: AbstractPerturbation, key: jax.Array
) -> Figure:
    """Test images above what the decoder makes of one hard sample of each, of three draws."""
    theta = model.logits(jnp.asarray(x, jnp.float32))
    data = {"test images": np.asarray(x, float)}
    for number in range(3):
        z = vae.sample(noise, jax.random.fold_in(key, number), theta)
        data[f"draw {number + 1}"] = np.asarray(jax.nn.sigmoid(model.decode(z)))
    return _images("Test images and their reconstructions", data)


def _images(title: str, data: Data) -> Figure:
    count = sum(-(-len(rows) // _SHOWN) for rows in data.values())
    return Figure(
        title=title,
        formula="sigmoid of the decoder's logits",
        reference="",
        labels=dict.fromkeys(data, "probability of ink, a row of 784 pixels an image"),
        compute=lambda: data,
        render=functools.partial(_render_images, title=title),
        size=(7.0, 0.35 + 0.585 * count),
        dpi=150,
    )


def _render_images(canvas: Canvas, data: Data, title: str) -> None:
    """All in one axes: axes of their own for sixty images take seconds."""
    rows = [(name, images[k : k + _SHOWN]) for name, images in data.items()
            for k in range(0, len(images), _SHOWN)]  # fmt: skip
    side = _SIDE + _GAP
    mosaic = np.zeros((len(rows) * side, _SHOWN * side))
    for row, (_, images) in enumerate(rows):
        for column, image in enumerate(images):
            corner = np.s_[row * side : row * side + _SIDE, column * side : column * side + _SIDE]
            mosaic[corner] = image.reshape(_SIDE, _SIDE)
    canvas.suptitle(title, x=0.01, ha="left", fontsize=10.5)
    axes: Axes = canvas.subplots()
    axes.imshow(mosaic, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
    axes.spines[:].set_visible(False)
    axes.grid(visible=False)
    axes.tick_params(length=0)
    axes.set_xticks([])
    named = rows if len(data) > 1 else []
    centres = [row * side + _SIDE / 2 for row in range(len(named))]
    axes.set_yticks(centres, [name for name, _ in named], fontsize=8)


def losses(history: list[vae.Epoch]) -> Figure:
    """Training loss and the validation numbers after every epoch."""
    data = {
        "epoch": np.arange(1, len(history) + 1),
        "training loss": np.array([e.loss for e in history]),
        "bound": np.array([e.validation.bound for e in history]),
        "as published": np.array([e.validation.as_published for e in history]),
        "relaxed": np.array([e.validation.relaxed_loss for e in history]),
    }
    return Figure(
        title="Loss by epoch",
        formula="reconstruction + KL",
        reference="",
        labels=dict.fromkeys(data, "nats"),
        compute=lambda: data,
        render=_render_losses,
        size=(4.6, 3.0),
    )


_LINES = (
    ("training loss", GREY, "-", "training loss"),
    ("bound", BLUE, "-", "validation: hard + KL of the arg max"),
    ("as published", GREEN, "--", "validation: hard + KL of the softmax"),
    ("relaxed", VERMILLION, ":", "validation: relaxed + KL of the softmax"),
)


def _render_losses(canvas: Canvas, data: Data) -> None:
    axes: Axes = canvas.subplots()
    for name, colour, line, label in _LINES:
        axes.plot(data["epoch"], data[name], line, color=colour, label=label)
    values = np.concatenate([data[name] for name, *_ in _LINES])
    low = values.min()
    axes.set_ylim(low - 2, min(values.max(), low + 60) + 2)
    axes.set(xlabel="epoch", ylabel="nats an image")
    axes.legend(fontsize=7.5)
