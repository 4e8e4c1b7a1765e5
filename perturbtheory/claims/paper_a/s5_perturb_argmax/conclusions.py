"""Section 7: which perturbations have the same representation properties."""

from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp
from scipy import stats

from perturbtheory.claims.exhibits import cosets, gradients
from perturbtheory.claims.exhibits.symbols import X
from perturbtheory.claims.paper_a.s5_perturb_argmax.argmax_minimality import (
    SMOOTH,
    monotone,
    smooth_share,
)
from perturbtheory.claims.paper_a.s5_perturb_argmax.max_differentiable import no_ties
from perturbtheory.ledger import Claim, agree, argued, eq, exact, shown, witness
from perturbtheory.perturbations import FromScipy, Gumbel, Normal
from perturbtheory.potential import Potential, expected_logsumexp, expected_max
from perturbtheory.properties import box, completeness, one_to_one
from perturbtheory.routes import symbolic

PROPERTIES = r"""The representation properties of Table 1: $\Theta$ is complete if it reaches every
    $p > 0$ (Theorems 4.1 and 5.1), $\theta \mapsto p$ single-valued, and minimal up to translation
    if no two $\theta$ but translates share a $p$. $\Theta$ convex, coordinates independent."""

same = Claim(
    "A.smooth-same",
    "A, section 7",
    r"""For fitting probabilities one need not limit oneself to Gumbel random perturbations, as the
    representation properties with any smooth probability density perturbation distribution are the
    same.""",
    assumes=PROPERTIES
    + r""" They are compared between Gumbel noise and $\frac{15}{16}(1 - x^2)^2$ on $[-1, 1]$, which
    is differentiable on the whole line, for Perturb-Softmax and for Perturb-Argmax.""",
    depends_on=("C.completeness", "A.argmax-minimality.corrected", "A.max-differentiable"),
)
true_same = same.corrected(
    r"""Perturb-Softmax has the same representation properties under every perturbation, and
    Perturb-Argmax under every one that has full support and no ties: complete exactly on the
    $\Theta$ with $\Theta + \mathbb R\mathbf 1 = \mathbb R^d$, single-valued, and one-to-one up to
    translation. Under bounded perturbations Perturb-Argmax can be complete on more
    $\Theta$ and one-to-one on fewer: with density $\frac{15}{16}(1 - x^2)^2$ it is complete on
    $\{|\theta_1| \le 2, \theta_2 = 0\}$, and not one-to-one on any larger interval.""",
    assumes=PROPERTIES
    + " There are no ties if one of every pair has a density; the last part has $d = 2$.",
    depends_on=("C.completeness", "C.completeness-argmax", "A.argmax-minimality.corrected"),
)
no_benefits = Claim(
    "A.gumbel-no-benefits",
    "A, section 7",
    """The Gumbel-Softmax distribution has no representation benefits over the Normal-Softmax
    distribution.""",
    assumes=PROPERTIES + " No benefits: the same properties on the same sets.",
    depends_on="C.completeness",
)
gaussian = Claim(
    "A.gaussian-same",
    "A, section 7",
    "Gaussian-Softmax and Gaussian-Argmax share the same representation properties.",
    assumes=PROPERTIES,
    depends_on=("C.completeness", "C.completeness-argmax", "A.argmax-minimality.corrected"),
)


def _model(name: str) -> Potential:
    """Such as "Normal-Softmax"."""
    law, operation = name.split("-")
    smooth = stats.beta(3, 3, loc=-1, scale=2)
    noise = {"Gumbel": Gumbel, "Normal": Normal, "bounded": lambda: FromScipy(smooth)}[law]()
    return expected_logsumexp(noise, 1.0) if operation == "Softmax" else expected_max(noise)


SOFTMAX, BOUNDED = ("Gumbel-Softmax", "Normal-Softmax"), ("Gumbel-Softmax", "bounded-Softmax")
ARGMAX, GAUSSIAN = ("Gumbel-Argmax", "Normal-Argmax"), ("Normal-Softmax", "Normal-Argmax")


