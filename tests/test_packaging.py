"""What is installed, and what is released: one version in every file, and words for what is new."""

import importlib
import itertools
import re
import tomllib
from datetime import date
from pathlib import Path

import yaml

import perturbtheory

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def test_development_installs_every_extra():
    """Else the tests and benchmarks of an extra would run nowhere."""
    extras = PROJECT["optional-dependencies"]
    wanted = {e for line in extras["dev"] for e in re.findall(r"^perturbtheory\[(.*)\]", line)}
    assert {name for line in wanted for name in line.split(",")} == set(extras) - {"dev"}


def test_no_test_is_skipped_for_want_of_a_package():
    for path in (ROOT / "tests").rglob("*.py"):
        text = path.read_text("utf-8")
        assert "importor" + "skip" not in text, path
        assert not re.search(r"skip\w*\([^)]*find_" + "spec", text), path


def test_the_program_is_the_one_that_hears_ctrl_c():
    module, _, name = PROJECT["scripts"]["perturbtheory"].partition(":")
    assert module == "perturbtheory.__main__"
    assert callable(getattr(importlib.import_module(module), name))


CHANGELOG = (ROOT / "CHANGELOG.md").read_text("utf-8")
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))


def test_one_version_everywhere():
    newest = re.search(r"^## (\S+) \((\S+)\)$", CHANGELOG, re.MULTILINE)
    assert newest
    assert newest[1] == PROJECT["version"] == perturbtheory.__version__ == CITATION["version"]
    assert date.fromisoformat(newest[2]) == CITATION["date-released"]


def test_every_release_has_a_date_and_says_what_is_new():
    """Releases follow one another, the newest first, and none of their headings is empty."""
    heads = re.findall(r"^## (.+)$", CHANGELOG, re.MULTILINE)
    releases = [re.fullmatch(r"(\d+)\.(\d+)\.(\d+) \((\d{4}-\d\d-\d\d)\)", head) for head in heads]
    assert len(releases) >= 2
    assert all(releases), heads
    order = [(*map(int, r.groups()[:3]), date.fromisoformat(r[4])) for r in releases if r]
    assert order == sorted(order, reverse=True)
    blocks = re.split(r"^##+ .+$", CHANGELOG, flags=re.MULTILINE)[1:]
    under = [head.startswith("###") for head in re.findall(r"^##+ .+$", CHANGELOG, re.MULTILINE)]
    for block, below in itertools.zip_longest(blocks, under[1:], fillvalue=False):
        assert re.search(r"^- ", block, re.MULTILINE) or below


def test_the_citation_has_the_fields_of_its_format():
    """Those that version 1.2.0 of the Citation File Format requires, and names of its own alone."""
    assert CITATION["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= CITATION.keys()
    assert CITATION.keys() <= {
        "abstract", "authors", "cff-version", "contact", "date-released", "doi", "identifiers",
        "keywords", "license", "message", "preferred-citation", "references", "repository-code",
        "title", "type", "url", "version",
    }  # fmt: skip
    assert CITATION["type"] in {"software", "dataset"}
    assert CITATION["license"] == PROJECT["license"]
    assert CITATION["keywords"] == PROJECT["keywords"]
    for work in CITATION["references"]:
        assert {"authors", "title", "type"} <= work.keys()
