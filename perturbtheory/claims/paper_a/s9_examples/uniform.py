"""Section 9.5: gamma uniform on [-1, 1], d = 2, every printed line."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise, product
from typing import Any, Literal

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.numbers import engine, entry
from perturbtheory.claims.exhibits.uniform_lines import (
    CHAINS,
    LINES,
    Formula,
    Line,
    simpson,
    symbolic_integral,
)
from perturbtheory.claims.exhibits.uniform_pieces import (
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
    true_cdf,
    true_potential,
)
from perturbtheory.claims.legacy import agree, claim, exact
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Budget, Check, Outcome, Part
from perturbtheory.perturbations import Uniform
from perturbtheory.potential import expected_max
from perturbtheory.routes import rational
from perturbtheory.routes.symbolic import identity


def engine_at(differences: Sequence[Fraction], what: Literal["value", "probabilities"]) -> Estimate:
    """The engine's answer at theta = (t + 1/2, 1/2) for every difference t."""
    points = np.array([[float(t) + 0.5, 0.5] for t in differences])
    return engine(expected_max(Uniform()), points, what)


def first_wrong(
    name: str, points: Sequence[Any], printed: Sequence[Any], values: Sequence[Any]
) -> dict[str, Any] | None:
    """The first point at which the printed value is not the true one."""
    for point, one, two in zip(points, printed, values, strict=True):
        if one != two:
            return {name: str(point), "printed": str(one), "true": str(two)}
    return None


def at_points(pairs: Sequence[tuple[Any, Any]], degree: str) -> Check:
    """Printed and true values at enough points to decide a polynomial piece of that degree."""
    wrong = [(one, two) for one, two in pairs if one != two]
    detail = f"{len(pairs)} exact rational values; {degree}, so they decide the whole piece"
    return exact("rational", not wrong, detail)


def _cdf_part(name: str, piece: Piece) -> Part:
    formula = sp.sympify(piece.formula(Z))
    inner = piece.points[1:-1]
    values = [rational.uniform([0, z]).probabilities[1] for z in inner]
    printed = [piece.formula(z) for z in inner]
    found = entry(engine_at([-z for z in inner], "probabilities"), np.s_[:, 1])
    return Part(
        f"(75), {name}",
        (
            exact("sympy, area", identity(formula - true_cdf(piece.low)), "area under a line"),
            at_points(list(zip(values, printed, strict=True)), "quadratic on the piece"),
            agree(
                "engine",
                "quadrature",
                found,
                [float(p) for p in printed],
                "P(argmax = 2) at theta = (0, z)",
            ),
        ),
        first_wrong("z", inner, printed, values),
    )


def _pdf_part(name: str, piece: Piece) -> Part:
    truth = sp.diff(true_cdf(piece.low), Z)
    inner = piece.points[1:-1]
    # The density at z is minus the off-diagonal Hessian at theta_2 - theta_1 = z.
    values = [-rational.uniform([0, z]).hessian[0][1] for z in inner]
    printed = [piece.formula(z) for z in inner]
    return Part(
        f"(76), {name}",
        (
            exact("sympy", identity(piece.formula(Z) - truth), "derivative of the area"),
            at_points(list(zip(values, printed, strict=True)), "linear on the piece"),
        ),
        first_wrong("z", inner, printed, values),
    )


@claim("A.uniform-difference-law", corrected="A.uniform-difference-law.corrected")
def uniform_difference_law(_: Budget) -> list[Part]:
    r"""Statement: Z = gamma_1 - gamma_2 has the printed cdf and pdf: four pieces and three.

    LaTeX: $F_Z(z) = 0$ if $z < -2$, $\frac14\frac{(2+z)^2}2$ if $0 > z \ge -2$,
    $\frac14(4 - \frac{(2-z)^2}2)$ if $2 \ge z \ge 0$, $0$ if $z > 2$; $f_Z(z) = \frac14(2+z)$ if
    $0 > z \ge -2$, $\frac14(2-z)$ if $2 \ge z \ge 0$, $0$ otherwise

    Source: A, (74)-(76), Figure 7

    Assumptions: gamma_1, gamma_2 independent and uniform on [-1, 1].

    Computed: areas symbolically, exactly at rational points, and by the engine.
    """
    parts = [_cdf_part(name, piece) for name, piece in CDF.items()]
    parts += [_pdf_part(name, piece) for name, piece in PDF.items()]
    total = sum(
        sp.integrate(piece.formula(Z), (Z, piece.low, piece.high)) for piece in PDF.values()
    )
    # Simpson's rule is exact for the two linear pieces.
    sums = sum(simpson(p.formula, p.low, p.high) for p in PDF.values())
    checks = (
        exact("sympy", total == 1, "sum of the integrals of the printed pieces"),
        exact("rational", sums == 1, "Simpson's rule in fractions, exact for polynomials"),
    )
    return [*parts, Part("(76) integrates to one", checks, {"integral": str(sums)})]


@claim("A.uniform-difference-law.corrected")
def uniform_difference_law_corrected(_: Budget) -> list[Part]:
    r"""Statement: The cdf of Z = gamma_1 - gamma_2 is the printed one for z <= 2, and 1 for z > 2.

    LaTeX: $F_Z(z) = 1$ if $z > 2$; the other pieces of (75) as printed

    Source: corrects A, (75)

    Assumptions: gamma_1, gamma_2 independent and uniform on [-1, 1].

    Computed: as for the printed cdf.
    """
    pieces = CDF | {"z > 2": Piece(Fraction(2), Fraction(5), lambda z: 1 + 0 * z)}
    return [_cdf_part(name, piece) for name, piece in pieces.items()]


