"""Section 8.3, first paragraph: the potential is convex, proper, smooth and closed."""

from fractions import Fraction
from itertools import product

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import cosets, sums, three_atoms
from perturbtheory.claims.exhibits.cosets import ATOMS
from perturbtheory.claims.exhibits.symbols import X
from perturbtheory.ledger import Claim, agree, argued, eq, exact, positive, witness
from perturbtheory.perturbations import Discrete
from perturbtheory.potential import expected_logsumexp
from perturbtheory.routes import symbolic

closed_smooth = Claim(
    "A.softmax-closed-smooth",
    "A, section 8.3, first paragraph",
    r"""$f(\theta) = \mathbb E_\gamma[\log\sum_{i=1}^de^{\theta_i+\gamma_i}]$ is convex "as a
    maximum of convex (linear) functions"; it is proper, as it "never attains the value $-\infty$,
    since $\theta \in \mathbb R^d$"; it is infinitely differentiable, therefore essentially smooth,
    and continuous on a closed set, therefore closed.""",
    assumes=r"""any $\gamma$ with $f(\theta) < \infty$, as footnote 2 has it; smooth and closed
    where $f$ is finite. "Maximum of convex (linear) functions" is read as of linear functions of
    $\theta$, as printed, and as of affine ones: both readings are parts.""",
)
true_smooth = closed_smooth.corrected(
    r"""Where $\mathbb E|\max_i\gamma_i| < \infty$, $f$ is finite, so that it is proper; it is the
    maximum of its affine tangents, infinitely differentiable, continuous, closed and essentially
    smooth. With a convex $\Theta \ne \mathbb R^d$ for its domain, as at the head of 8.1.1, it is
    not essentially smooth: $\lVert\nabla f\rVert \le 1$.""",
    assumes=r"""$f$ finite at one $\theta$, and so at all, A.finite-potential-condition.corrected.
    Essentially smooth as in Rockafellar, section 26: differentiable in the interior of the domain,
    which is not empty, with gradients that grow beyond bounds at its boundary.""",
    depends_on="A.finite-potential-condition.corrected",
)
EIGHT = range(8)


def points() -> np.ndarray:
    """Eight fixed theta, d = 3."""
    return np.random.default_rng(3).normal(size=(len(EIGHT), 3)).round(3)


@closed_smooth.part("$f$ is a maximum of linear functions, as printed")
def maximum_of_linear_functions():
    x = points()
    one, two = (three_atoms.value(n * x) for n in (1, 2))
    yield exact(
        "sympy, no noise",
        argued(r"a maximum of linear functions is 0 at $\theta = 0$", "linear functions are"),
        eq(sp.log(sp.exp(0) + sp.exp(0)), 0, r"$f(0)$ for $d = 2$, $\gamma = 0$"),
    )
    yield agree("enumeration", two, 2 * one, r"$f(2\theta)$ against $2f(\theta)$, three atoms")
    yield witness({"d": 2, "gamma": 0, "f(0)": r"$\log 2$", "any linear function at 0": 0})


@closed_smooth.part("$f$ is a maximum of affine functions")
@true_smooth.part("$f$ is the maximum of its affine tangents")
def maximum_of_tangents():
    yield exact(
        "gradient inequality",
        *cosets.variance(),
        argued(r"""so $f$ is convex and differentiable, and $f(\theta) =
            \max_\tau\{f(\tau)+\langle\nabla f(\tau),\theta-\tau\rangle\}$, attained at $\tau =
            \theta$ [Rockafellar, Theorem 25.1]"""),
    )
    what = "excess of $f$ over its tangents elsewhere, 56 pairs, three atoms, $d = 3$"
    yield positive("enumeration", three_atoms.over_tangents(points()), what)


@closed_smooth.part(r"$f$ never attains $-\infty$, as $f < \infty$ and $\theta \in \mathbb R^d$")
def never_minus_infinity():
    tail = X ** sp.Rational(-1, 2)
    least = sp.integrate(tail**2, (X, 1, sp.oo))
    shares = [Fraction(1, 2**k) - Fraction(1, 2 ** (k + 1)) for k in range(64)]
    terms = [2**k * share for k, share in enumerate(shares)]
    cases = rf"""independent $\gamma_i = -x_i$, $d = 2$, with density $\tfrac12x^{{-3/2}}$ for $x
        \ge 1$: $\max_i\gamma_i = -\min_ix_i$ and $\mathbb E[\min_ix_i] \ge \int_1^\infty P(x >
        s)^2\,ds = {sp.latex(least)}$"""
    yield exact("sympy, two Pareto variables", bool(least.is_finite), cases=cases)
    # If the mean is finite the blocks have a finite sum, so that their terms tend to zero.
    cases = rf"""the same law, $P(\min_ix_i > s) = 1/s$: the blocks $2^kP(2^k < \min_ix_i \le
        2^{{k+1}})$ bound the mean from below: ${terms[0]}$ for $k = 0$, still ${terms[-1]}$ for $k
        = 63$"""
    yield exact("rational, dyadic blocks", terms[-1] < terms[0] / 2, cases=cases)
    yield witness(
        d=2,
        gamma_i=r"$-x_i$, independent, with density $\tfrac12x^{-3/2}$ for $x \ge 1$",
        **{r"$f(\theta)$": r"$-\infty$ for all $\theta$"},
    )


