"""Images a second of discrete VAEs: this package beside the same model in PyTorch.

    pip install torch && python benchmarks/vae_speed.py [--images N] [--rounds R] [--json FILE]

784-300-N K and back, batch 100, Adam at 1e-3, on random binary images; and paper B's models of 15
coupled bits and of ten classes with 100 labels, whose peers are in `vae_peers.py`. Ways alternate
within each round; compilation and a first epoch come before; the median over rounds counts.
PyTorch is no dependency of the package: without it only our own ways are timed.
"""

import argparse
import json
import statistics
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np

import perturbtheory as pt
from perturbtheory import estimators as es
from perturbtheory.models import vae
from perturbtheory.models.vae import _epoch, _task, _training, semi, structured

BATCH = 100


def ours(images, latents, categories, rule, divergence):
    """A function that trains an epoch."""
    model = vae.DiscreteVAE(latents, categories, key=jax.random.key(0))
    return epochs_of(model, vae.ByEstimator(rule, divergence), images)


def epochs_of(model, task, data):
    """The same of any model, by its task."""
    training = vae.Settings(task)
    state = [_training._Progress.start(model, training).state]
    x, count = jax.tree.map(jnp.asarray, task.data("images", data)), [0]

    def epoch():
        count[0] += 1
        with jax.numpy_dtype_promotion("standard"):
            state[0], parts = _epoch.train_epoch(
                state[0], x, jax.random.key(count[0]), jnp.asarray(count[0]),
                _task.traced(task), BATCH, 1e-3,
            )  # fmt: skip
        jax.block_until_ready(parts)

    return epoch


def paper_b(images):
    """Ways of the structured and of the semi-supervised model."""
    coupled = structured.PairwiseVAE(15, "general", key=jax.random.key(0))
    some = np.arange(BATCH)
    given = semi.labelled(images, np.arange(len(images)) % 10, some)
    rules = {"relaxed": es.Relaxed(pt.Gumbel(), 1.0), "exact": es.Exact(), "direct": es.Direct(1.0)}
    made = {"direct, 15 coupled bits": epochs_of(coupled, structured.PairwiseDirect(1.0), images)}
    for name, rule in rules.items():
        task = semi.SemiSupervised(vae.ByEstimator(rule, "softmax"))
        made[f"{name}, ten classes"] = epochs_of(
            semi.MixtureVAE(key=jax.random.key(0)), task, given
        )
    return made


def ways(images):
    """Every way of training by name."""
    gumbel, normal = es.Relaxed(pt.Gumbel(), 0.5), es.Relaxed(pt.Normal(), 0.5)
    made = {
        "relaxed, N = 10": ours(images, 10, 10, gumbel, "softmax"),
        "Normal, N = 10": ours(images, 10, 10, normal, "softmax"),
        "Normal with its own KL, N = 10": ours(images, 10, 10, normal, "argmax"),
    }
    for k in (10, 50):
        made |= {
            f"relaxed, N = 1, K = {k}": ours(images, 1, k, gumbel, "softmax"),
            f"direct, N = 1, K = {k}": ours(images, 1, k, es.Direct(0.5), "softmax"),
            f"exact, N = 1, K = {k}": ours(images, 1, k, es.Exact(), "softmax"),
        }
    made |= paper_b(images)
    try:
        import vae_peers
    except ImportError:
        return made
    for name, fused in (("PyTorch", False), ("PyTorch, fused Adam", True)):
        made[f"{name}: relaxed, N = 10"] = vae_peers.independent(
            images, 10, 10, "relaxed", fused=fused
        )
        for way in ("relaxed", "direct", "exact"):
            made[f"{name}: {way}, N = 1, K = 10"] = vae_peers.independent(
                images, 1, 10, way, fused=fused
            )
        made[f"{name}: direct, 15 coupled bits"] = vae_peers.structured(images, fused=fused)
        for way in ("relaxed", "exact"):
            made[f"{name}: {way}, ten classes"] = vae_peers.semi_supervised(
                images, way, fused=fused
            )
    return made


RATIOS = {
    "relaxed against PyTorch": ("PyTorch: relaxed, N = 10", "relaxed, N = 10"),
    "relaxed against PyTorch's fused Adam": (
        "PyTorch, fused Adam: relaxed, N = 10",
        "relaxed, N = 10",
    ),
    "direct against PyTorch": ("PyTorch: direct, N = 1, K = 10", "direct, N = 1, K = 10"),
    "exact against PyTorch": ("PyTorch: exact, N = 1, K = 10", "exact, N = 1, K = 10"),
    "15 coupled bits against PyTorch": (
        "PyTorch: direct, 15 coupled bits",
        "direct, 15 coupled bits",
    ),
    "ten classes, relaxed, against PyTorch": (
        "PyTorch: relaxed, ten classes",
        "relaxed, ten classes",
    ),
    "ten classes, exact, against PyTorch": ("PyTorch: exact, ten classes", "exact, ten classes"),
    "own KL over plain, Normal": ("Normal with its own KL, N = 10", "Normal, N = 10"),
    "direct over relaxed, K = 10": ("direct, N = 1, K = 10", "relaxed, N = 1, K = 10"),
    "exact over relaxed, K = 10": ("exact, N = 1, K = 10", "relaxed, N = 1, K = 10"),
    "direct over relaxed, K = 50": ("direct, N = 1, K = 50", "relaxed, N = 1, K = 50"),
    "exact over relaxed, K = 50": ("exact, N = 1, K = 50", "relaxed, N = 1, K = 50"),
}
"""Seconds of the first over seconds of the second."""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json")
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    images = (rng.random((options.images, 784)) < 0.2).astype(np.uint8)
    made = ways(images)
    for epoch in made.values():
        epoch()
    seconds = {name: [] for name in made}
    for _ in range(options.rounds):
        for name, epoch in made.items():
            start = time.perf_counter()
            epoch()
            seconds[name].append(time.perf_counter() - start)
    middle = {name: statistics.median(times) for name, times in seconds.items()}
    result = {
        "images a second": {n: round(options.images / s) for n, s in middle.items()},
        "ratios": {
            name: round(middle[a] / middle[b], 3)
            for name, (a, b) in RATIOS.items()
            if a in middle and b in middle
        },
        "command": "python benchmarks/vae_speed.py " + " ".join(sys.argv[1:]),
        "versions": {"jax": jax.__version__}
        | ({"torch": sys.modules["torch"].__version__} if "torch" in sys.modules else {}),
    }
    text = json.dumps(result, indent=1)
    sys.stdout.write(text + "\n")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as stream:
            stream.write(text + "\n")


if __name__ == "__main__":
    main()
