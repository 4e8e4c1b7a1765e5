"""Nested Gumbel noise: f is the logarithm of McFadden's generating function, p nested softmaxes.

With scale b = 1, shares a_im and dissimilarities lambda_m,

    I_m = log sum_i (a_im e^theta_i)^(1 / lambda_m),    f = log sum_m e^(lambda_m I_m),
    q_im = p(i | m) = (a_im e^theta_i)^(1 / lambda_m) e^(-I_m),    P_m = e^(lambda_m I_m - f),
    -H_ij = sum_m P_m q_im q_jm (1 / lambda_m - 1) + p_i p_j >= 0    for i != j.

Written against either array library, for theta of shape ``(d,)`` or for rows of it; JAX
differentiates it as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from perturbtheory.estimate import Kind
from perturbtheory.numerics import floats
from perturbtheory.potential.methods._pass import Pass

if TYPE_CHECKING:
    from jaxtyping import Float

    from perturbtheory.numerics import Array

kind: Kind = "closed form"
ROWS = ("value", "probabilities", "log_probabilities", "hessian", "hvp")
"""Questions that many rows of NumPy's answer at once, see `rows`."""


class _Tree(NamedTuple):
    """What all answers share, of shape (..., d, m), (..., m) or (...); zero where nothing is.

    Attributes:
        member: whether category i is open and has a share in nest m.
        utility: (theta_i - max theta) / b + log a_im.
        depth: how far that is below the largest of the nest, over lambda_m.
        log_within: log p(i | m).
        of_nest: lambda_m I_m, from max theta.
        some: whether a nest has an open category.
        log_nest: log p(m).
        total: f / b, from max theta.
        joint: p(m) p(i | m).
        log_p: log p_i.
    """

    xp: Any
    top: Any
    scale: Any
    dissimilarity: Any
    member: Any
    utility: Any
    depth: Any
    log_within: Any
    of_nest: Any
    some: Any
    log_nest: Any
    total: Any
    joint: Any
    log_p: Any


def _tree(noise: Any, theta: Float[Array, "... d"]) -> _Tree:
    xp, theta, shares, dissimilarity, scale = floats(
        theta, noise.nests, noise.dissimilarity, noise.scale
    )
    open_, top = theta > -xp.inf, xp.max(theta, -1)
    gap = (xp.where(open_, theta, top[..., None]) - top[..., None]) / scale
    gap = xp.maximum(gap, -xp.finfo(gap.dtype).max / 8)
    member = open_[..., None] & (shares > 0)
    utility = xp.where(member, gap[..., None] + xp.log(xp.where(member, shares, 1.0)), 0.0)
    some = xp.any(member, -2)
    # Differences first, for over a small lambda they are large: nothing cancels after that.
    peak = xp.where(some, xp.max(xp.where(member, utility, -xp.inf), -2), 0.0)
    depth = xp.where(member, (utility - peak[..., None, :]) / dissimilarity, 0.0)
    spread = xp.log(xp.where(some, xp.sum(xp.where(member, xp.exp(depth), 0.0), -2), 1.0))
    log_within = xp.where(member, depth - spread[..., None, :], 0.0)
    of_nest = xp.where(some, peak + dissimilarity * spread, 0.0)
    total = _log_sum(xp, of_nest, some, -1)
    log_nest = xp.where(some, of_nest - total[..., None], 0.0)
    log_joint = log_within + log_nest[..., None, :]
    joint = xp.where(member, xp.exp(xp.where(member, log_joint, 0.0)), 0.0)
    log_p = xp.where(open_, _log_sum(xp, log_joint, member, -1), -xp.inf)
    return _Tree(
        xp, top, scale, dissimilarity, member, utility, depth, log_within, of_nest, some, log_nest,
        total, joint, log_p,
    )  # fmt: skip


def _log_sum(xp: Any, x: Any, there: Any, axis: int) -> Any:
    """The logarithm of the sum of e^x over what is there; of nothing, zero."""
    top = xp.max(xp.where(there, x, -xp.inf), axis, keepdims=True)
    top = xp.where(top > -xp.inf, top, 0.0)
    total = xp.sum(xp.where(there, xp.exp(xp.where(there, x - top, 0.0)), 0.0), axis)
    return xp.squeeze(top, axis) + xp.log(xp.where(total > 0, total, 1.0))


def solve(
    noise: Any,
    theta: Float[Array, "d"],
    *,
    radius: bool = False,
    least: float = -np.inf,  # noqa: ARG001
) -> Pass:
    """f, p and log p; the radii follow the rounding of theta / lambda through both softmaxes."""
    tree = _tree(noise, theta)
    xp, p = tree.xp, tree.xp.exp(tree.log_p)
    value = tree.top + tree.scale * tree.total
    if not radius:
        return Pass(value, p, tree.log_p)
    of_total, of_log_p = _rounding(tree, p)
    eps, tiny = xp.finfo(p.dtype).eps, xp.finfo(p.dtype).tiny
    value_radius = tree.scale * of_total + 4 * eps * (
        xp.abs(tree.top) + tree.scale * xp.abs(tree.total)
    )
    p_radius = xp.minimum(xp.expm1(of_log_p) * p + tiny, 1.0)
    return Pass(value, p, tree.log_p, value_radius, p_radius)


