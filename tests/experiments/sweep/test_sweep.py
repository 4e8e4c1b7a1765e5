"""Sweeps: what is kept through kills, full disks, corrupt files and rival runners."""

import concurrent.futures
import contextlib
import dataclasses
import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturbtheory.experiments.sweep import (
    SweepError,
    identity,
    load,
    open_executor,
    records,
    sweep,
)
from perturbtheory.experiments.sweep import _cells as cell_files
from perturbtheory.experiments.sweep._store import Store
from tests.experiments.sweep.cells import PATIENCE, Cell, grid, noted, resumed, run, wait_until

ROOT = Path(__file__).resolve().parents[3]


@dataclasses.dataclass(frozen=True)
class Law:
    name: str
    scale: float = 1.0


@dataclasses.dataclass(frozen=True)
class Fit:
    seed: int
    law: Law = Law("normal")
    target: tuple[float, ...] = (0.25, 0.75)
    exact: bool = False
    note: str | None = None


def expected(count):
    return [{"square": n**2, "pair": [1, 0.1]} for n in range(count)]


def ran(log, what="end"):
    """How often each cell did this."""
    return Counter(number for number, _ in noted(log, what))


def files(log):
    return {path.name for path in (log / "results").iterdir()}


def only_results(cells):
    return {f"{identity(cell)}.json" for cell in cells} | {"manifest.json"}


@contextlib.contextmanager
def runner(log, workers, *kinds):
    """A runner in a process group of its own, which the test may kill; it writes to `out`."""
    # Not to a pipe: a worker that outlives its runner would keep it open.
    with (log / "out").open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.experiments.sweep.cells", str(log), str(workers), *kinds],
            cwd=ROOT,
            stdout=out,
            stderr=out,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def finish(process, log):
    assert process.wait(PATIENCE) == 0, (log / "out").read_text()


# Names


def test_identities_are_those_of_files_that_exist():
    # If this fails, every result that anyone has kept is orphaned: raise SCHEMA as well.
    assert identity(Fit(3)) == "Fit-a403c694461d73b8"
    assert identity(Fit(3, Law("é", 1e-300), (), True, "x")) == "Fit-bc1fc739817c5baf"


def test_identities_do_not_depend_on_the_process_or_the_order_of_fields():
    reordered = dataclasses.make_dataclass(
        "Fit", [(f.name, f.type) for f in reversed(dataclasses.fields(Fit))], frozen=True
    )
    entries = {f.name: getattr(Fit(3), f.name) for f in dataclasses.fields(Fit)}
    assert identity(reordered(**entries)) == identity(Fit(3))
    renamed = dataclasses.make_dataclass("Other", list(entries), frozen=True)
    assert identity(renamed(**entries)).split("-")[1] != identity(Fit(3)).split("-")[1]


_SCALARS = st.none() | st.booleans() | st.integers() | st.text() | st.floats(-1e300, 1e300)
_VALUES = st.recursive(_SCALARS, lambda v: st.lists(v, max_size=3).map(tuple), max_leaves=5)


@given(_VALUES, _VALUES)
def test_cells_have_one_identity_if_and_only_if_they_are_the_same(one, other):
    same = repr(one) == repr(other)
    assert (identity(Fit(0, note=one)) == identity(Fit(0, note=other))) == same
    assert identity(Fit(0, note=one)).removeprefix("Fit-").isalnum()


def test_equal_numbers_of_different_types_are_different_cells():
    values = (1, 1.0, True, "1", (1,), ((1,),), 0.0, -0.0, None, "None", Law("1"), ("1",))
    assert len({identity(Fit(0, note=value)) for value in values}) == len(values)


