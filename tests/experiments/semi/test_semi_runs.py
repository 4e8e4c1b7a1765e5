"""Runs of semi-supervised VAEs: which there are, what is kept of one, the commands, the record.

One small network is trained once for the whole file; commands are given what it made.
"""

import dataclasses
import functools
import json
from types import SimpleNamespace

import jax
import numpy as np
import pytest

from perturbtheory import cli, data, results
from perturbtheory.experiments.semi import SemiRun, grids, pictures, recorded, tables
from perturbtheory.experiments.semi import run as runs
from perturbtheory.experiments.sweep import sweep
from perturbtheory.models import vae
from perturbtheory.models.vae import _training, semi
from perturbtheory.results import RecordError
from tests.experiments.semi.made_up import made_up

WIDTHS = semi.Widths(9, 8, 7, 6, 5, 10)
RUN = SemiRun(labels=20, rule="relaxed", weight=10.0, epochs=2)


def small(run):
    return network(run.latent, run.seed)


@functools.cache
def network(latent, seed):
    key = jax.random.key(seed)
    if latent == "class":
        return semi.MixtureVAE(10, 2, widths=WIDTHS, key=key)
    return semi.AttributeVAE(8, 2, 2, widths=WIDTHS, key=key)


def few(count=100):
    """Ten patterns of ink, one for each class, in three splits."""
    patterns = np.random.default_rng(0).integers(0, 2, (10, 784)).astype(np.uint8)
    labels = np.arange(count, dtype=np.uint8) % 10
    grey = [255 * patterns[labels] for _ in range(3)]
    splits = data.Splits(*([labels] * 3))
    # The arrays of `Images` cannot be written to; each split needs its own.
    kept = data.Splits(*(x.copy() for x in splits))
    return data.Images("mnist", *grey, kept, "folder", "made up.")


@pytest.fixture(scope="module")
def trained():
    """(splits, what was trained, what is kept of it)."""
    splits = runs.labelled(few(), "class")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "start", small)
        found = runs.trained(RUN, splits)
        return splits, found, runs.summary(RUN, found, splits)


class TestGrids:
    def test_twenty_cells_of_table_2(self):
        cells = grids.runs(["table-2"], seeds=(0,))
        assert len(cells) == 20
        assert {(run.images, run.labels) for run in cells} == {
            (images, labels) for images, labels, _ in tables.PRINTED
        }
        assert len(tables.PRINTED) == 20
        assert tables.PRINTED["fashion-mnist", 300, "Gumbel-Softmax"] == ("69.3", "130.371")
        assert len(grids.runs(["table-2"])) == 60
        # Figure 4 shows one run of the table and one more.
        assert len(grids.runs(["table-2", "figure-4"], seeds=(0,))) == 21
        assert [run.labels for run in grids.runs(["table-2"], 1, (0,), (600,))] == 4 * [600]

    def test_every_kind_can_be_run(self, monkeypatch):
        monkeypatch.setattr(runs, "start", small)
        methods = {*grids.METHODS.values(), grids.UNSUPERVISED, *grids.ATTRIBUTES.values()}
        sizes = {"images": "mnist", "labels": 100}
        every = grids.runs(seeds=(0,))
        assert {dataclasses.replace(run, **sizes) for run in every} == {
            dataclasses.replace(run, **sizes) for run in methods
        }
        for run in methods:
            runs.require_run(run)

    @pytest.mark.parametrize(
        ("names", "labels", "words"),
        [(["table-3"], (), "`NAMES` must be one of"), (["table-2"], (70,), "`labels` must be of")],
    )
    def test_refused(self, names, labels, words):
        with pytest.raises(ValueError, match=words):
            grids.runs(names, labels=labels)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"images": "cifar"}, "`images`"), ({"latent": "both"}, "`latent`"),
        ({"rule": "arm"}, "`rule`"), ({"schedule": "annealed"}, "`schedule`"),
        ({"rule": "exact"}, "`schedule` must be constant for exact"),
        ({"divergence": "kl"}, "`divergence`"), ({"learns": "all"}, "`learns`"),
        ({"labels": 0}, "`labels` must be positive"), ({"labels": -1}, "`labels`"),
        ({"labels": 0, "learns": "images", "first": 3}, "`labels` must be positive"),
        ({"learns": "images"}, "`labels` must be 0 where none are learnt from, got 100"),
        ({"seed": -1}, "`seed` must be an integer of at least 0, got -1"),
        ({"labels": 55}, "`labels` must be as many of each of the ten classes"),
        ({"weight": 0.0}, "`weight`"), ({"epochs": 0}, "`epochs`"),
        (
            {"labels": 0, "learns": "images", "weight": 3.0},
            "`weight` must be 20.0 where `learns` is images and .* got 3.0; leave it out",
        ),
        ({"learns": "images", "from_labels": True, "weight": 3.0}, "`weight` must be 20.0"),
        (
            {"learns": "labels", "divergence": "none", "schedule": "constant"},
            "`divergence` must be softmax where `learns` is labels .* got none; leave it out",
        ),
        ({"learns": "labels"}, "`schedule` must be constant .* `rule` is direct, .* got published"),
    ],
)  # fmt: skip
def test_what_cannot_be_run(changes, words, monkeypatch):
    monkeypatch.setattr(runs, "start", small)
    with pytest.raises(ValueError, match=words):
        runs.require_run(dataclasses.replace(SemiRun(), **changes))


