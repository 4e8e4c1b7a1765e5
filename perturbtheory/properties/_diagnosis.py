"""Everything about one perturbation: its row of Table 1 of paper A, with the evidence."""

import math
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

from perturbtheory.perturbations import AbstractPerturbation, Discrete, Gumbel, Normal
from perturbtheory.potential import Potential, expected_logsumexp, expected_max
from perturbtheory.properties._check import Check
from perturbtheory.properties._completeness import completeness
from perturbtheory.properties._concentration import (
    Rate,
    concentration,
    gaussian_bound,
    gumbel_bound,
    rate,
)
from perturbtheory.properties._declarations import shape_of
from perturbtheory.properties._identifiability import minimality, one_to_one, single_valued
from perturbtheory.properties._parameter_sets import Polyhedron, active_region, gauge

COLUMNS = {
    "completeness": "every p > 0 is reached",
    "closed simplex": "every p is reached, zeros included",
    "single-valued": "one gradient at every theta: identifiable in the sense of 3.3 I",
    "one-to-one": "p determines theta up to a constant: identifiable in the sense of 3.3 III",
    "minimality": "p determines theta in the gauge: minimal in the sense of 3.1",
    "complete and minimal": "identifiable in the sense of 3.1",
}
"""The cells of a row and what each of them asks."""


@dataclass(frozen=True)
class Row:
    """One model of Table 1, Perturb-Softmax or Perturb-Argmax, for one perturbation.

    Attributes:
        model: its name, with the temperature.
        checks: a `Check` for every key of `COLUMNS`, over {sum theta = 0}.
        sub_domain: whether p determines theta up to a constant where all coordinates are active,
            {theta_k - theta_i <= u_i - l_k}; None where no coordinate can be inactive.
        curvature: the second smallest eigenvalue of the Hessian at theta = 0, a Fisher
            information about the direction that is hardest to learn; 0 under discrete noise.
        gradient_noise: trace of the covariance of one sample of argmax(gamma), or of
            softmax(gamma / t): 1 - |p|^2 - t tr H at theta = 0.
    """

    model: str
    checks: dict[str, Check]
    sub_domain: Check | None
    curvature: float
    gradient_noise: float


@dataclass(frozen=True)
class Diagnosis:
    """What `diagnose` found.

    Attributes:
        name: the perturbation.
        dimension: d.
        temperature: t of the Perturb-Softmax model.
        rows: Perturb-Softmax and Perturb-Argmax.
        tail: how P(gamma_1 - E gamma_1 >= t) decays; None without a mean.
        concentration: whether max gamma stays below the Gaussian and the Gumbel bound of section
            3.4 with the standard deviation of gamma_1 in the place of theirs; empty without one.
        peers: the rows of normal and Gumbel noise of the same variance; empty without a variance.
    """

    name: str
    dimension: int
    temperature: float
    rows: tuple[Row, Row]
    tail: Rate | None
    concentration: dict[str, Check]
    peers: dict[str, tuple[Row, Row]]

    def to_json(self) -> dict[str, Any]:
        """Plain numbers, lists and text."""
        return plain(self) | {"columns": COLUMNS}

    def __str__(self) -> str:
        from perturbtheory.properties import _display

        return _display.text(_display.diagnosis_tables(self))


