"""Sweeps in folders where something else stands, or that are taken away, or of another version."""

import json
import os
import shutil
import signal

import pytest

import perturbtheory
from perturbtheory.experiments.sweep import SweepError, _executors, identity, load, records, sweep
from tests.experiments.sweep.cells import grid, run
from tests.experiments.sweep.test_sweep import expected, files, only_results, ran


def to_a_file(folder):
    shutil.rmtree(folder)
    folder.write_text("")


@pytest.mark.parametrize(("harm", "kept"), [(to_a_file, 0), (shutil.rmtree, 0)])
def test_a_folder_that_is_taken_away_is_named(harm, kept, tmp_path):
    cells, folder = grid(tmp_path, ["quick"] * 4), tmp_path / "results"

    def harmful(cell):
        if cell.number == 2:
            harm(folder)
        return run(cell)

    match = (
        f"could not be written: {folder}.*; make '{folder}' a directory again and run the same "
        f"command again: {kept} of 4 cells are done and kept"
    )
    with pytest.raises(SweepError, match=match) as caught:
        sweep(harmful, cells, folder)
    assert caught.value.results[:2] == expected(2)
    assert sorted(ran(tmp_path)) == [0, 1, 2]


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda path: path.mkdir(), "it is a directory"),
        (lambda path: (path / "full").mkdir(parents=True), "it is a directory"),
        (os.mkfifo, "it is no regular file"),
        (lambda path: path.symlink_to("/dev/zero"), "it is no regular file"),
    ],
)
def test_what_is_no_file_is_set_aside_and_its_cell_is_run(make, what, tmp_path):
    cells, folder = grid(tmp_path, ["quick"] * 2), tmp_path / "results"
    folder.mkdir()
    path = folder / f"{identity(cells[0])}.json"
    make(path)
    with pytest.warns(UserWarning, match=f"{path.name} is left out: {what}"):
        assert records(folder) == {}
    with pytest.raises(SweepError, match=rf"2 of 2 missing.*\({what}\)"):
        load(folder, cells)
    with pytest.warns(UserWarning, match=rf"is no result of its cell: {what}; kept as"):
        assert sweep(run, cells, folder) == expected(2)
    assert files(tmp_path) == only_results(cells) | {f"{path.name}.corrupt-1"}


@pytest.mark.parametrize("suffix", [".lock", ".tmp"])
def test_a_folder_where_a_file_of_a_runner_should_be(suffix, tmp_path):
    cells, folder = grid(tmp_path, ["quick"] * 2), tmp_path / "results"
    (folder / f".{identity(cells[0])}{suffix}").mkdir(parents=True)
    with pytest.raises(SweepError, match=rf"{identity(cells[0])}.*Is a directory"):
        sweep(run, cells, folder)


class TestVersions:
    @pytest.fixture
    def old(self, tmp_path, monkeypatch):
        """A folder with two results of version 0.0.9, and four cells."""
        cells, folder = grid(tmp_path, ["quick"] * 4), tmp_path / "results"
        with monkeypatch.context() as patch:
            patch.setattr(perturbtheory, "__version__", "0.0.9")
            _sweep = sweep.__globals__
            _sweep["_versions"].cache_clear()
            assert sweep(run, cells[:2], folder) == expected(2)
        _sweep["_versions"].cache_clear()
        return folder, cells

    MATCH = (
        f"results' has results of another perturbtheory than this, {perturbtheory.__version__}: "
        "2 of version 0.0.9; they are used as they are; to have all of one version, delete them"
    )

    def test_results_of_another_version_are_used_with_a_warning(self, old):
        folder, cells = old
        for _ in range(2):
            with pytest.warns(UserWarning, match=self.MATCH):
                assert sweep(run, cells, folder) == expected(4)
            with pytest.warns(UserWarning, match=self.MATCH):
                assert load(folder, cells) == expected(4)
        assert ran(folder.parent) == dict.fromkeys(range(4), 1)
        versions = json.loads((folder / "manifest.json").read_text())["versions"]
        assert versions["perturbtheory"] == ["0.0.9", perturbtheory.__version__]

    def test_those_that_are_not_asked_for_are_no_reason(self, old):
        folder, cells = old
        assert sweep(run, cells[2:], folder) == expected(4)[2:]


def test_processes_do_not_hear_ctrl_c_while_they_begin(tmp_path):
    with _executors.open_executor(1) as executor:
        assert executor.submit(_blocked).result() == [signal.SIGINT]
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def _blocked():
    return [s for s in signal.pthread_sigmask(signal.SIG_BLOCK, ()) if s == signal.SIGINT]