class TestRun:
    def test_what_is_kept(self, trained):
        splits, found, result = trained
        assert set(result["test"]) == {"bound", "error", "last"}
        last = result["test"]["last"]
        assert set(last) == {*runs.NUMBERS, "epoch"}
        assert last["epoch"] == 2
        # Unit Gumbel noise: the published number is the bound.
        assert last["as_published"] == pytest.approx(last["bound"], rel=1e-4)
        # The three splits have the same images here; c is drawn anew.
        watched = found.history[-1].validation
        assert last["bound"] == pytest.approx(watched.bound, rel=5e-3)
        assert last["accuracy"] == pytest.approx(1 - watched.error)
        modes = np.asarray(found.model.logits(splits.test.images.astype(np.float32))).argmax(-1)
        assert last["accuracy"] == pytest.approx(np.mean(modes == splits.test.labels))
        assert last["matched"] >= last["accuracy"]
        assert pictures.unpacked(result["pictures"]).shape == (runs.ROWS, 10, 784)
        assert recorded.FILE.results(
            {"semi": [{"run": recorded.FILE._fields(RUN), "result": result}]}, None
        )

    def test_as_many_labels_of_each_class_are_kept(self):
        labels = runs.labelled(few(), "class").train.labels
        places = runs.kept(RUN, labels)
        assert np.bincount(labels[places, 0]).tolist() == 10 * [2]
        assert places.tolist() != runs.kept(dataclasses.replace(RUN, seed=1), labels).tolist()
        assert runs.kept(dataclasses.replace(RUN, labels=0), labels).size == 0

    def test_labelled_images_come_first(self, monkeypatch):
        """The first phase has those alone, and the second starts from its model."""
        calls = []

        def train(model, settings, images, validation, **options):
            calls.append((model, settings, images))
            return SimpleNamespace(model="after the first")

        monkeypatch.setattr(vae, "train", train)
        monkeypatch.setattr(runs, "start", small)
        run = dataclasses.replace(RUN, first=7, learns="images")
        runs.trained(run, runs.labelled(few(), "class"))
        (_, first, some), (model, second, every) = calls
        assert (first.epochs, first.batch, first.task.learns) == (7, 20, "labelled")
        assert (second.epochs, second.task.learns, model) == (2, "images", "after the first")
        assert len(some.images) == 20
        assert (some.labels >= 0).all()
        assert len(every.images) == 100

    @pytest.mark.parametrize("killed", [("labelled", 5), ("images", 1)])
    def test_either_phase_goes_on_where_it_was(self, killed, monkeypatch, tmp_path):
        """To the same numbers, and without a pass that was kept; the state is gone in the end."""
        monkeypatch.setattr(runs, "start", small)
        monkeypatch.setattr(runs, "_images", lambda name, latent: runs.labelled(few(), latent))
        monkeypatch.setattr(runs, "FIRST_KEPT_EVERY", 2)
        run = dataclasses.replace(RUN, first=6, learns="images")
        whole = runs.run_semi(run)
        passes, epoch = [], _training.train_epoch

        def train_epoch(state, data, key, number, task, *rest):
            passes.append((task.learns, int(number)))
            if passes[-1] == killed:
                raise KeyboardInterrupt
            return epoch(state, data, key, number, task, *rest)

        monkeypatch.setattr(_training, "train_epoch", train_epoch)
        with pytest.raises(KeyboardInterrupt):
            sweep(runs.run_semi, [run], tmp_path, resumable=True, progress=False)
        states = {path.name.partition(".state")[2] for path in tmp_path.glob(".*.state*")}
        assert states == ({".first"} if killed[0] == "labelled" else {"", ".first"})
        passes.clear()
        killed = None
        (found,) = sweep(runs.run_semi, [run], tmp_path, resumable=True, progress=False)
        expected = [("labelled", n) for n in (4, 5)] if states == {".first"} else []
        assert passes == [*expected, *(("images", n) for n in range(2) if expected or n == 1)]
        assert found["test"] == whole["test"]
        assert not [*tmp_path.glob(".*")]

    def test_a_damaged_state_costs_its_own_phase_alone(self, monkeypatch, tmp_path):
        monkeypatch.setattr(runs, "start", small)
        monkeypatch.setattr(runs, "_images", lambda name, latent: runs.labelled(few(), latent))
        run = dataclasses.replace(RUN, first=2, learns="images")
        state = tmp_path / "state"
        whole = runs.run_semi(run, state)
        kept = state.read_bytes()
        runs.before(state).write_bytes(b"nothing")
        with pytest.warns(UserWarning, match=r"state.first: the checkpoint cannot .* begins again"):
            again = runs.run_semi(run, state)
        assert again == whole
        assert state.read_bytes() == kept

    def test_attributes_are_switched(self):
        run = SemiRun(latent="attributes", labels=30, epochs=1)
        splits = runs.labelled(few(40), "attributes")
        assert splits.train.labels.shape == (40, 8)
        found = runs.switched(run, small(run), splits)
        assert [len(found[name]) for name in ("follows", "moves")] == [8, 64]
        shown = runs.pictures(run, small(run), splits)
        assert shown.shape == (runs.ROWS, 16, 784)
        assert np.ptp(shown[0], 0).max() > 0
        assert len(runs.kept(run, splits.train.labels)) == 30

    def test_categories_are_renamed_one_to_one(self):
        labels = np.array([[0], [0], [1], [1], [2]])
        assert runs.matched((labels + 1) % 3, labels, 3) == 1
        # Two classes in one category: one of them only.
        assert runs.matched(np.array([[0], [0], [0], [0], [2]]), labels, 3) == pytest.approx(0.6)

    def test_images_without_classes(self):
        with pytest.raises(ValueError, match="`images` must have classes, got mnist"):
            runs.labelled(dataclasses.replace(few(), labels=None), "class")


