r"""What $\epsilon$ is after the published number of epochs."""

import itertools
import math

import sympy as sp

from perturbtheory.ledger import Claim, agree, exact

RATE, EVERY, FLOOR = 1e-5, 1000, 0.1
EPOCHS, IMAGES, PUBLISHED_BATCH = 300, 50_000, 100
REACHED = 231_000

minimal_epsilon = Claim(
    "C.minimal-epsilon",
    "this package, on B, section 5, first paragraph, with Figure 2",
    r"""The annealing rate is $10^{-5}$, with updates every 1000 steps, and the least $\epsilon$ is
    0.1: $\epsilon_t = \max(0.1, e^{-10^{-5} t})$ at the last multiple $t$ of 1000. This minimum is
    reached at step 231,000, hence within the 300 epochs of 50,000 images in batches of at most 64
    only; in batches of 100 they end at $\epsilon = e^{-1.49} = 0.225$.""",
    assumes=r"""$\epsilon$ starts at 1, as the temperature of [10] does; steps are counted from 0.
    The paper prints the setting and not that the minimum is reached, nor the size of its batches,
    which is 100 in the authors' code.""",
)


@minimal_epsilon.part("the minimum is reached at step 231,000")
def first_step():
    last = sp.Rational(REACHED - EVERY, 100_000)
    first = next(t for t in itertools.count(0, EVERY) if math.exp(-RATE * t) <= FLOOR)
    yield exact(
        "sympy",
        bool(last < sp.log(10)) and bool(sp.log(10) < sp.Rational(REACHED, 100_000)),
        cases=r"$2.30 < \log 10 < 2.31$",
    )
    yield agree("simulation", first, REACHED, "the schedule, step by step")


@minimal_epsilon.part("300 epochs reach it in batches of at most 64, and not in batches of 100")
def within_the_epochs():
    reaching = [b for b in range(1, 513) if EPOCHS * -(-IMAGES // b) - 1 >= REACHED]
    ends = {}
    for batch in (64, 65, PUBLISHED_BATCH):
        step = sum(1 for _ in range(EPOCHS) for _ in range(0, IMAGES, batch)) - 1
        ends[batch] = max(FLOOR, math.exp(-RATE * (step - step % EVERY)))
    yield exact("integers", reaching == list(range(1, 65)), cases="batches of 1 to 512 images")
    yield agree(
        "simulation",
        [ends[64], ends[65], ends[PUBLISHED_BATCH]],
        [FLOOR, math.exp(-2.3), math.exp(-1.49)],
        r"$\epsilon$ at the end, in batches of 64, 65 and 100",
    )