@same.part(r"Perturb-Softmax: complete on the same $\Theta$", models=BOUNDED)
@true_same.part(r"Perturb-Softmax: complete on the same $\Theta$", models=BOUNDED)
@true_same.part(r"Perturb-Argmax, full support: complete on the same $\Theta$", models=ARGMAX)
@no_benefits.part(r"complete on the same $\Theta$", models=SOFTMAX)
@gaussian.part(r"complete on the same $\Theta$", models=GAUSSIAN)
def complete(models):
    kinds = {name.split("-")[1] for name in models}
    yield exact(
        "cosets",
        *cosets.onto(),
        *(cosets.monotone() if "Softmax" in kinds else ()),
        *(cosets.disjoint() if "Argmax" in kinds else ()),
        argued(r"""every coset $\theta + \mathbb R\mathbf 1$ has a $p > 0$ that no other has, so
            that $\Theta$ is complete exactly if it meets all of them [softmax is positive; full
            support makes every coordinate win alone]"""),
        *cosets.separation(),
    )
    for name in models:
        yield replace(cosets.linear_programs(_model(name)), route=f"linear programs, {name}")


@same.part("Perturb-Softmax: one-to-one up to translation", models=BOUNDED)
@true_same.part("Perturb-Softmax: one-to-one up to translation", models=BOUNDED)
@true_same.part("Perturb-Argmax, full support: one-to-one up to translation", models=ARGMAX)
@no_benefits.part("one-to-one up to translation", models=SOFTMAX)
@gaussian.part("one-to-one up to translation", models=GAUSSIAN)
def injective(models, budget):
    if any(name.endswith("Softmax") for name in models):
        yield exact("variance of the softmax, any noise", *cosets.monotone())
    if any(name.endswith("Argmax") for name in models):
        yield monotone()
    for name in models:
        yield gradients.increases(f"engine, {name}", _model(name), budget)


@same.part("Perturb-Softmax: single-valued", models=BOUNDED)
@same.part("Perturb-Argmax: single-valued", models=("Gumbel-Argmax", "bounded-Argmax"))
@true_same.part("Perturb-Softmax: single-valued", models=BOUNDED)
@true_same.part("Perturb-Argmax, no ties: single-valued", models=ARGMAX)
@no_benefits.part("single-valued", models=SOFTMAX)
@gaussian.part("single-valued", models=GAUSSIAN)
def differentiable(models):
    if any(name.endswith("Softmax") for name in models):
        s, length, v = symbolic.categories(), sp.Symbol("lambda", real=True), cosets.V
        terms: Any = sp.exp(s.theta[s.j] + length * v[s.j])
        yield exact(
            "derivative of log-sum-exp, any noise",
            eq(sp.Derivative(sp.log(s.sum(terms)), length), s.sum(v[s.j] * terms) / s.sum(terms)),
            r"""$\langle\operatorname{softmax}(x + \lambda v), v\rangle$, $d = i + m$, bounded by
                $\max_j|v_j|$""",
            argued(r"""$f$, or its anchored form, is differentiable with the one gradient $\mathbb
                E[\operatorname{softmax}(\theta + \gamma)]$ [dominated convergence; a convex
                function with linear directional derivatives is differentiable (Rockafellar, Theorem
                25.2)]"""),
        )
    if any(name.endswith("Argmax") for name in models):
        yield no_ties()
    for name in models:
        what = "differences of $f$ against $p$, $d = 3$"
        yield gradients.against_differences(f"engine, {name}", _model(name), what)


