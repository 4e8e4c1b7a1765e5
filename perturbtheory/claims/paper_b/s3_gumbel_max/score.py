"""Sections 1 and 3: the score function estimator, and why the arg max needs another."""

from functools import partial

import numpy as np
import sympy as sp
from scipy.special import softmax

from perturbtheory.claims.exhibits.draws import VALUES, average, winners
from perturbtheory.claims.exhibits.encoder import COVARIANCE, PHI, SLOPE, F, H, mean, total
from perturbtheory.claims.exhibits.numbers import thetas
from perturbtheory.claims.exhibits.symbols import X
from perturbtheory.estimators import Arm, Rebar, ScoreFunction, exact_gradient, measure
from perturbtheory.ledger import Claim, agree, argued, eq, exact

LEVEL = -100.0
"""About log p(x|z) in nats for a binarised image."""

score_function = Claim(
    "B.score-function",
    "B, sections 1 and 3, on REINFORCE",
    r"""The score function estimator $f(z)\,\nabla_\phi \log q_\phi(z)$, $z \sim q_\phi$, "enables
    computing the required gradients" with respect to the encoder, its mean being $\nabla_\phi
    \mathbb E_q f$, and "has high variance, necessitating many samples".""",
    assumes=r"""Finitely many $z$, $f$ does not depend on $\phi$. "High" is read as: without a bound
    in terms of the gradient, because a constant $c$ that is added to $f$ leaves the gradient as it
    is and adds $c^2 \mathbb E_q|\nabla\log q|^2$ to the variance in leading order. It is no
    statement about every $f$: for $q = (\frac12, \frac12)$ and $f = (1, -1)$ there is no
    variance.""",
)
no_pathwise_gradient = Claim(
    "B.argmax-piecewise-constant",
    "B, sections 1, 3.1 and 4",
    r"""The parameterised mapping is non-differentiable, as the arg max function is piecewise
    constant: for almost every $\gamma$ the maximiser $z^*$ of $h_\phi + \gamma$ does
    not change near $\phi$, so that $\mathbb E_\gamma[\nabla_\phi f(z^*)] = 0$, while $\nabla_\phi
    \mathbb E_\gamma f(z^*)$ is not zero in general.""",
    assumes=r"""Finitely many $z$, $h$ continuous in $\phi$, $f$ without $\phi$.
    "Non-differentiable" is meant of the mapping as a whole: almost everywhere its derivative exists
    and is zero.""",
    depends_on="B.gumbel-max",
)


@score_function.part(r"its mean is $\nabla \mathbb E_q f$")
def unbiased(budget):
    h = thetas(3, budget)[0]
    q = softmax(h)
    drawn = average(
        lambda gamma: (winners(gamma, h) @ VALUES)[:, None] * (winners(gamma, h) - q),
        (3,),
        seed=91,
        samples=budget.samples,
        spread=2 * float(np.abs(VALUES).max()),
    )
    yield exact(
        "sympy, symbolic k",
        eq(sp.Derivative(H - sp.log(total(sp.exp(H))), PHI), SLOPE - mean(SLOPE)),
        r"$\nabla\log q(z)$, so that $\mathbb E_q[f\,\nabla\log q] = \operatorname{Cov}_q(f, "
        r"\nabla h)$",
        eq(sp.Derivative(mean(F), PHI), COVARIANCE, r"and so is $\nabla \mathbb E_q f$"),
    )
    yield agree("sampling", drawn, exact_gradient(h, VALUES), "$k = 3$, in the logits")


