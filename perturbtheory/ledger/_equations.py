"""What sympy decides, three-valued: identities, kept as data with the LaTeX of what they say."""

from dataclasses import dataclass
from typing import Any

import sympy as sp

from perturbtheory.ledger._evidence import Outcome, Step


@dataclass(frozen=True)
class Equation:
    """left = right, not evaluated, so that it can be shown as it is meant.

    `sympy.Integral`, `Derivative`, `Limit` and `Sum` are carried out when it is decided.
    """

    left: Any
    right: Any
    why: str = ""

    def step(self) -> Step:
        """The equation as a step of a proof, decided."""
        latex = f"${sp.latex(self.left)} = {sp.latex(self.right)}$"
        says = f"{latex}: {self.why}" if self.why else latex
        return Step(says, "sympy", identity(_done(self.left) - _done(self.right)))


def eq(left: Any, right: Any, why: str = "") -> Equation:
    """The equation left = right, to be decided by sympy when a check needs it.

    Args:
        left: a sympy expression; unevaluated integrals, derivatives, limits and sums are shown as
            such and carried out when the equation is decided.
        right: the same.
        why: what it means or what was substituted, in words and $LaTeX$.

    Example:
        >>> import sympy as sp
        >>> u = sp.Symbol("u", positive=True)
        >>> eq(sp.Integral(sp.exp(-u), (u, 0, sp.oo)), 1).step().outcome
        'holds'
    """
    return Equation(sp.sympify(left), sp.sympify(right), why)


def identity(expression: Any, *, probes: int = 5) -> Outcome:
    """Whether `expression` is identically zero: simplified, and if that fails, evaluated.

    "fails" means that 30 digits at a rational point differ from zero: a proof of the contrary.
    """
    difference = sp.simplify(sp.expand(expression))
    if difference == 0:
        return "holds"
    free = sorted(difference.free_symbols, key=str)
    for k in range(1, probes + 1):
        point = {s: sp.Rational(3 * k + 2 * n + 1, 7 + k) for n, s in enumerate(free)}
        number = sp.N(difference.subs(point), 30)
        if number.is_number and number.is_finite and abs(number) > sp.Rational(1, 10**15):
            return "fails"
    return "unknown"


def _done(expression: Any) -> Any:
    return expression.doit() if hasattr(expression, "doit") else expression
