"""The README says what the recorded verdicts say."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_verdict_table_is_the_recorded_one() -> None:
    recorded = {
        claim["id"]: claim["verdict"]
        for claim in json.loads((ROOT / "results" / "claims.json").read_text())
    }
    shown = {}
    for line in (ROOT / "README.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 3 and cells[1] in {"refuted", "proved"}:
            shown |= dict.fromkeys(re.findall(r"`([AC]\.[a-z-]+)`", cells[0]), cells[1])
    assert shown == {
        name: verdict for name, verdict in recorded.items() if not name.endswith(".corrected")
    }
