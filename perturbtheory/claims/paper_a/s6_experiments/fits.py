"""Section 6.1, Table 2, Figures 4, 8, 9: what the recorded fits say; nothing is trained here."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import sympy as sp

from perturbtheory.claims.exhibits import criteria, fits
from perturbtheory.experiments.fits import recorded
from perturbtheory.experiments.fits.grids import PAIR, TARGETS, TEMPERATURES
from perturbtheory.experiments.fits.tables import nearest, stated
from perturbtheory.experiments.spread import Spread
from perturbtheory.ledger import Claim, Outcome, agree, argued, exact, experiment, shown, witness
from perturbtheory.models import PerturbSoftmax
from perturbtheory.models.targets import probabilities
from perturbtheory.perturbations import Gumbel, Normal

NAMES = {"normal": "Normal", "igr": "IGR", "gumbel": "Gumbel"}
READINGS = {v: fits.VARIANTS[v] for v in (*fits.STARTS, "to a histogram of 1,000 draws")}
WARMTHS = {f"temperature {t:g}": partial(replace, temperature=t) for t in sorted(TEMPERATURES)}
"""Protocols that the text of section 6.1 allows. It names no temperature; others than 1 were run
for two targets."""

table_2 = Claim(
    "A.table-2",
    "A, Table 2, with sections 6.1 and 10.1",
    r"""After 300 iterations the L1 distances of Normal-Softmax and Gumbel-Softmax from the four
    targets, $\sum_i |p_\theta(i) - p_0(i)|$ after 300 iterations of Adam at $10^{-2}$ from a
    uniform start, a mean of 1,000 samples of $\operatorname{softmax}(\theta + \gamma)$ in the place
    of $p_\theta$, are, mean and standard deviation: discrete $0.026 \pm 0.002$, $0.027 \pm 0.002$;
    binomial $0.036 \pm 0.003$, $0.177 \pm 0.014$; Poisson $0.090 \pm 0.001$, $0.618 \pm 0.007$;
    negative binomial $0.083 \pm 0.001$, $0.417 \pm 0.004$. Read as: so they are if this is carried
    out again.""",
    assumes=r"""That the authors' own fits gave these numbers is a report, which is not judged; the
    code behind the table is not public. The discrete target over 64; twelve binomial outcomes. A
    number reproduces if it is within 0.0005 and two standard deviations, the printed and ours
    combined, of what the last iteration saw or of the distance of $\mathbb
    E[\operatorname{softmax}]$ itself; it does not if it is twice as far off. A row reproduces if
    both of its numbers do under one protocol, and does not if under none. "A thousand samples from
    a target distribution" are read as samples of the model, as in the code on which the paper
    builds, and once as samples of the target. Protocols, ten fits of each: from $\theta = 0$, from
    entries uniform in $(0, 1)$, and to frequencies of 1,000 draws from the target, at temperature
    1; for the binomial and the Poisson target also at 0.1, 0.25, 0.5 and 2, from $\theta = 0$,
    since none is printed.""",
)
less_apart = table_2.corrected(
    r"""In the printed protocol Normal-Softmax ends nearer than Gumbel-Softmax for the binomial,
    Poisson and negative binomial targets, by 0.017, 0.034 and 0.033 in the L1 distance of $\mathbb
    E[\operatorname{softmax}]$, less than a quarter of what is printed: $0 < L_{Gumbel} - L_{Normal}
    < \tfrac14 \cdot (0.141, 0.528, 0.334)$. For the discrete target the distances are less than
    $0.005$ apart.""",
    source="corrects A, Table 2",
    assumes="""As for the statement that this corrects: ten fits of each, with three standard
    errors, and the fit without sampling.""",
)


def reproduced(target):
    results, runs = recorded.load(), dict(zip(PAIR, fits.pair(target), strict=True))
    warmths = {t: change for t, change in WARMTHS.items() if change(runs["gumbel"]) in results}
    offs = {
        protocol: [nearest(target, m, results[change(run)]) for m, run in runs.items()]
        for protocol, change in (READINGS | warmths).items()
    }
    found = ", ".join("{} {:.2f} and {:.2f}".format(name, *off) for name, off in offs.items())
    said = f"{len(offs)} protocols, off by these shares of what is allowed: {found}"
    yield experiment(criteria.RUNS, under_one(max(off) for off in offs.values()), said)
    yield witness(
        {
            NAMES[m]: f"{stated(target, m).mean:.3f} printed, "
            f"{Spread.of(results[run]['objective'])} found; {len(offs)} protocols"
            for m, run in runs.items()
        }
    )


def under_one(offs) -> Outcome:
    """Whether a row reproduces under a protocol, by the worse of its numbers under each."""
    least = min(offs)
    return "holds" if least <= 1 else "fails" if least > 2 else "unknown"


for _target in TARGETS:
    table_2.part(f"{_target}: both numbers reproduce", target=_target)(reproduced)
for _target in fits.APART:
    less_apart.part(f"{_target}: Normal is nearer", runs=fits.pair(_target))(fits.compared)
    less_apart.part(
        f"{_target}: by less than a quarter of what is printed",
        runs=fits.pair(_target),
        within=(stated(_target, "gumbel").mean - stated(_target, "normal").mean) / 4,
    )(fits.compared)
less_apart.part("discrete: less than $0.005$ apart", runs=fits.pair("discrete"), within=0.005)(
    fits.compared
)

figures_4_8_9 = Claim(
    "A.figures-4-8-9",
    "A, Figures 4, 8 and 9, sections 6.1 and 10.1",
    r"""The fits start from the uniform distribution under either noise, $p_\theta(i) = \frac1d$ at
    $\theta = 0$, and after 300 iterations the L1 objective of Normal-Softmax is the lower one for
    the discrete, the binomial, the Poisson and the negative binomial target: $\|\bar s_{Normal} -
    p_0\|_1 < \|\bar s_{Gumbel} - p_0\|_1$ on average, $\bar s$ the mean of 1,000 samples.""",
    assumes=r"""The objective is what the fit sees; that it is no distance between distributions,
    and for the discrete target nothing else differs, is the subject of C.fit-advantage. Ten fits
    from $\theta = 0$ and ten from entries uniform in $(0, 1)$, with three standard errors.""",
)


@figures_4_8_9.part(r"$\theta = 0$ is the uniform distribution")
def uniform_at_zero():
    d, p = sp.symbols("d p", positive=True)
    found = [PerturbSoftmax(law).probabilities(np.zeros(10)) for law in (Normal(), Gumbel())]  # pyright: ignore[reportArgumentType]
    yield exact(
        "symmetry",
        argued("$p_i(0)$ is one number $p$ for all $i$", "independent noise of one law"),
        shown(r"$dp = 1$ gives $p = \frac1d$", sp.solve(d * p - 1, p) == [1 / d]),
    )
    yield agree("engine", np.array(found), 0.1, "$p(0)$, $d = 10$, both noises")


for _target in TARGETS:
    figures_4_8_9.part(
        f"{_target}: Normal's objective is the lower one",
        runs=fits.pair(_target),
        cases=fits.STARTS,
        key="objective",
    )(fits.compared)

igr_similar = Claim(
    "A.igr-similar",
    "A, section 6.1",
    r"""Normal-Softmax has similar benefits to the invertible Gaussian reparameterization: as a
    statement on both methods, where Normal is nearer than Gumbel, IGR is nearer too, and their
    benefits differ by less than that of Normal, $|L_{IGR} - L_{Normal}| < L_{Gumbel} -
    L_{Normal}$; as one on Normal, it is not farther than IGR by as much, $L_{Normal} - L_{IGR} <
    L_{Gumbel} - L_{Normal}$; for the binomial, Poisson and negative binomial targets.""",
    assumes=r""""Similar" has no number in the text: a difference as large as the benefit itself is
    not similar. The sentence can be read of both methods or as "Normal is as good as IGR", and both
    readings are parts. The printed protocol, temperature 1 for all three; IGR with softmax++,
    $\delta = 1$, and $d - 1$ coordinates, each with a scale of its own. Another temperature for IGR
    may do better. L1 of $\mathbb E[\operatorname{softmax}]$ by quadrature, after ten fits of each
    from $\theta = 0$ and ten from entries uniform in $(0, 1)$, with three standard errors.""",
)
igr_by_target = igr_similar.corrected(
    r"""For the Poisson $(50)$ and the negative binomial $(50, 0.6)$ target IGR is nearer than
    Gumbel-Softmax by at least half as much as Normal-Softmax is, $L_{Gumbel} - L_{IGR} > \tfrac12
    (L_{Gumbel} - L_{Normal})$; for the binomial target $(12, 0.3)$ it is less than $0.01$ from
    Gumbel-Softmax, and nearer by less than half as much as Normal-Softmax.""",
    source="corrects A, section 6.1",
)


def _benefits(target: str) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """The benefits of Normal and of IGR over Gumbel, seed by seed, by case."""
    results = recorded.load()
    for case in fits.STARTS:
        runs = map(fits.VARIANTS[case], fits.pair(target, "normal", "igr", "gumbel"))
        normal, igr, gumbel = (np.array(results[run]["l1"]) for run in runs)
        yield case, gumbel - normal, gumbel - igr


def similar(target, either):
    results = recorded.load()
    for case, normal, igr in _benefits(target):
        near = igr if either and np.mean(igr) < np.mean(normal) else 2 * normal - igr
        yield criteria.beyond(case, Spread.of(near), "Normal's benefit - difference from IGR's")
    yield witness(
        {
            NAMES[run.model]: str(Spread.of(results[run]["l1"]))
            for run in fits.pair(target, "normal", "igr", "gumbel")
        }
    )


def half(target, sign):
    for case, normal, igr in _benefits(target):
        spread = Spread.of(sign * (igr - normal / 2))
        yield criteria.beyond(case, spread, "benefit - half of Normal's, or the reverse")


for _target in fits.APART:
    igr_similar.part(f"{_target}: a similar benefit", target=_target, either=True)(similar)
    igr_similar.part(f"{_target}: Normal is as good as IGR", target=_target, either=False)(similar)
for _target in fits.APART[1:]:
    igr_by_target.part(f"{_target}: at least half of Normal's benefit", target=_target, sign=1)(
        half
    )
igr_by_target.part(
    "binomial: IGR and Gumbel are less than $0.01$ apart",
    runs=fits.pair("binomial", "igr", "gumbel"),
    cases=fits.STARTS,
    within=0.01,
)(fits.compared)
igr_by_target.part("binomial: less than half of Normal's benefit", target="binomial", sign=-1)(half)

faster_convergence = Claim(
    "A.faster-convergence",
    "A, abstract, the last sentence of section 3.4, section 6.1",
    r"""Normal-Softmax exhibits faster convergence than Gumbel-Softmax in approximating discrete
    distributions; read as: its L1 falls to a tenth of that of the start in fewer iterations,
    $\min\{n : L_{Normal}(n) \le \tfrac{1}{10} L(0)\} < \min\{n : L_{Gumbel}(n) \le \tfrac{1}{10}
    L(0)\}$ for every target.""",
    assumes=r"""The printed protocol, temperature 1 and Adam at 0.01 for both, variance 1 against
    $\pi^2/6$. What the step of Adam, the variance and the shape of the noise and sampling have to
    do with it is the subject of C.fit-advantage and C.fit-reach. Mean curves of ten fits as the
    fits saw them, and that of the fit without sampling.""",
)


def there_first(target):
    p0 = probabilities(target)
    level = criteria.SHARE * float(np.abs(p0 - 1 / p0.size).sum())
    for case, key, variant in (
        ("as seen by the fit", "objective_mean", "from theta = 0"),
        ("no sampling", "l1_curve", "no sampling"),
    ):
        found = [recorded.load()[fits.VARIANTS[variant](run)] for run in fits.pair(target)]
        one, two = (fits.iterations_to(x[key], x["iterations"], level) for x in found)
        far = not abs(two - one) <= criteria.SPACING
        outcome: Outcome = "unknown" if not far else "holds" if one < two else "fails"
        words = " and ".join("more than 300" if np.isinf(c) else f"{c:.0f}" for c in (one, two))
        said = f"{case}: L1 = {level:.3f} after {words} iterations"
        yield experiment(criteria.RUNS, outcome, said)


for _target in TARGETS:
    faster_convergence.part(f"{_target}: Normal is there first", target=_target)(there_first)
