"""All outcomes of discrete noise, exactly: who wins, and what sets of winners say about f."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from math import prod
from typing import NamedTuple

Vector = Sequence[int | Fraction]


class Draw(NamedTuple):
    """One outcome of the noise.

    Attributes:
        chance: its probability.
        noise: gamma.
        winners: the maximisers of theta + gamma.
    """

    chance: Fraction
    noise: tuple[Fraction, ...]
    winners: tuple[int, ...]


def draws(theta: Vector, atoms: Vector, weights: Vector | None = None) -> Iterator[Draw]:
    """Every outcome of independent gamma_i on `atoms`, equally likely by default."""
    weights = weights or [Fraction(1, len(atoms))] * len(atoms)
    for drawn in product(zip(atoms, weights, strict=True), repeat=len(theta)):
        noise = tuple(Fraction(atom) for atom, _ in drawn)
        position = [t + g for t, g in zip(theta, noise, strict=True)]
        winners = tuple(i for i, x in enumerate(position) if x == max(position))
        yield Draw(prod((Fraction(w) for _, w in drawn), start=Fraction(1)), noise, winners)


def winning_sets(
    theta: Vector, atoms: Vector, weights: Vector | None = None
) -> dict[tuple[int, ...], Fraction]:
    """P(A = S) for every set S of coordinates that can be the set A of maximisers."""
    found: dict[tuple[int, ...], Fraction] = {}
    for draw in draws(theta, atoms, weights):
        found[draw.winners] = found.get(draw.winners, Fraction(0)) + draw.chance
    return found


def mean_largest(sets: dict[tuple[int, ...], Fraction], v: Vector) -> Fraction:
    """E[max_{i in A} v_i]."""
    return sum((chance * max(v[i] for i in s) for s, chance in sets.items()), Fraction(0))


def dot(one: Vector, two: Vector) -> Fraction:
    """<one, two>."""
    return sum((Fraction(a) * b for a, b in zip(one, two, strict=True)), Fraction(0))