@score_function.part(r"its variance has no bound in terms of the gradient")
def high_variance(budget):
    h = thetas(3, budget)[0]
    q = softmax(h)
    c, f, s, g = sp.symbols("c f s g", real=True)
    size = ((np.eye(3) - q) ** 2 * q[:, None]).sum()
    gradient = exact_gradient(h, VALUES)

    def squares(gamma: np.ndarray) -> np.ndarray:
        z = winners(gamma, h)
        rows = (z @ (VALUES + LEVEL))[:, None] * (z - q)
        return ((rows - gradient) ** 2).sum(1, keepdims=True) / LEVEL**2

    drawn = average(squares, (3,), seed=92, samples=budget.samples, spread=3.0)
    levels = np.array([0.0, 1.0, -1.0]) * LEVEL
    totals = [ScoreFunction().moments(h, VALUES + x)[1].sum() for x in levels]
    leading = (totals[1] + totals[2] - 2 * totals[0]) / (2 * LEVEL**2)
    yield exact(
        "sympy",
        eq((f + c) ** 2 * s**2 - g**2, c**2 * s**2 + 2 * c * f * s**2 + (f**2 * s**2 - g**2)),
        r"with $s = \nabla\log q$ and $g$ the gradient: the mean of this is the variance for "
        r"$f + c$",
        eq(mean(F + X) - mean(F) - X, 0, r"$\mathbb E_q f$ moves by the constant: $g$ does not"),
        argued(r"""$\mathbb E_q s^2 > 0$ unless every $\nabla h(z)$ is the same, so that the
            variance grows like $c^2$ for one and the same gradient; $n$ draws have an $n$th of it
            [the coefficient of $c^2$]"""),
    )
    yield agree("moments", leading, size, "coefficient of $c^2$, $k = 3$, in the logits")
    what = "variance over $c^2$ at $c = -100$, $k = 3$"
    yield agree("sampling", drawn, totals[1] / LEVEL**2, what)


@no_pathwise_gradient.part(r"for almost every $\gamma$ the maximiser does not change near $\phi$")
def locally_constant(budget):
    h = thetas(3, budget)[0]
    margin, move = sp.symbols("m d", positive=True)

    def changed(gamma: np.ndarray, share: float) -> np.ndarray:
        reached = h + gamma
        order = reached.argsort(1)
        last = np.take_along_axis(reached, order[:, -2:], 1)
        lead, second = last[:, 1:] - last[:, :1], np.eye(3)[order[:, -2]]
        # The second rises and all others fall, which is the worst that can be.
        moved = reached + share * lead * (2 * second - 1)
        return (moved.argmax(1) != order[:, -1])[:, None].astype(float)

    yield exact(
        "sympy, any k",
        argued("""with probability one the maximiser is unique and leads by a margin $m > 0$
            [B.gumbel-max, footnote 1; finitely many $z$]"""),
        eq(sp.Subs(margin - 2 * move, move, margin / 4), margin / 2),
        "what is left of the lead where no $h(z)$ has moved by more than $d = m/4$, which is "
        r"so near $\phi$",
        argued(r"$z^*$ is constant there, and $\nabla_\phi f(z^*) = 0$", "$f$ does not move"),
    )
    for share, found in ((0.25, 0.0), (0.75, 1.0)):
        drawn = average(partial(changed, share=share), (3,), seed=93, samples=budget.samples)
        what = f"share of draws with another $z^*$ where every $h(z)$ moves by ${share:g}\\,m$"
        yield agree("sampling", drawn, found, what, floor=1.0)


@no_pathwise_gradient.part(r"""$\nabla_\phi \mathbb E f(z^*) \ne \mathbb E[\nabla_\phi f(z^*)] = 0$,
    for $h = (\phi, 0)$, $f = (1, 0)$""")
def gradient_of_the_mean(budget):
    import jax

    share = sp.exp(PHI) / (sp.exp(PHI) + 1)
    step = 0.5

    def rows(gamma: np.ndarray) -> np.ndarray:
        up, down = (winners(gamma, np.array([x, 0.0]))[:, :1] for x in (step, -step))
        return (up - down) / (2 * step)

    drawn = average(rows, (2,), seed=94, samples=budget.samples, spread=1 / step)
    bound = step**2 / 6 / 8  # of the third derivative of the logistic function, 1/8, times step^2/6
    rate = drawn._replace(value=np.asarray(drawn.value), radius=np.asarray(drawn.radius) + bound)
    yield exact(
        "sympy",
        eq(sp.Subs(sp.Derivative(share, PHI), PHI, 0), sp.Rational(1, 4)),
        r"the gradient of $\mathbb E f(z^*) = P(z^* = 1)$ at $\phi = 0$",
    )
    yield agree("sampling", rate, 0.25, "mean of difference quotients with shared noise")
    for estimator in (Arm(), Rebar()):
        made = measure(
            estimator,
            np.zeros(2),
            np.array([1.0, 0.0]),
            key=jax.random.key(97),
            draws=budget.samples,
        )
        name = type(estimator).__name__.upper()
        yield agree(name, made.mean, [0.25, -0.25], f"mean of {name}, unbiased, in $(h_1, h_2)$")
