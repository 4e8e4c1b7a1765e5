"""Section 3.4: concentration of Lipschitz functions of Gaussian noise, Theorem 3.1."""

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from scipy import special

from perturbtheory.claims.exhibits.tails import GRID, ball_tail, linear, rational_tail, sampled
from perturbtheory.claims.legacy import argued, claim, exact, positive, proof, shown
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Budget, Check, Part, Step
from perturbtheory.perturbations import Normal
from perturbtheory.routes.symbolic import identity

_T, _SIGMA = Fraction(2), Fraction(2)


def printed_exponent(t: Any, sigma: Any) -> Any:  # noqa: ARG001
    """x of the printed bound e^-x: t^2/2, whatever sigma is."""
    return t**2 / 2


def gaussian_exponent(t: Any, sigma: Any) -> Any:
    """x of the corrected bound e^-x: t^2 / (2 sigma^2)."""
    return t**2 / (2 * sigma**2)


def herbst() -> tuple[Step, ...]:
    """Steps to E exp(lambda (f - E f)) <= exp(lambda^2 sigma^2 / 2)."""
    x, scale = sp.symbols("x sigma", positive=True)
    rate: Any = sp.Symbol("lambda", positive=True)
    f: Any = sp.Function("f")(x)
    moment: Any = sp.Function("M")(rate)
    squared = sp.diff(sp.exp(rate * f / 2), x) ** 2
    chain = squared - rate**2 / 4 * sp.diff(f, x) ** 2 * sp.exp(rate * f)
    slope = sp.diff(sp.log(moment) / rate, rate)
    entropy = rate * sp.diff(moment, rate) - moment * sp.log(moment)
    other = sp.Symbol("s", positive=True)
    total = rate * sp.integrate(scale**2 / 2, (other, 0, rate))
    return (
        argued(
            r"It is enough to take $f$ bounded with $\mathbb E f = 0$: for "
            r"$f_n = \max(-n, \min(f, n))$ the bound passes to the limit.",
            "f_n has gradients no larger than f; Fatou's lemma and dominated convergence",
        ),
        shown(
            r"$\lVert\nabla e^{\lambda f/2}\rVert^2 = \frac{\lambda^2}{4}\lVert\nabla f\rVert^2 "
            r"e^{\lambda f} \le \frac{\lambda^2\sigma^2}{4} e^{\lambda f}$, coordinate by "
            r"coordinate",
            identity(chain),
        ),
        argued(
            r"$\operatorname{Ent}(e^{\lambda f}) \le 2\,\mathbb E\lVert\nabla e^{\lambda f/2}"
            r"\rVert^2 \le \frac{\lambda^2\sigma^2}{2} M$ with $M(\lambda) = "
            r"\mathbb E e^{\lambda f}$",
            "Gross's logarithmic Sobolev inequality for independent standard normal coordinates",
        ),
        shown(
            r"$\frac{d}{d\lambda}\frac{\log M}{\lambda} = \frac{\lambda M' - M\log M}{\lambda^2 M}"
            r" = \frac{\operatorname{Ent}(e^{\lambda f})}{\lambda^2 M} \le \frac{\sigma^2}{2}$",
            identity(slope - entropy / (rate**2 * moment)),
        ),
        argued(
            r"$\log M(\lambda)/\lambda \to \mathbb E f = 0$ as $\lambda \to 0$",
            "M is differentiable at 0 with derivative E f, because f is bounded",
        ),
        shown(
            r"$\log M(\lambda) \le \lambda\int_0^\lambda \frac{\sigma^2}{2}\,ds = "
            r"\frac{\lambda^2\sigma^2}{2}$; $-f$ gives negative $\lambda$",
            identity(total - rate**2 * scale**2 / 2),
        ),
    )