class TestPictures:
    def test_round_trip(self):
        images = np.random.default_rng(0).random((2, 3, 784))
        found = pictures.unpacked(pictures.packed(images))
        np.testing.assert_allclose(found, images, atol=0.5 / (pictures.LEVELS - 1) + 1e-12)

    @pytest.mark.parametrize("text", ["", None, "2 3 x", "1 1 eJwDAAAAAAE=", "a b c"])
    def test_others_are_refused(self, text):
        with pytest.raises(RecordError, match="pictures are corrupt"):
            pictures.unpacked(text)


class TestTables:
    def test_beside_the_printed_numbers(self):
        made = [grids.SemiRun(labels=0, learns="images"), *grids.GRIDS["table-2"][:2]]
        made += [dataclasses.replace(made[1], seed=1), grids.BESIDE["labels alone"]]
        made = [dataclasses.replace(run, epochs=3) for run in made]
        found = {run: made_up(run, 0.9 + 0.02 * run.seed) for run in made}
        assert tables.lengths(found) == [3]
        rows = tables.table(found, "mnist", 3)
        assert rows == [
            ("no labels", "90.000", "–", "–", "90.000", "–", "1"),
            ("50, direct", "91.000 ± 1.414", "90.000 ± 1.414", "92.6", "90.000 ± 0.000", "90.24",
             "2"),
            ("50, Gumbel-Softmax", "90.000", "89.000", "84.7", "90.000", "91.23", "1"),
            ("100, labels alone", "90.000", "89.000", "–", "–", "–", "1"),
        ]  # fmt: skip
        assert tables.table(found, "fashion-mnist", 3) == []

    def test_attributes(self):
        run = tables.attribute_run("mnist", "direct", 3)
        (first, *_), *_ = rows = tables.switching({run: made_up(run)}, "mnist", "direct", 3)
        assert (first, len(rows)) == ("thick", 8)
        assert rows[0][1:] == ("70.000", "10.000", "1")