@dataclasses.dataclass
class Thawed:
    seed: int


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (3, "`cell` must be an instance of a frozen dataclass, got 3; declare"),
        (Thawed(3), "`cell` must be an instance of a frozen dataclass, got Thawed"),
        (Fit, "`cell` must be an instance of a frozen dataclass, got <class"),
        (Fit(0, Law("normal", float("nan"))), "`cell.law.scale` must be finite, got nan; use None"),
        (Fit(0, target=(1.0, float("inf"))), r"`cell.target\[1\]` must be finite, got inf"),
        (Fit(np.int64(0)), r"`cell.seed` must be plain, got np.int64\(0\) of type int64; keep"),
        (Fit(0, target=[1.0]), r"`cell.target` must be plain, got \[1.0\] of type list"),
        (Fit(0, note={}), "`cell.note` must be plain, got {} of type dict"),
        (Fit(0, law=Thawed(3)), "`cell.law` must be plain, got Thawed"),
    ],
)
def test_what_is_no_cell_is_refused(cell, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        identity(cell)
    with pytest.raises(ValueError, match=message):
        sweep(run, [*grid(tmp_path, ["quick"]), cell], tmp_path / "results")
    assert not noted(tmp_path, "start")


# Run and run again


def test_every_cell_is_run_once_and_read_afterwards(tmp_path):
    cells = grid(tmp_path, ["quick"] * 4)
    assert sweep(run, cells[:2], tmp_path / "results") == expected(2)
    twice = [cells[3], *cells, cells[0]]
    for _ in range(2):
        squares = [r["square"] for r in sweep(run, twice, tmp_path / "results")]
        assert squares == [9, 0, 1, 4, 9, 0]
    assert ran(tmp_path, "start") == dict.fromkeys(range(4), 1)
    assert files(tmp_path) == only_results(cells)
    assert load(tmp_path / "results", iter(cells)) == expected(4)


def test_no_cells_are_no_results(tmp_path):
    assert sweep(run, [], tmp_path / "results") == []
    assert json.loads((tmp_path / "results" / "manifest.json").read_text())["number"] == 0


def test_load_names_what_is_missing(tmp_path):
    cells = grid(tmp_path, ["quick"] * 9)
    sweep(run, cells[:1], tmp_path / "results")
    (tmp_path / "results" / f"{identity(cells[1])}.json").write_text("{")
    match = rf"8 of 9 missing.*{identity(cells[1])} \(it is not JSON.*; and 3 more; run the sweep"
    with pytest.raises(SweepError, match=match) as caught:
        load(tmp_path / "results", cells)
    assert caught.value.results == expected(1) + [None] * 8
    assert len(ran(tmp_path)) == 1


def test_files_say_what_ran_and_the_manifest_sums_them_up(tmp_path):
    cells = grid(tmp_path, ["quick"] * 3)
    folder = tmp_path / "results"
    sweep(run, cells[:2], folder, command="perturbtheory fit", packages=("scipy",))
    sweep(run, cells, folder, command="perturbtheory fit --all")
    record = json.loads((folder / f"{identity(cells[1])}.json").read_text())
    assert record["cell"] == {"class": "Cell"} | dataclasses.asdict(cells[1])
    assert record["result"] == expected(2)[1]
    assert record["started"].endswith("+00:00")
    assert set(record["versions"]) == {
        "python", "perturbtheory", "jax", "jaxlib", "numpy", "scipy",
    }  # fmt: skip
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["number"] == 3
    assert manifest["commands"] == ["perturbtheory fit", "perturbtheory fit --all"]
    assert manifest["versions"]["numpy"] == [np.__version__]
    found = records(folder)
    assert [entry["id"] for entry in manifest["cells"]] == sorted(map(identity, cells))
    assert manifest["seconds"] == pytest.approx(sum(r.seconds for r in found.values()))
    text = " ".join(path.read_text() for path in folder.iterdir()).replace(str(tmp_path), "")
    assert os.uname().nodename not in text
    assert str(Path.home()) not in text


# Kills


def test_a_killed_runner_loses_nothing_that_was_finished(tmp_path):
    kinds = ["quick"] * 3 + ["blocked"] * 3
    cells = grid(tmp_path, kinds)
    with runner(tmp_path, 0, *kinds) as process:
        wait_until(lambda: ran(tmp_path, "start")[3])
        process.kill()
        process.wait()
    whole = {f"{identity(cell)}.json" for cell in cells[:3]}
    assert files(tmp_path) == whole | {f".{identity(cells[3])}.lock"}
    (tmp_path / "free").touch()
    assert sweep(run, cells, tmp_path / "results") == expected(6)
    assert ran(tmp_path) == dict.fromkeys(range(6), 1)
    assert ran(tmp_path, "start") == dict.fromkeys(range(6), 1) | {3: 2}
    assert files(tmp_path) == only_results(cells)


def test_the_workers_of_a_killed_runner_end_with_it(tmp_path):
    kinds = ["quick", "blocked", "blocked"]
    with (
        runner(tmp_path, 2, *kinds) as process,
        (tmp_path / "alive").open("ab") as alive,
    ):
        wait_until(lambda: len(ran(tmp_path, "start")) == 3)
        wait_until(lambda: any((tmp_path / "results").glob("*.json")))
        process.kill()
        process.wait()

        def ended():
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True

        wait_until(ended)
    (tmp_path / "free").touch()
    assert sweep(run, grid(tmp_path, kinds), tmp_path / "results") == expected(3)
    assert ran(tmp_path) == dict.fromkeys(range(3), 1)


def test_what_a_kill_during_a_write_leaves_is_never_read_and_cleared(tmp_path):
    cells = grid(tmp_path, ["quick"] * 2)
    folder = tmp_path / "results"
    folder.mkdir()
    whole = cell_files.text(cell_files.Record(cell_files.fields(cells[0]), {}, 1.0, "", "", {}))
    gone = identity(Cell("elsewhere", 0))
    for name in (identity(cells[0]), gone, "manifest"):
        (folder / f".{name}.tmp").write_text(whole[:40])
        (folder / f".{name}.lock").touch()
    (folder / ".theirs.tmp").touch()
    (folder / ".theirs.lock").touch()
    assert sweep(run, cells, folder) == expected(2)
    assert files(tmp_path) == only_results(cells) | {".theirs.tmp", ".theirs.lock"}


def test_the_file_of_a_live_runner_is_not_cleared(tmp_path):
    live = Store(tmp_path / "results")
    live.directory.mkdir()
    name = identity(Cell("elsewhere", 0))
    lock = live.claim(name)
    (live.directory / f".{name}.tmp").touch()
    sweep(run, grid(tmp_path, ["quick"]), live.directory)
    assert {f".{name}.tmp", f".{name}.lock"} <= files(tmp_path)
    lock.release()


@pytest.mark.parametrize("function", ["replace", "fsync"])
def test_an_interrupted_write_leaves_no_half_file(function, tmp_path, monkeypatch):
    cells = grid(tmp_path, ["quick"])
    seen = []

    def interrupt(*_):
        seen.append(not (tmp_path / "results" / f"{identity(cells[0])}.json").exists())
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, function, interrupt)
        with pytest.raises(KeyboardInterrupt):
            sweep(run, cells, tmp_path / "results")
    assert seen[0]
    assert not files(tmp_path)
    assert sweep(run, cells, tmp_path / "results") == expected(1)