def diagnose(
    perturbation: AbstractPerturbation, *, temperature: float = 1.0, dimension: int = 3
) -> Diagnosis:
    """The row of Table 1 of paper A for any perturbation, a user's own included, with evidence.

    Every cell is the outcome of a checker over {theta in R^d : sum theta = 0}: completeness,
    identifiability in the paper's three senses and minimality, for Perturb-Softmax at
    `temperature` and for Perturb-Argmax; with tails, curvature and gradient noise at theta = 0,
    beside normal and Gumbel noise of the same variance. Statements are about this d; per-coordinate
    parameters fix it.

    Raises TypeError unless `perturbation` is one; ValueError for temperature <= 0, dimension < 2,
    and where the perturbation's own functions contradict each other or its declarations.
    """
    argmax = expected_max(perturbation)
    require_dimension(dimension)
    if perturbation.shape:
        dimension = perturbation.shape[0]
    shape_of(perturbation, dimension)
    rows = (
        _row(expected_logsumexp(perturbation, temperature), dimension, temperature),
        _row(argmax, dimension, 0.0),
    )
    deviation = np.sqrt(np.max(np.asarray(perturbation.variance, float)))
    peers: dict[str, tuple[Row, Row]] = {}
    bounds: dict[str, Check] = {}
    if np.isfinite(deviation):
        gumbel = float(deviation) * math.sqrt(6) / math.pi
        for name, peer in (("normal", Normal(float(deviation))), ("gumbel", Gumbel(gumbel))):
            soft = expected_logsumexp(peer, temperature)
            peers[name] = (
                _row(soft, dimension, temperature, evidence=False),
                _row(expected_max(peer), dimension, 0.0, evidence=False),
            )
        bounds = {
            "gaussian": concentration(
                perturbation, gaussian_bound, sigma=float(deviation), dimension=dimension
            ),
            "gumbel": concentration(perturbation, gumbel_bound, sigma=gumbel, dimension=dimension),
        }
    tail = rate(perturbation, dimension=dimension) if bool(perturbation.finite_mean) else None
    name = describe(perturbation)
    return Diagnosis(name, dimension, float(temperature), rows, tail, bounds, peers)


def _row(f: Potential, d: int, temperature: float, *, evidence: bool = True) -> Row:
    theta, checks, inner = np.zeros(d), {}, None
    if evidence:
        checks, region = cells(f, d), _active_region(f, d)
        inner = None if region is None else one_to_one(f, region)
    # Coordinates of one law win equally often.
    p = np.asarray(f.probabilities(theta)) if f.noise.shape else np.full(d, 1 / d)
    hessian = np.zeros((d, d))
    if not isinstance(f.noise, Discrete):
        hessian = np.asarray(f.hessian(theta))
    model = f"Perturb-Softmax, t = {temperature:g}" if temperature else "Perturb-Argmax"
    # E[s_i^2] = p_i - t H_ii, because E[s_i s_j] = -t H_ij; at t = 0 a sample is one-hot.
    noise = 1 - float(p @ p) - temperature * float(np.trace(hessian))
    return Row(model, checks, inner, float(np.linalg.eigvalsh(hessian)[1]), noise)


def cells(f: Potential, d: int) -> dict[str, Check]:
    """A `Check` for every key of `COLUMNS`, over {theta in R^d : sum theta = 0}."""
    over = gauge(d)
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
    shape = shape_of(f.noise, d)
    return None if shape.unbounded or shape.atoms else active_region(shape.widths)


def require_dimension(dimension: int) -> None:
    """Raise ValueError unless there are at least two categories."""
    if isinstance(dimension, bool) or not isinstance(dimension, int) or dimension < 2:
        msg = f"`dimension` must be an int >= 2, got {dimension!r}; one category needs no theta"
        raise ValueError(msg)


def describe(perturbation: AbstractPerturbation) -> str:
    """The perturbation as one would write it."""
    law = getattr(perturbation, "distribution", None)
    if law is None and is_dataclass(perturbation):
        values = {f.name: getattr(perturbation, f.name) for f in fields(perturbation)}
        inside = [f"{k}={np.asarray(v).tolist()}" for k, v in values.items()]
        return f"{type(perturbation).__name__}({', '.join(inside)})"
    if law is None:
        return repr(perturbation)
    inside = [repr(a) for a in law.args] + [f"{k}={v!r}" for k, v in law.kwds.items()]
    return f"scipy.stats.{law.dist.name}({', '.join(inside)})"


def plain(value: Any) -> Any:
    """Dataclasses, tuples, arrays and numbers as JSON knows them; infinity as text."""
    if hasattr(value, "__dataclass_fields__"):
        return {k: plain(getattr(value, k)) for k in value.__dataclass_fields__}
    if hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, str | bool | int) or value is None:
        return value
    number = float(value)
    return number if math.isfinite(number) else str(number)
