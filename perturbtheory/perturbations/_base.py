"""What a perturbation is: independent noise gamma_i that declares its mathematics."""

import abc
import dataclasses
import functools
import math
from typing import Any, ClassVar, Literal, NamedTuple, Self, TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

Tail = Literal["none", "gaussian", "exponential", "polynomial"]


Registered = TypeVar("Registered", bound=type)


def register(cls: Registered) -> Registered:
    """Make a frozen dataclass a JAX pytree whose structure names its class.

    Fields with metadata ``{"static": True}`` are part of the structure, all others are leaves.
    `jax.tree_util.register_dataclass` will not do: in JAX 0.10.2 the structures of two classes
    registered by it compare equal if they have as many fields, so that a function compiled for
    one law now and then serves another. Use it for perturbations of your own:
    ``@pt.register`` above ``@dataclasses.dataclass(frozen=True, eq=False)``.
    """
    fields = dataclasses.fields(cls)
    names = tuple(f.name for f in fields if not f.metadata.get("static", False))
    fixed = tuple(f.name for f in fields if f.metadata.get("static", False))

    def flatten_with_keys(node: Any) -> tuple[Any, Any]:
        children = tuple((jax.tree_util.GetAttrKey(n), getattr(node, n)) for n in names)
        return children, (cls, tuple(getattr(node, n) for n in fixed))

    def unflatten(structure: Any, children: Any) -> Any:
        # Not through the constructor: a gradient is a node of this class with any numbers in it.
        node = object.__new__(cls)
        for name, value in (
            *zip(names, children, strict=True),
            *zip(fixed, structure[1], strict=True),
        ):
            object.__setattr__(node, name, value)
        return node

    jax.tree_util.register_pytree_with_keys(cls, flatten_with_keys, unflatten)
    return cls


class Landmarks(NamedTuple):
    """Where the law of one coordinate changes its behaviour, relative to its location theta_i.

    Each array has shape ``(m, 1)``, or ``(m, d)`` where parameters differ between coordinates.
    A quadrature panel at distance D from a landmark may be max(1.5 width, (D - reach)+) wide.

    Attributes:
        location: centre of the landmark.
        width: the law is analytic this far into the complex plane around the landmark.
        reach: how far from the centre the width stays what it is; further out it may grow.
        kinks: which of the m landmarks a panel must end at: the density jumps or bends there.
    """

    location: Float[Array, "m #d"]
    width: Float[Array, "m #d"]
    reach: Float[Array, "m #d"]
    kinks: tuple[bool, ...]


def column(*values: Any) -> Float[Array, "m #d"]:
    """Stack scalars or per-coordinate vectors as the rows of an ``(m, 1)`` or ``(m, d)`` array."""
    return jnp.stack([jnp.atleast_1d(v) for v in jnp.broadcast_arrays(*map(jnp.asarray, values))])


