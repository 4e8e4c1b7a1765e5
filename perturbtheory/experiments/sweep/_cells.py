"""What a cell is called, and the text of the file that keeps its result.

A cell is a frozen dataclass of plain values; its name is a hash of its fields and nothing else,
so that any process on any platform finds the same file. A result file is JSON and carries a
checksum: a text that `parse` accepts is one that `text` wrote for the cell that it is named after.
"""

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

SCHEMA = 1
"""Version of the result files; files of another version are set aside and their cells run again."""


@dataclasses.dataclass(frozen=True)
class Record:
    """What a result file says.

    Attributes:
        cell: the fields of the cell and, as `class`, the name of its class.
        result: what the function returned, as JSON gives it back.
        seconds: wall time of the call.
        started: when the call started, in UTC, as ISO 8601.
        command: the command that ran the sweep.
        versions: of Python and of the distributions that matter, where the call ran.
    """

    cell: dict[str, Any]
    result: dict[str, Any]
    seconds: float
    started: str
    command: str
    versions: dict[str, str]


_TYPES = {
    "schema": int, "cell": dict, "result": dict, "seconds": float,
    "started": str, "command": str, "versions": dict,
}  # fmt: skip


def identity(cell: Any) -> str:
    """CLASS-HASH, a name for a cell that is safe in file names: 64 bits of SHA-256 of its fields.

    The order of the fields does not matter; 1, 1.0 and True are three values. The module of the
    class does not count, so that it can move; two classes of one name are one class. A field that
    was added later, field(default=0, metadata={"later": True}), does not count at its default:
    files from before are found.

    Raises:
        ValueError: if `cell` is not a frozen dataclass of str, int, finite float, bool, None,
            tuples of those and such dataclasses.

    Example:
        >>> from perturbtheory.experiments import sweep
        >>> from perturbtheory.experiments import fits
        >>> sweep.identity(fits.FitRun("poisson")).split("-")[0]
        'FitRun'
    """
    return name_of(fields(cell))


def fields(cell: Any) -> dict[str, Any]:
    """The fields of a cell as JSON holds them, with the name of the class as `class`."""
    if not _is_dataclass(cell):
        msg = (
            f"`cell` must be an instance of a frozen dataclass, got {cell!r}; "
            "declare its class with @dataclasses.dataclass(frozen=True)"
        )
        raise ValueError(msg)
    return _field("cell", cell)


def name_of(entries: Mapping[str, Any]) -> str:
    """The identity of the cell with these `fields`."""
    kind = str(entries.get("class")).rpartition(".")[2]
    return f"{kind}-{_digest(entries)}"


def plain(name: str, value: Any) -> Any:
    """A result as JSON gives it back, so that a fresh result and one from a file are equal.

    Raises:
        ValueError: for what JSON does not hold, with the place where it was found.
    """
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                msg = f"`{name}` must have text as keys, got {key!r}; use str(key)"
                raise ValueError(msg)
        return {key: plain(f"{name}[{key!r}]", entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(f"{name}[{place}]", entry) for place, entry in enumerate(value)]
    return _scalar(
        name, value, "convert arrays with .tolist(), their entries with float() or int()"
    )


def text(record: Record) -> str:
    """The result file of a record."""
    entries = {"schema": SCHEMA} | dataclasses.asdict(record)
    return as_json(entries | {"checksum": _digest(entries)})


def as_json(entries: Any) -> str:
    """JSON without NaN, indented by one; in ASCII, so that no encoding can garble it."""
    return json.dumps(entries, indent=1, allow_nan=False) + "\n"


def parse(content: str, name: str) -> Record:
    """The record in the content of the result file of the cell with this name.

    Raises:
        ValueError: if it is not what `text` wrote for this cell; the message says why.
    """
    try:
        entries = json.loads(content)
    except (ValueError, RecursionError) as error:
        msg = f"it is not JSON ({error})"
        raise ValueError(msg) from error
    if not isinstance(entries, dict) or "schema" not in entries:
        raise ValueError("it is not a result file")
    if entries["schema"] != SCHEMA:
        msg = f"its schema is {entries['schema']!r} and this version reads {SCHEMA}"
        raise ValueError(msg)
    if entries.pop("checksum", None) != _digest(entries):
        raise ValueError("its checksum does not match")
    if set(entries) != set(_TYPES) or not all(
        isinstance(entries[key], kind) for key, kind in _TYPES.items()
    ):
        msg = f"its entries are not {', '.join(_TYPES)} and checksum"
        raise ValueError(msg)
    if name_of(entries["cell"]) != name:
        msg = f"it is the result of {name_of(entries['cell'])}"
        raise ValueError(msg)
    del entries["schema"]
    return Record(**entries)


def _field(name: str, value: Any) -> Any:
    if _is_dataclass(value):
        entries = {
            field.name: _field(f"{name}.{field.name}", getattr(value, field.name))
            for field in dataclasses.fields(value)
            if not (field.metadata.get("later") and getattr(value, field.name) == field.default)
        }
        return {"class": type(value).__qualname__} | entries
    if isinstance(value, tuple):
        return [_field(f"{name}[{place}]", entry) for place, entry in enumerate(value)]
    return _scalar(name, value, "keep plain values, tuples and frozen dataclasses in a cell")


def _scalar(name: str, value: Any, way_out: str) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        msg = f"`{name}` must be finite, got {value}; use None for a number that does not exist"
        raise ValueError(msg)
    if value is not None and not isinstance(value, str | int | float):
        msg = f"`{name}` must be plain, got {value!r} of type {type(value).__name__}; {way_out}"
        raise ValueError(msg)
    return value


def _is_dataclass(value: Any) -> bool:
    parameters = getattr(type(value), "__dataclass_params__", None)
    return parameters is not None and parameters.frozen


def _digest(entries: Mapping[str, Any]) -> str:
    # NaN can come from a garbled file; it gets a digest like any other content, and a wrong one.
    canonical = json.dumps(entries, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
