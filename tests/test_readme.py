"""The README says what the recorded verdicts say."""

import collections
import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_verdicts_are_the_recorded_ones() -> None:
    text = (ROOT / "README.md").read_text()
    recorded = {
        claim["id"]: claim["verdict"]
        for claim in json.loads((ROOT / "results" / "claims.json").read_text())
    }
    shown = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if (
            line.startswith("| `")
            and len(cells) == 3
            and cells[1] in {"refuted", "proved", "supported", "inconclusive"}
        ):
            shown |= dict.fromkeys(re.findall(r"`([ABC]\.[a-z0-9-]+)`", cells[0]), cells[1])
    assert len(shown) >= 25
    assert shown == {name: recorded[name] for name in shown}
    count = collections.Counter(recorded.values())
    prose = " ".join(text.split())
    assert f"{count['proved']} claims are proved, {count['certified']} certified" in prose
    assert f"{count['supported']} supported by experiments" in prose
    assert f"{count['refuted']} printed ones are refuted" in prose
    assert f"of {len(recorded) - count['refuted']} statements" in prose
    assert f"{count['inconclusive']} is not decided" in prose
    assert set(count) == {"proved", "certified", "refuted", "supported", "inconclusive"}
