"""Runs that were killed resume from their state, or begin again where that is of no use."""

import warnings
from collections.abc import Callable
from pathlib import Path

from perturbtheory.models.vae import CheckpointError, Trained


def resumed(train: Callable[[Path | None], Trained], state: Path | None) -> Trained:
    """train(state), and once more from the beginning if the state is corrupt or of other settings.

    It was left by a run of the same name, before the images or a library were replaced: whoever
    gives the same command again wants the result. Of a run with several files only that goes which
    is of no use.
    """
    try:
        return train(state)
    except CheckpointError as error:
        bad = error.path or state
        if state is None or bad is None or not bad.is_file():
            raise
        warnings.warn(f"{error}; the run begins again", stacklevel=2)
        bad.unlink()
        return resumed(train, state)
