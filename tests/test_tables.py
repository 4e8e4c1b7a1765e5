"""Tables at every width: no number, no name and no word is cut."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

import perturbtheory as pt
from perturbtheory.cli import _verdicts
from perturbtheory.experiments.fits import recorded, render
from perturbtheory.experiments.vaes import recorded as vae_recorded
from perturbtheory.experiments.vaes import render as vae_render
from perturbtheory.ledger import Check, Claim, Part, Result
from perturbtheory.tables import Table

WIDTHS = (40, 60, 80, 120)


def shown(found, width):
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(found)
    lines = console.file.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    return lines


def words_of(found):
    """All words, as a terminal without end shows them."""
    return " ".join(shown(found, 10_000)).split()


@pytest.fixture(scope="module")
def blocks():
    fits, vaes = recorded.load(), vae_recorded.load()
    return {
        "table 2": render.table_2(fits),
        "fits": render.fits(fits),
        "tables of VAEs": vae_render.tables(vaes),
        "one VAE": vae_render.one(*next(iter(vaes.items()))),
        "diagnosis": pt.diagnose(pt.Laplace()),
        "table 1": pt.table_1(),
    }


@pytest.mark.parametrize("width", WIDTHS)
def test_no_word_is_cut_at_any_width(blocks, width):
    for name, block in blocks.items():
        text = " ".join(shown(block, width)).split()
        missing = {word for word in words_of(block) if len(word) < width - 2} - set(text)
        # A list has a colon behind its labels.
        missing -= {word.removesuffix(":") for word in text}
        assert not missing, (name, missing)
        assert "…" not in "".join(text)


@pytest.mark.parametrize("width", WIDTHS)
def test_verdicts_at_any_width(width):
    parts = (Part("p", (Check("r", "numerical", "holds"), Check("s", "numerical", "holds"))),)
    made = [
        Result(Claim(f"X.a-long-name-of-a-claim-that-is-{n}", "paper A, Theorem 4.1", "x"), parts)
        for n in range(3)
    ]
    lines = shown(_verdicts.verdicts(made, {made[0].claim.id: ("was refuted",)}, width), width)
    joined = "".join(lines).replace(" ", "")
    # Names of claims may be folded in the first column.
    first = "".join(line.split(" ")[0] for line in lines)
    for result in made:
        assert result.claim.id in first
    assert joined.count("supported") == 3
    assert "wasrefuted" in joined
    assert ("Theorem" in joined) == (width >= 100)
    assert ("thesourcesareleftout" in joined) == (width < 100)


_WORDS = st.text("abc0123456789.±-", min_size=1, max_size=12)
_CELLS = st.lists(_WORDS, min_size=1, max_size=4).map(" ".join)


@given(st.lists(st.tuples(_CELLS, _CELLS, _CELLS), min_size=1, max_size=5), st.integers(15, 90))
def test_any_table_at_any_width(rows, width):
    table = Table("name", "number", "what it is", left=1)
    for row in rows:
        table.add_row(*row)
    text = " ".join(shown(table, width)).split()
    for row in rows:
        for cell in row:
            assert set(cell.split()) <= set(text)


def test_an_entry_without_a_name_stands_under_the_one_above():
    table = Table("images", "loss")
    table.add_row("mnist", "1")
    table.add_row("", "2")
    lines = [line.rstrip() for line in shown(table, 9)]
    assert lines == ["images", "mnist", "  loss: 1", "mnist", "  loss: 2"]
