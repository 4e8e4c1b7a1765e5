"""Equations whose sides have no value are not proved, and those that have one still are."""

import pytest
import sympy as sp

from perturbtheory.ledger import eq

x, y = sp.symbols("x y", real=True)
p = sp.Symbol("p", positive=True)
n = sp.Symbol("n", integer=True)
half = sp.Rational(1, 2)


def slope(f, at):
    return sp.Subs(sp.Derivative(f, x), x, at)


def integral(f, *bounds):
    return sp.Integral(f, (x, *bounds))


@pytest.mark.parametrize(
    ("left", "right", "why"),
    [
        (slope(sp.Abs(x), 0), 0, "a kink"),
        (slope(sp.Abs(x - p), p), 0, "a kink"),
        (slope(sp.Max(x, 0), 0), half, "a kink"),
        (slope(sp.Min(1, x, 2 * x - 1), 1), half, "a kink"),
        (slope(sp.Piecewise((x, x < 1), (1, True)), 1), 0, "a kink"),
        (integral(x**-2, -1, 1), -2, "a pole"),
        (integral(1 / x, -1, 1), 0, "a pole"),
        (integral((x - p) ** -2, 0, 1), 1 / p - 1 / (p - 1), "a pole"),
        (integral(1 / (x**2 - y), 0, 1), y, "a pole"),
        (sp.Sum(1 / (n * (n - 1)), (n, 0, 9)), -sp.Rational(1, 9), "a term"),
        (sp.Sum(1 / (n * (n - 1)), (n, 0, sp.oo)), 0, "a term"),
        (integral(p / (x * (p - 2) + 1), 0, 1), 0, "a pole"),
        (sp.Derivative(sp.Sum(sp.Integer(2) ** n, (n, 1, sp.oo)), x), 1, "diverges"),
    ],
)
def test_what_has_no_value_is_unknown(left, right, why):
    for step in (eq(left, right).step(), eq(right, left).step()):
        assert step.outcome == "unknown"
        assert why in step.by


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (slope(sp.Abs(x), -3), -1),
        (slope(sp.Max(x, 0), p), 1),
        (slope(sp.Abs(x) ** 3 / 3 + x, 2), 5),
        (integral((x + p) ** -2, 0, 1), 1 / p - 1 / (p + 1)),
        (integral(x**-2, 1, sp.oo), 1),
        (integral(1 / (x * (p - 1) + 1) ** 2, 0, 1), 1 / p),
        (integral(1 / (p - x) ** 2, -sp.oo, 0), 1 / p),
        (integral(1 / sp.sqrt(x), 0, 1), 2),
        (integral(sp.sin(x) / x, -sp.oo, sp.oo), sp.pi),
        (integral(1 / (1 + x**2), -sp.oo, sp.oo), sp.pi),
        (sp.Sum(1 / (n * (n - 1)), (n, 2, sp.oo)), 1),
        (sp.Sum(1 / (2 * n - 1) - 1 / (2 * n + 1), (n, 0, sp.oo)), -1),
        (sp.Derivative(sp.Sum(x * half**n, (n, 0, sp.oo)), x), 2),
    ],
)
def test_what_has_one_is_proved(left, right):
    assert eq(left, right).step().outcome == "holds"
    assert eq(left, right + 1).step().outcome == "fails"
