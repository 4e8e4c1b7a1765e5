"""What sympy decides, three-valued: identities, kept as data with the LaTeX of what they say."""

import functools
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.core.evalf import PrecisionExhausted

from perturbtheory.ledger._evidence import Outcome, Step
from perturbtheory.ledger._sides import written_alike
from perturbtheory.ledger._undefined import undefined
from perturbtheory.ledger._where import where


@dataclass(frozen=True)
class Equation:
    """left = right, not evaluated, so that it can be shown as it is meant.

    `sympy.Integral`, `Derivative`, `Limit`, `Sum` and `Subs`, and what was made with
    evaluate=False, are carried out when it is decided.

    Example:
        >>> from perturbtheory import ledger
        >>> import sympy as sp
        >>> x = sp.Symbol("x", real=True)
        >>> ledger.eq((x + 1) ** 2, x**2 + 2 * x + 1).step().outcome
        'holds'
    """

    left: Any
    right: Any
    why: str = ""

    def __post_init__(self) -> None:
        for name in ("left", "right"):
            object.__setattr__(self, name, _expression(name, getattr(self, name)))

    @functools.cache  # noqa: B019 - proofs share equations, and each is decided once
    def step(self) -> Step:
        """The equation as a step of a proof, decided, with what is assumed of its symbols."""
        latex = f"${sp.latex(self.left)} = {sp.latex(self.right)}$"
        says = f"{latex}: {self.why}" if self.why else latex
        if self.left == self.right:
            raise ValueError(written_alike(says))
        if why := undefined(self.left) or undefined(self.right):
            return Step(says, f"sympy, which is not asked for {why}", "unknown")
        outcome = identity(carried_out(self.left) - carried_out(self.right))
        known = where(self.left, self.right)
        return Step(says, f"sympy, for {known}" if known else "sympy", outcome)


def eq(left: Any, right: Any, why: str = "") -> Equation:
    """The equation left = right, to be decided by sympy when a check needs it.

    Args:
        left: a sympy expression; unevaluated integrals, derivatives, limits, sums, values at a
            point (`sympy.Subs`) and differences (`difference`) are shown as such and carried out
            when the equation is decided.
        right: the same.
        why: what it means or what was substituted, in words and $LaTeX$; in `exact` it may also
            come after the equation.

    Example:
        >>> import sympy as sp
        >>> u = sp.Symbol("u", positive=True)
        >>> eq(sp.Integral(sp.exp(-u), (u, 0, sp.oo)), 1).step().outcome
        'holds'

    Raises:
        ValueError: for floats, which are equal up to rounding alone, and for what is no expression;
            when it is decided, for two sides that are one expression, or are written alike, because
            sympy had evaluated them before they were given: nobody could replay x = x.
    """
    return Equation(left, right, why)


def difference(left: Any, right: Any) -> Any:
    """left - right as it stands, where sympy would combine the two; carried out when decided.

    Example:
        >>> import sympy as sp
        >>> t = sp.Symbol("t")
        >>> difference(t + 2, t - 1)
        -(t - 1) + (t + 2)

    Raises:
        ValueError: for one expression twice, whose difference says x - x = 0.
    """
    left, right = sp.sympify(left), sp.sympify(right)
    if left == right:
        latex = sp.latex(left)
        raise ValueError(written_alike(f"${latex} - ({latex})$"))
    return sp.Add(left, sp.Mul(-1, right, evaluate=False), evaluate=False)


def _expression(name: str, value: Any) -> Any:
    try:
        expression: Any = sp.sympify(value, strict=True)
    except sp.SympifyError:
        expression = None
    scalar = isinstance(expression, sp.Expr) and not getattr(expression, "is_Matrix", False)
    if not scalar or expression.has(sp.Float):
        msg = (
            f"`{name}` must be a sympy expression without floats, got {value!r}; write fractions "
            "as sp.Rational(1, 3), and tuples and matrices as one equation per entry"
        )
        raise ValueError(msg)
    return expression


