"""Results of semi-supervised runs that nobody made, of any length."""

import numpy as np

from perturbtheory.experiments.semi.pictures import packed

COUNT = 8
"""Attributes."""


def made_up(run, accuracy=0.9, bound=90.0, follows=0.7, moves=0.1):
    numbers = {
        "as_published": bound, "bound": bound, "bound_error": 0.1, "accuracy": accuracy,
        "drawn_accuracy": accuracy - 0.01, "matched": accuracy, "epoch": run.epochs,
    }  # fmt: skip
    result = {
        "loss": [bound + 5.0] * run.epochs, "labels": [0.5] * run.epochs,
        "validation": {"bound": [bound] * run.epochs, "error": [1 - accuracy] * run.epochs},
        "seconds": [60.0] * run.epochs,
        "test": dict.fromkeys(("bound", "error", "last"), numbers),
        "pictures": packed(np.full((4, 10 if run.latent == "class" else 2 * COUNT, 784), 0.4)),
    }  # fmt: skip
    if run.latent == "attributes":
        table = np.full((COUNT, COUNT), moves)
        np.fill_diagonal(table, follows)
        result["switching"] = {"follows": [follows] * COUNT, "moves": table.ravel().tolist()}
    return result
