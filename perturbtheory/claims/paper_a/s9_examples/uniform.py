r"""Section 9.5: $\gamma$ uniform on $[-1, 1]$, $d = 2$, every printed line up to the potential."""

from fractions import Fraction
from itertools import pairwise, product

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.numbers import entry
from perturbtheory.claims.exhibits.uniform_lines import (
    CHAINS,
    LINES,
    STARTS,
    simpson,
    symbolic_integral,
)
from perturbtheory.claims.exhibits.uniform_pieces import (
    BEYOND,
    CDF,
    ONE,
    PDF,
    POTENTIAL,
    TWO,
    H,
    Piece,
    Q,
    T,
    Z,
    at_points,
    engine_at,
    first_wrong,
    potential_integral,
    true_cdf,
)
from perturbtheory.estimate import ERROR_RATE, Estimate
from perturbtheory.ledger import Claim, agree, argued, eq, exact, shown, witness
from perturbtheory.routes import rational

difference_law = Claim(
    "A.uniform-difference-law",
    "A, (74)-(76), Figure 7",
    r"""$Z = \gamma_1 - \gamma_2$ has the cdf $F_Z(z) = 0$ if $z < -2$, $\frac14\frac{(2+z)^2}2$ if
    $0 > z \ge -2$, $\frac14(4 - \frac{(2-z)^2}2)$ if $2 \ge z \ge 0$, $0$ if $z > 2$, and the pdf
    $f_Z(z) = \frac14(2+z)$ if $0 > z \ge -2$, $\frac14(2-z)$ if $2 \ge z \ge 0$, $0$ otherwise.""",
    assumes=r"$\gamma_1$, $\gamma_2$ independent and uniform on $[-1, 1]$.",
)
true_law = difference_law.corrected(
    r"""The cdf of $Z = \gamma_1 - \gamma_2$ is the printed one for $z \le 2$, and $F_Z(z) = 1$ for
    $z > 2$.""",
    source="corrects A, (75)",
)


def cdf_piece(key, mended):
    piece = (CDF | mended)[key]
    inner = piece.points[1:-1]
    values = [rational.uniform([0, z]).probabilities[1] for z in inner]
    printed = [piece.formula(z) for z in inner]
    found = entry(engine_at([-z for z in inner], "probabilities"), np.s_[:, 1])
    yield exact("sympy, area", eq(piece.formula(Z), true_cdf(piece.low), "area under a line"))
    yield at_points(printed, values, "quadratic on the piece")
    yield agree("engine", found, printed, r"$P(\arg\max = 2)$ at $\theta = (0, z)$")
    yield witness(first_wrong("$z$", inner, printed, values))


def pdf_piece(key, budget):
    piece = PDF[key]
    inner = piece.points[1:-1]
    values = [-rational.uniform([0, z]).hessian[0][1] for z in inner]
    printed = [piece.formula(z) for z in inner]
    slope = sp.Derivative(true_cdf(piece.low), Z)
    yield exact("sympy", eq(piece.formula(Z), slope, "derivative of the area"))
    # The density at z is minus the off-diagonal Hessian at theta_2 - theta_1 = z.
    yield at_points(printed, values, "linear on the piece")
    cells = list(pairwise(piece.points))
    chances = [float(simpson(piece.formula, *cell)) for cell in cells]
    what = """frequencies of $Z$ in four cells against the integral of the printed pdf, as in Figure
        7"""
    yield agree("simulation", _frequencies(cells, budget.samples), chances, what, floor=1.0)
    yield witness(first_wrong("$z$", inner, printed, values))


def _frequencies(cells: list[tuple[Fraction, Fraction]], samples: int) -> Estimate:
    """How often a difference of two uniform draws falls into each cell; Hoeffding's radius."""
    drawn = np.random.default_rng(17).uniform(-1.0, 1.0, (samples, 2)) @ np.array([1.0, -1.0])
    found = np.array([((float(a) < drawn) & (drawn <= float(b))).mean() for a, b in cells])
    radius = np.sqrt(np.log(2 * len(cells) / ERROR_RATE) / (2 * samples))
    return Estimate(found, np.full(len(cells), radius), "monte-carlo", 1 - ERROR_RATE)


for name in CDF:
    difference_law.part(f"(75), ${name}$", key=name, mended={})(cdf_piece)
    true_law.part(f"(75), ${name}$", key=name, mended=BEYOND)(cdf_piece)
for name, piece in PDF.items():
    otherwise = "" if abs(piece.low + piece.high) == 2 else "otherwise, "
    difference_law.part(f"(76), {otherwise}${name}$", key=name)(pdf_piece)


@difference_law.part("(76) integrates to one")
def pdf_mass():
    pieces = [piece for piece in PDF.values() if piece.formula(Z) != 0]
    total = sum(sp.Integral(p.formula(Z), (Z, p.low, p.high)) for p in pieces)
    mass = sum(simpson(p.formula, p.low, p.high) for p in PDF.values())
    yield exact("sympy", eq(total, 1, "the printed pieces"))
    yield exact("rational", shown(f"Simpson's rule gives {mass}", mass == 1, "fractions"))
    yield witness({"integral": str(mass)})


