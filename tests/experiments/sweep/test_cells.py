"""Names of cells, when their class gets another field."""

from dataclasses import dataclass, field

from perturbtheory.experiments.sweep import identity


def before():
    @dataclass(frozen=True)
    class Fit:
        n: int = 1

    return Fit


def after():
    @dataclass(frozen=True)
    class Fit:
        n: int = 1
        rate: float = field(default=0.5, metadata={"later": True})

    return Fit


def test_a_later_field_counts_only_if_it_is_not_at_its_default():
    def name(cell):
        return identity(cell).rpartition("-")[2]

    # The qualified names of local classes differ, and are part of the fields: give both one.
    old, new = before(), after()
    old.__qualname__ = new.__qualname__ = "Fit"
    assert name(new(3)) == name(old(3))
    assert name(new(3, 0.25)) not in {name(old(3)), name(new(3, 0.125))}