def main(*arguments):
    with pytest.raises(SystemExit) as caught:
        cli.main(["vae", "semi", *arguments])
    return caught.value.code


class TestCommands:
    def test_grid_runs_and_records(self, capsys, monkeypatch, tmp_path):
        monkeypatch.setattr(runs, "run_semi", lambda run, checkpoint: made_up(run))
        monkeypatch.setattr(runs, "start", small)
        for name in ("location", "destination"):
            monkeypatch.setattr(results, name, lambda name: tmp_path / name)
        place = ("-d", str(tmp_path / "runs"), "--workers", "0", "--epochs", "2", "--seeds", "1")
        arguments = ("grid", "table-2", "figure-5", "--labels", "1200", *place, "--record")
        assert main(*arguments) == cli.AGREES
        out = capsys.readouterr().out
        assert "semi.json recorded" in out
        assert "1200, Gumbel-Softmax" in out
        assert "Attributes switched on, fashion-mnist, direct, 2 epochs" in out
        found = recorded.load()
        assert len(found) == 8
        assert {run for run in found if "pictures" in found[run]} == {
            run for run in found if run.rule == "direct"
        }
        text = json.loads((tmp_path / "semi.json").read_text())
        assert text["commands"] == [
            "perturbtheory vae semi grid table-2 figure-5 --epochs 2 --seeds 1 --labels 1200"
        ]
        before = (tmp_path / "semi.json").read_bytes()
        # Nothing is run again.
        monkeypatch.setattr(runs, "run_semi", None)
        assert main(*arguments) == cli.AGREES
        assert (tmp_path / "semi.json").read_bytes() == before

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("grid", "--epochs", "0"), "`--epochs` must be a positive number"),
            (("grid", "--seeds", "0"), "`--seeds` must be a positive number"),
            (("grid", "table-3"), "`NAMES` must be one of"),
            (("grid", "--epochs", "1.5"), "`--epochs` must be a whole number, got '1.5'"),
            (("grid", "--labels", "50.4"), "`--labels` must be a whole number, got '50.4'"),
            (("grid", "--workers", "-1"), "`--workers` must be a number of processes, got '-1'"),
            (("--labels", "99.5"), "`--labels` must be a whole number, got '99.5'"),
            (("--labels", "7"), "of each of the ten classes, got 7; ask for 10"),
            (("grid", "--labels", "70"), "`--labels` must be of"),
            (("--rule", "arm"), "`--rule` must be one of"),
            (("--labels", "600"), "`--labels` must be of images that there are, got 600"),
            (("--seed", "-1"), "`--seed` must be"),
            (("--labels", "55"), "`--labels` must be as many of each"),
        ],
    )
    def test_refused(self, arguments, words, capsys, monkeypatch, tmp_path):
        monkeypatch.setattr(data, "default", lambda folder: few())
        monkeypatch.chdir(tmp_path)
        assert main(*arguments) == cli.MISUSED
        assert words in capsys.readouterr().err

    def test_one_run(self, trained, capsys, monkeypatch, tmp_path):
        asked = []

        def made(run, splits, **options):
            asked.append(run)
            return trained[1]

        monkeypatch.setattr(data, "default", lambda folder: few())
        monkeypatch.setattr(runs, "start", small)
        monkeypatch.setattr(runs, "trained", made)
        place = ("-o", str(tmp_path), "--json", str(tmp_path / "found.json"))
        assert main("--labels", "20", "--rule", "relaxed", "--epochs", "2", *place) == cli.AGREES
        assert asked == [RUN]
        out = capsys.readouterr().out
        assert "100 to train, 20 of them with labels" in out
        assert "accuracy of argmax(theta)" in out
        assert (tmp_path / "generated.png").stat().st_size > 1000
        kept = json.loads((tmp_path / "found.json").read_text())
        assert kept["result"]["test"] == trained[2]["test"]
        assert main("--labels", "0", "--epochs", "2", *place) == cli.AGREES
        assert asked[1] == SemiRun(labels=0, learns="images", epochs=2)