uniform_potential = Claim(
    "A.uniform-potential",
    "A, Proposition 5.4, (16), (69)-(103)",
    r"""$f(\theta) = \theta_2 + \mathbb E\max(\theta_1 - \theta_2 + \gamma_1 - \gamma_2, 0)$ has the
    four printed pieces: $f(\theta) = \theta_1$ if $\theta > 2$, $\frac14(\frac43 +
    2(\theta_1+\theta_2) + (\theta_1-\theta_2)^2 \mp \frac16(\theta_1-\theta_2)^3)$ if $0 \le
    \pm\theta \le 2$, $\theta_2$ if $\theta < -2$, with $\theta = \theta_1 - \theta_2$.""",
    assumes=r"""$\gamma_1$, $\gamma_2$ independent and uniform on $[-1, 1]$, printed $U(1, -1)$ in
    Proposition 5.4 and called smooth there, which its density is not at $\pm 1$.""",
    depends_on=true_law,
)


@uniform_potential.part("(16), (69)-(73): the reduction to $Z$")
def reduction():
    x, y, gamma = sp.symbols("x y gamma_2", real=True)
    larger = sp.Piecewise((x, x >= y), (y, True))
    positive_part = sp.Piecewise((x - y, x >= y), (0, True))
    points = [(Fraction(k, 3), H) for k in range(-9, 10)]
    printed = [_right_hand_side(t, b) for t, b in points]
    values = [rational.uniform([t + b, b]).value for t, b in points]
    yield exact(
        "sympy, both cases",
        eq(larger, y + positive_part, r"$\max(x, y) = y + \max(x - y, 0)$"),
        eq(sp.Integral(gamma / 2, (gamma, -1, 1)), 0, r"$\mathbb E\gamma_2$"),
        argued(r"with $x = \theta_1 + \gamma_1$, $y = \theta_2 + \gamma_2$", "linearity"),
    )
    yield exact("rational", printed == values, cases="19 exact values on both sides")
    bad = first_wrong(r"$(\theta_1 - \theta_2, \theta_2)$", points, printed, values)
    yield witness(bad)


def _right_hand_side(t: Fraction, other: Fraction) -> Fraction:
    """(73) at theta = (t + other, other), by Simpson's rule with the triangular density."""
    start = max(Fraction(-2), min(Fraction(2), -t))
    cuts = sorted({start, max(start, Fraction(0)), Fraction(2)})
    pieces = (simpson(lambda z: Q * (2 - abs(z)) * (t + z), *ends) for ends in pairwise(cuts))
    return other + sum(pieces)


def potential_piece(key):
    piece = POTENTIAL[key]
    grid = list(product(piece.points, [Fraction(k, 3) for k in range(-1, 3)]))
    printed = [piece.formula(t + b, b) for t, b in grid]
    values = [rational.uniform([t + b, b]).value for t, b in grid]
    why = r"$h - \int F_1 F_2\,ds$, $h$ the upper end of the larger support"
    truth = potential_integral(piece.low)
    yield exact("sympy, products of cdfs", eq(piece.formula(ONE, TWO), truth, why))
    yield at_points(printed, values, "cubic in both coordinates")
    at_half = [float(piece.formula(t + H, H)) for t in piece.points]
    yield agree("engine", engine_at(piece.points, "value"), at_half, "$f$")
    yield witness(first_wrong(r"$(\theta_1 - \theta_2, \theta_2)$", grid, printed, values))


def line_of_case(key, number):
    low, line = STARTS[key], LINES[key][number - 1]
    truth = potential_integral(low).subs({ONE: T + TWO}) - TWO
    values = [rational.uniform([t, 0]).value for t in Piece(low, low + 2, None).points]
    yield from _line(line, truth, low, values)


def line_of_chain(key, number):
    """A later line of (91)-(97) against the first one, which the lines before it contain."""
    first, line = CHAINS[key][0], CHAINS[key][number - 1]
    points = Piece(Fraction(0), Fraction(2), None).points
    truth = first(symbolic_integral, T)
    yield from _line(line, truth, Fraction(0), [first(simpson, t) for t in points])


def _line(line, truth, low, values):
    points = Piece(low, low + 2, None).points
    printed = [line(simpson, t) for t in points]
    yield exact("sympy", eq(line(symbolic_integral, T), truth, "the printed line and the truth"))
    yield at_points(printed, values, "cubic on the piece")
    yield witness(first_wrong(r"$\theta$", points, printed, values))


for name in POTENTIAL:
    uniform_potential.part(name, key=name)(potential_piece)
for table, first, function in ((LINES, 1, line_of_case), (CHAINS, 2, line_of_chain)):
    for name, lines in table.items():
        for number in range(first, len(lines) + 1):
            given = {"key": name, "number": number}
            uniform_potential.part(f"{name}, line {number}", **given)(function)
