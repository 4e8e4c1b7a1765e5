"""Strategies of hypothesis for what the laws speak of; every one shrinks to what is easy to read.

Hypothesis finds `register` by an entry point, so that ``st.from_type(AbstractPerturbation)``
works as soon as this package is installed (``pip install 'perturbtheory[testing]'``).
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from perturbtheory import perturbations as noises
from perturbtheory.testing import _entry_point

if TYPE_CHECKING:
    from perturbtheory.testing.laws import Input, Law

DIMENSIONS = (2, 5)
"""A few dimensions only, so that compiled functions are shared between examples."""
_FILL = st.nothing()
"""Entries are drawn one by one: one value for most of them would not shrink to zeros."""


def thetas(
    dimension: int | None = None, spread: float = 10.0, *, dimensions: tuple[int, ...] = DIMENSIONS
) -> st.SearchStrategy[np.ndarray]:
    """Vectors of shape (d,) with entries in [-spread, spread].

    Example:
        >>> from hypothesis import find
        >>> find(thetas(3), lambda theta: theta[0] > 1)
        array([2., 0., 0.])
    """
    sizes = st.just(dimension) if dimension is not None else st.sampled_from(dimensions)
    entries = st.floats(-spread, spread, allow_subnormal=False)
    return sizes.flatmap(lambda d: hnp.arrays(np.float64, d, elements=entries, fill=_FILL))


def dyadic_thetas(
    dimension: int, spread: int = 6, parts: int = 64
) -> st.SearchStrategy[np.ndarray]:
    """Vectors of multiples of 1/parts: sums of them and of integers are exact in floats.

    Example:
        >>> from hypothesis import find
        >>> from perturbtheory.testing import strategies
        >>> find(strategies.dyadic_thetas(2), lambda theta: theta[0] > 1)
        array([1.015625, 0.      ])
    """
    entry = st.integers(-spread * parts, spread * parts).map(lambda k: k / parts)
    return hnp.arrays(np.float64, dimension, elements=entry, fill=_FILL)


def rational_thetas(
    dimension: int, denominator: int = 4, spread: int = 3
) -> st.SearchStrategy[list[Fraction]]:
    """Lists of d fractions k / denominator between -spread and spread; ties are frequent.

    Example:
        >>> from hypothesis import find
        >>> from perturbtheory.testing import strategies
        >>> find(strategies.rational_thetas(2), lambda theta: theta[0] > 1)
        [Fraction(5, 4), Fraction(0, 1)]
    """
    bound = spread * denominator
    entry = st.integers(-bound, bound).map(lambda k: Fraction(k, denominator))
    return st.lists(entry, min_size=dimension, max_size=dimension)


def simplex(
    dimension: int, *, interior: bool = False, parts: int = 2**20
) -> st.SearchStrategy[np.ndarray]:
    """Points p >= 0 of shape (d,) with sum one, on faces too; p > 0 if `interior`.

    Entries are quotients of whole numbers below `parts`; the sum is one up to rounding.

    Example:
        >>> from hypothesis import find
        >>> from perturbtheory.testing import strategies
        >>> find(strategies.simplex(3), lambda p: p[0] > 0.9).shape
        (3,)
    """
    least = 1 if interior else 0
    counts = st.lists(st.integers(least, parts), min_size=dimension, max_size=dimension)
    return counts.filter(any).map(lambda k: np.array(k) / np.sum(k))


def discrete_laws(
    atoms: int = 4, spread: int = 3, denominator: int = 4
) -> st.SearchStrategy[noises.Discrete]:
    """Discrete noises with one to `atoms` different atoms k / denominator, all of some weight.

    Example:
        >>> from hypothesis import find
        >>> from perturbtheory.testing import strategies
        >>> find(strategies.discrete_laws(), lambda noise: True).atoms.shape
        (1,)
    """
    bound = spread * denominator
    places = st.lists(st.integers(-bound, bound), min_size=1, max_size=atoms, unique=True)

    def weighed(places: list[int]) -> st.SearchStrategy[noises.Discrete]:
        size = len(places)
        counts = st.lists(st.integers(1, 8), min_size=size, max_size=size)
        at = np.array(sorted(places)) / denominator
        return counts.map(lambda k: noises.Discrete(at, np.array(k) / np.sum(k)))

    return places.flatmap(weighed)


def _scales(low: float = 0.1, high: float = 10.0) -> st.SearchStrategy[float]:
    """One first; multiples of 1/16 between the ends."""
    several = st.integers(int(16 * low) + 1, int(16 * high)).map(lambda k: k / 16)
    return st.just(1.0) | several


def _indices(low: float) -> st.SearchStrategy[float]:
    """Tail indices above `low`, in quarters."""
    return st.integers(int(4 * low) + 1, 40).map(lambda k: k / 4)


def _intervals() -> st.SearchStrategy[noises.Uniform]:
    ends = st.tuples(st.integers(-8, 8), st.integers(1, 16))
    return ends.map(lambda e: noises.Uniform(e[0] / 4, (e[0] + e[1]) / 4))


FAMILIES: Mapping[type, Callable[[], st.SearchStrategy[Any]]] = {
    **{
        family: (lambda family=family: _scales().map(family))
        for family in (
            noises.Logistic, noises.Normal, noises.Gumbel, noises.Laplace, noises.Exponential,
            noises.GumbelMin,
        )
    },
    noises.Uniform: _intervals,
    noises.Discrete: discrete_laws,
    noises.Weibull: lambda: st.builds(noises.Weibull, _indices(0.5), _scales()),
    noises.StudentT: lambda: st.builds(noises.StudentT, _indices(1.0), _scales()),
    noises.Pareto: lambda: st.builds(noises.Pareto, _indices(1.0), _scales()),
    noises.Frechet: lambda: st.builds(noises.Frechet, _indices(1.0), _scales()),
}  # fmt: skip
"""A strategy of each family of noise that has parameters, the simplest family first."""


def perturbations(
    where: Callable[[noises.AbstractPerturbation], bool] | None = None, *, smoothed: bool = True
) -> st.SearchStrategy[noises.AbstractPerturbation]:
    """Noises of every family, and sums of them with Gumbel noise if `smoothed`.

    Args:
        where: what a noise must satisfy, such as ``lambda noise: noise.continuous``.
        smoothed: whether to include sums with Gumbel noise.

    Example:
        >>> from hypothesis import find
        >>> find(perturbations(), lambda noise: not noise.positive).positive
        False
    """
    plain = st.one_of([make() for make in FAMILIES.values()])
    if smoothed:
        # Sums of heavy tails with wide noise are tables, and slow to make.
        light = plain.filter(lambda noise: noise.tail != "polynomial")
        plain |= st.builds(noises.smoothed, light, st.sampled_from([0.5, 0.25, 2.0]))
    return plain if where is None else plain.filter(where)


def of_family(family: type) -> st.SearchStrategy[Any]:
    """Noises of one family, or of every one for `AbstractPerturbation`.

    Example:
        >>> from hypothesis import find
        >>> from perturbtheory.testing import strategies
        >>> import perturbtheory as pt
        >>> type(find(strategies.of_family(pt.Normal), lambda noise: True)).__name__
        'Normal'
    """
    return FAMILIES[family]() if family in FAMILIES else perturbations()


def parameter_sets(dimension: int) -> st.SearchStrategy[Any]:
    """Convex sets of parameters in d dimensions: spaces, gauges, hyperplanes, boxes and cones.

    Example:
        >>> from hypothesis import find
        >>> from perturbtheory.testing import strategies
        >>> find(strategies.parameter_sets(2), lambda found: True).dimension
        2
    """
    from perturbtheory import properties

    whole = st.integers(-4, 4)
    vectors = st.lists(whole, min_size=dimension, max_size=dimension).map(np.array)
    sides = st.lists(st.integers(0, 4), min_size=dimension, max_size=dimension).map(np.array)
    normals = vectors.filter(np.any)
    return st.one_of(
        st.just(properties.whole_space(dimension)),
        st.just(properties.gauge(dimension)),
        st.just(properties.gauge(dimension, "first")),
        st.builds(lambda low, size: properties.box(low * 1.0, (low + size) * 1.0), vectors, sides),
        st.builds(lambda n, level: properties.hyperplane(n * 1.0, float(level)), normals, whole),
        normals.map(lambda n: properties.cone(n[None] * 1.0)),
    )


def objectives(dimension: int, spread: int = 3) -> st.SearchStrategy[np.ndarray]:
    """Values f of shape (d,), f(z) = <f, z>: multiples of 1/4, of which some are often equal.

    Example:
        >>> from hypothesis import find
        >>> from perturbtheory.testing import strategies
        >>> find(strategies.objectives(2), lambda f: f[0] > 1).shape
        (2,)
    """
    return dyadic_thetas(dimension, spread, 4)


def inputs(law: "Law", dimension: int) -> st.SearchStrategy[dict[str, Any]]:
    """Examples of a law in d dimensions, for ``law.check(subject, **example)``.

    Example:
        >>> from hypothesis import find
        >>> from perturbtheory.testing import strategies
        >>> from perturbtheory.testing import laws
        >>> law = laws.find("translation", laws.PERTURBATION)
        >>> sorted(find(strategies.inputs(law, 2), lambda example: True))
        ['shift', 'theta']
    """
    return st.fixed_dictionaries({name: _of(kind, dimension) for name, kind in law.inputs.items()})


def _of(kind: "Input", d: int) -> st.SearchStrategy[Any]:
    # Hypothesis imports this file for its types alone, for which the laws are not needed.
    from perturbtheory.testing.laws import Integers, Orders, Points

    if isinstance(kind, Points):
        return dyadic_thetas(d, kind.spread, kind.parts)
    if isinstance(kind, Integers):
        return st.integers(-kind.bound, kind.bound)
    if isinstance(kind, Orders):
        return st.permutations(range(d)).map(np.array)
    msg = f"`law` must have inputs of points, integers or orders, got {kind!r}; draw it yourself"
    raise TypeError(msg)


def register() -> None:
    """Tell hypothesis how to make noises of every family; the entry point calls it."""
    _entry_point.register()
