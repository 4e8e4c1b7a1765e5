"""Equations between sums over a symbolic number d of categories, as steps of proofs."""

from collections.abc import Mapping
from typing import Any

import sympy as sp

from perturbtheory.ledger import Step, argued, carried_out, identity, shown
from perturbtheory.routes.symbolic import Categories, categories


def indexed(name: str, *, positive: bool | None = None) -> Any:
    """Real symbols name_1, name_2, ..."""
    return sp.IndexedBase(name, real=True, positive=positive)


def expanded_sum(s: Categories, term: Any) -> Any:
    """sum_j term, multiplied out, with the factors that do not depend on j before the sums."""
    return _multiplied_out(term, (s.j, 1, s.d))


def for_every_d(
    left: Any, right: Any, why: str = "", *, where: Mapping[Any, Any] | None = None
) -> Step:
    """left = right for every d, decided with the sums multiplied out.

    Args:
        left: not evaluated, as in `eq`; sums are those of `categories()`.
        right: the same.
        why: what it means, in words and $LaTeX$.
        where: what is put in place of what after multiplying out, such as 1 for the sum of weights.
    """
    upper, d = categories().d, sp.Symbol("d")
    latex = " = ".join(sp.latex(sp.sympify(side).xreplace({upper: d})) for side in (left, right))
    put = [(_done(old), _done(new)) for old, new in (where or {}).items()]
    difference = (_done(left) - _done(right)).subs(put)
    return shown(f"${latex}$: {why}" if why else f"${latex}$", identity(difference))


def probabilities() -> tuple[Step, ...]:
    """The softmax of any real vector is positive with sum one, and so is its mean."""
    s, whole = categories(), sp.Symbol("S", positive=True)
    x = sp.exp(s.theta[s.j])
    return (
        for_every_d(
            s.sum(x / whole),
            1,
            r"$\operatorname{softmax}(\theta)$, $S$ its denominator",
            where={whole: s.sum(x)},
        ),
        shown(r"$e^{\theta_i} > 0$ for real $\theta_i$", bool(x.is_positive)),
        argued(r"""so every entry lies in $(0, 1]$, and so does its mean under every law of $\gamma$
            [monotony of the expectation]"""),
    )


def _done(side: Any) -> Any:
    return carried_out(side).replace(sp.Sum, _multiplied_out)


def _multiplied_out(term: Any, limits: Any) -> Any:
    monomials = sp.Add.make_args(sp.expand(term))
    split = [m.as_independent(limits[0], as_Add=False) for m in monomials]
    return sum(before * sp.Sum(inside, limits) for before, inside in split)
