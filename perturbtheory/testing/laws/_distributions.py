"""Laws of a noise by itself: its functions are those of one distribution, coordinate by coordinate.

Where a function has to be exact in its tails it is compared in relative terms.
"""

import numpy as np

from perturbtheory.perturbations import AbstractPerturbation
from perturbtheory.testing.laws._coordinates import (
    DEEP,
    Coordinate,
    coordinates,
    coordinatewise,
    grid,
    nodes,
    unit,
)
from perturbtheory.testing.laws._defects import Defect, close, ensure
from perturbtheory.testing.laws._law import BETWEEN_KINKS, law
from perturbtheory.testing.laws._needs import ATOMS, DENSITY, LIGHT, TAILED

_LEVELS = (-80.0, -40.0, -5.0, -0.7)
_SHARES = np.array([1e-6, 0.01, 0.3, 0.5, 0.77, 0.999])


def _inside(one: Coordinate) -> np.ndarray:
    """A point in every cell of the grid, and the ends of the cells."""
    cuts = grid(one)
    return np.sort(np.concatenate([cuts, (cuts[1:] + cuts[:-1]) / 2]))


@law("complements", r"F(x) + S(x) = 1,\; F \text{ increases}", DENSITY)
@coordinatewise
def complements(one: Coordinate) -> None:
    """Below and above every point lies all of the mass, and F never decreases."""
    x = np.concatenate(
        [_inside(one), [one.log_quantile(v, u) for v in _LEVELS for u in (False, True)]]
    )
    x = np.sort(x)
    log_cdf, log_sf = one.ask("log_cdf", x), one.ask("log_sf", x)
    ensure("`log_cdf` or `log_sf` is above zero", (log_cdf <= 0) & (log_sf <= 0), x=x)
    total = np.exp(log_cdf) + np.exp(log_sf)
    close("exp(`log_cdf`) + exp(`log_sf`)", total, 1.0, atol=1e-14, x=x)
    close("`cdf`", one.ask("cdf", x), np.exp(log_cdf), rtol=1e-11, atol=1e-300, x=x)
    # Of F near one and of S near zero, the one that keeps its digits.
    for what, values in (("`log_cdf`", log_cdf), ("`log_sf`", -log_sf)):
        known = np.where(np.isfinite(values[:-1]), values[:-1], 0.0)
        least = values[:-1] - 1e-12 * (1 + np.abs(known))
        ensure(f"{what} turns around", values[1:] >= least, x=x[1:])


@law("density", r"\int_a^b f = F(b) - F(a)", DENSITY, presumes=BETWEEN_KINKS)
@coordinatewise
def density(one: Coordinate) -> None:
    """The density integrates to the distribution function, between kinks that are declared."""
    cuts = grid(one)
    points, weights = nodes(cuts)
    found = np.sum(np.exp(one.ask("log_pdf", points)) * weights, 1)
    log_cdf, log_sf = one.ask("log_cdf", cuts), one.ask("log_sf", cuts)
    # Of the two differences, the one of the smaller numbers keeps its digits.
    lower = log_cdf[1:] < np.log(0.5)
    step = np.where(lower, np.diff(np.exp(log_cdf)), -np.diff(np.exp(log_sf)))
    what = "the integral of `log_pdf` over the cell that begins at x"
    close(what, found, step, atol=2e-12, x=cuts[:-1])
    close("the integral of `log_pdf`", found.sum(), 1.0, atol=1e-11)


@law("support", r"f = 0 \text{ off } [l, u],\quad F(l) = S(u) = 0", DENSITY)
@coordinatewise
def support(one: Coordinate) -> None:
    """There is no mass off the declared support, and mass in all of it if it says positive."""
    size = unit(one.noise)
    low, high = one.ends
    ensure("the declared `support` is no interval", low < high)
    for end, side, function in ((low, -1.0, "log_cdf"), (high, 1.0, "log_sf")):
        if np.isfinite(end):
            step = size * np.geomspace(1e-6, 1e3, 10)
            x = end + side * (step + 1e-9 * abs(end))
            ensure("`log_pdf` is finite off the support", np.isneginf(one.ask("log_pdf", x)), x=x)
            ensure(f"`{function}` is finite off it", np.isneginf(one.ask(function, x)), x=x)
    x = _inside(one)[1:-1]
    ensure("a quantile is off the declared `support`", (x >= low) & (x <= high), x=x)
    bounded = np.isfinite([low, high]).any()
    both = one.noise.positive and bounded
    ensure("`positive` is declared, and so are ends of the support", not both)
    log_pdf = one.ask("log_pdf", x)
    ensure("`log_pdf` is not a number", ~np.isnan(log_pdf), x=x)
    if one.noise.positive:
        x = np.concatenate(
            [x[0] - size * np.array([2.0, 0.5]), x, x[-1] + size * np.array([0.5, 2])]
        )
        log_pdf = one.ask("log_pdf", x)
        ensure("there is no density, and `positive` is declared", np.isfinite(log_pdf), x=x)


