"""How far epsilon and the temperature fall by the schedule of paper B."""

import jax.numpy as jnp
import sympy as sp

from perturbtheory.ledger import Claim, agree, argued, eq, exact, shown
from perturbtheory.models.vae import Schedule

RATE, FLOOR, EVERY, BATCH, EPOCHS = sp.Rational(1, 10**5), sp.Rational(1, 10), 1000, 100, 300
ENDS = {50_000: "0.225", 60_000: "0.167"}
"""Training images, and epsilon in the last step to three digits."""

smallest_epsilon = Claim(
    "C.smallest-epsilon",
    'this package, on B, section 5, and "In practice we use epsilon >= 0.1" of section 4',
    r"""With the annealing rate $10^{-5}$ the minimal $\epsilon$ of $0.1$ has no part in the
    experiments: from $\epsilon = 1$ it is reached only after $10^5 \log 10 = 230{,}259$ steps, and
    300 epochs in batches of 100 are 150,000 steps for 50,000 images, in the last of which
    $\epsilon$ is $0.225$, or 180,000 for 60,000, in the last of which it is $0.167$.""",
    assumes=r"""$\epsilon_i = \max(e^{-10^{-5} i}, 0.1)$ in step $i$, held for 1,000 steps at a
    time, as in the code of the Gumbel-Softmax that the paper follows; the batches of 100 are not in
    its text. With batches of 64 or fewer, 50,000 images reach the minimum.""",
)


def _steps(images: int) -> int:
    return EPOCHS * images // BATCH


@smallest_epsilon.part("the minimum is reached after 230,259 steps, which are not made")
def never_reached():
    x = sp.Symbol("i", positive=True)
    needed = sp.log(10) / RATE
    yield exact(
        "sympy",
        eq(sp.exp(-RATE * needed), FLOOR, r"$e^{-10^{-5} i}$ at $i = 10^5 \log 10$"),
        eq(sp.Derivative(sp.exp(-RATE * x), x), -RATE * sp.exp(-RATE * x), "it decreases"),
        shown(
            "$10^5 \\log 10$ is between 230,258 and 230,259, more than 150,000 and 180,000",
            bool((needed > 230_258) & (needed < 230_259)) and max(map(_steps, ENDS)) == 180_000,
        ),
        argued("so the maximum in the schedule is never the minimum $0.1$", "monotonicity"),
    )
    held = _schedule()
    found = [float(held(jnp.array(step))) for step in (230_999, 231_000)]
    yield exact(
        "the schedule of the package",
        found[0] > 0.1 and found[1] == float(jnp.float32(0.1)),
        cases="above the minimum in steps 230,000 to 230,999, at it in step 231,000",
    )


@smallest_epsilon.part("at the end of 300 epochs it is $0.225$ or $0.167$")
def at_the_end():
    held = _schedule()
    last = {n: (_steps(n) - 1) // EVERY * EVERY for n in ENDS}
    exactly = [sp.exp(-RATE * step).n(20) for step in last.values()]
    yield exact(
        "sympy",
        [f"{float(x):.3f}" for x in exactly] == list(ENDS.values()),
        cases="three digits, both sizes",
    )
    found = [float(held(jnp.array(step))) for step in last.values()]
    yield agree(
        "the schedule of the package", found, [float(x) for x in exactly], "in 32 bits", slack=5e-7
    )


def _schedule() -> Schedule:
    return Schedule(1.0, float(RATE), float(FLOOR), EVERY)