@claim("A.uniform-potential", depends_on=("A.uniform-difference-law.corrected",))
def uniform_potential(_: Budget) -> list[Part]:
    r"""Statement: f(theta) = theta_2 + E max(theta_1 - theta_2 + gamma_1 - gamma_2, 0)
    has the four printed pieces.

    LaTeX: $f(\theta) = \theta_1$ if $\theta > 2$, $\frac14(\frac43 + 2(\theta_1+\theta_2) +
    (\theta_1-\theta_2)^2 \mp \frac16(\theta_1-\theta_2)^3)$ if $0 \le \pm\theta \le 2$, $\theta_2$
    if $\theta < -2$, with $\theta = \theta_1 - \theta_2$

    Source: A, Proposition 5.4, (16), (69)-(103)

    Assumptions: gamma_1, gamma_2 independent and uniform on [-1, 1], printed U(1, -1) in
    Proposition 5.4 and called smooth there, which its density is not at +-1.

    Computed: f by integrating products of cdfs, which the paper does not do; every printed line
    symbolically and exactly at rational points; the four pieces also by the engine.
    """
    parts = [_reduction()]
    for name, piece in POTENTIAL.items():
        grid = list(product(piece.points, [Fraction(k, 3) for k in range(-1, 3)]))
        pairs = [(piece.formula(t + b, b), rational.uniform([t + b, b]).value) for t, b in grid]
        bad = [(t, b, p) for (t, b), p in zip(grid, pairs, strict=True) if p[0] != p[1]]
        printed = [float(piece.formula(t + H, H)) for t in piece.points]
        parts.append(
            Part(
                name,
                (
                    exact(
                        "sympy, products of cdfs",
                        identity(piece.formula(ONE, TWO) - true_potential(piece.low)),
                        "h - int F_1 F_2 ds, h the upper end of the larger support",
                    ),
                    at_points(pairs, "cubic in both coordinates"),
                    agree("engine", "quadrature", engine_at(piece.points, "value"), printed, "f"),
                ),
                {
                    "theta": [str(bad[0][0] + bad[0][1]), str(bad[0][1])],
                    "printed": str(bad[0][2][0]),
                    "true": str(bad[0][2][1]),
                }
                if bad
                else None,
            )
        )
    for name, (low, lines) in LINES.items():
        piece = Piece(low, low + 2, None)
        truth = (true_potential(low) - TWO).subs({ONE: T + TWO}).expand()
        for number, line in enumerate(lines, 1):
            parts.append(
                _line_part(
                    f"{name}, line {number}",
                    truth,
                    piece,
                    line,
                    lambda t: rational.uniform([t, 0]).value,
                )
            )
    for name, lines in CHAINS.items():
        truth = lines[0](symbolic_integral, T)
        for number, line in enumerate(lines[1:], 2):
            parts.append(
                _line_part(
                    f"{name}, line {number}",
                    truth,
                    Piece(Fraction(0), Fraction(2), None),
                    line,
                    lambda t, first=lines[0]: first(simpson, t),
                )
            )
    return parts


def _line_part(name: str, truth: Any, piece: Piece, line: Line, reference: Formula) -> Part:
    symbolic = identity(line(symbolic_integral, T) - truth)
    pairs = [(line(simpson, t), reference(t)) for t in piece.points]
    wrong = [(t, a, b) for t, (a, b) in zip(piece.points, pairs, strict=True) if a != b]
    bad = [{"theta": str(t), "printed": str(a), "true": str(b)} for t, a, b in wrong[:1]]
    return Part(
        name,
        (
            exact("sympy", symbolic, "the printed line less the truth, integrated symbolically"),
            at_points(pairs, "cubic on the piece"),
        ),
        bad[0] if bad else None,
    )


def _reduction() -> Part:
    b, g = sp.symbols("b g", real=True)
    # At x = theta_1 + gamma_1, y = theta_2 + gamma_2, whichever is larger.
    gap = sp.Symbol("gap", nonnegative=True)
    larger = sp.Max(b + g + gap, b + g) - g - (b + sp.Max(gap, 0))
    smaller = sp.Max(b + g - gap, b + g) - g - (b + sp.Max(-gap, 0))
    mean = sp.integrate(g / 2, (g, -1, 1))
    outcome: Outcome = "holds" if (larger, smaller, mean) == (0, 0, 0) else "fails"
    points = [(Fraction(k, 3), Fraction(1, 2)) for k in range(-9, 10)]

    def right_hand_side(t: Fraction, other: Fraction) -> Fraction:
        start = max(Fraction(-2), min(Fraction(2), -t))
        cuts = sorted({start, max(start, Fraction(0)), Fraction(2)})
        return other + sum(
            simpson(lambda z: Q * (2 - abs(z)) * (t + z), low, high) for low, high in pairwise(cuts)
        )

    pairs = [(right_hand_side(t, b), rational.uniform([t + b, b]).value) for t, b in points]
    wrong = [p for p, (x, y) in zip(points, pairs, strict=True) if x != y]
    return Part(
        "(16), (69)-(73): the reduction to Z",
        (
            exact("sympy, both cases", outcome, "max(x, y) = y + max(x - y, 0); E gamma_2 = 0"),
            exact("rational", not wrong, "19 exact values on both sides", universal=False),
        ),
        {"theta": [str(w) for w in wrong[0]]} if wrong else None,
    )
