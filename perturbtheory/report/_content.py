"""What a report says, in whatever it is written: chapters, links, the rule, the versions."""

import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from perturbtheory import __version__, claims
from perturbtheory.ledger import FAILED, REGISTRY, VERDICTS, Check, Claim, Result, Verdict
from perturbtheory.report._objections import OBJECTIONS, Objection

TITLE = "Perturb-Softmax and Perturb-Argmax: what holds, statement by statement"
INTRODUCTION = (
    "Two papers add noise to logits and take the softmax or the arg max. Here every statement of "
    "theirs that a computation can reach is a claim with a permanent name: read as printed, "
    "checked by independent routes, and given a verdict by rule. Where the printed statement is "
    "false there is a counterexample, and a corrected statement that is checked the same way. "
    "Statements of our own follow."
)
OWN_TITLE = "What holds, statement by statement"
OWN_INTRODUCTION = (
    "Every statement is a claim with a permanent name: checked by independent routes, and given a "
    "verdict by rule. Where a statement is false there is a counterexample."
)


@dataclass(frozen=True)
class Paper:
    """A chapter: the claims of the ledger whose id begins with `key`, or those of your own."""

    key: str
    name: str
    reference: str


PAPERS = (
    Paper(
        "A",
        "Paper A",
        "On the representation properties of the Perturb-Softmax and the Perturb-Argmax "
        "probability distributions (anonymous, under review)",
    ),
    Paper(
        "B",
        "Paper B",
        "G. Lorberbom, A. Gane, T. Jaakkola, T. Hazan: Direct optimization through arg max for "
        "discrete variational auto-encoder, NeurIPS 2019",
    ),
    Paper("C", "Beyond the papers", "Statements of neither of them"),
    Paper("own", "Your own claims", "Statements of the files that were given"),
)
OURS = PAPERS[2]
MEANINGS: Mapping[str, str] = {
    "proved": "every part has a proof, and every other route to it agrees",
    "certified": "every part is decided rigorously: by proof, by exact instances or by enclosure",
    "argued": "every part is argued in words at least, and every route to it agrees",
    "supported": "every part holds numerically, with an error radius or a confidence interval",
    "refuted": "a part is false as printed; a counterexample is shown",
    "not reproduced": "carried out again, an experiment does not give what is printed; what it "
    "gave is shown",
    "inconclusive": "a part is undecided, or two routes to it contradict each other",
    "untested": "nothing was checked, or the experiment was not run",
}
OBJECTED = (
    "Paper A was submitted to a conference, and its reviews are public. What they object, in our "
    "own words, and the claims that answer it with their verdicts."
)
RULE = (
    "Nobody writes a verdict down: it follows from the checks. A claim is a conjunction of parts, "
    "and every part is checked by two routes or more that share as little as possible. A route "
    "answers holds, fails or unknown; a route of several cases fails if one does.",
    "A part holds if every route says so, and is refuted if every route fails and a counterexample "
    "is kept as data. Routes that contradict each other are reported as a disagreement, which is "
    "an error somewhere. Anything unknown, or a single route, leaves a part unknown; unknown is "
    "never a pass.",
    "The experiments of a part, whatever their seeds, images and conditions, share data and code: "
    "they are one route and its cases. Alone they decide a part, which is then supported or not "
    "reproduced, and neither proved nor refuted.",
    "A claim with a disagreement is inconclusive; otherwise it is refuted if a part is, not "
    "reproduced if a part is, inconclusive if a part is unknown, and else as strong as its weakest "
    "part. The strength of a part is that of its strongest check.",
)
KINDS = {
    "proof": "exact algebra or rational arithmetic that covers the whole part; a step that is "
    "argued in words is marked so",
    "certificate": "exact or rigorously enclosed, on instances; or a counterexample verified "
    "exactly",
    "argument": "reasons in words or theorems that are cited, of which no step was decided by a "
    "computation",
    "closed form": "a formula evaluated in 64 bits, with an error radius",
    "exact sum": "all outcomes of discrete noise, with an error radius",
    "quadrature": "deterministic numbers with an error radius",
    "numerical": "numbers without a radius of their own, within the rounding of 64 bits",
    "quasi-monte-carlo": "low-discrepancy points with a confidence interval",
    "monte-carlo": "samples with a confidence interval",
    "experiment": "training runs with stated seeds, or times",
}


