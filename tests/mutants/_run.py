"""How a mutant is made, run and shown."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGE = REPOSITORY / "perturbtheory"
RESULTS = REPOSITORY / "results"
RAISED = "the part's own function"
"""The route of the check that stands for a part whose function raised."""
_unbroken: dict[str, str] = {}
_lock = threading.Lock()


@dataclass(frozen=True)
class Mutant:
    """One piece of source text replaced by another, and the claims that must notice.

    Attributes:
        name: what is wrong with it, in words.
        file: path inside the package.
        old: text that occurs exactly once in the file.
        new: what takes its place.
        claims: ids of claims of which at least one must change its verdict.
    """

    name: str
    file: str
    old: str
    new: str
    claims: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What the named claims said about a mutant: verdicts before and after, and the part."""

    mutant: Mutant
    changed: dict[str, str]
    weakest: dict[str, str]

    @property
    def caught(self) -> bool:
        """Whether a verdict changed."""
        return bool(self.changed)


def run(mutant: Mutant) -> Outcome:
    """Break a copy of the package and run the claims that are named.

    A verdict that changed because a part raised does not count: what cannot run at all is not
    caught.
    """
    before = _before(mutant.claims)
    found = [e for e in _verified(mutant, mutant.claims) if e["verdict"] != before[e["id"]]]
    seen = [e for e in found if all(check.get("route") != RAISED for check in e["checks"])]
    return Outcome(
        mutant,
        {e["id"]: f"{before[e['id']]} → {e['verdict']}" for e in seen},
        {e["id"]: e["weakest"] for e in seen},
    )


def _before(claims: Sequence[str]) -> dict[str, str]:
    """Recorded verdicts; those that are not recorded come from an unbroken copy."""
    with _lock:
        if not _unbroken:
            recorded = json.loads((RESULTS / "claims.json").read_text(encoding="utf-8"))
            _unbroken.update((entry["id"], entry["verdict"]) for entry in recorded)
        missing = [id_ for id_ in claims if id_ not in _unbroken]
        if missing:
            _unbroken.update((e["id"], e["verdict"]) for e in _verified(None, missing))
    return {id_: _unbroken[id_] for id_ in claims}


def _verified(mutant: Mutant | None, claims: Sequence[str]) -> list[dict[str, Any]]:
    """What `perturbtheory verify --json` writes about the claims in a copy of the package."""
    with tempfile.TemporaryDirectory() as folder:
        copy, out = Path(folder) / "perturbtheory", Path(folder) / "verdicts.json"
        shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(RESULTS, Path(folder) / "results")
        if mutant is not None:
            _break(copy / mutant.file, mutant)
        command = "from perturbtheory.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", command, "verify", *claims, "--json", str(out)],
            env=os.environ | {"PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"},
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if not out.exists():
            name = "the unbroken copy" if mutant is None else f"mutant {mutant.name!r}"
            msg = f"{name} does not run: {done.stderr.strip()[-800:]}"
            raise RuntimeError(msg)
        return json.loads(out.read_text(encoding="utf-8"))


def _break(path: Path, mutant: Mutant) -> None:
    text = path.read_text(encoding="utf-8")
    count = text.count(mutant.old)
    if count != 1:
        msg = f"`old` must occur once in {mutant.file}, {mutant.old!r} does {count} times"
        raise ValueError(msg)
    path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")


def table(outcomes: Iterable[Outcome]) -> str:
    """Markdown: one row per mutant."""
    lines = [
        "# Mutants and what caught them",
        "",
        "Each row is the package with one piece of text replaced. `python -m tests.mutants` makes",
        "the copies, runs the claims and writes this table; `pytest -m slow` does it as a test.",
        "",
        "| what is broken | where | caught by | by |",
        "|---|---|---|---|",
    ]
    for outcome in outcomes:
        verdicts = "; ".join(f"`{i}`: {change}" for i, change in outcome.changed.items())
        why = "; ".join(outcome.weakest.values()).replace("|", "\\|")
        cells = (outcome.mutant.name, f"`{outcome.mutant.file}`", verdicts or "**nothing**", why)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def to_json(outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    """One object per mutant."""
    return [
        vars(o.mutant) | {"claims": list(o.mutant.claims), "changed": o.changed} for o in outcomes
    ]
