"""The README says what the recorded verdicts say, and its code answers what its comments say."""

import ast
import collections
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from perturbtheory.ledger import FAILED, VERDICTS

ROOT = Path(__file__).parents[1]
SHOWN = re.compile(r"\[([^]]*\.\.\.[^]]*)\]|-?\d+\.\d+\.\.\.")
PRELUDE = """
import sys
import numpy as np

def shown(value, printed):
    found = np.ravel(value)
    assert len(found) == len(printed), (value, printed)
    for number, text in zip(found, printed):
        digits = text.removesuffix("...")
        place = 10.0 ** -len(digits.partition(".")[2]) if text != digits else 1e-300
        cut = abs(number) - abs(float(digits))  # the rest is cut off, not rounded
        assert 0 <= cut < place and number * float(digits) >= 0, (value, printed)
"""
"""What a block's comment prints is compared with what its line answers."""


def _program(block: str) -> list[str]:
    """The statements of `block`; an expression beside a number with ``...`` is compared."""
    lines = block.splitlines()
    program = []
    for statement in ast.parse(block).body:
        code = ast.unparse(statement)
        comment = lines[statement.end_lineno - 1].partition("  # ")[2]
        match = SHOWN.search(comment)
        if match and isinstance(statement, ast.Expr):
            code = f"shown({code}, {(match[1] or match[0]).split(', ')!r})"
        program.append(code)
    return program


def test_the_code_answers_what_its_comments_say() -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    with_jax = next(i for i, block in enumerate(blocks) if "import jax" in block)
    programs = [_program(block) for block in blocks]
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


def test_the_verdicts_are_the_recorded_ones() -> None:
    text = (ROOT / "README.md").read_text()
    recorded = {
        claim["id"]: claim["verdict"]
        for claim in json.loads((ROOT / "results" / "claims.json").read_text())
    }
    shown = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 3 and cells[1] in VERDICTS:
            shown |= dict.fromkeys(re.findall(r"`([ABC]\.[a-z0-9-]+)`", cells[0]), cells[1])
    assert len(shown) >= 25
    assert shown == {name: recorded[name] for name in shown}
    count = collections.Counter(recorded.values())
    prose = " ".join(text.split())
    assert f"{count['proved']} claims are proved, {count['certified']} certified" in prose
    assert f"{count['supported']} supported by experiments" in prose
    assert f"{count['refuted']} printed ones are refuted" in prose
    failed = sum(count[verdict] for verdict in FAILED)
    assert f"of {len(recorded) - failed} statements" in prose
    if count["not reproduced"]:
        assert f"{count['not reproduced']} do not reproduce" in prose
    if count["untested"]:
        assert f"{count['untested']} wait for their runs" in prose
    assert f"{count['inconclusive']} are not decided" in prose
    assert f"{count['argued']} argued in words" in prose