@dataclass(frozen=True)
class Section:
    """Claims of one module of the ledger, under the first line of what it says about itself."""

    title: str | None
    results: tuple[Result, ...]


class Report:
    """Results in the order of the ledger, by chapter, with their links in both directions."""

    def __init__(self, results: Sequence[Result], budget: str) -> None:
        order = list(claims.index())
        # what is not in the ledger keeps the order given, after the rest
        self.results = tuple(sorted(results, key=lambda r: _index(order, r.claim.id)))
        self.budget = budget
        self._by_id = {result.claim.id: result for result in self.results}
        own = bool(self.results) and not set(order) & set(self._by_id)
        self.title, self.introduction = (
            (OWN_TITLE, OWN_INTRODUCTION) if own else (TITLE, INTRODUCTION)
        )
        self.papers = () if own else tuple(paper for paper in PAPERS if paper.key in ("A", "B"))

    def __contains__(self, id_: str) -> bool:
        return id_ in self._by_id

    def failed(self) -> list[Result]:
        """The results of claims that are refuted or not reproduced."""
        return [result for result in self.results if result.verdict in FAILED]

    def truth(self, result: Result) -> Claim | None:
        """The claim that corrects one that failed, in this report or only in the ledger."""
        id_ = result.claim.corrected_by or ""
        return self._by_id[id_].claim if id_ in self else REGISTRY.get(id_)

    def verdict(self, id_: str) -> Verdict | None:
        """The verdict on a claim of this report; None if it is not in it."""
        return self._by_id[id_].verdict if id_ in self else None

    def corrects(self, result: Result) -> list[str]:
        """Ids of the claims of this report that a claim corrects."""
        return [r.claim.id for r in self.results if r.claim.corrected_by == result.claim.id]

    def used_by(self, result: Result) -> list[str]:
        """Ids of the claims of this report that rely on a claim."""
        return [r.claim.id for r in self.results if result.claim.id in r.claim.depends_on]

    def linked(self) -> bool:
        """Whether a claim of this report rests on another, or is corrected by one."""
        all_claims = [result.claim for result in self.results]
        return any(id_ in self for c in all_claims for id_ in (*c.depends_on, c.corrected_by or ""))

    def objections(self) -> list[Objection]:
        """The referees' objections that a claim of this report answers."""
        return [o for o in OBJECTIONS if any(id_ in self for id_ in o.answered_by)]

    def counts(self, results: Sequence[Result] | None = None) -> dict[Verdict, int]:
        """How many claims got which verdict, without those that none got."""
        given = [r.verdict for r in (self.results if results is None else results)]
        return {verdict: given.count(verdict) for verdict in VERDICTS if verdict in given}

    def chapter(self, paper: Paper) -> list[Section]:
        """The sections of a paper."""
        titles: dict[str | None, list[Result]] = {}
        for result in self.results:
            if paper_of(result) is paper:
                titles.setdefault(_section_title(result.claim), []).append(result)
        return [Section(title, tuple(found)) for title, found in titles.items()]

    def chapters(self) -> list[tuple[Paper, list[Section]]]:
        """Papers of which there are claims, with their sections."""
        found = [(paper, self.chapter(paper)) for paper in PAPERS]
        return [(paper, sections) for paper, sections in found if sections]

    def summary(self) -> str:
        """Counts in a sentence or two."""
        counts = ", ".join(f"{n} {verdict}" for verdict, n in self.counts().items())
        text = f"{plural(len(self.results), 'claim')}: {counts or 'nothing was checked'}."
        left_out = len(set(claims.index()) - set(self._by_id))
        if left_out:
            text += f" {plural(left_out, 'other claim')} of the ledger not chosen for this report."
        false = self.failed()
        mended = [truth for truth in map(self.truth, false) if truth and truth.id in self]
        if mended:
            verdicts = [self.verdict(truth.id) or "untested" for truth in mended]
            how = ", ".join(f"{verdicts.count(v)} {v}" for v in VERDICTS if v in verdicts)
            these = plural(len(false), "statement") + " refuted or not reproduced"
            text += f" Corrected here: {len(mended)} of {these} ({how})."
        return text

    def proofs(self) -> str:
        """How much of the proofs a computation decided, and what `argued` and `argument` mean."""
        decided, every = (sum(r.steps[n] for r in self.results) for n in (0, 1))
        if not every:
            return ""
        text = f"Proofs are given step by step: a computation decided {decided} of "
        text += plural(every, "step")
        if decided < every:
            text += "; the rest are argued, in words or by a theorem that is cited"
        kinds = [c.kind for r in self.results for part in r.parts for c in part.checks]
        checks = plural(kinds.count("argument"), "check")
        claimed = plural(self.counts().get("argued", 0), "claim")
        return text + (
            f'. If none of its steps was decided, a check is no proof but an "argument" ({checks} '
            'here); a claim is "argued", not "proved", if its weakest part has nothing stronger '
            f"({claimed} here)."
        )