class AbstractPerturbation(abc.ABC):
    """Noise gamma = (gamma_1, ..., gamma_d) with independent real coordinates.

    Parameters are scalars (independent, identically distributed coordinates) or vectors of
    shape ``(d,)`` (one value a coordinate). Points x have shape ``(..., d)`` or, where the
    parameters are scalars, any shape. Subclasses are final: frozen dataclasses under `register`.
    A new one needs `log_pdf`, `log_cdf`, `log_sf`,
    `mean`, `variance`, `sample` and its declarations; quantiles and quadrature follow.
    """

    tail: ClassVar[Tail] = "exponential"
    """How the heavier of the two tails decays."""
    continuous: ClassVar[bool] = True
    """Whether gamma_i has a density; where not, `atoms` says where its mass is."""
    smooth: ClassVar[bool] = True
    """Whether the density is differentiable on the whole line."""
    positive: ClassVar[bool] = True
    """Whether the density is positive on the whole line."""

    @property
    def support(self) -> tuple[Float[Array, "#d"], Float[Array, "#d"]]:
        """(l, u) with P(l_i <= gamma_i <= u_i) = 1, the tightest such; infinite by default."""
        return jnp.asarray(-jnp.inf), jnp.asarray(jnp.inf)

    @property
    @abc.abstractmethod
    def mean(self) -> Float[Array, "#d"]:
        """E[gamma_i]; infinite or NaN where there is no finite mean, see `finite_mean`."""

    @property
    @abc.abstractmethod
    def variance(self) -> Float[Array, "#d"]:
        """Var[gamma_i]; infinite where it diverges."""

    @property
    def finite_mean(self) -> Array:
        """Whether E|gamma_i| < infinity, for every coordinate."""
        return jnp.all(jnp.isfinite(self.mean))

    @property
    def valid(self) -> Array:
        """Whether every parameter is a finite number; traced parameters are only known late."""
        checks = [jnp.all(jnp.isfinite(leaf)) for leaf in jax.tree.leaves(self)]
        return jnp.all(jnp.stack(checks)) if checks else jnp.asarray(True)

    @property
    def shape(self) -> tuple[int, ...]:
        """() for identically distributed coordinates, (d,) where parameters differ."""
        return jnp.broadcast_shapes(*(jnp.shape(leaf) for leaf in jax.tree.leaves(self)))

    @abc.abstractmethod
    def log_pdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        """log f_i(x), minus infinity off the support."""

    @abc.abstractmethod
    def log_cdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        """log F_i(x) = log P(gamma_i <= x), accurate in both tails."""

    @abc.abstractmethod
    def log_sf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        """log S_i(x) = log P(gamma_i > x), accurate in both tails."""

    @abc.abstractmethod
    def sample(self, key: Array, shape: tuple[int, ...]) -> Float[Array, "..."]:
        """Independent draws of the given shape, whose last axis is the coordinate."""

    def cdf(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        """F_i(x) = P(gamma_i <= x)."""
        return jnp.exp(self.log_cdf(x))

    def log_cdf_and_rate(
        self, x: Float[Array, "..."]
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        """(log F_i(x), f_i(x) / F_i(x)): all that the quadrature of E[max] asks for.

        The second is the reversed hazard rate, the derivative of the first. Only called where
        F_i(x) > 0.
        """
        log_cdf, log_pdf = self.log_cdf(x), self.log_pdf(x)
        # A node may round onto the end of the support, where F is zero or f infinite.
        usable = jnp.isfinite(log_cdf) & jnp.isfinite(log_pdf)
        return log_cdf, jnp.where(usable, jnp.exp(log_pdf - jnp.where(usable, log_cdf, 0.0)), 0.0)

    def cdf_and_rate(
        self, x: Float[Array, "..."]
    ) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        """(F_i(x), f_i(x) / F_i(x)), where no digits of a small F are needed."""
        log_cdf, rate = self.log_cdf_and_rate(x)
        return jnp.exp(log_cdf), rate

    def log_quantile(self, level: float, *, upper: bool = False) -> Float[Array, "#d"]:
        """x with log F_i(x) = level, or with log S_i(x) = level if `upper`; level < 0.

        By bisection in u where x = sinh(u), which reaches every finite scale.
        """
        return bisect_log_quantile(self, jnp.asarray(level, float), upper)

    def log_quantiles(
        self, levels: tuple[float, ...], *, upper: bool = False
    ) -> Float[Array, "m #d"]:
        """`log_quantile` of every level, one a row."""
        return bisect_log_quantile(self, jnp.asarray(levels, float)[:, None], upper)

    def bracket(self, floor: float, ceiling: float) -> tuple[Array, Array]:
        """(x, y), scalars or of shape (d,), with log F_i(x) <= floor and log S_i(y) <= ceiling."""
        return self.log_quantile(floor), self.log_quantile(ceiling, upper=True)

    def quantile(self, q: Float[Array, "..."]) -> Float[Array, "..."]:
        """x with F_i(x) = q for 0 < q < 1, of the shape of q; by bisection unless overridden."""
        q = jnp.asarray(q)
        edge = 340.0 if q.dtype == jnp.float64 else 85.0
        shape = jnp.broadcast_shapes(q.shape, self.shape)

        def halve(_: int, bracket: tuple[Array, Array]) -> tuple[Array, Array]:
            low, high = bracket
            middle = (low + high) / 2
            x = jnp.sinh(middle)
            lower_half = self.log_cdf(x) < jnp.log(q)
            right = jnp.where(q < 0.5, lower_half, self.log_sf(x) > jnp.log1p(-q))
            return jnp.where(right, middle, low), jnp.where(right, high, middle)

        start = jnp.full(shape, edge, q.dtype)
        low, high = jax.lax.fori_loop(0, 64, halve, (-start, start))
        return jnp.sinh((low + high) / 2)

    def upper_partial_mean(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        """E[gamma_i; gamma_i > x] = x S_i(x) + int_x^inf S_i(y) dy, for x > 0 far in the tail.

        Only polynomial tails need it; by default the integral runs over 500 doublings of x.
        """
        nodes, weights = gauss_legendre(16)
        doublings = jnp.arange(500 if x.dtype == jnp.float64 else 60, dtype=x.dtype)
        left = x[..., None] * 2.0**doublings
        y = left[..., None] * jnp.asarray(1.5 + nodes / 2, x.dtype)
        survival = jnp.exp(self.log_sf(jnp.moveaxis(y, (-2, -1), (0, 1))))
        rest = jnp.moveaxis(survival, (0, 1), (-2, -1)) @ jnp.asarray(weights / 2, x.dtype)
        return x * jnp.exp(self.log_sf(x)) + jnp.sum(rest * left, -1)

    def trapezoid_nodes(self, dimension: int) -> int | None:  # noqa: ARG002
        """How many nodes of the trapezoidal rule reach rounding error for every theta, or None.

        A number needs an analytic law with light tails and scalar parameters; None means
        Gauss-Legendre on the panels that `landmarks` cut out.
        """
        return None

    def landmarks(self, dimension: int) -> Landmarks:  # noqa: ARG002
        """Where quadrature panels must be narrow; by default quantiles and what lies between."""
        levels = (-95.0, -60.0, -36.0, -20.0, -10.0, -5.0, -2.5, -1.2, -math.log(2.0))
        below = self.log_quantiles(levels)
        above = self.log_quantiles(levels[-2::-1], upper=True)
        location = jnp.concatenate([below, above])
        gap = jnp.diff(location, axis=0)
        inner = jnp.minimum(gap[1:], gap[:-1])
        width = jnp.concatenate([gap[:1], inner, gap[-1:]]) / 3
        low, high = (jnp.broadcast_to(end, location.shape[1:]) for end in self.support)
        ends = jnp.stack([low, high])
        # An infinite end is no landmark: park it on a quantile that is one already.
        ends = jnp.where(jnp.isfinite(ends), ends, location[jnp.asarray([0, -1])])
        location = jnp.concatenate([location, ends.astype(location.dtype)])
        width = jnp.concatenate([width, jnp.full_like(ends, jnp.inf)])
        kinks = (False,) * (len(location) - 2) + (True, True)
        return Landmarks(location, width, jnp.zeros_like(location), kinks)

    def astype(self, dtype: Any) -> Self:
        """The same perturbation with every parameter of the given dtype."""
        return jax.tree.map(lambda leaf: jnp.asarray(leaf, dtype), self)

    def prepare(self, dtype: Any) -> "AbstractPerturbation":
        """The form in which the engine takes this law: parameters of the given dtype.

        A law with a slow cdf may answer with a table of it.
        """
        return self.astype(dtype)


@functools.partial(jax.jit, static_argnums=2)
def bisect_log_quantile(noise: AbstractPerturbation, level: Array, upper: bool) -> Array:
    like = jnp.zeros(jnp.broadcast_shapes(level.shape, noise.shape), level.dtype)
    edge = 340.0 if like.dtype == jnp.float64 else 85.0

    def halve(_: int, bracket: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = bracket
        middle = (low + high) / 2
        x = jnp.sinh(middle)
        right = noise.log_sf(x) > level if upper else noise.log_cdf(x) < level
        return jnp.where(right, middle, low), jnp.where(right, high, middle)

    low, high = jax.lax.fori_loop(0, 64, halve, (like - edge, like + edge))
    return jnp.sinh((low + high) / 2)


def gauss_legendre(count: int) -> tuple[Any, Any]:
    """Nodes and weights of the Gauss-Legendre rule on [-1, 1] as float64 numpy arrays."""
    from numpy.polynomial.legendre import leggauss

    return leggauss(count)
