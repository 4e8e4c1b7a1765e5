"""What has changed since the results were recorded: anything but how near numbers came."""

import json
from collections.abc import Mapping
from typing import Any

from perturbtheory.ledger._verdict import Result

_TEXTS = ("source", "says", "assumes", "depends_on", "corrected_by")


def changes(result: Result, recorded: Mapping[str, Any] | None) -> tuple[str, ...]:
    """How a result differs from its record: verdict, texts, parts and checks, counterexample.

    Empty if it does not. Tolerances that were met, and margins, may differ between machines and
    are not compared.

    Example:
        >>> from perturbtheory import ledger
        >>> from perturbtheory import claims
        >>> result = ledger.run(claims.find(["A.gumbel-density"])[0])
        >>> ledger.changes(result, result.to_json())
        ()
    """
    found = ("routes disagree",) if result.disagreement else ()
    if recorded is None:
        return (*found, "not recorded")
    new = json.loads(json.dumps(result.to_json()))  # tuples are lists there
    if new["verdict"] != recorded.get("verdict"):
        found += (f"was {recorded.get('verdict')}",)
    if any(new[key] != recorded.get(key) for key in _TEXTS):
        found += ("text differs",)
    if _checks(new) != _checks(recorded):
        found += ("checks differ",)
    if new["counterexample"] != recorded.get("counterexample"):
        found += ("counterexample differs",)
    return found


def _checks(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    checks = entry.get("checks") or []
    return [{k: v for k, v in check.items() if k != "measured"} for check in checks]