def paper_of(result: Result) -> Paper:
    """The chapter of a claim: of the ledger by its id, of your own whatever its id."""
    key = "own" if is_own(result.claim) else result.claim.id.split(".")[0]
    return next((paper for paper in PAPERS if paper.key == key), OURS)


def _index(names: Sequence[str], name: str) -> int:
    return names.index(name) if name in names else len(names)


def _section_title(claim: Claim) -> str | None:
    return _first_line(sys.modules[claim.module].__doc__) or None


def _first_line(doc: str | None) -> str:
    return (doc or "").strip().partition("\n")[0].removesuffix(".")


def section_of(claim: Claim) -> str:
    """What the folder of a claim's module says of itself: the section of the paper, as a rule."""
    folder = sys.modules.get(claim.module.rpartition(".")[0])
    return _first_line(folder.__doc__) if folder else _section_title(claim) or ""


def source_file(claim: Claim) -> str:
    """The file in which a claim is made, from the root of the package's repository or by name."""
    if not is_own(claim):
        return f"{claim.module.replace('.', '/')}.py"
    return Path(getattr(sys.modules.get(claim.module), "__file__", None) or claim.module).name


def replay(claim: Claim) -> str:
    """The command that checks a claim again: by its file if it is none of the ledger."""
    return f"perturbtheory verify {source_file(claim) if is_own(claim) else claim.id}"


def is_own(claim: Claim) -> bool:
    """Whether it is none of the ledger."""
    return not claim.module.startswith(f"{claims.__name__}.")


def steps(result: Result) -> str:
    """How much of the proofs a computation decided: " (9 of 14 steps decided)"."""
    decided, every = result.steps
    return f" ({decided} of {plural(every, 'step')} decided)" if every else ""


def told(check: Check) -> str:
    """What was compared, and how near it was."""
    return ": ".join(filter(None, (check.detail, check.measured)))


def plural(number: int, noun: str) -> str:
    """1 part, 2 parts."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def versions() -> dict[str, str]:
    """What the results were computed with."""
    libraries = {
        "JAX": "jax",
        "NumPy": "numpy",
        "SciPy": "scipy",
        "SymPy": "sympy",
        "python-flint": "python-flint",
    }
    return {
        "perturbtheory": __version__,
        "Python": platform.python_version(),
        **{name: metadata.version(package) for name, package in libraries.items()},
    }
