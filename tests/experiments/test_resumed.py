"""A state that is of no use costs the work that it held, and not the run."""

import pytest

from perturbtheory.experiments.resumed import resumed
from perturbtheory.models.vae import CheckpointError


def train(state):
    if state is not None and state.is_file():
        msg = f"{state}: corrupt"
        raise CheckpointError(msg)
    return "trained"


def test_a_state_of_no_use_is_removed_with_a_warning(tmp_path):
    state = tmp_path / "state"
    state.write_bytes(b"nothing")
    with pytest.warns(UserWarning, match="corrupt; the run begins again"):
        assert resumed(train, state) == "trained"
    assert not state.exists()


def test_without_a_state_nothing_is_tried_again(tmp_path):
    def fails(state):
        msg = "no directory"
        raise CheckpointError(msg)

    assert resumed(train, None) == "trained"
    for state in (None, tmp_path / "state"):
        with pytest.raises(CheckpointError, match="no directory"):
            resumed(fails, state)
