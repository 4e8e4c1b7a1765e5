"""The README and the site say what the record says; their code answers what its comments say."""

import collections
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from perturbtheory.ledger import VERDICTS
from tests import blocks

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
FINDINGS = ROOT / "docs" / "findings" / "index.md"
RECORDED = {
    claim["id"]: claim["verdict"]
    for claim in json.loads((ROOT / "results" / "claims.json").read_text("utf-8"))
}
PRELUDE = "import sys\nfrom tests.blocks import shown"


def test_the_code_answers_what_its_comments_say() -> None:
    programs = [blocks.program(block) for block in blocks.blocks(README.read_text("utf-8"))]
    with_jax = next(i for i, lines in enumerate(programs) if "import jax" in lines)
    programs.insert(with_jax, ["assert 'jax' not in sys.modules"])
    lines = [PRELUDE, *(line for program in programs for line in program)]
    assert with_jax >= 1
    assert sum(line.startswith("shown(") for line in lines) >= 8
    subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join(lines)],
        check=True,
        cwd=ROOT,
        env=os.environ | {"JAX_DISABLE_MOST_OPTIMIZATIONS": "1"},
    )


def test_a_newcomer_reads_the_readme_to_its_end() -> None:
    assert len(README.read_text("utf-8").split()) <= 900


def test_links_of_the_readme_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README.read_text("utf-8"))
    assert len(links) >= 8
    assert [link for link in links if not (ROOT / link).exists()] == []


def _verdicts(text: str) -> dict[str, str]:
    """Verdicts by claim id in the rows of a table."""
    shown = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `"):
            assert len(cells) == 3, line
            assert cells[1] in VERDICTS, line
            names = re.findall(r"`([ABC]\.[a-z0-9-]+(?:\.corrected)?)`", cells[0])
            assert names, line
            shown |= dict.fromkeys(names, cells[1])
    return shown


@pytest.mark.parametrize(("path", "least"), [(README, 5), (FINDINGS, 43)])
def test_the_verdicts_are_the_recorded_ones(path: Path, least: int) -> None:
    text = path.read_text("utf-8")
    shown = _verdicts(text)
    assert len(shown) >= least
    assert shown == {name: RECORDED[name] for name in shown}
    count = collections.Counter(RECORDED.values())
    prose = " ".join(text.split()).replace("Of ", "of ")
    assert f"{count['refuted']} printed ones are refuted" in prose
    statements = [name for name in RECORDED if not name.endswith(".corrected")]
    assert f"of {len(statements)} statements" in prose


def test_the_findings_count_every_verdict() -> None:
    count = collections.Counter(RECORDED.values())
    prose = " ".join(FINDINGS.read_text("utf-8").split())
    assert f"{count['proved']} claims are proved, {count['certified']} certified" in prose
    assert f"{count['supported']} supported by numbers or experiments" in prose
    if count["not reproduced"]:
        assert f"{count['not reproduced']} do not reproduce" in prose
    if count["untested"]:
        assert f"{count['untested']} wait for their runs" in prose
    assert f"{count['inconclusive']} are not decided" in prose
    assert f"{count['argued']} argued in words" in prose
    mutants = json.loads((ROOT / "results" / "mutants.json").read_text("utf-8"))
    assert f"{len(mutants)} broken copies" in prose


def test_the_readme_repeats_rows_of_the_findings() -> None:
    """One text in two places: neither is changed without the other."""
    rows = [line for line in README.read_text("utf-8").splitlines() if line.startswith("| `")]
    assert len(rows) == 5
    assert set(rows) <= set(FINDINGS.read_text("utf-8").splitlines())