@law("tails", r"\log F(Q(e^{v})) = v,\quad \log S(Q_S(e^{v})) = v", DENSITY, TAILED)
@coordinatewise
def tails(one: Coordinate) -> None:
    """Quantiles undo the distribution function to nine digits, as far out as probability e^-80."""
    for end, upper, function in ((one.ends[0], False, "log_cdf"), (one.ends[1], True, "log_sf")):
        # No number next to an end other than zero has a probability of e^-80 beyond it.
        if np.isfinite(end) and end != 0:
            continue
        levels = np.array(_LEVELS)
        x = np.array([one.log_quantile(level, upper) for level in _LEVELS])
        found, slack = one.ask(function, x), np.zeros(len(x))
        if one.noise.tail == "none":
            # Near an end of bounded noise x is known to the rounding of the width, no better.
            step = (1.0 if upper else -1.0) * 2**-50 * unit(one.noise)
            beyond = one.ask(function, x + step * (levels < np.log(0.1)))
            slack = np.abs(beyond - found)
        close(f"`{function}` at its quantile", found, levels, rtol=1e-9, atol=slack, x=x)


@law("tail weight", r"\text{no tail is heavier than } \texttt{tail}", DENSITY, LIGHT)
@coordinatewise
def tail_weight(one: Coordinate) -> None:
    """The tails decay at least as fast as the declared `tail` says."""
    middle = one.log_quantile(-np.log(2.0))
    for end, upper in ((one.ends[0], False), (one.ends[1], True)):
        if np.isfinite(end):
            continue
        ensure("`tail` is declared none, and the support is unbounded", one.noise.tail != "none")
        far = [abs(one.log_quantile(v, upper) - middle) for v in (-40.0, -80.0, -160.0)]
        growth = np.diff(np.log(far))
        # Of a law like exp(-x^a) log Q grows evenly per doubling; like a power, twice as fast.
        power = growth[1] > 1.5 * growth[0] and growth[1] > np.log(2.5)
        ensure(f"`tail` is declared {one.noise.tail}, but decays like a power", not power)
        wide = one.noise.tail == "gaussian" and growth[0] > np.log(1.7)
        ensure("`tail` is declared gaussian, but is heavier", not wide)


@law("rate", r"\bigl(\log F,\; f / F\bigr)", DENSITY)
@coordinatewise
def rate(one: Coordinate) -> None:
    """The reversed hazard rate is the density over the distribution function, to nine digits."""
    cuts = np.clip(grid(one)[1:-1], -1e6 * unit(one.noise), 1e6 * unit(one.noise))
    x = np.unique(cuts)
    x = (x[1:] + x[:-1]) / 2
    log_cdf = one.ask("log_cdf", x)
    quotient = np.exp(one.ask("log_pdf", x) - log_cdf)
    for method, first in (("log_cdf_and_rate", log_cdf), ("cdf_and_rate", np.exp(log_cdf))):
        one_of, two_of = one.both(method, x)
        close(f"the first of `{method}`", one_of, first, rtol=1e-11, atol=1e-15, x=x)
        close(f"the second of `{method}`", two_of, quotient, rtol=1e-9, atol=1e-300, x=x)


@law("quantiles", r"F(Q(q)) = q", DENSITY)
@coordinatewise
def quantiles(one: Coordinate) -> None:
    """Quantiles undo the distribution function, to nine digits."""
    x = one.ask("quantile", _SHARES)
    close("`cdf` at the quantile of q", one.ask("cdf", x), _SHARES, rtol=1e-9, q=_SHARES)


def _power(one: Coordinate, upper: bool) -> tuple[float, bool]:
    """a of a tail like x^-a, infinite where it is bounded or lighter; whether a is settled."""
    depths = (DEEP + 40, DEEP + 20, DEEP)
    first, near, far = (abs(one.log_quantile(level, upper)) for level in depths)
    if not far > near > first > 0:
        return np.inf, False
    before, power = (20.0 / max(np.log(q), 1e-12) for q in (near / first, far / near))
    return power, abs(before - power) <= 1e-6 * power