# Bad files


def signed(entries):
    entries.pop("checksum", None)
    return json.dumps(entries | {"checksum": cell_files._digest(entries)})


BAD = {
    "empty": (lambda text, other: "", "it is not JSON"),
    "truncated": (lambda text, other: text[: len(text) // 2], "it is not JSON"),
    "last brace gone": (lambda text, other: text.rstrip()[:-1], "it is not JSON"),
    "not text": (lambda text, other: b"\xff\xfe\x00", "it is not JSON|can't decode"),
    "nested": (lambda text, other: "[" * 100_000, "it is not JSON"),
    "a list": (lambda text, other: "[1]", "it is not a result file"),
    "foreign": (lambda text, other: '{"theta": 1}', "it is not a result file"),
    "altered": (lambda text, other: text.replace('"square": 0', '"square": 1'), "checksum"),
    "nan": (lambda text, other: text.replace('"square": 0', '"square": NaN'), "checksum"),
    "other cell": (lambda text, other: other, "it is the result of Cell-"),
    "old schema": (
        lambda text, other: signed(json.loads(text) | {"schema": 0}),
        "its schema is 0 and this version reads 1",
    ),
    "key missing": (
        lambda text, other: signed({k: v for k, v in json.loads(text).items() if k != "result"}),
        "its entries are not",
    ),
    "key added": (lambda text, other: signed(json.loads(text) | {"x": 1}), "its entries are not"),
    "wrong type": (
        lambda text, other: signed(json.loads(text) | {"result": 1}),
        "its entries are not",
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_set_aside_and_its_cell_is_run(kind, tmp_path):
    spoil, message = BAD[kind]
    cells = grid(tmp_path, ["quick"] * 2)
    folder = tmp_path / "results"
    sweep(run, cells, folder)
    path, other = (folder / f"{identity(cell)}.json" for cell in cells)
    for number in (1, 2):
        bad = spoil(path.read_text(), other.read_text())
        bad = bad if isinstance(bad, bytes) else bad.encode()
        path.write_bytes(bad)
        with pytest.raises(SweepError, match="1 of 2 missing"):
            load(folder, cells)
        with pytest.warns(UserWarning, match=f"{path.name} is left out"):
            assert len(records(folder)) == 1
        aside = folder / f"{path.name}.corrupt-{number}"
        with pytest.warns(UserWarning, match=rf"{path.name} is no .*({message}).*{aside.name}"):
            assert sweep(run, cells, folder) == expected(2)
        assert aside.read_bytes() == bad
    assert ran(tmp_path) == {0: 3, 1: 1}


# Full disks


@pytest.fixture
def full_disk(monkeypatch):
    """The writes with these numbers find no space; the others do."""
    full, lock, count = set(), threading.Lock(), [0]
    real = os.fsync

    def fsync(handle):
        with lock:
            count[0] += 1
            if count[0] in full:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    return full


def test_a_full_disk_stops_the_sweep_and_loses_nothing(tmp_path, full_disk):
    cells = grid(tmp_path, ["quick"] * 4)
    full_disk |= {3, 4}
    name = f"{identity(cells[2])}.json"
    match = (
        f"2 files could not be written: .*{name}: .*No space left on device; .*manifest.json.*; "
        "free space and run the same command again: 2 of 4 cells are done and kept"
    )
    with pytest.raises(SweepError, match=match) as caught:
        sweep(run, cells, tmp_path / "results")
    assert caught.value.__cause__.errno == errno.ENOSPC
    assert caught.value.results == [*expected(2), None, None]
    assert files(tmp_path) == {f"{identity(cell)}.json" for cell in cells[:2]}
    assert ran(tmp_path) == {0: 1, 1: 1, 2: 1}
    assert sweep(run, cells, tmp_path / "results") == expected(4)
    assert ran(tmp_path) == {0: 1, 1: 1, 2: 2, 3: 1}


def test_cells_in_flight_on_a_full_disk_are_kept_where_they_can_be(tmp_path, full_disk):
    full_disk |= {1}
    both = threading.Barrier(2)

    def together(cell):
        both.wait(PATIENCE)
        return run(cell)

    cells = grid(tmp_path, ["quick"] * 4)
    with (
        ThreadPoolExecutor(2) as threads,
        pytest.raises(SweepError, match="1 of 4 cells are done and kept"),
    ):
        sweep(together, cells, tmp_path / "results", executor=threads, in_flight=2)
    assert len(records(tmp_path / "results")) == 1
    assert sorted(ran(tmp_path)) == [0, 1]


def test_a_disk_too_full_for_a_lock_says_so_too(tmp_path, monkeypatch):
    def claim(store, name):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), f".{name}.lock")

    monkeypatch.setattr(Store, "claim", claim)
    match = "No space left.*lock.*; free space and run .*: 0 of 1 cells"
    with pytest.raises(SweepError, match=match):
        sweep(run, grid(tmp_path, ["quick"]), tmp_path / "results")


# Rival runners


def test_two_runners_share_the_cells(tmp_path):
    kinds = ["meets"] * 12
    with runner(tmp_path, 0, *kinds) as one, runner(tmp_path, 0, *kinds) as other:
        finish(one, tmp_path)
        finish(other, tmp_path)
    assert ran(tmp_path, "start") == dict.fromkeys(range(12), 1)
    assert len({process for _, process in noted(tmp_path, "start")}) == 2
    assert files(tmp_path) == only_results(grid(tmp_path, kinds))


def test_a_runner_takes_over_the_cell_of_a_killed_one(tmp_path):
    kinds = ["blocked", "quick", "quick"]
    with runner(tmp_path, 0, *kinds) as one:
        wait_until(lambda: ran(tmp_path, "start")[0])
        with runner(tmp_path, 0, *kinds) as other:
            wait_until(lambda: len(list((tmp_path / "results").glob("*.json"))) == 2)
            assert other.poll() is None
            assert ran(tmp_path, "start") == {0: 1, 1: 1, 2: 1}
            one.kill()
            one.wait()
            (tmp_path / "free").touch()
            finish(other, tmp_path)
    assert ran(tmp_path) == dict.fromkeys(range(3), 1)
    assert ran(tmp_path, "start") == {0: 2, 1: 1, 2: 1}


def test_a_cell_that_was_killed_goes_on_from_its_state(tmp_path):
    cells, results = grid(tmp_path, ["quick"]), tmp_path / "results"
    for steps in (1, 2):
        with pytest.raises(SweepError, match="a worker died"):
            sweep(resumed, cells, results, workers=1, resumable=True)
        assert ran(tmp_path, "step") == {0: steps}
    (tmp_path / "free").touch()
    assert sweep(resumed, cells, results, workers=1, resumable=True) == [{"steps": "xxx"}]
    assert ran(tmp_path, "step") == {0: 3}
    assert files(tmp_path) == only_results(cells)
    # The state of one that is finished is not looked at again.
    assert sweep(resumed, cells, results, resumable=True) == [{"steps": "xxx"}]


def test_a_state_is_kept_beside_results_of_this_machine_alone(tmp_path):
    cells = grid(tmp_path, ["quick"])
    with ThreadPoolExecutor(1) as executor:
        found = sweep(
            lambda cell, checkpoint: {"state": checkpoint is None},
            cells, tmp_path / "results", executor=executor, resumable=True,
        )  # fmt: skip
    assert found == [{"state": True}]


def test_states_that_are_of_no_use_are_cleared(tmp_path):
    cells, results = grid(tmp_path, ["quick"] * 2), tmp_path / "results"
    sweep(run, cells[:1], results)
    done, waits = (f".{identity(cell)}.state" for cell in cells)
    for name in (done, waits, f".{waits}.abcd1234"):
        (results / name).touch()
    sweep(run, cells[:1], results)
    assert files(tmp_path) == only_results(cells[:1]) | {waits}


def test_a_result_that_appears_just_before_the_lock_is_used(tmp_path, monkeypatch):
    cells = grid(tmp_path, ["quick"])
    claim = Store.claim

    def late(store, name):
        monkeypatch.setattr(Store, "claim", claim)
        sweep(run, cells, tmp_path / "results")
        return claim(store, name)

    monkeypatch.setattr(Store, "claim", late)
    assert sweep(run, cells, tmp_path / "results") == expected(1)
    assert ran(tmp_path) == {0: 1}


def test_a_lock_is_exclusive_within_one_process_too(tmp_path):
    store = Store(tmp_path)
    lock = store.claim("x")
    assert store.claim("x") is None
    lock.release()
    assert lock.stream.closed
    assert not list(tmp_path.iterdir())
    again = store.claim("x")
    assert again is not None
    again.release()


def test_a_lock_on_a_file_that_was_removed_meanwhile_is_none(tmp_path, monkeypatch):
    store = Store(tmp_path)
    first, flock, second = store.claim("x"), fcntl.flock, []

    def late(stream, how):
        monkeypatch.setattr(fcntl, "flock", flock)
        first.release()
        second.append(store.claim("x"))
        flock(stream, how)

    monkeypatch.setattr(fcntl, "flock", late)
    assert store.claim("x") is None
    second[0].release()


def test_a_platform_without_locks_says_so(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with pytest.raises(SweepError, match="needs the file locks of POSIX"):
        sweep(run, grid(tmp_path, ["quick"]), tmp_path / "results")


# Failures


@pytest.mark.parametrize("workers", [0, 2])
def test_cells_that_fail_do_not_stop_the_others(workers, tmp_path):
    cells = grid(tmp_path, ["quick", "fails", "quick", "fails", "quick"])
    name = identity(cells[1])
    match = (
        rf"2 of 5 cells failed: .*{name} = Cell\(.*\): ArithmeticError: no 1.*; fix what raised "
        "and run the same command again: 3 of 5 cells are done and kept"
    )
    with pytest.raises(SweepError, match=match) as caught:
        sweep(run, cells, tmp_path / "results", workers=workers)
    assert isinstance(caught.value.__cause__, ArithmeticError)
    assert set(caught.value.failures) == {name, identity(cells[3])}
    whole = expected(5)
    assert caught.value.results == [whole[0], None, whole[2], None, whole[4]]
    assert files(tmp_path) == only_results([cells[0], cells[2], cells[4]])
    (tmp_path / "free").touch()
    assert sweep(run, cells, tmp_path / "results") == whole
    assert ran(tmp_path, "start") == {0: 1, 1: 2, 2: 1, 3: 2, 4: 1}


def test_an_exception_that_cannot_travel_fails_its_cell_alone(tmp_path):
    cells = grid(tmp_path, ["stubborn", "quick"])
    with pytest.raises(SweepError, match="StubbornError: 1 and 2") as caught:
        sweep(run, cells, tmp_path / "results", workers=1)
    assert caught.value.results == [None, expected(2)[1]]


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (3, "`function` must return a mapping, got 3"),
        ({"a": {"b": [0, float("nan")]}}, r"`result\['a'\]\['b'\]\[1\]` must be finite, got nan"),
        ({"a": np.float32(1)}, r"`result\['a'\]` must be plain, .*float32; convert arrays"),
        ({1: 2}, "`result` must have text as keys, got 1; use"),
        ({"a": object}, "must be plain, got <class 'object'>"),
    ],
)
def test_results_that_json_does_not_hold_are_refused(result, message, tmp_path):
    with pytest.raises(SweepError, match=message):
        sweep(lambda _: result, [Fit(0)], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]


def test_results_come_back_from_the_file_as_they_went_in(tmp_path):
    result = {"x": [0.1, 1e-300, -0.0, 10**30, True, None, "é\ud800"], "y": {"z": {}}, "": (1, ())}
    fresh = sweep(lambda _: result, [Fit(0)], tmp_path)
    assert repr(load(tmp_path, [Fit(0)])) == repr(fresh)
    assert fresh[0][""] == [1, []]


def test_a_killed_worker_is_reported_with_the_cells_in_flight(tmp_path):
    cells = grid(tmp_path, ["quick", "killed", "blocked", "quick", "quick"])
    with pytest.raises(SweepError, match="a worker died while these cells were in f.*") as caught:
        sweep(run, cells, tmp_path / "results", workers=2, in_flight=2)
    assert isinstance(caught.value.__cause__, concurrent.futures.BrokenExecutor)
    assert identity(cells[1]) in str(caught.value)
    assert not caught.value.failures
    assert caught.value.results[0] == expected(1)[0]
    done = set(records(tmp_path / "results"))
    assert files(tmp_path) == {f"{name}.json" for name in done} | {"manifest.json"}
    (tmp_path / "free").touch()
    assert sweep(run, cells, tmp_path / "results") == expected(5)
    assert ran(tmp_path)[0] == 1


# Interrupts


def test_an_interrupt_keeps_what_is_done(tmp_path):
    cells = grid(tmp_path, ["quick", "quick", "interrupted", "quick"])
    with pytest.raises(KeyboardInterrupt):
        sweep(run, cells, tmp_path / "results")
    assert files(tmp_path) == only_results(cells[:2])
    assert json.loads((tmp_path / "results" / "manifest.json").read_text())["number"] == 2
    (tmp_path / "free").touch()
    assert sweep(run, cells, tmp_path / "results") == expected(4)
    assert ran(tmp_path) == dict.fromkeys(range(4), 1)


def test_an_interrupt_cancels_what_waits_and_keeps_what_was_not_yet_collected(tmp_path):
    submitted = []

    class Slow(concurrent.futures.Executor):
        """The first cell is finished, the second waits, the third is interrupted."""

        def submit(self, fn, /, *args, **kwargs):
            submitted.append(Future())
            if len(submitted) == 1:
                submitted[0].set_result(fn(*args, **kwargs))
            if len(submitted) == 3:
                raise KeyboardInterrupt
            return submitted[-1]

    cells = grid(tmp_path, ["quick"] * 4)
    with pytest.raises(KeyboardInterrupt):
        sweep(run, cells, tmp_path / "results", executor=Slow(), in_flight=4)
    assert submitted[1].cancelled()
    assert files(tmp_path) == only_results(cells[:1])


def test_control_c_does_not_wait_for_the_cells_in_flight(tmp_path):
    kinds = ["quick", "blocked", "blocked"]
    with runner(tmp_path, 2, *kinds) as process:
        wait_until(lambda: len(ran(tmp_path, "start")) == 3)
        wait_until(lambda: any((tmp_path / "results").glob("*.json")))
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(PATIENCE) != 0
    out = (tmp_path / "out").read_text()
    assert out.rstrip().endswith("KeyboardInterrupt")
    assert "SpawnProcess" not in out
    assert files(tmp_path) == only_results(grid(tmp_path, kinds)[:1])


def test_workers_leave_control_c_to_their_runner(tmp_path):
    with runner(tmp_path, 1, "blocked") as process:
        wait_until(lambda: noted(tmp_path, "start"))
        os.kill(noted(tmp_path, "start")[0][1], signal.SIGINT)
        (tmp_path / "free").touch()
        finish(process, tmp_path)
    assert ran(tmp_path, "start") == {0: 1}


# Where cells run


def test_processes_run_cells_and_are_not_this_one(tmp_path):
    assert sweep(run, grid(tmp_path, ["quick"] * 5), tmp_path / "results", workers="2") == expected(
        5
    )
    assert os.getpid() not in {process for _, process in noted(tmp_path, "start")}


def test_an_executor_of_the_caller_stays_open(tmp_path):
    with ThreadPoolExecutor(2) as threads:
        for _ in range(2):
            cells = grid(tmp_path, ["quick"] * 5)
            assert sweep(run, cells, tmp_path / "results", executor=threads) == expected(5)
        assert threads.submit(int).result() == 0
    assert ran(tmp_path) == dict.fromkeys(range(5), 1)


def test_few_cells_are_handed_out_at_once(tmp_path):
    class Counting(ThreadPoolExecutor):
        held, most = 0, 0

        def submit(self, fn, /, *args, **kwargs):
            self.most = max(self.most, len(list((tmp_path / "results").glob(".*.lock"))))
            return super().submit(fn, *args, **kwargs)

    with Counting(2) as threads:
        sweep(run, grid(tmp_path, ["quick"] * 20), tmp_path / "results", executor=threads)
        assert threads.most == 3


def test_nothing_is_opened_when_everything_is_done(tmp_path):
    cells = grid(tmp_path, ["quick"])
    sweep(run, cells, tmp_path / "results")
    assert sweep(run, cells, tmp_path / "results", workers="tcp://127.0.0.1:1") == expected(1)


@pytest.mark.filterwarnings("default")
def test_a_dask_cluster_runs_cells(tmp_path):
    import distributed

    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None,
        protocol="tcp", host="127.0.0.1",
    ) as cluster:  # fmt: skip
        cells = grid(tmp_path, ["quick", "fails", *["quick"] * 6])
        address = cluster.scheduler_address
        with pytest.raises(SweepError, match="1 of 8 cells failed.*ArithmeticError: no 1"):
            sweep(run, cells, tmp_path / "results", workers=address)
        (tmp_path / "free").touch()
        with open_executor(address) as executor:
            assert sweep(run, cells, tmp_path / "results", executor=executor) == expected(8)
    assert ran(tmp_path) == dict.fromkeys(range(8), 1)


