"""Section 4.1: the normalisation of decomposed encoders."""

from itertools import product

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import two_bits
from perturbtheory.claims.exhibits.symbols import REST, X
from perturbtheory.ledger import Claim, agree, argued, eq, exact, positive

normalisation = Claim(
    "B.decomposed-normalisation",
    "B, section 4.1, second paragraph",
    r"""The normalisation constant $\sum_z e^{h(z)}$ of a structured encoder of $n$ binary variables
    sums $2^n$ terms. If the encoder decomposes, $h(z) = \sum_{i=1}^n h_i(z_i)$, it requires only
    linearly many, $\sum_z e^{h(z)} = \prod_i \sum_{z_i} e^{h_i(z_i)}$; then the encoder does not
    account for correlations between the variables: the $z^*_i$ are independent.""",
    assumes=r"""The noise decomposes as $h$ does, one variable for every coordinate and value. With
    the noise of (4) read literally, one variable for every $z$, $\sum_z e^{h(z) + \gamma(z)}$ keeps
    its $2^n$ terms though $h$ decomposes.""",
    depends_on="B.structured-gibbs.corrected",
)


@normalisation.part("linearly many terms if $h$ decomposes")
def product_of_sums():
    h = np.random.default_rng(7).normal(size=(10, 2))
    every = [h[np.arange(10), z].sum() for z in product((0, 1), repeat=10)]
    yield exact(
        "sympy, one coordinate at a time",
        eq(REST + REST * sp.exp(X), REST * (1 + sp.exp(X))),
        r"$\sum_z e^{h(z)}$ with one more coordinate, $h_n(0) = 0$ and $h_n(1) = x$, $S$ the "
        r"sum over the others",
        argued(r"""so $\sum_z e^{h(z)} = \prod_i \sum_{z_i} e^{h_i(z_i)}$, of $2n$ terms
            [induction]"""),
    )
    yield agree(
        "enumeration", np.log(np.exp(every).sum()), np.logaddexp(*h.T).sum(), "$n = 10$, logarithms"
    )


@normalisation.part("no correlations if $h$ decomposes")
def independent():
    law = two_bits.marginal(two_bits.pairwise(0.4, -1.1, 0.0))
    yield exact(
        "independence",
        argued(r"""$z_i^* = \operatorname{argmax}_a \{h_i(a) + \gamma_i(a)\}$, a function of
            $\gamma_i$ alone [the arg max of a sum over coordinates is that of each; independent
            noise]"""),
    )
    what = "determinant of the law, $n = 2$"
    yield agree("integral over L_1", np.linalg.det(law), 0.0, what, floor=1.0)
    tied = two_bits.marginal(two_bits.pairwise(0.4, -1.1, 0.5))
    what = "determinant for $h_{12} = z_1 z_2/2$"
    yield positive("with an interaction", np.linalg.det(tied), what)