def _chernoff() -> tuple[Step, ...]:
    t, rate, scale = sp.symbols("t lambda sigma", positive=True)
    exponent = rate**2 * scale**2 / 2 - rate * t
    best = sp.solve(sp.diff(exponent, rate), rate)
    least = exponent.subs(rate, best[0]) + gaussian_exponent(t, scale)
    return (
        argued(
            r"$\mathbb P[f - \mathbb E f \ge t] \le e^{-\lambda t}\,\mathbb E e^{\lambda"
            r"(f - \mathbb E f)} \le e^{\lambda^2\sigma^2/2 - \lambda t}$ for every "
            r"$\lambda > 0$",
            "Markov's inequality",
        ),
        shown(
            r"at $\lambda = t/\sigma^2$ the exponent is $-\frac{t^2}{2\sigma^2}$",
            identity(least),
        ),
    )


def _subgaussian() -> Part:
    """The bound on the moment generating function, and softmax entries as an example.

    f = softmax(gamma)_1 at d = 2 has |grad f|^2 = 2 s^2 (1 - s)^2 <= 1/8 and depends on
    gamma_1 - gamma_2, which is normal with variance 2.
    """
    rate = np.array([-16.0, -4.0, -1.0, 1.0, 4.0, 16.0])
    fine, coarse = (_log_moments(rate, nodes) for nodes in (120, 80))
    return Part(
        "f is sigma^2-subgaussian: E exp(lambda (f - E f)) <= exp(lambda^2 sigma^2/2)",
        (
            proof("Herbst's argument", "any d and any f with gradients up to sigma", *herbst()),
            positive(
                "Gauss-Hermite quadrature",
                "quadrature",
                Estimate(rate**2 / 16 - fine, abs(fine - coarse), "quadrature"),
                "bound - log E exp(lambda (s_1 - 1/2)), softmax at d = 2, sigma^2 = 1/8",
            ),
        ),
    )


