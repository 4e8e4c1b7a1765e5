"""Section 4, after Theorem 4.1: whether the set of all Perturb-Softmax probabilities is convex."""

from fractions import Fraction

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import cones, cosets, sums, three_atoms
from perturbtheory.ledger import Claim, agree, argued, exact, positive, shown, witness
from perturbtheory.routes import symbolic

almost_convex = Claim(
    "A.softmax-almost-convex",
    "A, section 4, the paragraph after (9) and the proof of Theorem 4.1",
    r"""The set of all Perturb-Softmax probabilities is an almost convex set that lies in the convex
    set $\Delta$ and contains its relative interior, which is the convex set of all positive
    probabilities $\operatorname{ri}(\Delta)$.""",
    assumes=r"""a set $S$ is almost convex if $C \subseteq S \subseteq \operatorname{cl}(C)$ for a
    convex $C$. "The set of all" is read as over the $\Theta$ of Theorem 4.1, of which the paragraph
    speaks, with every $h_i$ unbounded above, and as over $\mathbb R^d$: both readings are parts.
    That it contains $\operatorname{ri}(\Delta)$ over $\Theta$ is A.softmax-completeness.""",
    depends_on="C.completeness",
)
true_convex = almost_convex.corrected(
    r"""Over a $\Theta$ that is complete, such as $\mathbb R^d$, the set of all Perturb-Softmax
    probabilities is $\operatorname{ri}(\Delta) = \{p : \sum_ip_i = 1, p_i > 0\}$, which is
    convex.""",
    assumes=r"any real random vector $\gamma$.",
    depends_on="C.completeness",
)
ENDS = ((4, Fraction(1, 4), 1), (Fraction(1, 4), 4, 1))
"""e^theta for two theta with theta_1 + theta_2 = 2 theta_3, each the other's mirror image."""


@almost_convex.part(r"over $\Theta$, every $h_i$ unbounded above: almost convex")
def over_a_half_space():
    p = [[Fraction(x) / sum(odds) for x in odds] for odds in ENDS]
    middle = [(a + b) / 2 for a, b in zip(*p, strict=True)]
    inside = all(a * b <= c * c for a, b, c in (*ENDS, middle))
    allowed = cones.HALF_SPACE.unbounded(above=True) and cones.HALF_SPACE.u == (1, 1, -2)
    share = three_atoms.share(np.log(np.array(ENDS, float)))
    theta = cosets.preimages(share.mean(0, keepdims=True))[0]
    cases = rf"""{cones.HALF_SPACE.set} has the $p > 0$ with $p_1p_2 \le p_3^2$, a closed set in
        $\operatorname{{ri}}(\Delta)$; half-way between two of them, at $p =
        ({", ".join(map(str, middle))})$, it is left, while the closure of an almost convex set is
        convex"""
    yield exact(r"rational, $\gamma = 0$", inside if allowed else "unknown", cases=cases)
    what = r"$2\theta_3-\theta_1-\theta_2$ half-way, $e^{\gamma_i}$ = 1/2, 1 or 2"
    yield positive("enumeration, Newton's method", -np.dot(cones.HALF_SPACE.u, theta), what)
    yield witness(
        d=3, Theta=cones.HALF_SPACE.set, gamma=0, p=p[0], q=p[1], **{"not in the closure": middle}
    )


@almost_convex.part(r"over $\mathbb R^d$: convex")
@true_convex.part(r"it is $\operatorname{ri}(\Delta)$, which is convex")
def over_the_whole_space():
    s, weight = symbolic.categories(), sp.Symbol("lambda", positive=True)
    p, q = cosets.indexed("p", positive=True), cosets.indexed("q", positive=True)
    mixed = weight * p[s.j] + (1 - weight) * q[s.j]
    targets = np.random.default_rng(7).dirichlet(np.full(3, 0.5), 24) * (1 - 3e-5) + 1e-5
    halfway = (targets + targets[::-1]) / 2
    found = three_atoms.share(cosets.preimages(halfway))
    yield exact(
        "sympy, symbolic d",
        *sums.probabilities(),
        *cosets.onto(),
        argued("so the probabilities are exactly the positive ones", "both inclusions"),
        sums.for_every_d(s.sum(mixed), 1, where={s.sum(p[s.j]): 1, s.sum(q[s.j]): 1}),
        r"$0 < \lambda < 1$: a mixture of positive probabilities is one",
    )
    yield agree("enumeration, Newton's method", found, halfway, "24 midpoints are reached, $d = 3$")


@almost_convex.part(r"$\operatorname{ri}(\Delta)$ is the set of all positive probabilities")
@true_convex.part(r"$\operatorname{ri}(\Delta)$ is the set of all positive probabilities")
def relative_interior():
    share, step = sp.symbols("p_i epsilon", positive=True)
    # p is in ri(Delta) exactly if p + epsilon (p - q) is in Delta for all q and some epsilon > 0.
    corner = sp.Subs(share + step * (share - 1), share, 0).doit()
    room = sp.expand((share + step * (share - 1)).subs(step, share))
    rng = np.random.default_rng(5)
    p, q = rng.dirichlet(np.ones(4), 16), rng.dirichlet(np.ones(4), 16)
    moved = p + p.min(1, keepdims=True) * (p - q)
    yield exact(
        "sympy",
        shown(
            rf"$p_i+\epsilon(p_i-q_i) \ge p_i+\epsilon(p_i-1) = {sp.latex(room)} > 0$ for "
            r"$\epsilon = p_i$: for $\epsilon = \min_ip_i > 0$ the segments from all $q$ through "
            r"$p$ go on in $\Delta$",
            bool(room.is_positive),
        ),
        shown(
            r"if $p_i = 0$, the segment from $q = e_i$ leaves it at once: $p_i+\epsilon(p_i-1) = "
            rf"{sp.latex(corner)} < 0$",
            bool(corner.is_negative),
        ),
        argued("so the relative interior is as said", "Rockafellar, Theorem 6.4"),
    )
    yield positive("numbers", moved, r"entries of $p+\epsilon(p-q)$ for 16 pairs, $d = 4$")