@closed_smooth.part("infinitely differentiable where it is finite")
@true_smooth.part("infinitely differentiable")
def infinitely_differentiable():
    s, k = symbolic.categories(), sp.Symbol("k", integer=True, positive=True)
    one, two = (sp.exp(s.theta[n]) / s.sum(sp.exp(s.theta[s.j])) for n in (s.i, k))
    v, noise = np.array([1.0, -0.5, 0.25]), np.array(list(product(ATOMS, repeat=3)))
    moved = np.exp(points()[:, None] + noise + 1e-30j * v)
    w = moved / moved.sum(-1, keepdims=True)
    centred = v - (w * v).sum(-1, keepdims=True)
    second, third = ((w * centred**n).sum(-1).mean(1) for n in (2, 3))
    hessian = np.asarray(expected_logsumexp(Discrete(np.array(ATOMS)), 1.0).hessian(points()))
    yield exact(
        "sympy, symbolic d",
        sums.for_every_d(sp.Derivative(two, s.theta[s.i]), two * (sp.KroneckerDelta(s.i, k) - one)),
        "a polynomial in the entries of the softmax",
        argued(r"""so every partial derivative of log-sum-exp, of any order from 1, is such a
            polynomial, and bounded over all $\theta$ and $\gamma$ [induction; the entries lie in
            $[0, 1]$]"""),
        argued("each is taken inside the expectation, and is continuous", "dominated convergence"),
    )
    what = "second derivative along $v$ against a mean variance, three atoms, $d = 3$"
    yield agree("engine", np.einsum("nij,i,j->n", hessian, v, v), second.real, what)
    what = "third derivative along $v$ against a mean third moment, three atoms, $d = 3$"
    yield agree("complex step", second.imag / 1e-30, third.real, what)


@closed_smooth.part("essentially smooth, continuous and closed, where it is finite")
@true_smooth.part("proper, continuous, closed and essentially smooth")
def closed_and_essentially_smooth():
    x = points()
    value = three_atoms.value(x)
    gap, rise = x[None] - x[:, None], value[None] - value[:, None]
    off = ~np.eye(len(x), dtype=bool)
    yield exact(
        "Lipschitz constant 1",
        *cosets.anchored(),
        argued(r"""so $\min_i(\tau_i-\theta_i) \le f(\tau)-f(\theta) \le \max_i(\tau_i-\theta_i)$:
            finite at one $\theta$, $f$ is finite and continuous on $\mathbb R^d$ [the same at
            $\theta+\gamma$ in place of $\gamma$, then on average]"""),
        argued("it is closed", "a continuous function on a closed set has a closed epigraph"),
        argued(r"""it is essentially smooth [differentiable on $\mathbb R^d$, which has no boundary;
            Rockafellar, section 26]"""),
    )
    margins = np.stack([rise - gap.min(-1), gap.max(-1) - rise])[:, off]
    yield positive("enumeration", margins, "both margins for 56 pairs, three atoms, $d = 3$")


@true_smooth.part(r"not essentially smooth on a smaller $\Theta$")
def bounded_gradients():
    # Towards the face theta_1 + theta_2 = 2 theta_3 of a half-space.
    edge = points() - np.outer(points() @ [1, 1, -2], [1, 1, -2]) / 6
    share = [three_atoms.share(edge - 10.0**-k * np.array([1, 1, -2])) for k in EIGHT]
    yield exact(
        "bounded gradients",
        *sums.probabilities(),
        argued(r"""so $\lVert\nabla f\rVert \le \sum_ip_i = 1$ up to the boundary of $\Theta$, or
            $\Theta$ has no interior [a convex set without boundary points is all of $\mathbb
            R^d$]"""),
    )
    norms = np.linalg.norm(np.array(share), axis=-1)
    what = r"$1-\lVert\nabla f\rVert$ close to a half-space's face"
    yield positive("enumeration", 1.0 - norms, what)
