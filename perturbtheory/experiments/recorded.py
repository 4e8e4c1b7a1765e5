"""The runs of one kind in one file of results/, whatever a run is.

One line a run: the fields that differ from the defaults of its class, then its result. Every kind
has one such file, and says which numbers of a result must be there.
"""

import dataclasses
import functools
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from perturbtheory import results as files
from perturbtheory.experiments.numbers import require_numbers
from perturbtheory.experiments.sweep import Record, identity, records
from perturbtheory.locks import alone

PATIENCE = 60.0
"""Seconds that a command waits for another one that records: what it does takes less than one."""

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Run = TypeVar("Run", bound="DataclassInstance")


class Recorded(dict[Run, dict[str, Any]]):
    """Results by run; raises RecordError for a run that was not made.

    Attributes:
        what: of what they are the record, in the message.
        remedy: the way out, in the message.
    """

    def __init__(
        self, results: Mapping[Run, dict[str, Any]], what: str = "records", remedy: str = ""
    ) -> None:
        super().__init__(results)
        self.what, self.remedy = what, remedy

    def __missing__(self, run: Run) -> dict[str, Any]:
        """No result: say how to make one."""
        msg = f"{self.what} have no {run}; {self.remedy}"
        raise files.RecordError(msg)


@dataclasses.dataclass(frozen=True)
class RunFile(Generic[Run]):
    """A record of runs.

    Attributes:
        run: the class of a run, a frozen dataclass.
        file: the name of the file.
        rows: the key under which it has its rows.
        what: of what it is the record, in messages.
        remedy: the way out, in messages.
        lengths: how many numbers a result of a run has, by place; see `require_numbers`.
    """

    run: type[Run]
    file: str
    rows: str
    what: str
    remedy: str
    lengths: Callable[[Run, Any], Mapping[str, int | None]]

    def location(self) -> Path:
        """The record shipped with an installed package, or that in results/ of a checkout."""
        return files.location(self.file)

    def destination(self) -> Path:
        """Where `write` writes; raises RecordError outside of a checkout."""
        return files.destination(self.file)

    def missing(self, what: str) -> files.RecordError:
        """The error for runs that are not there, with the remedy."""
        return files.RecordError(f"{what}; {self.remedy}")

    def load(self) -> Recorded[Run]:
        """Recorded results by run, which the caller may change.

        Raises:
            RecordError: if the file is missing or is not what `write` writes.
        """
        path = self.location()
        return self._recorded(_loaded(self, path, files.stamp(path)))

    def read(self, path: Path) -> dict[str, Any]:
        """All that the file at this path says, its head too; raises RecordError like `load`."""
        return files.read_json(path, self.what, self.remedy)

    def results(self, data: Any, path: Path) -> dict[Run, dict[str, Any]]:
        """The results in what was read from this path; raises RecordError like `load`."""
        try:
            found = {self._run(entry["run"]): entry["result"] for entry in data[self.rows]}
            for run, result in found.items():
                require_numbers(result, self.lengths(run, result))
        except (TypeError, KeyError, AttributeError, ValueError) as error:
            why = f"{type(error).__name__}: {error}"
            msg = f"{self.what} are corrupt: {path}: {why}; {self.remedy}"
            raise files.RecordError(msg) from error
        return found

    def made(self, directory: Path) -> dict[Run, Record]:
        """What a sweep left in the directory; cells of other classes there are left alone."""
        cells = ((dict(record.cell), record) for record in records(directory).values())
        kind = self.run.__qualname__
        return {self._run(cell): record for cell, record in cells if cell.pop("class") == kind}

    def finished(self, directory: Path) -> Recorded[Run]:
        """Results by run of what a sweep left in the directory."""
        made = self.made(directory)
        return self._recorded({run: record.result for run, record in made.items()})

    def write(
        self, head: Mapping[str, Any], results: Mapping[Run, Mapping[str, Any]], seconds: float
    ) -> Path:
        """Write the record: its head, how many runs it has and what they took, and the rows."""
        entries = {**head, "runs": len(results), "seconds": round(seconds)}
        rows = [
            json.dumps({"run": self._fields(run), "result": result}, allow_nan=False)
            for run, result in results.items()
        ]
        body = ",\n".join(f" {row}" for row in rows)
        start = json.dumps(entries, indent=1)[:-2]
        path = self.destination()
        files.write_text(path, f'{start},\n "{self.rows}": [\n{body}\n ]\n}}\n')
        return path

    def add(
        self,
        directory: Path,
        kept: Callable[[Run, Any], Mapping[str, Any]],
        hint: str,
        beside: Callable[[Mapping[Run, Mapping[str, Any]]], object] | None = None,
    ) -> None:
        """Write what the record has and what a sweep left in the directory.

        A run that the record has already is replaced. With the runs are kept the commands and
        versions that made them, and the seconds of their epochs, under "seconds" of a result.
        Commands that record at once take turns, so that none writes over what another has added.

        Args:
            directory: of the sweep.
            kept: what is kept of a result of a run.
            hint: what to do about a directory without runs.
            beside: called with all results of the record, to write what stands beside it.

        Raises:
            RecordError: if the directory holds no run, or one whose result lacks numbers; if there
                is a record and it is corrupt; if another command records for a minute. Nothing is
                written then.
            OSError: if it cannot be written.
        """
        made = self.made(directory)
        if not made:
            msg = f"{self.what} would be unchanged: {directory} holds no run; {hint}"
            raise files.RecordError(msg)
        new = {
            run: self._whole(run, record.result, kept, directory) for run, record in made.items()
        }
        path = self.destination()
        lock = path.with_name(f".{path.name}.lock")
        try:
            with alone(lock, PATIENCE):
                results = self._joined(path, new, list(made.values()))
                if beside is not None:
                    beside(results)
        except TimeoutError as error:
            msg = (
                f"{self.what} are unchanged: another command has been recording into {path} for "
                f"{PATIENCE:g} s; wait until it ends, and run this again"
            )
            raise files.RecordError(msg) from error
        except ModuleNotFoundError as error:
            if error.name != "fcntl":
                raise
            msg = f"{self.what} need the file locks of POSIX, which this platform lacks; use Linux"
            raise files.RecordError(msg) from error

    def _joined(
        self, path: Path, new: Mapping[Run, Mapping[str, Any]], made: list[Record]
    ) -> dict[Run, Mapping[str, Any]]:
        """Write the record with these runs too; returns all of it."""
        before = self.read(path) if path.exists() else {self.rows: []}
        found: dict[Run, Mapping[str, Any]] = {**self.results(before, path), **new}
        commands, made_with = (self._head(before, name, path) for name in ("commands", "versions"))
        results = dict(sorted(found.items(), key=lambda pair: dataclasses.astuple(pair[0])))
        head = {
            "commands": sorted({*commands, *(record.command for record in made)}),
            "versions": versions([*made_with, *(record.versions for record in made)]),
        }
        self.write(head, results, sum(sum(result["seconds"]) for result in results.values()))
        return results

    def _head(self, data: Mapping[str, Any], name: str, path: Path) -> list[Any]:
        """The commands or the versions in the head of a record, none if it has none."""
        found = data.get(name, [])
        kind = {"commands": str, "versions": dict}[name]
        if not isinstance(found, list) or not all(isinstance(one, kind) for one in found):
            why = f"{name!r} must be a list of {kind.__name__}, got {str(found)[:60]}"
            msg = f"{self.what} are corrupt: {path}: {why}; {self.remedy}"
            raise files.RecordError(msg)
        return found

    def _whole(
        self, run: Run, result: Any, kept: Callable[[Run, Any], Mapping[str, Any]], directory: Path
    ) -> Mapping[str, Any]:
        """What is kept of a result, with all its numbers."""
        try:
            found = kept(run, result)
            require_numbers(found, self.lengths(run, found))
        except (TypeError, LookupError, AttributeError, ValueError) as error:
            why = f"{type(error).__name__}: {error}"
            path = directory / f"{identity(run)}.json"
            what = f"a result that was made cannot be recorded: {path}: {why}"
            msg = f"{what}; delete it and run it again"
            raise files.RecordError(msg) from error
        return found

    def _recorded(self, results: Mapping[Run, dict[str, Any]]) -> Recorded[Run]:
        return Recorded(results, self.what, self.remedy)

    def _run(self, fields: Any) -> Run:
        """The run with these fields as JSON gives them back: tuples as lists."""
        return self.run(**{k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()})

    def _fields(self, run: Run) -> dict[str, Any]:
        usual = {f.name: f.default for f in dataclasses.fields(self.run)}
        return {k: v for k, v in vars(run).items() if v != usual[k]}


def by_seed(results: Mapping[Run, Mapping[str, Any]], run: Run) -> dict[int, Mapping[str, Any]]:
    """What was found for this run, whatever its seed, by seed."""
    seed = vars(run)["seed"]
    return {
        vars(made)["seed"]: found
        for made, found in results.items()
        if dataclasses.replace(made, seed=seed) == run
    }


def lengths_of(results: Iterable[Run], run: Run) -> set[int]:
    """The numbers of epochs with which this run was made, whatever its own and its seed."""
    own = {name: vars(run)[name] for name in ("epochs", "seed")}
    return {vars(made)["epochs"] for made in results if dataclasses.replace(made, **own) == run}


def versions(found: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """Each of these versions once, in an order of their own."""
    return [json.loads(text) for text in sorted({json.dumps(v, sort_keys=True) for v in found})]


@functools.lru_cache(maxsize=4)
def _loaded(
    kept: RunFile[Run],
    path: Path,
    stamp: tuple[int, int] | None,  # noqa: ARG001
) -> dict[Run, dict[str, Any]]:
    return kept.results(kept.read(path), path)
