"""Where an expression may have no value, although sympy gives one: kinks, poles, divergent sums."""

from collections.abc import Iterator
from typing import Any

import sympy as sp

_KINKED = (sp.Abs, sp.sign, sp.Heaviside, sp.Max, sp.Min, sp.Piecewise)
_SIGNS = ("positive", "negative")


def undefined(expression: Any) -> str:
    """What may leave the expression without a value, in words; nothing if nothing is seen.

    It looks at the derivatives of |x|, max, sign and pieces at a point, at the real poles of what
    is integrated and at the terms of a sum, and at the derivative of a sum that diverges.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> undefined(sp.Subs(sp.Derivative(sp.Abs(x), x), x, 0))
        'a derivative at a kink'
        >>> undefined(sp.Integral(x**-2, (x, -1, 1)))
        'an integral across a pole'
        >>> undefined(sp.Subs(sp.Derivative(sp.Abs(x), x), x, 1))
        ''
    """
    if any(map(_at_a_kink, expression.atoms(sp.Subs))):
        return "a derivative at a kink"
    if any(map(_across_a_pole, expression.atoms(sp.Integral))):
        return "an integral across a pole"
    if any(map(_with_a_pole, expression.atoms(sp.Sum))):
        return "a sum with a term that has no value"
    if any(map(_of_a_divergent_sum, expression.atoms(sp.Derivative))):
        return "the derivative of a sum that diverges"
    return ""


def _at_a_kink(e: Any) -> bool:
    at = dict(zip(e.variables, e.point, strict=True))
    slopes = [d for d in e.expr.atoms(sp.Derivative) if set(d.variables) & set(at)]
    return any(
        _vanishes(size.subs(at))
        for slope in slopes
        for part in slope.expr.atoms(*_KINKED)
        for size in _sizes(part)
    )


def _sizes(part: Any) -> Iterator[Any]:
    """What is zero where the function has its kink."""
    if part.func in (sp.Max, sp.Min):
        yield from (a - b for n, a in enumerate(part.args) for b in part.args[:n])
    elif part.func is sp.Piecewise:
        bounds = (r for _, condition in part.args for r in condition.atoms(sp.core.relational.Rel))
        yield from (bound.lhs - bound.rhs for bound in bounds)
    else:
        yield part.args[0]


def _vanishes(size: Any) -> bool:
    """Whether it is zero, as far as sympy sees; what depends on symbols may be elsewhere."""
    return bool(sp.simplify(size) == 0)


def _across_a_pole(e: Any) -> bool:
    return any(
        _poles(e.function, variable, *bounds) for variable, *bounds in e.limits if len(bounds) == 2
    )


def _poles(function: Any, variable: Any, low: Any, high: Any) -> bool:
    """Whether the integrand may be infinite between the bounds, at a root of its denominator."""
    for factor in _below(function, variable):
        if _has_one_sign(factor, variable, low, high):
            continue
        for root in sp.roots(factor, variable):
            outside = (low - root).is_nonnegative or (root - high).is_nonnegative
            if (
                root.is_real is not False
                and not outside
                and not _removable(function, variable, root)
            ):
                return True
    return False


def _has_one_sign(factor: Any, variable: Any, low: Any, high: Any) -> bool:
    """Whether all coefficients have one sign once the interval is carried to t > 0."""
    t = sp.Dummy(positive=True)
    if low.is_finite and high.is_finite:
        at = (low + high * t) / (1 + t)
    elif low.is_finite or high.is_finite:
        at = low + t if low.is_finite else high - t
    else:
        return False
    coefficients = sp.Poly(sp.numer(sp.together(factor.subs(variable, at))), t).coeffs()
    return any(all(getattr(c, f"is_{sign}") for c in coefficients) for sign in _SIGNS)


def _removable(function: Any, variable: Any, root: Any) -> bool:
    if root.free_symbols:
        return False
    return all(sp.limit(function, variable, root, sign).is_finite for sign in "+-")


def _below(function: Any, variable: Any) -> Iterator[Any]:
    """The factors of the denominator that are polynomials."""
    denominator = sp.denom(sp.together(function))
    factors: Any = sp.factor(denominator)
    for factor in sp.Mul.make_args(factors):
        base, power = factor.as_base_exp()
        if base.has(variable) and base.is_polynomial(variable) and power.is_integer:
            yield base


def _with_a_pole(e: Any) -> bool:
    for variable, low, high in (limit for limit in e.limits if len(limit) == 3):
        for root in (root for f in _below(e.function, variable) for root in sp.roots(f, variable)):
            outside = (low - root).is_positive or (root - high).is_positive
            if root.is_integer is not False and not outside and not root.free_symbols:
                return True
    return False


def _of_a_divergent_sum(e: Any) -> bool:
    return any(map(_diverges, e.expr.atoms(sp.Sum)))


def _diverges(series: Any) -> bool:
    try:
        return series.is_convergent() == sp.false
    except (NotImplementedError, TypeError, ValueError):
        return False
