"""The inverse map of discrete noise: a parameter whose subdifferential contains p.

Under finitely many atoms f is polyhedral. Kelley's method minimises f(theta) - <p, theta> over
the cuts found so far, a linear program, and adds the cuts at its solution; it ends after finitely
many steps at a theta with p in the subdifferential. Solutions are not unique; those returned are
vertices, whose differences are sums of differences of atoms.
"""

import numpy as np

from perturbtheory.potential._atomic import Atomic, Atoms
from perturbtheory.potential._subdifferential import of_atoms

_STEPS = 1000


def discrete_parameters(noise: Atomic, p: np.ndarray) -> tuple[np.ndarray, float]:
    """(theta, violation): theta of shape ``(d,)`` that minimises f(theta) - <p, theta>.

    Example:
        >>> import perturbtheory as pt
        >>> from perturbtheory import potential
        >>> import numpy as np
        >>> coin = pt.Discrete([-1, 1])
        >>> theta, violation = potential.discrete_parameters(coin, np.array([0.75, 0.25]))
        >>> float(violation)
        0.0
    """
    from scipy.optimize import linprog

    d = len(p)
    atoms = np.broadcast_to(noise.atoms, (d, np.shape(noise.atoms)[-1]))
    spread = float(np.max(atoms) - np.min(atoms)) or 1.0
    # The linear programs have absolute tolerances; a power of two rounds nothing.
    unit = 2.0 ** np.round(np.log2(spread))
    if unit != 1.0:
        scaled = Atoms(np.asarray(noise.atoms) / unit, np.asarray(noise.weights))
        theta, violation = discrete_parameters(scaled, p)
        return theta * unit, violation
    reach = spread
    theta, cuts, limits = np.zeros(d), [], []
    best, lowest = theta, np.inf
    for _ in range(_STEPS):
        cell = of_atoms(noise, theta)
        violation, excess = cell.violation(p)
        if violation < lowest:
            best, lowest = theta, violation
        if violation <= cell.tolerance:
            break
        height = value(noise, theta)
        # The cut towards the most violated set, and two more to speed it up.
        favoured = sorted(range(d), key=lambda i: i not in excess)
        for order in (favoured, range(d), range(d)[::-1]):
            slope = cell.vertex(order)
            cuts.append(np.append(slope - p, -1.0))
            limits.append(slope @ theta - height)
        bounds = [(0.0, 0.0), *[(-(d - 1) * reach, (d - 1) * reach)] * (d - 1), (None, None)]
        answer = linprog(
            np.append(np.zeros(d), 1.0), A_ub=np.array(cuts), b_ub=limits, bounds=bounds
        )
        if answer.x is None:
            break
        theta = _snapped(answer.x[:-1], atoms)
    return best, lowest


def value(noise: Atomic, theta: np.ndarray) -> float:
    """f(theta) = sum over values x of x P(max = x), in numpy."""
    atoms = np.broadcast_to(noise.atoms, (len(theta), np.shape(noise.atoms)[-1]))
    weights = np.broadcast_to(noise.weights, atoms.shape)
    position = theta[:, None] + atoms
    points = np.unique(position)
    below = position[:, :, None] <= points + 1e-14 * np.max(np.abs(points))
    cdf = (weights[:, :, None] * below).sum(1).prod(0)
    return float(points @ np.diff(np.concatenate([[0.0], cdf])))


def _snapped(theta: np.ndarray, atoms: np.ndarray) -> np.ndarray:
    """Theta with differences that are nearly differences of atoms made equal to them.

    A linear program returns 0.7999999999 for 0.8; ties exist at 0.8 only.
    """
    near = 1e-7 * max(1.0, float(np.max(np.abs(atoms))))
    out, settled = theta.copy(), [0]
    waiting = list(range(1, len(theta)))
    while waiting:
        found = None
        for i in waiting:
            for j in settled:
                options = out[j] + (atoms[j][:, None] - atoms[i]).ravel()
                closest = options[np.argmin(np.abs(options - theta[i]))]
                if abs(closest - theta[i]) < near:
                    found = (i, closest)
                    break
            if found:
                break
        if found is None:
            found = (waiting[0], theta[waiting[0]])
        out[found[0]] = found[1]
        settled.append(found[0])
        waiting.remove(found[0])
    return out