def rows(question: str, noise: Any, *vectors: Float[np.ndarray, "... d"]) -> np.ndarray:
    """The answer to one of `ROWS` for every row, masks included."""
    lead, d = vectors[0].shape[:-1], vectors[0].shape[-1]
    flat = [v.reshape(-1, d) for v in vectors]
    size = max(1, _AT_ONCE // (d * max(d, np.shape(noise.nests)[1])))
    parts = [
        _answers(question, noise, *(v[k : k + size] for v in flat))
        for k in range(0, len(flat[0]), size)
    ]
    out = np.concatenate(parts)
    return out.reshape(lead + out.shape[1:])[()]


_AT_ONCE = 2**20
"""Numbers held at a time, about."""


def _answers(question: str, noise: Any, *vectors: np.ndarray) -> np.ndarray:
    if question in ("hessian", "hvp"):
        return {"hessian": hessian, "hvp": hvp}[question](noise, *vectors)
    return solve(noise, *vectors)[ROWS.index(question)]


def inverse(noise: Any, p: Float[np.ndarray, "d"]) -> Float[np.ndarray, "d"]:
    """theta with p(theta) = p > 0 where each category has one nest; near it where it has more.

    theta_i / b = lambda_m log p_i + (1 - lambda_m) log P_m, P_m the sum of p over its nest.
    """
    shares, dissimilarity = np.asarray(noise.nests), np.asarray(noise.dissimilarity)
    nest = np.log(np.maximum(p @ shares, 1e-300))
    each = dissimilarity * np.log(p)[:, None] + (1 - dissimilarity) * nest
    return float(noise.scale) * np.sum(shares * each, 1)


def _rounding(tree: _Tree, p: Any) -> tuple[Any, Any]:
    """Bounds on the errors of f / b and of log p, an ulp or two an operation, twice over."""
    xp, eps = tree.xp, tree.xp.finfo(p.dtype).eps
    within = _within(tree)
    nest = xp.where(tree.some, xp.exp(tree.log_nest), 0.0)
    sums = 4 + p.size**0.5
    of_utility = eps * (4 * xp.abs(tree.utility) + 2)
    peak = xp.max(xp.where(tree.member, of_utility, 0.0), 0)
    of_depth = (of_utility + peak) / tree.dissimilarity + eps * (2 * xp.abs(tree.depth) + sums)
    of_spread = xp.sum(within * of_depth, 0) + eps * sums
    of_within = of_depth + of_spread + eps * xp.abs(tree.log_within)
    of_nest = peak + tree.dissimilarity * of_spread + eps * xp.abs(tree.of_nest)
    of_total = nest @ of_nest + eps * (sums + 2 * xp.abs(tree.total))
    of_joint = of_within + of_nest + of_total + eps * xp.abs(tree.log_nest)
    shares = tree.joint / xp.where(p > 0, p, 1.0)[:, None]
    of_log_p = xp.sum(shares * of_joint, 1) + eps * (
        sums + 2 * xp.where(p > 0, xp.abs(tree.log_p), 0.0)
    )
    return 2 * of_total, 2 * of_log_p


def _weights(tree: _Tree, rows: Any) -> Any:
    """Row by row sum_m r_im q_jm (1 / lambda_m - 1) + sum_m r_im p_j, zero where i = j.

    With r the joint law of category and nest these are -b H_ij, with r = p(m | i) they are
    -b d log p_i / d theta_j.
    """
    xp = tree.xp
    within = _within(tree)
    shared = rows * (1 / tree.dissimilarity - 1)
    p = xp.exp(tree.log_p)[..., None, :]
    return shared @ xp.swapaxes(within, -1, -2) + xp.sum(rows, -1)[..., None] * p


def _within(tree: _Tree) -> Any:
    """p(i | m)."""
    return tree.xp.where(tree.member, tree.xp.exp(tree.log_within), 0.0)


def hessian(noise: Any, theta: Float[Array, "... d"]) -> Float[Array, "... d d"]:
    """H, whose diagonal is a sum of what stands beside it."""
    tree = _tree(noise, theta)
    xp, d = tree.xp, tree.joint.shape[-2]
    one = xp.eye(d, dtype=tree.joint.dtype)
    weight = _weights(tree, tree.joint)
    # Either triangle is right; their mean is symmetric to the last bit.
    weight = (weight + xp.swapaxes(weight, -1, -2)) / 2 * (1 - one) / tree.scale
    return xp.sum(weight, -1)[..., None] * one - weight


def hvp(
    noise: Any, theta: Float[Array, "... d"], v: Float[Array, "... d"]
) -> Float[Array, "... d"]:
    """H v, from differences of v to its means."""
    tree = _tree(noise, theta)
    xp = tree.xp
    of_nests = v[..., None] - xp.sum(_within(tree) * v[..., None], -2)[..., None, :]
    mean = xp.sum(xp.sum(tree.joint, -1) * v, -1)
    apart = (1 / tree.dissimilarity - 1) * of_nests + (v - mean[..., None])[..., None]
    return xp.sum(tree.joint * apart, -1) / tree.scale


def log_slopes(noise: Any, theta: Float[np.ndarray, "d"], which: Any) -> Float[np.ndarray, "n d"]:
    """d log p_i / d theta_j for i in `which`, however small p_i is."""
    tree = _tree(noise, theta)
    log_joint = np.where(tree.member, tree.log_within + tree.log_nest, -np.inf)
    given = np.exp(log_joint - tree.log_p[:, None])[which]
    weight = _weights(tree, given) / tree.scale
    rows = np.arange(len(which))
    weight[rows, which] = 0.0
    out = -weight
    out[rows, which] = weight.sum(1)
    return out


def anchored(noise: Any, theta: Float[Array, "d"]) -> Float[Array, ""]:
    """f(theta) - f(0), masked categories left out of both."""
    tree = _tree(noise, theta)
    origin = _tree(noise, tree.xp.where(theta > -tree.xp.inf, 0.0, theta))
    return tree.top + tree.scale * (tree.total - origin.total)


def tie(noise: Any, theta: Float[Array, "d"]) -> bool:  # noqa: ARG001
    """False: the maximum of continuous noise is at one coordinate alone."""
    return False