def _moment(one: Coordinate, order: int, centre: float) -> tuple[float, float]:
    """int (x - c)^order f, and how far it may be off; infinite if it diverges.

    Beyond the grid, from q on, lies q^order S(q) a / (a - order) of a tail like x^-a.
    """
    cuts = grid(one)
    points, weights = nodes(cuts)
    mass = np.exp(one.ask("log_pdf", points)) * weights
    beyond, rest = 0.0, 1e-10 * unit(one.noise) ** order
    for upper, end in ((False, cuts[0]), (True, cuts[-1])):
        power, settled = _power(one, upper)
        if power <= order * (1 + 1e-6):
            return np.inf, np.inf
        tail = (end - centre) ** order * np.exp(DEEP) / (1 - order / power)
        beyond += tail if settled else 0.0
        rest += abs(tail) * (1e-3 if settled else 2.0)
    return float(np.sum(mass * (points - centre) ** order) + beyond), float(rest)


@law("mean", r"E[\gamma_i] = \int x f(x)\,dx", DENSITY, presumes=BETWEEN_KINKS)
@coordinatewise
def mean(one: Coordinate) -> None:
    """The declared mean is that of the density, and there is none where the tails have none."""
    middle = one.ask("quantile", np.array(0.5)).item()
    found, rest = _moment(one, 1, middle)
    _compare(one, "mean", (found + middle, rest))


@law(
    "variance",
    r"\mathrm{Var}[\gamma_i] = \int (x - E[\gamma_i])^2 f(x)\,dx",
    DENSITY,
    presumes=BETWEEN_KINKS,
)
@coordinatewise
def variance(one: Coordinate) -> None:
    """The declared variance is that of the density, and infinite where the tails make it so."""
    centre = one.number("mean")
    ensure(
        "`variance` is declared, and there is no `mean`",
        np.isfinite(centre) or not np.isfinite(one.number("variance")),
    )
    if not np.isfinite(centre):
        return
    middle = one.ask("quantile", np.array(0.5)).item()
    about, rest = _moment(one, 1, middle)
    # A mean that is declared wrong is one fault, and not two.
    if np.isfinite(about) and abs(middle + about - centre) > rest + 1e-9 * abs(about):
        centre = middle + about
    _compare(one, "variance", _moment(one, 2, centre))


def _compare(one: Coordinate, name: str, moment: tuple[float, float]) -> None:
    found, rest = moment
    declared = one.number(name)
    words = f"`{name}` is declared {declared:.9g}, but the density gives {found:.9g}"
    if np.isfinite(found) != np.isfinite(declared):
        # So slow a tail that its end is off the grid leaves the question open.
        if np.isfinite(found) and rest > 1e-3 * (abs(found) + unit(one.noise)):
            return
        raise Defect(words)
    if np.isfinite(found) and abs(found - declared) > rest + 1e-9 * abs(found):
        raise Defect(words)


@law("atoms", r"\sum_k w_k = 1,\quad F(a) = \sum_{a_k \le a} w_k", ATOMS)
def atoms(noise: AbstractPerturbation) -> None:
    """The distribution function jumps at the atoms by their weights, and nowhere else."""
    for one, places, weights in _atoms(noise):
        ensure("an atom has a negative weight", weights >= 0, atom=places)
        close("the sum of `weights`", weights.sum(), 1.0, atol=1e-12)
        low, high = one.ends
        close("the lower end of `support`", low, places[weights > 0].min())
        close("the upper end of `support`", high, places[weights > 0].max())
        inner = np.sort(places)
        between = (inner[1:] + inner[:-1]) / 2
        x = np.concatenate([[inner[0] - 1], inner, between, [inner[-1] + 1]])
        below = np.array([weights[places <= a].sum() for a in x])
        above = np.array([weights[places > a].sum() for a in x])
        with np.errstate(divide="ignore"):
            close("exp(`log_cdf`)", np.exp(one.ask("log_cdf", x)), below, atol=1e-14, x=x)
            close("exp(`log_sf`)", np.exp(one.ask("log_sf", x)), above, atol=1e-14, x=x)


@law("moments of atoms", r"E[\gamma_i] = \sum_k w_k a_k", ATOMS)
def moments_of_atoms(noise: AbstractPerturbation) -> None:
    """The declared mean and variance are those of the atoms."""
    for one, places, weights in _atoms(noise):
        centre = weights @ places
        size = np.abs(places).max()
        close("`mean`", one.number("mean"), centre, atol=1e-13 * size)
        square = weights @ np.square(places - centre)
        close("`variance`", one.number("variance"), square, rtol=1e-12, atol=1e-14 * size**2)


def _atoms(noise: AbstractPerturbation) -> list[tuple[Coordinate, np.ndarray, np.ndarray]]:
    found = []
    for one in coordinates(noise):
        given = (np.ravel(np.asarray(getattr(one.noise, n), float)) for n in ("atoms", "weights"))
        places, weights = given
        ensure("`atoms` and `weights` differ in length", len(places) == len(weights))
        found.append((one, places, weights))
    return found
