"""What a claim rests on has to stand, or its proof is of nothing."""

import re
from collections.abc import Container, Mapping, Sequence
from typing import Any

STANDING = ("proved", "certified", "argued", "supported")
"""Verdicts of a claim that others may rest on."""


def unsound(
    premises: Mapping[str, Sequence[str]], verdicts: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """What is wrong with the premises of every claim that stands by its own checks, if anything.

    A premise is wrong if it does not stand, or rests on what does not, however far away; a claim
    that rests on itself by way of others proves nothing.

    Args:
        premises: the ids that each claim depends on, by id.
        verdicts: of all of them; a premise without one is left to whoever checks it.

    Returns:
        Words by id, only for those with something wrong.

    Example:
        >>> unsound({"a": ["b"], "b": ["c"], "c": []}, {"a": "proved", "c": "refuted"})
        {'a': ('rests on c, which is refuted',)}
    """
    found = {}
    for id_, verdict in verdicts.items():
        words = _wrong(id_, premises, verdicts) if verdict in STANDING else ()
        if words:
            found[id_] = words
    return found


def rests_on(result: Mapping[str, Any], known: Container[str]) -> tuple[str, ...]:
    """What a claim declares to rest on, and the claims that its reasons name, declared or not.

    Args:
        result: what `Result.to_json` gives, or a record of it.
        known: ids of the claims that there are.

    Example:
        >>> step = {"says": "so it is", "by": "A.sum, twice", "outcome": "argued"}
        >>> result = {"id": "T.a", "depends_on": ["T.b"], "checks": [{"steps": [step]}]}
        >>> rests_on(result, {"T.a", "T.b", "A.sum"})
        ('T.b', 'A.sum')
    """
    steps = [step for check in result.get("checks") or () for step in check.get("steps") or ()]
    reasons = " ".join(str(step.get("by")) for step in steps)
    named = (word.rstrip(".-") for word in re.findall(r"[\w.-]+", reasons))
    cited = (word for word in named if word in known and word != result.get("id"))
    return tuple(dict.fromkeys([*(result.get("depends_on") or ()), *cited]))


def _wrong(
    id_: str, premises: Mapping[str, Sequence[str]], verdicts: Mapping[str, str]
) -> tuple[str, ...]:
    """What is wrong among everything that a claim rests on, each premise looked at once."""
    words: list[str] = []
    ahead, seen = list(premises.get(id_, ())), set[str]()
    while ahead:
        other = ahead.pop(0)
        if other in seen:
            continue
        seen.add(other)
        ahead += premises.get(other, ())
        if other == id_:
            words.append("rests on itself")
        elif verdicts.get(other, STANDING[0]) not in STANDING:
            words.append(f"rests on {other}, which is {verdicts[other]}")
    return tuple(words)
