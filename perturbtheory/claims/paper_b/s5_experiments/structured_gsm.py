"""Section 5: whether Gumbel-Softmax can have a structured encoder of fifteen binary variables."""

from typing import NamedTuple

import numpy as np
from scipy.special import softmax

from perturbtheory.data import PIXELS
from perturbtheory.estimate import Estimate
from perturbtheory.ledger import Claim, Outcome, agree, exact, positive, witness

COUNT, HIDDEN = 15, 300
"""Binary variables of the structured experiments, and hidden units of their decoder."""
TERMS = 2**COUNT

structured_gsm = Claim(
    "B.structured-gsm",
    "B, section 5, the experiments with structured decoders",
    r"""For $n = 15$ the computational cost of the softmax in GSM is high (exponential in $n$) and
    therefore one cannot use a structured encoder with GSM.""",
    assumes=r""""Cannot" is read as it is printed. The encoder is $h(z) = \sum_i h_i z_i +
    \sum_{i} \alpha_i z_i z_{i+1}$, a special case of (8) on which another algorithm can check the
    sums over all $z$; the noise has one Gumbel variable for every coordinate and value, and the
    relaxed sample is $s = \sum_z z\,\operatorname{softmax}((h + \gamma)/\tau)_z$.""",
)
feasible = structured_gsm.corrected(
    r"""The softmax has $2^n$ terms, 32,768 for $n = 15$: the relaxed sample and its gradient are
    sums over them. The sample takes $n 2^n = 491{,}520$ multiplications for an image, $2.01$ times
    those of the decoder $(2 \times 15) \to 300 \to 784$; for $n = 30$ more than $10^5$ times.""",
    source="corrects B, section 5",
)


class Sums(NamedTuple):
    """The relaxed sample, shape (n,), and its derivatives in every alpha, shape (n - 1, n)."""

    relaxed: np.ndarray
    slopes: np.ndarray


def _encoder() -> tuple[np.ndarray, np.ndarray, float]:
    """Unary terms with their noise, pairwise terms and a temperature."""
    rng = np.random.default_rng(15)
    noise = rng.gumbel(size=(COUNT, 2)) @ [-1, 1]
    return rng.normal(size=COUNT) + noise, rng.normal(size=COUNT - 1), 0.5


def _all_terms() -> Sums:
    """By the softmax over all z: derivatives are covariances."""
    unary, pairs, heat = _encoder()
    z = ((np.arange(TERMS)[:, None] >> np.arange(COUNT)) & 1).astype(float)
    both = z[:, :-1] * z[:, 1:]
    scores = (z @ unary + both @ pairs) / heat
    share = softmax(scores)
    relaxed = share @ z
    return Sums(relaxed, (both * share[:, None]).T @ (z - relaxed) / heat)


def _along_the_chain() -> tuple[np.ndarray, Estimate]:
    """The same from the logarithm of the sum, one variable after another: by complex steps."""
    unary, pairs, heat = _encoder()

    def relaxed(pairs: np.ndarray) -> np.ndarray:
        return np.array([_log_sum(unary + 1e-30j * e, pairs, heat) for e in np.eye(COUNT)]) / 1e-30

    step = 1e-4
    slopes = [
        (8 * (relaxed(pairs + step * e) - relaxed(pairs - step * e))
         - relaxed(pairs + 2 * step * e) + relaxed(pairs - 2 * step * e)) / (12 * step)
        for e in np.eye(COUNT - 1)
    ]  # fmt: skip
    return relaxed(pairs), Estimate(
        np.array(slopes), np.full((COUNT - 1, COUNT), 1e-9), "exact sum"
    )


def _log_sum(unary: np.ndarray, pairs: np.ndarray, heat: float) -> float:
    """The imaginary part of t log sum_z e^(h(z)/t), by the sums over all that come before."""
    zero, one = 1.0 + 0j, np.exp(unary[0] / heat)
    for h, alpha in zip(unary[1:], pairs, strict=True):
        zero, one = zero + one, np.exp(h / heat) * (zero + np.exp(alpha / heat) * one)
    return heat * float(np.log(zero + one).imag)


def _per_image(count: int) -> tuple[int, int]:
    """Multiplications of the relaxed sample and of the decoder."""
    return count * 2**count, HIDDEN * (2 * count + PIXELS)


@structured_gsm.part("one cannot have the relaxed sample of a structured encoder")
def cannot():
    sums, (relaxed, slopes) = _all_terms(), _along_the_chain()
    ours, decoder = _per_image(COUNT)
    sample = np.allclose(sums.relaxed, relaxed, rtol=0, atol=1e-11)
    gradient = np.allclose(sums.slopes, slopes.value, rtol=0, atol=1e-8)
    case = f"one encoder, all {TERMS:,} terms"
    # A sum that is not what the other algorithm gives would say nothing of what can be done.
    outcomes: list[Outcome] = ["fails" if done else "unknown" for done in (sample, gradient)]
    yield exact("the relaxed sample", outcomes[0], cases=f"{case}, and along the chain")
    yield exact("its gradient", outcomes[1], cases=f"{case}, and by differences along the chain")
    yield witness(
        {
            "$n$": COUNT,
            "terms": f"{TERMS:,}",
            "multiplications of the relaxed sample for an image": f"{ours:,}",
            "of the decoder": f"{decoder:,}",
        }
    )


@feasible.part("the relaxed sample from all terms")
def relaxed_sample():
    sums, (relaxed, slopes) = _all_terms(), _along_the_chain()
    yield agree("along the chain", sums.relaxed, relaxed, "the sample, $n = 15$")
    yield agree(
        "differences along the chain", sums.slopes, slopes, r"gradient in $\alpha$", floor=1.0
    )


@feasible.part("multiplications: $2.01$ times the decoder for $n = 15$, over $10^5$ for $n = 30$")
def multiplications():
    ratios = {n: np.divide(*_per_image(n)) for n in (15, 30)}
    integers = 100 * 491_520 // (300 * (30 + 784)) == 201 and 30 * 2**30 > 10**5 * 300 * (60 + 784)
    yield exact("integers", integers, cases="both counts")
    yield positive("quotients", [0.005 - abs(ratios[15] - 2.01), ratios[30] / 1e5 - 1], "margins")
