"""Records of fits, VAEs and times that are corrupt: every one is named, by every command."""

import contextlib
import copy
import json
import threading

import pytest

from perturbtheory import cli, locks, results
from perturbtheory.experiments import recorded as experiments_recorded
from perturbtheory.experiments.fits import recorded
from perturbtheory.experiments.structured import StructuredRun
from perturbtheory.experiments.structured import recorded as structured_recorded
from perturbtheory.experiments.sweep import sweep
from perturbtheory.experiments.vaes import recorded as vae_recorded
from perturbtheory.experiments.vaes import speed as vae_speed
from perturbtheory.ledger import run
from perturbtheory.ledger._claim import Claim

FORMS = {"fits.json": (recorded, "fits"), "vaes.json": (vae_recorded, "vaes")}
TEXTS = ["", "{", "[]", "null", "3", '"x"', "[" * 100_000, "\ud800", '{"x": 1}']


def harmed(value):
    """What else could stand in the place of a value."""
    yield from (None, "x", 3.5, [], {}, True)
    if isinstance(value, list):
        yield from (value[:1], [*value[:-1], None], [*value[:-1], "1"], [*value[:-1], float("nan")])
        yield [*value, 1.0]


def places(result, path=()):
    """The keys of a result that claims and figures read."""
    for key, value in result.items():
        if isinstance(value, dict):
            yield from places(value, (*path, key))
        yield (*path, key)


@pytest.fixture(params=FORMS)
def record(request, tmp_path, monkeypatch):
    """(module, rows, write): a record of one run that can be changed."""
    module, rows = FORMS[request.param]
    data = json.loads(module.location().read_text("utf-8")) if hasattr(module, "location") else None
    data = data or json.loads(results.location(request.param).read_text("utf-8"))
    path = tmp_path / request.param
    real = results.location
    monkeypatch.setattr(
        results, "location", lambda name: path if name == request.param else real(name)
    )
    head = data | {rows: [r for r in data[rows] if r["result"].get("p") is None][:1]}
    return module, head, rows, path


def test_texts_that_are_no_record(record):
    module, _, _, path = record
    for text in TEXTS:
        path.write_bytes(text.encode(errors="surrogatepass"))
        with pytest.raises(results.RecordError, match=rf"are corrupt: {path}: .*install the pack"):
            module.load()
    path.unlink()
    with pytest.raises(results.RecordError, match="does not exist"):
        module.load()
    path.mkdir()
    with pytest.raises(results.RecordError, match="are corrupt: .*IsADirectoryError"):
        module.load()


def test_every_number_of_a_result_is_looked_at(record):
    module, head, rows, path = record
    path.write_text(json.dumps(head))
    assert len(module.load()) == 1
    result = head[rows][0]["result"]
    for place in places(result):
        for value in (..., *harmed(result[place[0]])):
            changed = copy.deepcopy(head)
            inner = changed[rows][0]["result"]
            for key in place[:-1]:
                inner = inner[key]
            if value is ...:
                del inner[place[-1]]
            elif value == inner[place[-1]] or _allowed(place, value):
                continue
            else:
                inner[place[-1]] = value
            path.write_text(json.dumps(changed))
            try:
                module.load()
            except results.RecordError as error:
                assert "are corrupt" in str(error)  # noqa: PT017
            else:
                pytest.fail(f"{place} = {value} was taken")


def _allowed(place, value):
    """A curve of the igr model is left out; single numbers may be others."""
    alone = place[0] == "test" and len(place) == 3 and isinstance(value, float)
    return (alone and value == 3.5) or (place == ("l1_curve",) and value is None)


@pytest.mark.parametrize("row", [3, {}, {"run": {}}, {"run": 3, "result": {}}, {"run": {"x": 1}}])
def test_rows_that_are_none(record, row):
    module, head, rows, path = record
    path.write_text(json.dumps(head | {rows: [row]}))
    with pytest.raises(results.RecordError, match="are corrupt"):
        module.load()