def test_a_missing_dask_is_named_with_the_way_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SweepError, match=r"pip install 'perturbtheory\[dask\]'"):
        sweep(run, grid(tmp_path, ["quick"]), tmp_path / "results", workers="tcp://127.0.0.1:1")


# Arguments


@pytest.mark.parametrize("workers", [-1, "many", 1.5, True, "-2", None])
def test_workers_are_a_number_or_an_address(workers, tmp_path):
    with pytest.raises(ValueError, match="`workers` must be a number of processes, got .*; use 0"):
        sweep(run, grid(tmp_path, ["quick"]), tmp_path / "results", workers=workers)


def test_functions_that_processes_cannot_import_are_refused(tmp_path):
    def local(cell):
        return {}

    for function in (lambda cell: {}, local):
        with pytest.raises(ValueError, match="`function` must be importable .*; define it at the"):
            sweep(function, grid(tmp_path, ["quick"]), tmp_path / "results", workers=1)
        assert sweep(function, [Fit(0)], tmp_path / "results") == [{}]


def test_functions_of_an_interactive_session_are_refused(tmp_path):
    code = (
        "import dataclasses, sys\n"
        "from perturbtheory.experiments.sweep import sweep\n"
        "@dataclasses.dataclass(frozen=True)\nclass Cell:\n    seed: int\n"
        "def function(cell):\n    return {}\n"
        "try:\n    sweep(function, [Cell(0)], sys.argv[1], workers=1)\n"
        "except ValueError as error:\n    print(error)\n"
        "assert not {'jax', 'numpy', 'scipy', 'sympy'} & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert "`function` must be in a file, got" in done.stdout


def test_other_arguments_are_checked_before_anything_runs(tmp_path):
    cells = grid(tmp_path, ["quick"])
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="`directory` must be a directory, got .*file.*; choose"):
        sweep(run, cells, tmp_path / "file")
    with pytest.raises(ValueError, match="`in_flight` must be at least 1, got 0; leave it out"):
        sweep(run, cells, tmp_path / "results", in_flight=0)
    with pytest.raises(ValueError, match="`packages` must be installed, got 'nothing'; install"):
        sweep(run, cells, tmp_path / "results", packages=("nothing",))
    assert not noted(tmp_path, "start")
