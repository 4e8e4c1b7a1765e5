"""The site: its code runs and answers what it shows, its reference names everything public."""

import doctest
import importlib
import re
import shlex
from pathlib import Path

import cyclopts
import pytest

from perturbtheory.cli import app
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


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_code_of_a_page_answers_what_it_shows(path: Path, capsys) -> None:
    lines = [
        line for block in blocks.blocks(path.read_text("utf-8")) for line in blocks.program(block)
    ]
    checked = [line for line in lines if line.startswith(("shown(", "assert "))]
    assert len(checked) >= 5
    scope = {"shown": blocks.shown, "__name__": "page"}
    for line in lines:
        exec(compile(line, f"{path.stem}: {line}", "exec"), scope)
    printed = capsys.readouterr().out
    for block in re.findall(r"```text\n(.*?)```", path.read_text("utf-8"), re.DOTALL):
        assert [row for row in block.splitlines() if not _printed(row, printed)] == []


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


def test_no_literal_of_a_docstring_goes_on_in_the_next_line() -> None:
    """The site would show its marks; see docs/_ext/docstrings.py."""
    lines = [
        (path, line)
        for path in sorted((ROOT / "perturbtheory").rglob("*.py"))
        if path.name != "_errata.py"  # which writes the quotes of LaTeX
        for line in path.read_text("utf-8").splitlines()
    ]
    assert [line for line in lines if line[1].count("``") % 2] == []


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


@pytest.mark.parametrize(
    "path",
    WITH_EXAMPLES,
    ids=lambda path: ".".join(path.relative_to(PACKAGE).with_suffix("").parts),
)
def test_examples_of_docstrings_answer_what_they_show(path: Path) -> None:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    found = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert found.attempted >= 1
    assert found.failed == 0
