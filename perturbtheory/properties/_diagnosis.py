"""Everything about one perturbation: its row of Table 1 of paper A, with the evidence."""

import functools

import numpy as np

from perturbtheory.perturbations import AbstractPerturbation
from perturbtheory.potential import Potential, expected_logsumexp, expected_max
from perturbtheory.properties._bounds import gaussian_bound, gumbel_bound
from perturbtheory.properties._check import Check
from perturbtheory.properties._completeness import completeness
from perturbtheory.properties._concentration import concentration, rate
from perturbtheory.properties._declarations import check_declarations
from perturbtheory.properties._identifiability import minimality, one_to_one, single_valued
from perturbtheory.properties._parameter_sets import active_region, gauge
from perturbtheory.properties._peers import peers_of
from perturbtheory.properties._polyhedron import Polyhedron
from perturbtheory.properties._results import Diagnosis, Row
from perturbtheory.properties._shape import law_in_numpy


def diagnose(
    perturbation: AbstractPerturbation, *, temperature: float = 1.0, dimension: int | None = None
) -> Diagnosis:
    """The row of Table 1 of paper A for any perturbation, a user's own included, with evidence.

    Every cell is the outcome of a checker over {theta in R^d : sum theta = 0}: completeness,
    identifiability in the paper's three senses and minimality, for Perturb-Softmax at
    `temperature` and for Perturb-Argmax; with tails, curvature and gradient noise at theta = 0,
    beside normal and Gumbel noise of the same variance. Statements are about this d: the length of
    per-coordinate parameters, and by default 3 where there are none.

    Raises TypeError unless `perturbation` is one; ValueError for temperature <= 0, dimension < 2 or
    another than that of the parameters, and where the perturbation's own functions contradict each
    other or its declarations.

    Example:
        >>> import perturbtheory as pt
        >>> row = pt.diagnose(pt.Uniform()).rows[1]
        >>> row.checks["completeness"].outcome, row.checks["one-to-one"].outcome
        ('holds', 'fails')
    """
    perturbation = law_in_numpy(perturbation)
    argmax = expected_max(perturbation)
    if dimension is None:
        dimension = (*perturbation.shape, 3)[0]
    require_dimension(dimension)
    check_declarations(perturbation, dimension)
    rows = (
        _row(expected_logsumexp(perturbation, temperature), dimension, temperature),
        _row(argmax, dimension, 0.0),
    )
    peers: dict[str, tuple[Row, Row]] = {}
    bounds: dict[str, Check] = {}
    laws = peers_of(perturbation)
    for name, peer in laws.items():
        soft = expected_logsumexp(peer, temperature)
        peers[name] = (
            _row(soft, dimension, temperature, evidence=False),
            _row(expected_max(peer), dimension, 0.0, evidence=False),
        )
    if laws:
        bounds = {
            name: concentration(
                perturbation, bound, sigma=float(laws[peer].scale), dimension=dimension
            )
            for name, bound, peer in (
                ("gaussian", gaussian_bound, "normal"),
                ("gumbel", gumbel_bound, "gumbel"),
            )
        }
    tail = rate(perturbation, dimension=dimension) if bool(perturbation.finite_mean) else None
    name = describe(perturbation)
    return Diagnosis(name, dimension, float(temperature), rows, tail, bounds, peers, perturbation)


def _row(f: Potential, d: int, temperature: float, *, evidence: bool = True) -> Row:
    theta, checks, inner = np.zeros(d), {}, None
    if evidence:
        checks, region = cells(f, d), _active_region(f, d)
        inner = None if region is None else one_to_one(f, region)
    # Coordinates of one law win equally often.
    p = np.asarray(f.probabilities(theta)) if f.noise.shape else np.full(d, 1 / d)
    hessian = np.zeros((d, d))
    if f.noise.continuous:
        hessian = np.asarray(f.hessian(theta))
    model = f"Perturb-Softmax, t = {temperature:g}" if temperature else "Perturb-Argmax"
    # E[s_i^2] = p_i - t H_ii, because E[s_i s_j] = -t H_ij; at t = 0 a sample is one-hot.
    noise = 1 - float(p @ p) - temperature * float(np.trace(hessian))
    return Row(model, checks, inner, float(np.linalg.eigvalsh(hessian)[1]), noise)


# What linear programs say about the set is found once.
_gauge = functools.cache(gauge)


def cells(f: Potential, d: int) -> dict[str, Check]:
    """A `Check` for every column of Table 1, over {theta in R^d : sum theta = 0}.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory import properties
        >>> f = pt.expected_max(pt.Uniform())
        >>> properties.cells(f, 2)["completeness"].outcome
        'holds'
    """
    over = _gauge(d)
    complete, minimal = completeness(f, over), minimality(f, over)
    both = min((complete, minimal), key=lambda c: ("fails", "unknown", "holds").index(c.outcome))
    statement = f"{over.name}, d = {d}, is complete and minimal"
    return {
        "completeness": complete,
        "closed simplex": completeness(f, over, target="simplex"),
        "single-valued": single_valued(f, over),
        "one-to-one": one_to_one(f, over),
        "minimality": minimal,
        "complete and minimal": Check(
            both.outcome, statement, both.method, both.margin, both.witness
        ),
    }


def _active_region(f: Potential, d: int) -> Polyhedron | None:
    shape = check_declarations(f.noise, d)
    return None if shape.unbounded or shape.atoms else active_region(shape.widths)


def require_dimension(dimension: int) -> None:
    """Raise ValueError unless there are at least two categories."""
    if isinstance(dimension, bool) or not isinstance(dimension, int) or dimension < 2:
        msg = f"`dimension` must be an int >= 2, got {dimension!r}; one category needs no theta"
        raise ValueError(msg)


def describe(perturbation: AbstractPerturbation) -> str:
    """The perturbation as one would write it.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory import properties
        >>> properties.describe(pt.Normal(2.0))
        'Normal(scale=2.0)'
    """
    return perturbation.described()
