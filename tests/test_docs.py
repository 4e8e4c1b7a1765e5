"""The site: its code runs and answers what it shows, its reference names everything public."""

import doctest
import importlib
import pkgutil
import re
import shlex
from pathlib import Path
from unittest import mock

import cyclopts
import pytest

import perturbtheory
from perturbtheory import claims
from perturbtheory.cli import app
from perturbtheory.ledger import REGISTRY, Claim
from tests import blocks

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [DOCS / "start.md", *sorted((DOCS / "guides").glob("*.md"))]
FINDINGS = sorted((DOCS / "findings").glob("*.md"))
TEXTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *PAGES, *FINDINGS]
WITH_COMMANDS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
    *(DOCS / name for name in ("start.md", "guides/referee.md", "findings/vaes.md")),
]
WITHOUT_REFERENCE = (
    "cli",
    "claims.",
    "display",
    "figures.",
    "locks",
    "potential.methods",
    "processes",
    "progress",
    "results",
    "tables",
)
"""Modules that serve others, or are reached by commands, by ids of claims, by names of figures."""


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_code_of_a_page_answers_what_it_shows(path: Path, capsys) -> None:
    lines = [
        line for block in blocks.blocks(path.read_text("utf-8")) for line in blocks.program(block)
    ]
    checked = [line for line in lines if line.startswith(("shown(", "assert "))]
    assert len(checked) >= 5
    scope = {"shown": blocks.shown, "__name__": "page"}
    try:
        with mock.patch.dict(REGISTRY, _ours(), clear=True):  # other tests make claims, too
            try:
                for line in lines:
                    exec(compile(line, f"{path.stem}: {line}", "exec"), scope)
            finally:
                made = _ours()
    finally:
        REGISTRY.update(made)  # their modules stay imported and will not make them again
    printed = capsys.readouterr().out
    for block in re.findall(r"```text\n(.*?)```", path.read_text("utf-8"), re.DOTALL):
        assert [row for row in block.splitlines() if not _printed(row, printed)] == []


def _ours() -> dict[str, Claim]:
    return {id_: claim for id_, claim in REGISTRY.items() if id_ in claims.index()}


def _printed(row: str, printed: str) -> bool:
    return any(row.split() == line.split() for line in printed.splitlines())


def _commands(path: Path) -> list[list[str]]:
    text = path.read_text("utf-8")
    shells = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    shells += re.findall(r"`(perturbtheory [^`\n]+)`", text)
    pieces = [p for shell in shells for line in shell.splitlines() for p in line.split("&&")]
    words = [shlex.split(piece, comments=True) for piece in pieces]
    return [w[1:] for w in words if w and w[0].rpartition("/")[2] == "perturbtheory"]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_the_commands_of_a_page_have_these_options(path: Path) -> None:
    commands = _commands(path)
    assert commands or path not in WITH_COMMANDS
    for command in commands:
        app.parse_args(command, exit_on_error=False, print_error=False)


def test_a_command_that_is_wrong_is_noticed() -> None:
    with pytest.raises(cyclopts.CycloptsError):
        app.parse_args(["fit", "--targets", "x"], exit_on_error=False, print_error=False)


def test_a_comment_that_is_wrong_is_noticed() -> None:
    with pytest.raises(AssertionError):
        blocks.shown(0.12345, ["0.1235..."])


def _public(package: str, folder: Path) -> list[str]:
    found = []
    for module in pkgutil.iter_modules([str(folder)]):
        name = f"{package}.{module.name}".removeprefix(".")
        if module.name.startswith("_"):
            continue
        if module.ispkg or package in ("", "routes"):
            found.append(name)
        if module.ispkg:
            found += _public(name, folder / module.name)
    return found


def test_the_reference_has_every_public_package() -> None:
    written = "\n".join(path.read_text("utf-8") for path in (DOCS / "reference").glob("*.rst"))
    pages = set(re.findall(r"public:: perturbtheory\.?([\w.]*)", written))
    packages = _public("", Path(perturbtheory.__file__).parent)
    assert len(packages) >= 20
    wanted = [name for name in packages if not name.startswith(WITHOUT_REFERENCE)]
    assert [name for name in wanted if name not in pages] == []


def test_everything_the_site_shows_is_there() -> None:
    found = 0
    for path in DOCS.rglob("*.md"):
        links = re.findall(
            r"(?:\{image\} |\]\()([\w./-]+\.(?:png|md|rst|ipynb))", path.read_text("utf-8")
        )
        assert [link for link in links if not (path.parent / link).exists()] == [], path
        found += len(links)
    assert found >= 30


PACKAGE = ROOT / "perturbtheory"
WITH_EXAMPLES = sorted(p for p in PACKAGE.rglob("*.py") if ">>> " in p.read_text("utf-8"))


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda path: path.stem)
def test_examples_of_docstrings_answer_what_they_show(path: Path) -> None:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted >= 1
    assert found.failed == 0