def test_commands_name_it(record, monkeypatch, tmp_path, capsys):
    path = record[3]
    path.write_text("{")
    figure = "figure-4" if path.name == "fits.json" else "figure-5"
    commands = [("figures", figure, "-d", str(tmp_path / "drawn"))]
    commands += [("vae", "tables")] if path.name == "vaes.json" else []
    for command in commands:
        with pytest.raises(SystemExit) as stop:
            cli.main(command)
        assert stop.value.code in (cli.DRIFTED, cli.MISUSED)
        err = capsys.readouterr().err
        assert f"are corrupt: {path}" in err
        assert err.startswith("perturbtheory: recorded ")


def test_a_part_that_reads_it_is_unknown_and_says_why(record):
    module, _, _, path = record
    path.write_text("{")
    one = Claim("X.reads", "nowhere", "a statement")

    @one.part("part")
    def part():
        module.load()
        yield from ()

    (check,) = run(one).parts[0].checks
    assert check.outcome == "unknown"
    assert check.detail.startswith("RecordError: recorded ")
    assert f"are corrupt: {path}" in check.detail


@pytest.mark.parametrize("text", ["{", "[]", "null", '{"ratios": 3}', '{"ratios": {"a": "x"}}'])
def test_times(text, tmp_path, monkeypatch):
    path = tmp_path / "vae_speed.json"
    path.write_text(text.replace('"a"', '"direct over relaxed, K = 10"'))
    monkeypatch.setattr(results, "location", lambda name: path)
    with pytest.raises(results.RecordError, match=f"recorded times are corrupt: {path}"):
        vae_speed.ratio("direct", 10)


class TestAtOnce:
    """Two commands that record at once, into one file."""

    def setup(self, folder, monkeypatch):
        """Two folders of a run each."""
        monkeypatch.setattr(results, "destination", lambda name: folder / name)
        made = [StructuredRun(epochs=1, seed=seed) for seed in (0, 1)]
        for one in made:
            sweep(made_up, [one], folder / str(one.seed), progress=False)
        return made

    def test_none_is_lost(self, tmp_path, monkeypatch):
        made = self.setup(tmp_path, monkeypatch)
        read, slow = structured_recorded.FILE.results, threading.Barrier(2, timeout=0.5)

        def results_of(self, data, path):
            """Wait for the other command here; with a lock it does not come."""
            with contextlib.suppress(threading.BrokenBarrierError):
                slow.wait()
            return read(data, path)

        (tmp_path / "structured.json").write_text('{"structured": []}')
        monkeypatch.setattr(experiments_recorded.RunFile, "results", results_of)
        commands = [
            threading.Thread(target=structured_recorded.save, args=(tmp_path / str(one.seed),))
            for one in made
        ]
        for command in commands:
            command.start()
        for command in commands:
            command.join()
        found = json.loads((tmp_path / "structured.json").read_text())
        assert found["runs"] == 2
        assert not [*tmp_path.glob(".*")]

    def test_one_that_never_ends_is_named(self, tmp_path, monkeypatch):
        self.setup(tmp_path, monkeypatch)
        monkeypatch.setattr(experiments_recorded, "PATIENCE", 0.1)
        lock = locks.claim(tmp_path / ".structured.json.lock")
        with pytest.raises(results.RecordError, match=r"another command .*structured.json for 0.1"):
            structured_recorded.save(tmp_path / "0")
        assert not (tmp_path / "structured.json").exists()
        lock.release()
        structured_recorded.save(tmp_path / "0")
        assert json.loads((tmp_path / "structured.json").read_text())["runs"] == 1


def made_up(run):
    numbers = dict.fromkeys(structured_recorded._TEST, 1.0)
    return {
        "loss": [1.0], "validation": {"bound": [1.0], "as_published": [1.0]}, "seconds": [1.0],
        "test": dict.fromkeys(("bound", "as_published", "last"), numbers),
    }  # fmt: skip
