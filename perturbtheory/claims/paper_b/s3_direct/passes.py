"""Section 5, wall-clock time: how many computations of the encoder the unbiased method needs."""

from fractions import Fraction

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits.draws import VALUES
from perturbtheory.claims.exhibits.encoder import PHI, SLOPE, H, indexed, total
from perturbtheory.claims.exhibits.symbols import X
from perturbtheory.ledger import Claim, agree, argued, eq, exact, positive, witness

CATEGORIES = 3

passes = Claim(
    "B.encoder-passes",
    "B, section 5, on wall-clock time",
    r"""The unbiased method "requires $k$ computations of the encoder and the decoder in a forward
    and backward pass".""",
    assumes=r"""The method is (2), the encoder that of section 5, $X \to FC(300) \to ReLU \to
    FC(K)$, whose one output has $h(x, z)$ for every $z$. "Requires" is read as: fewer do not give
    (2).""",
    depends_on="B.exact-gradient-logits",
)
one_pass = passes.corrected(
    r"""The unbiased method requires $k$ values of the decoder and one forward and one backward pass
    of the encoder: (2) is $J^\top w$ with $J$ the Jacobian of its one output and $w_z$ the weight
    of $\nabla h(z)$.""",
    assumes=r"""$w = q\,(f - \mathbb E_q f)$ for logits, $w = e^h f$ for a normalised output.""",
    depends_on="B.exact-gradient-logits",
)


class _Encoder:
    """One input, two hidden ReLUs and the outputs h(x, z); it counts its passes."""

    def __init__(self, first: list, second: list, x) -> None:
        self.first, self.second, self.x = first, second, x
        self.forward, self.backward = 0, 0

    def outputs(self) -> list:
        self.forward += 1
        hidden = [max(w * self.x, 0 * self.x) for w in self.first]
        return [sum(w * v for w, v in zip(row, hidden, strict=True)) for row in self.second]

    def pull_back(self, weights: list) -> list:
        """The gradient of sum_z weights_z h(x, z) in all parameters."""
        self.backward += 1
        on = [int(w * self.x > 0) for w in self.first]
        hidden = [w * self.x * o for w, o in zip(self.first, on, strict=True)]
        back = [
            sum(w * row[n] for w, row in zip(weights, self.second, strict=True)) for n in range(2)
        ]
        first = [b * o * self.x for b, o in zip(back, on, strict=True)]
        return first + [w * v for w in weights for v in hidden]


@passes.part("$k$ computations of the encoder are required")
def encoder_passes():
    one, many = _in_units_of_log_2()
    encoder, found = _float_network()
    right = np.allclose(found, _by_complex_steps(), rtol=0, atol=1e-12)
    needed = encoder.forward if right else CATEGORIES
    yield exact(
        "rational network",
        one != many,
        cases="$k = 3$: (2) from one pass, and from one pass per $z$",
    )
    yield positive("counted", needed - CATEGORIES + 0.5, "passes that gave (2), less $k - 0.5$")
    yield witness(
        {
            "$k$": CATEGORIES,
            "encoder": "1 - FC(2) - ReLU - FC(3)",
            "forward passes": encoder.forward,
            "backward passes": encoder.backward,
        }
    )


@passes.part("$k$ computations of the decoder are required")
@one_pass.part("$k$ values of the decoder are required")
def decoder_values():
    one, two = sp.symbols("f_1 f_2", real=True)
    q = sp.exp(X) / (1 + sp.exp(X))
    gradient = sp.Derivative(q * one + (1 - q) * two, X)
    truth = _by_complex_steps()
    moved = [np.abs(_by_complex_steps(VALUES + e) - truth).max() for e in np.eye(CATEGORIES)]
    yield exact(
        "sympy, k = 2",
        eq(gradient, q * (1 - q) * (one - two)),
        "it depends on either value, for any $q$ in (0, 1)",
        argued(r"""for every $k$ it is linear in $f(z)$ with the coefficient $q(z) (\nabla h(z) -
            \mathbb E_q \nabla h)$, not zero in general [B.exact-gradient-logits]"""),
    )
    what = "change of (2) where one $f(z)$ changes, $k = 3$"
    yield positive("complex step", np.array(moved), what)


@one_pass.part("one forward and one backward pass of the encoder give (2)")
def is_enough():
    w = indexed("w", real=True)
    encoder, found = _float_network()
    yield exact(
        "sympy, symbolic k",
        eq(sp.Derivative(total(w * H), PHI), total(w * SLOPE)),
        "the backward pass of one number, with $w$ held fixed",
        argued("all $h(z)$ and so $w$ come from one forward pass", "the output has every $z$"),
    )
    what = "(2) for a network with 8 parameters"
    yield agree("complex step", found, _by_complex_steps(), what, floor=1.0)
    yield agree("counted", [encoder.forward, encoder.backward], 1, "passes")


def _weights(odds) -> list:
    """q (f - E_q f)."""
    q = [o / sum(odds) for o in odds]
    f = [type(odds[0])(v) for v in VALUES]
    level = sum(a * b for a, b in zip(q, f, strict=True))
    return [a * (b - level) for a, b in zip(q, f, strict=True)]


def _in_units_of_log_2() -> tuple[list, list]:
    """(2) from one pass and from k passes, for a network whose outputs are integers times log 2."""
    first, second = [Fraction(1), Fraction(-2)], [[2, 1], [-1, 3], [0, 1]]
    second = [[Fraction(w) for w in row] for row in second]
    encoder = _Encoder(first, second, Fraction(1))
    weights = _weights([Fraction(2) ** int(h) for h in encoder.outputs()])
    one = encoder.pull_back(weights)
    units = [[Fraction(z == y) for z in range(CATEGORIES)] for y in range(CATEGORIES)]
    rows = [encoder.pull_back(unit) for unit in units]
    many = [sum(w * row[n] for w, row in zip(weights, rows, strict=True)) for n in range(len(one))]
    return one, many


FIRST, SECOND, INPUT = [0.7, -0.4], [[1.0, 0.5], [-0.75, 1.25], [0.25, -1.0]], 1.3


def _float_network() -> tuple[_Encoder, np.ndarray]:
    encoder = _Encoder(FIRST, SECOND, INPUT)
    weights = _weights([float(np.exp(h)) for h in encoder.outputs()])
    return encoder, np.array(encoder.pull_back(weights))


def _by_complex_steps(values: np.ndarray = VALUES) -> np.ndarray:
    """The gradient of E_q f in all parameters of the network."""
    parameters = np.concatenate([FIRST, np.ravel(SECOND)])
    slopes = []
    for move in np.eye(parameters.size):
        first, second = np.split(parameters + 1e-40j * move, [2])
        hidden = np.where(first.real * INPUT > 0, first * INPUT, 0)
        odds = np.exp(second.reshape(CATEGORIES, 2) @ hidden)
        slopes.append(((odds @ values) / odds.sum()).imag / 1e-40)
    return np.array(slopes)
