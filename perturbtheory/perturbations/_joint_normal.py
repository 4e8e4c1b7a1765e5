"""Normal noise of any covariance, for few categories."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from perturbtheory.checks import finite, parameter, require
from perturbtheory.numerics import draw, dtype_of_draws, floats, is_known, namespace, register
from perturbtheory.perturbations._dependent import AbstractDependentNoise
from perturbtheory.perturbations._normal import Normal

if TYPE_CHECKING:
    from jaxtyping import Float

    from perturbtheory.numerics import Array
    from perturbtheory.perturbations._base import Tail

MOST = 6
"""Categories: the time grows by a factor of about ten with each."""
_LARGEST = 1e300
_WAY_OUT = "pass a symmetric array of shape (d, d)"


@register
@dataclasses.dataclass(frozen=True, eq=False)
class JointNormal(AbstractDependentNoise):
    r"""gamma ~ N(0, covariance), for up to six categories: the multinomial probit.

    Probabilities are orthant probabilities of differences, by Plackett's identity, and f follows
    from them by integration by parts. They are right to 1e-14 of one where deviations of
    differences are of one size, and lose digits by the largest over the smallest; radii hold. Small
    p_i keep their digits unless they are differences of larger numbers, as negative correlations
    between differences make them. Where fewer than half are left log p and `score` are refused, and
    NaN under JAX. A value takes 1 ms for four categories, 10 ms for five and 0.1 s for six. The
    coordinates are dependent, so that this is no `AbstractPerturbation`; `expected_max` takes it.
    `FactorNoise` is the same law in factor form, for any number of categories; see
    `correlated_normal`. Under JAX value, probabilities and Hessian have derivatives of every order
    in the covariance, whose symmetric part counts.

    Args:
        covariance: symmetric, of shape ``(d, d)``. Only variances of differences matter, so that
            it may be singular as long as they, and those of their combinations, are not.

    Raises:
        ValueError: for a matrix of another form or with more than six rows, and for one under
            which a combination of differences has no variance.

    Example:
        >>> import perturbtheory as pt
        >>> noise = pt.JointNormal([[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 1.0]])
        >>> pt.expected_max(noise).probabilities([0.0, 0.0, 0.0]).round(4).tolist()
        [0.3075, 0.3075, 0.385]
    """

    covariance: Float[Array, "d d"]

    form: ClassVar[str] = "orthants"
    tail: ClassVar[Tail] = "gaussian"
    formula: ClassVar[str] = r"\gamma \sim \mathrm{N}(0, \Sigma)"

    def __post_init__(self) -> None:
        matrix = parameter("covariance", self.covariance)
        require("covariance", matrix, finite, "be finite", _WAY_OUT, most=2)
        shape = np.shape(matrix)
        if len(shape) != 2 or shape[0] != shape[1]:
            msg = f"`covariance` must be square, got shape {shape}; {_WAY_OUT}"
            raise ValueError(msg)
        if shape[0] > MOST:
            msg = (
                f"`covariance` must have at most {MOST} rows, got {shape[0]}; bring it to few "
                "factors with `correlated_normal`, or pass `FactorNoise` those that matter"
            )
            raise ValueError(msg)
        if is_known(matrix):
            require_covariance(np.asarray(matrix, float))
        object.__setattr__(self, "covariance", matrix)

    @property
    def shape(self) -> tuple[int, ...]:
        """``(d,)``."""
        return np.shape(self.covariance)[:1]

    @property
    def valid(self) -> Array:
        """Whether the matrix is finite and symmetric, and differences have variances."""
        xp, matrix = floats(self.covariance)
        diagonal = xp.diagonal(matrix)
        spread = (
            diagonal[:, None] + diagonal - 2 * matrix + xp.eye(matrix.shape[0], dtype=matrix.dtype)
        )
        off = xp.max(xp.abs(matrix - matrix.T))
        symmetric = off <= 16 * xp.finfo(matrix.dtype).eps * xp.max(xp.abs(matrix))
        return xp.all(xp.isfinite(matrix)) & symmetric & xp.all(spread > 0)

    @property
    def finite_mean(self) -> Array:
        """True."""
        return namespace(self.covariance).asarray(True)

    @property
    def mean(self) -> Float[Array, "d"]:
        """Zero."""
        return 0 * self.variance

    @property
    def variance(self) -> Float[Array, "d"]:
        """The diagonal."""
        xp, matrix = floats(self.covariance)
        return xp.diagonal(matrix)

    @property
    def resolution(self) -> Float[Array, ""]:
        """The least deviation of a combination, of length one, of differences."""
        xp, matrix = floats(self.covariance)
        d = matrix.shape[0]
        if d == 1:
            return xp.ones((), matrix.dtype)
        values = xp.linalg.eigvalsh(_of_differences(xp, matrix))
        return xp.sqrt(xp.maximum(values[0], 0.0))

    @property
    def accuracy(self) -> tuple[float, float]:
        """That of normal noise."""
        return Normal().accuracy

    def margins(self) -> tuple[Normal, Any]:
        """(standard normal, the deviations of coordinates from their mean)."""
        xp, matrix = floats(self.covariance)
        return Normal(), xp.sqrt(2 * xp.diagonal(without_mean(xp, matrix)))

    def sample(self, key: Any, shape: tuple[int, ...]) -> Float[Array, "..."]:
        """Draws of the given shape, whose last axis is the coordinate.

        `key` is a `numpy.random.Generator`, which draws in NumPy, or a JAX key.
        """
        dtype = dtype_of_draws(key, self.covariance)
        self.require_coordinates(shape)
        xp, z, matrix = floats(draw(key, "normal", shape, dtype), self.covariance)
        if xp.traced:  # a root that has derivatives, of a law that rounding would not tell apart
            matrix = (matrix + matrix.T) / 2
            tiny = 16 * xp.finfo(z.dtype).eps * xp.max(xp.diagonal(matrix))
            return z @ xp.linalg.cholesky(matrix + tiny * xp.eye(matrix.shape[0], dtype=z.dtype)).T
        values, vectors = xp.linalg.eigh(matrix)
        return (z * xp.sqrt(xp.maximum(values, 0.0))) @ vectors.T

    def take(self, keep: Any) -> Self:
        """The law of the coordinates at which the boolean array `keep` is True."""
        return self._with(self.covariance[keep][:, keep])

    def rescaled(self, power: int) -> Self:
        """The law of 2^power times this."""
        return self._with(np.ldexp(self.covariance, 2 * power))

    def widened(self, by: float) -> Self:
        """The law of gamma plus independent normal noise of this deviation."""
        return self._with(self.covariance + by**2 * np.eye(self.shape[0]))

    def smoothed(self, temperature: Any) -> Self:
        """Raise ValueError: given the Gumbel noise the law has another form."""
        msg = (
            f"`JointNormal` noise has no formula at a temperature, got {temperature} and {self}; "
            "use `FactorNoise` over `smoothed(Normal(scale), temperature)`, with the factors of "
            "the covariance"
        )
        raise ValueError(msg)

    def prepare(self, dtype: Any) -> Self:
        """The matrix in one dtype, for the compiled engine."""
        return self._with(namespace(self.covariance).asarray(self.covariance, dtype))

    def _with(self, covariance: Any) -> Self:
        """Not through the constructor: parts of what has been checked need no check."""
        made = object.__new__(type(self))
        object.__setattr__(made, "covariance", covariance)
        return made


def variances(matrix: np.ndarray) -> tuple[float, float]:
    """The least variance of a combination, of length one, of differences, and a bound on all."""
    if len(matrix) == 1:
        return 1.0, 1.0
    values = np.linalg.eigvalsh(_of_differences(namespace(), matrix))
    return float(values[0]), float(values[-1])


def _of_differences(xp: Any, matrix: Any) -> Any:
    """The covariance of coordinates without their mean, which is put aside."""
    centred = without_mean(xp, matrix)
    return (centred + centred.T) / 2 + xp.max(xp.abs(centred))


def without_mean(xp: Any, matrix: Any) -> Any:
    """The covariance of gamma_i - mean gamma: what is added to rows and columns drops out."""
    centred = matrix - xp.mean(matrix, 0)
    return centred - xp.mean(centred, 1)[:, None]


def require_covariance(matrix: np.ndarray) -> None:
    """Raise ValueError for a matrix that is no covariance, or one of differences without one."""
    size = float(np.max(np.abs(matrix), initial=0.0))
    if not size < _LARGEST:
        msg = f"`covariance` must have entries below {_LARGEST:g}, got {size:.3g}; rescale it"
        raise ValueError(msg)
    unit = matrix / size if size else matrix
    off = float(np.max(np.abs(unit - unit.T), initial=0.0)) * size
    if off > 1e-12 * size:
        msg = f"`covariance` must be symmetric, got entries {off:.3g} apart; {_WAY_OUT}"
        raise ValueError(msg)
    lowest = float(np.linalg.eigvalsh(unit)[0]) * size
    if lowest < -1e-12 * size:
        msg = (
            f"`covariance` must have no negative eigenvalue, got {lowest:.3g} of {matrix}; check "
            "its entries"
        )
        raise ValueError(msg)
    least, most = variances(unit)
    if not least > 1e-13 * most:
        msg = (
            "`covariance` must give every combination of differences of coordinates a positive "
            f"variance, got {matrix}, under which one has {max(least * size, 0.0):.3g}; add to "
            "the diagonal"
        )
        raise ValueError(msg)
