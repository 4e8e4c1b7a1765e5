r"""Statements as data, parts as functions that yield evidence, and a rule that gives the verdict.

A claim is a conjunction of parts; a part is one sub-statement with checks by independent routes.

    route: one case that fails -> fails;  anything unknown -> unknown;  otherwise holds
    part:  all routes hold -> holds;  all fail -> refuted, if a counterexample is kept as data;
           hold and fail mixed -> disagreement;
           anything unknown, or fewer than two routes -> unknown;
           experiments alone, which are one route -> holds, not reproduced or unknown
    claim: any part in disagreement -> inconclusive, flagged;  any refuted -> refuted;
           any not reproduced -> not reproduced;  any unknown -> inconclusive;
           nothing run -> untested;  otherwise as strong as its weakest
           part: proved, certified, argued (in words alone) or supported (by numbers)

Nobody writes a verdict down. The kind of a check follows from what it is given: equations that
sympy decides and reasons in words are the steps of a proof; a truth value with its cases is a
certificate; an `Estimate` carries its own kind. Two routes are two only if one could be wrong while
the other is right: not one formula twice, not two parsers of one table, not two data sets and one
trained network. Routes to one part need different names, proofs different equations, whatever the
words around them, and comparisons different numbers, not one array twice; and whatever their
names, the experiments of a part count as one route, for other seeds, other images and other
conditions share the data and the code with the first, and repeat it: they are its cases. So one
experiment can support a statement, or fail to reproduce it; it can prove or refute none.

Your own claims, of another paper or of a thesis, take the same form. Write them to a file, and run
`perturbtheory verify my_claims.py`, with `--report DIR` for a page to read:

    import numpy as np, sympy as sp
    from perturbtheory.ledger import Claim, agree, eq, exact, witness

    x = sp.Symbol("x", real=True)
    even = Claim("T.even", "my thesis, (3)", r"$\cosh x$ is even, and so is $\sinh x$.")

    @even.part(r"$\cosh(-x) = \cosh x$", f=sp.cosh, numbers=np.cosh)
    @even.part(r"$\sinh(-x) = \sinh x$", f=sp.sinh, numbers=np.sinh)
    def is_even(f, numbers):
        yield exact("sympy", eq(f(-x).rewrite(sp.exp), f(x)))
        yield agree("numpy", numbers(-1.5), numbers(1.5), "$x = 1.5$")
        yield witness(x="3/2")

The second part is refuted, with its counterexample; that is an answer, and the exit status is 0. It
is 1 where nothing is decided, and where a claim stands that rests on one that does not, or on
itself, by its `depends_on` or by a reason that names one. What is true instead is
`even.corrected(...)`, whose parts are made in the same way, and which has to stand: the exit status
is 1 if it is refuted. `help(...)` says more of each of these:

    Claim(id, source, says, assumes="", depends_on=())    assumptions and readings; claims or ids
    claim.part(name, **given)           decorates the function that yields the evidence
    claim.corrected(says, ...)          the claim that states what is true instead

A part yields checks and witnesses; the name of a route comes first, then what it decides. Texts may
run over several lines, for white space is folded:

    exact(route, eq(left, right), why, ...)  a proof; the sides are sympy expressions without
                                        floats, and what sympy would evaluate at once, so that
                                        the step says x = x, which is refused, stays a `Derivative`,
                                        an `Integral`, a `Subs` or a difference(one, two); what is
                                        assumed of the symbols, such as t > 0, is said beside; other
                                        steps are shown(says, true) and argued("says [by]")
    exact(route, true, cases="which")   a certificate: a truth value for the cases that are named;
                                        of several it is every(...), which is unknown for none;
                                        equations for named cases alone make one, too
    agree(route, one, two, "which")     numbers that are equal within their radii: plain ones, or an
                                        `Estimate(value, radius, kind)` of perturbtheory.estimate;
                                        relative to their size, or to a `floor` where they may be 0:
                                        agree("sums", rows, 0, "rows", floor=1)
    positive(route, margin, "which")    numbers that are above zero by more than their radii, or
                                        above others: positive(route, large, "which", than=small);
                                        what may be equal is decided by `exact`
    experiment(route, true, "which")    a case of what was trained or timed
    not_run(route, "which")             a case that was not; it leaves its part unknown
    witness(x=...)                      a counterexample

A truth value that is typed into a part leaves it unknown. What no rule can see is left to the
reader: whether the parts say what the statement says, a truth value that comes from elsewhere,
floats behind a certificate, one formula computed twice, numbers so small that both are zero, and
points that an identity leaves out.
"""

from perturbtheory.ledger._checks import argued as argued
from perturbtheory.ledger._checks import exact as exact
from perturbtheory.ledger._checks import experiment as experiment
from perturbtheory.ledger._checks import not_run as not_run
from perturbtheory.ledger._checks import shown as shown
from perturbtheory.ledger._checks import sign as sign
from perturbtheory.ledger._checks import witness as witness
from perturbtheory.ledger._claim import BUDGETS as BUDGETS
from perturbtheory.ledger._claim import FULL as FULL
from perturbtheory.ledger._claim import QUICK as QUICK
from perturbtheory.ledger._claim import REGISTRY as REGISTRY
from perturbtheory.ledger._claim import Budget as Budget
from perturbtheory.ledger._claim import Claim as Claim
from perturbtheory.ledger._claim import registered_by as registered_by
from perturbtheory.ledger._equations import Equation as Equation
from perturbtheory.ledger._equations import carried_out as carried_out
from perturbtheory.ledger._equations import difference as difference
from perturbtheory.ledger._equations import eq as eq
from perturbtheory.ledger._equations import identity as identity
from perturbtheory.ledger._evidence import KINDS as KINDS
from perturbtheory.ledger._evidence import Check as Check
from perturbtheory.ledger._evidence import Kind as Kind
from perturbtheory.ledger._evidence import Outcome as Outcome
from perturbtheory.ledger._evidence import Part as Part
from perturbtheory.ledger._evidence import Step as Step
from perturbtheory.ledger._evidence import Witness as Witness
from perturbtheory.ledger._evidence import every as every
from perturbtheory.ledger._numbers import agree as agree
from perturbtheory.ledger._numbers import positive as positive
from perturbtheory.ledger._premises import STANDING as STANDING
from perturbtheory.ledger._premises import rests_on as rests_on
from perturbtheory.ledger._premises import unsound as unsound
from perturbtheory.ledger._record import changes as changes
from perturbtheory.ledger._text import plain as plain
from perturbtheory.ledger._verdict import FAILED as FAILED
from perturbtheory.ledger._verdict import VERDICTS as VERDICTS
from perturbtheory.ledger._verdict import Result as Result
from perturbtheory.ledger._verdict import Verdict as Verdict
from perturbtheory.ledger._verdict import from_json as from_json
from perturbtheory.ledger._verdict import line_in as line_in
from perturbtheory.ledger._verdict import run as run
from perturbtheory.ledger._words import in_words as in_words
from perturbtheory.ledger._words import quantity as quantity
