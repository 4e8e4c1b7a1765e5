"""Laws that compare the engine with other ways to the same numbers: integrals, sums and draws."""

import itertools

import numpy as np

from perturbtheory.perturbations import AbstractPerturbation
from perturbtheory.potential import expected_max
from perturbtheory.routes import sampling
from perturbtheory.testing.laws._coordinates import Coordinate, coordinates, grid, nodes, unit
from perturbtheory.testing.laws._defects import Defect, close
from perturbtheory.testing.laws._inputs import Points
from perturbtheory.testing.laws._law import BETWEEN_KINKS, law, statistical
from perturbtheory.testing.laws._needs import ATOMS, DENSITY

_MOST = 5
"""Categories for which integrals and sums are carried out: so many of those that there are."""


def _each(noise: AbstractPerturbation, d: int) -> list[Coordinate]:
    ones = coordinates(noise)
    return ones if noise.shape else ones * d


def _few(noise: AbstractPerturbation, theta: np.ndarray) -> tuple[AbstractPerturbation, np.ndarray]:
    """Noise and theta of a few of the coordinates, for which the same law holds."""
    if len(theta) <= _MOST:
        return noise, theta
    keep = np.zeros(len(theta), bool)
    keep[np.linspace(0, len(theta) - 1, _MOST).astype(int)] = True
    return noise.take(keep), theta[keep]


@law(
    "integral",
    r"p_i = \int f_i(x - \theta_i) \prod_{j \ne i} F_j(x - \theta_j)\,dx",
    DENSITY,
    presumes=BETWEEN_KINKS,
    theta=Points(),
    most=4,
)
def integral(noise: AbstractPerturbation, theta: np.ndarray) -> str | None:
    """The probabilities are the integral that defines them, by another rule: to eleven digits."""
    noise, theta = _few(noise, theta)
    d, theta = len(theta), theta * unit(noise)
    ones = _each(noise, d)
    cuts = np.unique(np.concatenate([grid(one) + t for one, t in zip(ones, theta, strict=True)]))
    found = np.zeros(d)
    # Twelve nodes in cells cut by every grid are as good as thirty in one.
    points, weights = nodes(cuts, 12)
    log_cdf = [one.ask("log_cdf", points - t) for one, t in zip(ones, theta, strict=True)]
    for i, (one, t) in enumerate(zip(ones, theta, strict=True)):
        others = sum(log_cdf[j] for j in range(d) if j != i)
        log_pdf = one.ask("log_pdf", points - t)
        with np.errstate(invalid="ignore", over="ignore"):
            found[i] = np.sum(np.exp(log_pdf + others) * weights)
    p = expected_max(noise).probabilities(theta)
    close("p", p, found, atol=1e-11)
    return None


@law(
    "sum over atoms",
    r"p_i = \sum_{\gamma} P(\gamma)\, [\theta_i + \gamma_i > \theta_j + \gamma_j\ \forall j]",
    ATOMS,
    theta=Points(),
)
def sum_over_atoms(noise: AbstractPerturbation, theta: np.ndarray) -> str | None:
    """The probabilities and the value are sums over all joint atoms."""
    noise, theta = _few(noise, theta)
    theta = theta * unit(noise)
    laws = [
        [np.ravel(np.asarray(getattr(one.noise, name), float)) for name in ("atoms", "weights")]
        for one in _each(noise, len(theta))
    ]
    f, d = expected_max(noise), len(theta)
    if np.prod([len(a) for a, _ in laws]) > 10**5:
        return f"it has more than 100,000 joint atoms in {d} categories"
    value, p = 0.0, np.zeros(d)
    for places in itertools.product(*(range(len(a)) for a, _ in laws)):
        chance = np.prod([w[k] for (_, w), k in zip(laws, places, strict=True)])
        x = theta + np.array([a[k] for (a, _), k in zip(laws, places, strict=True)])
        value += chance * x.max()
        p += chance * (x == x.max()) / np.sum(x == x.max())
    close("f", f(theta), value, rtol=1e-13, atol=1e-13 * unit(noise))
    if not f.has_tie(theta):
        close("p", f.probabilities(theta), p, atol=1e-13)
    return None


@statistical("sampled probabilities", r"p_i = P(\arg\max(\theta + \gamma) = i)")
def sampled(noise: AbstractPerturbation, *, seed: int, rate: float) -> None:
    """The probabilities of the engine are those of draws, within a radius that holds."""
    d = noise.shape[0] if noise.shape else 4
    rng = np.random.default_rng(seed)
    for share in (0.3, 1.3):
        theta = share * unit(noise) * rng.normal(size=d)
        found = sampling.probabilities(noise, theta, seed=seed, samples=2**16, error_rate=rate / 2)
        p = np.asarray(expected_max(noise).probabilities(theta))
        if not found.contains(p):
            value, radius = np.asarray(found.value), np.asarray(found.radius)
            k = int(np.argmax(np.abs(p - value) / (radius + 1e-300)))
            words = (
                f"p is {p[k]:.6g} by the engine and {value[k]:.6g} by draws, within {radius[k]:.2g}"
            )
            raise Defect(words, theta=theta.tolist(), category=k)
