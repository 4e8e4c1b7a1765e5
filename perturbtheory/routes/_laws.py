"""Densities, cdfs and tail bounds of single coordinates, in balls (`arb`, `acb`) or exact pieces.

A coordinate is theta_i + gamma_i. Its functions take a real or complex ball s and enclose the
function on all of it; on complex balls they are entire, or meromorphic (logistic), with a ball
that is not finite wherever it may hold a pole. Nothing imports `flint` before it is used.
"""

import abc
from fractions import Fraction
from typing import Any

Ball = Any
"""A `flint.arb` or `flint.acb`: python-flint has no type stubs."""


def ball(x: Fraction) -> Ball:
    """A real ball around an exact number."""
    from flint import arb, fmpq

    return arb(fmpq(x.numerator, x.denominator))


class Coordinate(abc.ABC):
    """theta + scale * Z for a log-concave Z with mean 0 and mode <= 0, in z = (s - theta) / scale.

    `above(s)` and `below(s)` bound int_s^inf (1 - F) and int_-inf^s F, for z >= 0 and z <= -1.
    """

    def __init__(self, theta: Fraction, scale: Fraction) -> None:
        """Constants are rounded to the precision in force: build it inside `ctx.workprec`."""
        self.theta, self.scale = ball(theta), ball(scale)
        self.mode = self.theta

    def z(self, s: Ball) -> Ball:
        return (s - self.theta) / self.scale

    @abc.abstractmethod
    def pdf(self, s: Ball) -> Ball:
        """The density at s."""

    @abc.abstractmethod
    def cdf(self, s: Ball) -> Ball:
        """F at s."""

    @abc.abstractmethod
    def sf(self, s: Ball) -> Ball:
        """1 - F without cancellation, on real balls."""

    @abc.abstractmethod
    def above(self, s: Ball) -> Ball:
        """A bound on int_s^inf (1 - F)."""

    @abc.abstractmethod
    def below(self, s: Ball) -> Ball:
        """A bound on int_-inf^s F."""

    def largest_from(self, s: Ball) -> Ball:
        """sup of the density on [s, inf): a log-concave density falls beyond its mode."""
        return self.pdf(s.max(self.mode))

    def largest_to(self, s: Ball) -> Ball:
        """sup of the density on (-inf, s]."""
        return self.pdf(s.min(self.mode))


class NormalCoordinate(Coordinate):
    """F = erfc(-z / sqrt 2) / 2."""

    def __init__(self, theta: Fraction, scale: Fraction) -> None:
        from flint import arb

        super().__init__(theta, scale)
        self.slope = 1 / (self.scale * arb(2).sqrt())
        self.top = 1 / (self.scale * (2 * arb.pi()).sqrt())

    def pdf(self, s: Ball) -> Ball:
        u = (s - self.theta) * self.slope
        return (-u * u).exp() * self.top

    def cdf(self, s: Ball) -> Ball:
        return ((self.theta - s) * self.slope).erfc() / 2

    def sf(self, s: Ball) -> Ball:
        return ((s - self.theta) * self.slope).erfc() / 2

    def above(self, s: Ball) -> Ball:
        # int_z^inf (1 - Phi) = phi(z) - z (1 - Phi(z)) <= phi(z) for z >= 0.
        return self.scale**2 * self.pdf(s)

    def below(self, s: Ball) -> Ball:
        return self.above(2 * self.theta - s)  # By symmetry.


class LogisticCoordinate(Coordinate):
    """F = 1 / (1 + e^-z), f = F (1 - F) / scale: poles at z = +-i pi, +-3 i pi, ..."""

    def pdf(self, s: Ball) -> Ball:
        z = self.z(s)
        return 1 / ((1 + z.exp()) * (1 + (-z).exp()) * self.scale)

    def cdf(self, s: Ball) -> Ball:
        return 1 / (1 + (-self.z(s)).exp())

    def sf(self, s: Ball) -> Ball:
        return 1 / (1 + self.z(s).exp())

    def above(self, s: Ball) -> Ball:
        # int_z^inf 1 / (1 + e^u) du = log(1 + e^-z) <= e^-z.
        return self.scale * (-self.z(s)).exp()

    def below(self, s: Ball) -> Ball:
        return self.scale * self.z(s).exp()  # By symmetry.


class GumbelCoordinate(Coordinate):
    """F = exp(-e^-y) with y = z + c, c = 0.5772...: entire, mode at y = 0."""

    def __init__(self, theta: Fraction, scale: Fraction) -> None:
        from flint import arb

        super().__init__(theta, scale)
        self.mode = self.theta - self.scale * arb.const_euler()

    def rate(self, s: Ball) -> Ball:
        return ((self.mode - s) / self.scale).exp()  # e^-y

    def pdf(self, s: Ball) -> Ball:
        rate = self.rate(s)
        return rate * (-rate).exp() / self.scale

    def cdf(self, s: Ball) -> Ball:
        return (-self.rate(s)).exp()

    def sf(self, s: Ball) -> Ball:
        return -(-self.rate(s)).expm1()

    def above(self, s: Ball) -> Ball:
        # 1 - exp(-e^-y) <= e^-y, whose integral over [y, inf) is e^-y.
        return self.scale * self.rate(s)

    def below(self, s: Ball) -> Ball:
        # int_-inf^y exp(-e^-u) du = E_1(e^-y) <= exp(-e^-y) / e^-y <= F for y <= 0; z <= -1.
        return self.scale * self.cdf(s)


class UniformCoordinate:
    """theta + gamma for gamma uniform on [low, high]: linear between its ends, in `fmpq_poly`."""

    def __init__(self, theta: Fraction, low: Fraction, high: Fraction) -> None:
        self.low, self.high = theta + low, theta + high

    def pdf(self, left: Fraction, right: Fraction) -> Any:
        """The density as a polynomial on [left, right], a piece with no end inside."""
        from flint import fmpq, fmpq_poly

        inside = self.low <= left and right <= self.high
        width = self.high - self.low
        return fmpq_poly([fmpq(width.denominator, width.numerator) if inside else 0])

    def cdf(self, left: Fraction, right: Fraction) -> Any:
        """The cdf as a polynomial on the same piece."""
        from flint import fmpq, fmpq_poly

        slope = self.pdf(left, right)
        line = slope * fmpq_poly([fmpq(-self.low.numerator, self.low.denominator), 1])
        return line if slope != 0 else fmpq_poly([int(self.high <= left)])