@same.part(r"Perturb-Argmax: complete on the same $\Theta$")
def argmax_complete():
    theta = box([-2.0, 0.0], [2.0, 0.0])
    found = [completeness(_model(f"{law}-Argmax"), theta) for law in ("Gumbel", "bounded")]
    one, two = cosets.outcomes(found)
    mass, least = sp.integrate(SMOOTH, (X, -1, 1)), sp.exp(2) / (1 + sp.exp(2))
    says = r"""$\max p_1$ over $\Theta$, where $\theta_1 \le 2$, $\theta_2 = 0$ and $\gamma_1 -
        \gamma_2 \in [-2, 2]$, is $\frac{e^2}{1 + e^2}$ for Gumbel and 1 for bounded noise: the
        same"""
    yield exact("sympy", shown(says, bool(mass == least)))
    yield agree("linear programs", one, two, "1 if complete, 0 if not: Gumbel, bounded")
    first, second = float(np.exp(2) / (1 + np.exp(2))), smooth_share(2.0)
    yield agree("Gauss-Legendre", first, second, r"$p_1$ at $\theta = (2, 0)$: Gumbel, bounded")
    yield witness(
        {
            "$d$": 2,
            r"$\Theta$": r"$\{|\theta_1| \le 2, \theta_2 = 0\}$",
            r"$p_1$ on $\Theta$, Gumbel": r"at most $\frac{e^2}{1 + e^2}$ = "
            f"{float(least):.6f}",
            r"$p_1$ on $\Theta$, bounded": "every value from 0 to 1",
        }
    )


@same.part(r"Perturb-Argmax: one-to-one on the same $\Theta$")
def argmax_injective():
    gauge = box([-5.0, 0.0], [5.0, 0.0])
    found = [one_to_one(_model(f"{law}-Argmax"), gauge) for law in ("Gumbel", "bounded")]
    odds = [sp.exp(t) / (1 + sp.exp(t)) for t in (3, 4)]
    one, two = (smooth_share(t) for t in (3.0, 4.0))
    known, other = cosets.outcomes(found)
    says = r"""$p_1$ at $(3, 0)$ and $(4, 0)$ is $\frac{e^3}{1 + e^3} \ne \frac{e^4}{1 + e^4}$ for
        Gumbel noise and the mass 1 twice for bounded noise: the same"""
    holds = bool(sp.simplify(odds[0] - odds[1]) == 0) == (sp.integrate(SMOOTH, (X, -1, 1)) == 1)
    yield exact("sympy", shown(says, holds))
    yield agree("property checker", known, other, "1 if one-to-one: Gumbel, bounded")
    rise = float(odds[1] - odds[0])
    yield agree("Gauss-Legendre", two - one, rise, r"$p_1(4, 0) - p_1(3, 0)$: bounded, Gumbel")
    yield witness(
        d=2,
        Theta=r"$\{|\theta_1| \le 5, \theta_2 = 0\}$",
        theta=[3, 0],
        tau=[4, 0],
        Gumbel="one-to-one",
        bounded="$p = (1, 0)$ at both",
    )


@true_same.part(
    r"bounded noise: complete on $\{|\theta_1| \le 2, \theta_2 = 0\}$, one-to-one on no larger one"
)
def bounded_differs():
    sets = [box([-2.0, 0.0], [2.0, 0.0]), box([-2.25, 0.0], [2.25, 0.0])]
    f = {law: _model(f"{law}-Argmax") for law in ("bounded", "Gumbel")}
    found = [
        check(f[law], theta)
        for law in f
        for check, theta in ((completeness, sets[0]), (one_to_one, sets[1]))
    ]
    yield exact(
        "sympy, support",
        eq(sp.Integral(SMOOTH, (X, -1, 1)), 1),
        r"""which is $p_1$ at $(\theta_1, 0)$ for all $\theta_1 \ge 2$, as $\gamma_1 - \gamma_2 \in
            [-2, 2]$; $p_1 = 0$ for $\theta_1 \le -2$ likewise""",
        argued("""between $-2$ and 2 $p_1$ takes every value from 0 to 1 [it is continuous, since
            there are no ties; intermediate value theorem]"""),
    )
    what = r"1 if complete on $[-2, 2]$, 1 if one-to-one on $[-\frac94, \frac94]$: bounded, Gumbel"
    yield agree("property checker", cosets.outcomes(found), np.array([1.0, 0.0, 0.0, 1.0]), what)
    shares = [smooth_share(t) for t in (2.0, 2.25, 4.0)]
    yield agree("Gauss-Legendre", shares, np.ones(3), r"$p_1$ at three $\theta_1 \ge 2$")
