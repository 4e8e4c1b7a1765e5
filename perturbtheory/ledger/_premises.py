"""What a claim rests on has to stand, or its proof is of nothing."""

from collections.abc import Mapping, Sequence

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