def identity(expression: Any, *, probes: int = 5) -> Outcome:
    """Whether `expression` is identically zero: simplified, and if that fails, evaluated.

    "holds" is meant as in algebra, wherever both sides are defined: x/x = 1, and the derivative of
    |x| is sign(x). A statement about the points left out needs a step of its own.

    "fails" means that 30 digits, each of them certain, differ from zero at a rational point that
    the assumptions on the symbols allow: a proof of the contrary. What sympy leaves of an integral,
    a sum or a limit is not evaluated, because nothing bounds the error of its digits.

    Example:
        >>> from perturbtheory import ledger
        >>> import sympy as sp
        >>> x = sp.Symbol("x", real=True)
        >>> ledger.identity(sp.sin(x) ** 2 + sp.cos(x) ** 2 - 1), ledger.identity(x - 1)
        ('holds', 'fails')
    """
    # Most are zero as quotients of polynomials, in whatever functions, which is seen at once.
    if sp.expand(sp.fraction(sp.together(expression))[0]) == 0:
        return "holds"
    if expression.has(sp.polylog):  # of order 0 and 1 they are elementary
        expression = sp.expand_func(expression)
    rest = sp.simplify(sp.expand(expression))
    if rest == 0:
        return "holds"
    if rest.has(sp.Integral, sp.Sum, sp.Product, sp.Limit):
        return "unknown"
    free = sorted(rest.free_symbols, key=str)
    for k in range(1, probes + 1):
        point = {s: _allowed(s, k, n) for n, s in enumerate(free)}
        if None in point.values():
            return "unknown"
        number = _digits(rest.subs(point))
        if number.is_number and number.is_finite and abs(number) > sp.Rational(1, 10**15):
            return "fails"
    return "unknown"


def _digits(number: Any) -> Any:
    """30 digits, all of them certain, or nan: numbers of 1e130 that cancel may leave none."""
    try:
        return sp.N(number, 30, strict=True)
    except PrecisionExhausted:
        return sp.nan


def _allowed(symbol: Any, k: int, n: int) -> Any:
    """A number that the k-th point may have for the n-th symbol, if one comes to mind."""
    positive = (sp.Rational(3 * k + 2 * n + 1, 7 + k), sp.Integer(2 * k + n), sp.Integer(2 * k))
    sign = (-1) ** (k + 1)
    for number in (s * p for p in positive for s in (sign, -sign)):
        facts = symbol.assumptions0.items()
        if all(getattr(number, f"is_{fact}") in (None, true) for fact, true in facts):
            return number
    return None


def carried_out(expression: Any) -> Any:
    """The expression with its integrals, derivatives, limits and sums carried out, as by `doit`.

    A sum over an indexed symbol, such as theta_j for j = 1, ..., d, has no closed form, and sympy
    is not asked to look for one, which takes it long.

    Example:
        >>> from perturbtheory import ledger
        >>> import sympy as sp
        >>> x = sp.Symbol("x")
        >>> ledger.carried_out(sp.Integral(x, (x, 0, 1)))
        1/2
    """
    e: Any = sp.sympify(expression)
    if not e.has(sp.Sum):
        return e.doit() if hasattr(e, "doit") else e
    if isinstance(e, sp.Sum) and _has_no_closed_form(e):
        return e.func(carried_out(e.function), *e.limits)
    if isinstance(e, sp.Derivative):
        slope = carried_out(e.expr).diff(*e.variable_count)
        return slope.doit() if slope.has(sp.Derivative) else carried_out(slope)
    if isinstance(e, sp.Add | sp.Mul | sp.Pow | sp.exp | sp.log):
        return e.func(*map(carried_out, e.args))
    return e.doit()


def _has_no_closed_form(e: Any) -> bool:
    free = {symbol for symbol in e.function.atoms(sp.Indexed) if symbol.has(*e.variables)}
    return bool(free) and not e.function.has(sp.KroneckerDelta, sp.Derivative)
