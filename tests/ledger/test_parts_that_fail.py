"""However a part fails, it is unknown and says why; no other part is lost."""

import asyncio
import json

import pytest

from perturbtheory import ledger
from perturbtheory.ledger import agree, exact, witness
from tests.ledger.test_ledger import GOOD, claim

OTHER = agree("numbers", 0.5 + 0.5, 1.0)


class Mute:
    def __repr__(self):
        raise RuntimeError


class MuteError(Exception):
    def __str__(self):
        raise RuntimeError


def skips():
    yield GOOD
    pytest.skip("not today")


def cancels():
    yield GOOD
    raise asyncio.CancelledError


def is_mute():
    yield GOOD
    raise MuteError


def yields_the_mute():
    yield GOOD
    yield Mute()


def recurses():
    yield GOOD
    yield from recurses()


def circle():
    yield GOOD
    yield OTHER


circle.__wrapped__ = circle


class Anything:
    """It has every attribute that is asked for, and none of them is what it seems."""

    def __getattr__(self, name):
        return self

    def __call__(self):
        yield GOOD


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (skips, "Skipped: not today"),
        (cancels, "CancelledError"),
        (is_mute, "MuteError that cannot be shown: RuntimeError"),
        (yields_the_mute, "got <Mute that cannot be shown: RuntimeError>"),
        (recurses, "RecursionError"),
        (circle, "wrapper loop"),
        (Anything(), "TypeError"),
    ],
)
def test_a_part_that_fails_takes_no_other_with_it(part, words):
    made = claim()
    made.part("fails")(part)

    @made.part("stands")
    def stands():
        yield GOOD
        yield OTHER

    found = ledger.run(made)
    assert [p.outcome for p in found.parts] == ["unknown", "holds"]
    assert words in found.parts[0].checks[-1].detail
    json.dumps(found.to_json())


def test_an_interrupt_ends_the_run():
    made = claim()

    @made.part("is interrupted")
    def interrupted():
        yield GOOD
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ledger.run(made)


def test_a_counterexample_can_always_be_kept():
    data = witness(n=10**5000, m=-(10**5000), mute=Mute(), half="\ud800 of it").data
    assert data["n"] == "about 1.00000E+5000"
    assert data["m"] == "about -1.00000E+5000"
    assert "cannot be shown" in data["mute"]
    json.dumps(data, ensure_ascii=False).encode()
    assert witness(n=10**3000).data == {"n": 10**3000}


def test_half_a_character_is_no_reason_to_lose_a_page():
    made = ledger.Claim("T.half", "me", "half \ud800")
    made.part("half \udfff")(lambda: iter([exact("one", 2 > 1, cases="half \ud800 of it")]))
    assert json.dumps(ledger.run(made).to_json(), ensure_ascii=False).encode()