def _log_moments(rate: np.ndarray, count: int) -> np.ndarray:
    """log E exp(rate (s_1 - 1/2)) at d = 2, by Gauss-Hermite quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(count)
    share = special.expit(np.sqrt(2) * nodes) - 0.5
    return np.log(np.exp(rate[:, None] * share) @ (weights / weights.sum()))


@claim("A.gaussian-concentration", corrected="A.gaussian-concentration.corrected")
def gaussian_concentration(_: Budget) -> list[Part]:
    r"""Statement: For standard normal noise and a function f with gradient norm at most sigma,
    P(f - E f >= t) <= exp(-t^2/2), and f is sigma^2-subgaussian.

    LaTeX: $\mathbb P[f(\gamma) - \mathbb E[f(\gamma)] \ge t] \le e^{-t^2/2}$ for all $t > 0$, where
    $\lVert\nabla f(\gamma)\rVert^2 \le \sigma^2$; $f(\gamma)$ is $\sigma^2$-subgaussian

    Source: A, Theorem 3.1

    Assumptions: independent standard normal coordinates, any d and any sigma > 0, which the
    theorem leaves free; for sigma <= 1, which Theorem 3.2 next to it assumes, the printed bound is
    true, being weaker than the corrected one. "At the rate of e^(-t^2)" in the sentence before it
    is read as up to a factor in the exponent.

    Computed: the tail of a linear function with sigma = 2 against the bound, in rational
    arithmetic, in balls and by the engine; Herbst's argument for the second sentence.
    """
    first = Part(
        "the tail bound for every sigma",
        (
            exact(
                "rational bounds",
                rational_tail(_T, _SIGMA, printed_exponent),
                "f = 2 gamma_1, t = 2: the tail by an alternating series, e^-2 by its series",
            ),
            exact("ball arithmetic", ball_tail(_T, _SIGMA, printed_exponent), "the same in balls"),
            linear(Normal(), float(_SIGMA), printed_exponent),
        ),
        {
            "d": 1,
            "f": f"{_SIGMA} gamma_1",
            "sigma": int(_SIGMA),
            "t": int(_T),
            "P(f - E f >= t)": f"{special.ndtr(-float(_T / _SIGMA)):.6f}",
            "printed bound": f"{np.exp(-float(printed_exponent(_T, _SIGMA))):.6f}",
        },
    )
    return [first, _subgaussian()]


@claim("A.gaussian-concentration.corrected")
def gaussian_concentration_corrected(budget: Budget) -> list[Part]:
    r"""Statement: For standard normal noise and f with gradient norm at most sigma,
    P(f - E f >= t) <= exp(-t^2 / (2 sigma^2)) for every sigma > 0; no larger constant than
    1/(2 sigma^2) will do, whatever factor is put in front.

    LaTeX: $\mathbb P[f - \mathbb E f \ge t] \le e^{-t^2/(2\sigma^2)}$ for all $t > 0$ and
    $\lVert\nabla f\rVert \le \sigma$, and $\frac{\sigma^2}{t^2}\log\mathbb P[\sigma\gamma_1 \ge t]
    \to -\frac12$ as $t \to \infty$

    Source: corrects A, Theorem 3.1; van Handel, Theorem 3.25

    Assumptions: independent standard normal coordinates, any d; f Lipschitz is enough, as the
    maximum is.

    Computed: Herbst's argument and the optimal exponent; linear functions, the maximum, a softmax
    entry and the log-sum-exp; the lower bound of Mills' ratio for the constant.
    """
    return [
        _subgaussian(),
        Part(
            "P(f - E f >= t) <= exp(-t^2 / (2 sigma^2))",
            (
                proof("Herbst and Chernoff", "any d, sigma and t > 0", *herbst(), *_chernoff()),
                *(linear(Normal(), w, gaussian_exponent) for w in (0.5, -2.0)),
                _known_tails(),
                sampled(Normal(), gaussian_exponent, budget.samples),
            ),
        ),
        _best_constant(),
    ]


def _known_tails() -> Check:
    """The maximum of three, with mean 3/(2 sqrt pi), and softmax(gamma)_1 at d = 2, E = 1/2."""
    largest = -np.expm1(3 * special.log_ndtr(1.5 / np.sqrt(np.pi) + GRID))
    t = np.array([0.05, 0.1, 0.2, 0.3, 0.4, 0.49])
    softmax = special.ndtr(-special.logit(0.5 + t) / np.sqrt(2))
    bounds = (gaussian_exponent(GRID, 1.0), gaussian_exponent(t, np.sqrt(1 / 8)))
    margins = np.concatenate([-bounds[0] - np.log(largest), -bounds[1] - np.log(softmax)])
    what = "log bound - log tail of max(gamma), d = 3, and of softmax(gamma)_1, d = 2"
    return positive("closed forms", "quadrature", margins, what)


def _best_constant() -> Part:
    z = sp.Symbol("z", positive=True)
    density: Any = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    mills = density * z / (1 + z**2)
    # d/dz of (tail - mills), where the tail has the derivative -density.
    slope = -density - sp.diff(mills, z) + 2 * density / (1 + z**2) ** 2
    log_mills = -(z**2) / 2 + sp.log(z / (1 + z**2)) - sp.log(2 * sp.pi) / 2
    limit = sp.limit(log_mills / z**2, z, sp.oo)
    far = np.array([5.0, 10.0, 20.0])
    return Part(
        "no constant above 1/(2 sigma^2) will do",
        (
            proof(
                "Mills' ratio",
                "f = sigma gamma_1, z = t/sigma, phi the normal density",
                shown(
                    r"$\frac{d}{dz}\bigl(\mathbb P[\gamma_1 \ge z] - \frac{z\phi(z)}{1+z^2}\bigr)"
                    r" = -\frac{2\phi(z)}{(1+z^2)^2} < 0$",
                    identity(slope),
                ),
                argued(
                    r"$e^{-z^2/2} \ge \mathbb P[\gamma_1 \ge z] \ge \frac{z\phi(z)}{1+z^2}$",
                    "the bound of this claim, and the difference decreases to its limit 0",
                ),
                shown(
                    r"$\frac{1}{z^2}\log\frac{z\phi(z)}{1+z^2} \to -\frac12$: for "
                    r"$k > \frac12$ no bound $K e^{-kz^2}$ holds for all $z$",
                    bool(limit == -sp.Rational(1, 2)),
                ),
            ),
            positive(
                "scipy",
                "quadrature",
                special.log_ndtr(-far) + 0.8 * far**2,
                "log P(gamma_1 >= z) + 0.8 z^2 at z = 5, 10, 20: above the bound with 0.8 for 1/2",
            ),
        ),
    )
