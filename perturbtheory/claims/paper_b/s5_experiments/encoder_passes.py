"""Section 5: how often the unbiased method has to compute the encoder."""

from typing import Any

import numpy as np
import sympy as sp
from scipy.special import softmax

from perturbtheory.ledger import Claim, agree, argued, eq, exact, witness

COUNT = 4
"""Categories k of the numerical checks."""

k_passes = Claim(
    "B.encoder-computations",
    "B, section 5, on wall-clock time",
    r"""The unbiased method requires $k$ computations of the encoder and the decoder in a forward
    and backward pass.""",
    assumes=r""""Requires" is read as it is printed, of the encoder: $h_\phi(x, \cdot)$ is one
    network with $k$ outputs, as that of section 5; $k$ values of the decoder are needed.""",
)
one_pass = k_passes.corrected(
    r"""One computation of the encoder is enough, forward and backward, with $k$ values of the
    decoder: $\nabla_\phi \sum_z q(z) f(z) = \sum_j v_j \nabla_\phi h(j)$ with $v_j = q(j)(f(j) -
    \sum_z q(z) f(z))$, one product of a vector with the Jacobian of $h$.""",
    source="corrects B, section 5",
)


def _sides() -> tuple[Any, Any]:
    """(d/dh_1 of E f, v_1) for k symbols."""
    h, f = (sp.symbols(f"{name}_1:{COUNT + 1}", real=True) for name in "hf")
    weights = [sp.exp(x) for x in h]
    mean = sum(w * x for w, x in zip(weights, f, strict=True)) / sum(weights)
    return sp.Derivative(mean, h[0]), weights[0] / sum(weights) * (f[0] - mean)


class _Network:
    """h = W_2 tanh(W_1 x), which counts how often it is computed."""

    def __init__(self) -> None:
        rng = np.random.default_rng(3)
        self.first, self.second = rng.normal(size=(5, 6)), rng.normal(size=(COUNT, 5))
        self.x, self.f = rng.normal(size=6), rng.normal(size=COUNT)
        self.forward = self.backward = 0

    def hidden(self) -> np.ndarray:
        """One forward pass, up to the linear outputs."""
        self.forward += 1
        return np.tanh(self.first @ self.x)

    def pulled_back(self, hidden: np.ndarray, v: np.ndarray) -> np.ndarray:
        """One backward pass: the sum of v_j times the gradient of h_j in W_1."""
        self.backward += 1
        return np.outer((self.second.T @ v) * (1 - hidden**2), self.x)

    def gradient(self) -> np.ndarray:
        """Of E f in W_1, by the formula of the correction."""
        hidden = self.hidden()
        q = softmax(self.second @ hidden)
        return self.pulled_back(hidden, q * (self.f - q @ self.f))

    def by_complex_steps(self) -> np.ndarray:
        """The same, entry by entry."""
        out = np.zeros(self.first.shape)
        for place in np.ndindex(out.shape):
            moved = self.first.astype(complex)
            moved[place] += 1e-30j
            weights = np.exp(self.second @ np.tanh(moved @ self.x))
            out[place] = (weights @ self.f / weights.sum()).imag / 1e-30
        return out


@k_passes.part("$k$ computations of the encoder are needed")
def needs_k():
    network = _Network()
    right = np.allclose(network.gradient(), network.by_complex_steps(), rtol=0, atol=1e-12)
    counted = (network.forward, network.backward)
    identical = eq(*_sides()).step().outcome == "holds"
    # What is not the gradient would say nothing of what it needs.
    for route, enough, case in (
        ("sympy", identical, "one vector times the Jacobian of $h$ is the gradient"),
        ("counted", right and counted == (1, 1), "a network with one hidden layer"),
    ):
        yield exact(route, "fails" if enough else "unknown", cases=f"{case}, $k = {COUNT}$")
    yield witness(
        {"$k$": COUNT, "computations of the encoder, forward and backward": list(counted)}
    )


@one_pass.part("the gradient is one product of a vector with the Jacobian of $h$")
def one_product():
    network = _Network()
    yield exact(
        "sympy",
        argued(
            r"$\nabla_\phi \mathbb E f = \sum_j \frac{\partial \mathbb E f}{\partial h_j} "
            r"\nabla_\phi h(j)$",
            "the chain rule",
        ),
        eq(
            *_sides(),
            rf"$v_1$ for $k = {COUNT}$; for any $k$ the others enter by their sums",
        ),
    )
    yield agree(
        "complex step", network.gradient(), network.by_complex_steps(), "a network, all of $W_1$"
    )
