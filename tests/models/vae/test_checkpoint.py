"""Discrete VAEs: checkpoints; a run that is resumed is the run."""

import json
import os

import pytest

import perturbtheory as pt
from perturbtheory import estimators as es
from perturbtheory.models import vae
from tests.models.vae.networks import FAST, NOISY, RULES, STRUCTURED, network, same


class KilledError(Exception):
    """What stops a run in the middle."""


def run(epochs, path=None, rule=None, *, kill=None, **options):
    def after(model, history):
        if len(history) == kill:
            raise KilledError

    rule = rule or es.Relaxed(pt.Normal())
    training = vae.Training(rule, epochs=epochs, **FAST | options)
    return vae.train(
        network(), training, STRUCTURED, NOISY[:20], checkpoint=path, after_epoch=after
    )


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """The bytes of one after an epoch."""
    path = tmp_path_factory.mktemp("checkpoint") / "run"
    run(1, path)
    return path.read_bytes()


class TestCheckpoint:
    @pytest.mark.parametrize("name", ["relaxed-normal", "relax-module"])
    def test_a_run_that_goes_on_is_the_run(self, name, tmp_path) -> None:
        rule, path = RULES[name][0], tmp_path / "run"
        whole = run(4, rule=rule)
        first = run(2, str(path), rule)
        assert first.history == whole.history[:2]
        with pytest.raises(KilledError):
            run(4, path, rule, kill=3)
        found = run(4, path, rule)
        assert same(found._replace(seconds=[]), whole._replace(seconds=[]))
        assert found.history == whole.history
        assert found.best_epoch == whole.best_epoch
        assert same(found.best, whole.best)
        assert isinstance(found.history[0].validation, vae.Bounds)
        assert list(tmp_path.iterdir()) == [path]
        assert len(found.seconds) == len(whole.seconds) == 4
        assert found.seconds[:2] == first.seconds
        # There is nothing left to do.
        calls = []
        training = vae.Training(rule, epochs=4, **FAST)
        again = vae.train(
            network(), training, STRUCTURED, NOISY[:20], checkpoint=path,
            after_epoch=lambda *a: calls.append(a),
        )  # fmt: skip
        assert same(again._replace(seconds=[]), whole._replace(seconds=[]))
        assert again.seconds == found.seconds
        assert calls == []

    def test_another_seed_is_another_run(self) -> None:
        assert not same(run(1).model, run(1, seed=1).model)
        assert same(run(1).model, run(1).model)

    @pytest.mark.parametrize(
        "harm",
        [
            lambda b: b"", lambda b: b"not a checkpoint", lambda b: b[:-1], lambda b: b[:100],
            lambda b: b[: len(b) // 2], lambda b: b[:-5] + bytes([b[-5] ^ 1]) + b[-4:],
            lambda b: b.replace(b"checkpoint 3", b"checkpoint 2"), lambda b: b"{}\n" + b,
            lambda b: b"[1]\n", lambda b: b"\xff\xfe\n",
            lambda b: b.replace(b'"history": [[', b'"history": [[1'),
        ],
    )  # fmt: skip
    def test_corrupt(self, harm, tmp_path, checkpoint) -> None:
        path = tmp_path / "run"
        path.write_bytes(harm(checkpoint))
        with pytest.raises(vae.CheckpointError, match=r"run: the checkpoint cannot .* delete it"):
            run(4, path)
        assert path.read_bytes() == harm(checkpoint)

    @pytest.mark.parametrize(
        "options",
        [
            {"seed": 1}, {"learning_rate": 0.01}, {"divergence": "softmax"}, {"batch": 10},
            {"rule": es.Relaxed(pt.Normal(2.0))}, {"rule": es.Relaxed(pt.Normal(), 0.9)},
            {"schedule": vae.PUBLISHED}, {"draws": 2},
        ],
    )  # fmt: skip
    def test_other_settings(self, options, tmp_path, checkpoint) -> None:
        path = tmp_path / "run"
        path.write_bytes(checkpoint)
        with pytest.raises(vae.CheckpointError, match=r"run: .* other settings .* delete it"):
            run(4, path, **options)
        assert path.read_bytes() == checkpoint

    def test_other_images_or_shapes(self, tmp_path, checkpoint) -> None:
        path, training = tmp_path / "run", vae.Training(es.Relaxed(pt.Normal()), epochs=2, **FAST)
        path.write_bytes(checkpoint)
        for images, held_out in ((NOISY, NOISY[:20]), (STRUCTURED, NOISY[:19])):
            with pytest.raises(vae.CheckpointError, match=r"run: .* other settings or images"):
                vae.train(network(), training, images, held_out, checkpoint=path)
        with pytest.raises(vae.CheckpointError, match=r"run: .* other settings or images"):
            vae.train(network(2, 4), training, STRUCTURED, NOISY[:20], checkpoint=path)

    def test_another_start(self, tmp_path, checkpoint) -> None:
        """The model where a run starts is one of its settings."""
        path, training = tmp_path / "run", vae.Training(es.Relaxed(pt.Normal()), epochs=2, **FAST)
        path.write_bytes(checkpoint)
        with pytest.raises(vae.CheckpointError, match=r"run: "):
            vae.train(network(seed=5), training, STRUCTURED, NOISY[:20], checkpoint=path)

    def test_fewer_epochs_than_there_are(self, tmp_path) -> None:
        path = tmp_path / "run"
        run(2, path)
        with pytest.raises(vae.CheckpointError, match=r"run: .* 2 epochs already, more than 1"):
            run(1, path)

    def test_no_directory(self, tmp_path) -> None:
        with pytest.raises(vae.CheckpointError, match=r"lies in no directory; make .*none"):
            run(1, tmp_path / "none" / "run")

    def test_a_write_that_fails_leaves_the_file_before(
        self, tmp_path, checkpoint, monkeypatch
    ) -> None:
        path = tmp_path / "run"
        path.write_bytes(checkpoint)

        def full(*paths):
            raise OSError("no space left")

        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", full)
            with pytest.raises(OSError, match="no space left"):
                run(2, path)
        assert path.read_bytes() == checkpoint
        assert list(tmp_path.iterdir()) == [path]
        assert same(run(2, path).best, run(2).best)

    @pytest.mark.parametrize(
        ("make", "what"),
        [
            (lambda path: path.mkdir(), "a directory"),
            (os.mkfifo, "no regular file"),
            (lambda path: path.symlink_to("/dev/zero"), "no regular file"),
        ],
    )
    def test_what_is_no_file_is_not_to_be_deleted(self, make, what, tmp_path) -> None:
        make(tmp_path / "run")
        message = rf"run: the checkpoint must be a file, and this is {what}; name another file$"
        with pytest.raises(vae.CheckpointError, match=message):
            run(1, tmp_path / "run")

    def test_says_what_it_is(self, checkpoint) -> None:
        kind, meta, _ = checkpoint.split(b"\n", 2)
        assert kind.startswith(b"perturbtheory checkpoint 3 ")
        head = json.loads(meta)
        assert "Normal" in head["settings"]
        assert len(head["history"]) == 1
