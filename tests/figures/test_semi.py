"""Figures of semi-supervised runs, from a record that is made up."""

import dataclasses

import numpy as np

from perturbtheory.experiments.semi import grids, recorded
from perturbtheory.figures import semi
from tests.experiments.semi.made_up import made_up


def test_accuracies_beside_the_printed_ones(monkeypatch, tmp_path):
    every = grids.runs(["table-2"], 3)
    found = {run: made_up(run, 0.9 + 0.01 * run.seed) for run in every}
    monkeypatch.setattr(recorded, "load", lambda: found)
    data = semi.data()
    assert set(data) < set(semi.SEMI.labels)
    np.testing.assert_allclose(data["mnist/direct/mean"], 5 * [91.0])
    np.testing.assert_allclose(data["mnist/direct/least"], 5 * [90.0])
    np.testing.assert_allclose(data["mnist/direct/most"], 5 * [92.0])
    np.testing.assert_allclose(data["mnist/Gumbel-Softmax/printed"], [84.7, 88.4, 91.7, 92.3, 92.7])
    assert "mnist/labels alone/mean" not in data
    assert all(path.stat().st_size > 1000 for path in semi.SEMI.write(tmp_path, "semi"))


def test_pictures_side_by_side(monkeypatch, tmp_path):
    every = [*grids.GRIDS["figure-4"], grids.ATTRIBUTES["direct"]]
    found = {run: made_up(run) for run in (dataclasses.replace(r, epochs=3) for r in every)}
    monkeypatch.setattr(recorded, "load", lambda: found)
    data = semi.pictures_data()
    switched = "MNIST, attributes off and on"
    assert list(data) == ["without labels", "with 100 labels", switched]
    assert data["without labels"].shape == (3 * 28, 10 * 28)
    assert data[switched].shape == (3 * 28, 16 * 28)
    assert set(np.unique(data["without labels"]).round(9)) == {6.0}
    assert all(path.stat().st_size > 1000 for path in semi.PICTURES.write(tmp_path, "generated"))
    monkeypatch.setattr(recorded, "load", dict)
    assert semi.PICTURES.write(tmp_path, "generated")


def test_one_longer_run_takes_nothing_away(monkeypatch):
    """Neither of other methods, nor of other numbers of labels, nor other pictures."""
    found = {run: made_up(run) for run in grids.runs(["table-2", "figure-4"], 3, (0,))}
    more = dataclasses.replace(grids.TABLE_2["direct"], labels=100, epochs=9)
    more_of_all = [dataclasses.replace(run, epochs=5) for run in found if run.rule == "relaxed"]
    found |= {run: made_up(run, 0.7) for run in (more, *more_of_all)}
    monkeypatch.setattr(recorded, "load", lambda: found)
    data = semi.data()
    np.testing.assert_allclose(data["mnist/direct/mean"], 5 * [90.0])
    np.testing.assert_allclose(data["mnist/Gumbel-Softmax/mean"], 5 * [70.0])
    assert list(semi.pictures_data()) == ["without labels", "with 100 labels"]


def test_images_stay_whole():
    """Row by row and column by column: image (i, j) is where it belongs."""
    from perturbtheory.experiments.semi.pictures import packed

    levels = np.arange(6).reshape(2, 3) / 15
    picture = semi.mosaic(packed(np.repeat(levels[..., None], 784, -1)))
    assert picture[:28, 28:56].min() == picture[:28, 28:56].max() == 1
    assert picture[28:, 56:].min() == picture[28:, 56:].max() == 5
