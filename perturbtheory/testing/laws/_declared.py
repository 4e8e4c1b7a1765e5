"""Laws of the form of a perturbation: what it is in Python, in NumPy and in JAX."""

import dataclasses
from typing import Any

import numpy as np

from perturbtheory.numerics import leaves
from perturbtheory.perturbations import AbstractPerturbation
from perturbtheory.properties import check_declarations
from perturbtheory.testing.laws._coordinates import coordinates, grid
from perturbtheory.testing.laws._defects import Defect, close, ensure
from perturbtheory.testing.laws._law import law
from perturbtheory.testing.laws._needs import DENSITY, DIFFERENTIABLE

_FUNCTIONS = ("log_pdf", "log_cdf", "log_sf")
_TAILS = ("none", "gaussian", "exponential", "polynomial")


@law("form", r"\text{a registered, frozen dataclass}")
def form(noise: AbstractPerturbation) -> None:
    """It is a registered frozen dataclass that hashes by identity and declares what it must."""
    kind = type(noise)
    ensure(
        "it is no dataclass; put @dataclasses.dataclass above it", dataclasses.is_dataclass(noise)
    )
    parameters: Any = getattr(kind, "__dataclass_params__", None)
    ensure("it is not frozen; pass frozen=True to its dataclass", parameters.frozen)
    ensure("it is compared by value; pass eq=False to its dataclass", not parameters.eq)
    registered = all(leaf is not noise for leaf in leaves(noise))
    ensure("it is not registered; put @pt.register above it", registered)
    ensure(
        f"`tail` is {noise.tail!r}, and must be one of {', '.join(_TAILS)}", noise.tail in _TAILS
    )
    for name in ("continuous", "smooth", "positive", "differentiable"):
        declared = getattr(noise, name)
        ensure(f"`{name}` is {declared!r}, and must be True or False", isinstance(declared, bool))
    ensure(
        f"`kinks` is {noise.kinks!r}, and must be a tuple of numbers",
        isinstance(noise.kinks, tuple),
    )
    ensure(
        "`continuous` is False, and there are no `atoms` and `weights`",
        noise.continuous or (hasattr(noise, "atoms") and hasattr(noise, "weights")),
    )
    ensure("`valid` is false: a parameter is not finite", bool(noise.valid))


@law(
    "declarations",
    r"F + S = 1,\; F(b) - F(a) = \int_a^b f,\; f = 0 \text{ off } [l, u]",
    DENSITY,
    presumes=("complements", "density", "support", "mean", "variance"),
)
def declarations(noise: AbstractPerturbation) -> None:
    """It passes the check that every property asks for first, `properties.check_declarations`."""
    try:
        check_declarations(noise)
    except ValueError as error:
        raise Defect(str(error)) from error


def _points(noise: AbstractPerturbation) -> np.ndarray:
    """Ten points in the bulk, as the methods of the noise take them: (n,) or (n, d)."""
    rows = [grid(one)[1:-1] for one in coordinates(noise)]
    inner = [x[np.linspace(len(x) // 4, 3 * len(x) // 4, 10).astype(int)] for x in rows]
    if not noise.shape:
        return inner[0]
    chosen = np.linspace(0, len(inner) - 1, noise.shape[0]).round().astype(int)
    return np.stack([inner[i] for i in chosen], -1)


@law("both libraries", r"\text{NumPy} = \text{JAX}", DENSITY)
def both_libraries(noise: AbstractPerturbation) -> None:
    """The formulas give the numbers of NumPy in JAX."""
    import jax
    import jax.numpy as jnp

    x = _points(noise)
    there = jnp.asarray(x)
    x = np.asarray(there, float)  # the same numbers, where JAX has 32 bits
    eps = float(jnp.finfo(there.dtype).eps)
    try:
        compiled = jax.jit(lambda x: [getattr(noise, method)(x) for method in _FUNCTIONS])(there)
    except jax.errors.TracerArrayConversionError as error:
        msg = (
            "its functions call NumPy or SciPy on an array of JAX; begin with "
            "`xp, x = pt.numerics.floats(x)` and take functions of xp, or expect this law to fail"
        )
        raise Defect(msg) from error
    for method, found in zip(_FUNCTIONS, compiled, strict=True):
        expected = np.asarray(getattr(noise, method)(x))
        slack = 1e5 * eps
        close(f"`{method}` in JAX", np.asarray(found, float), expected, rtol=slack, atol=slack, x=x)


@law("slopes in JAX", r"\tfrac{d}{dx} \log F = f / F", DIFFERENTIABLE)
def slopes_in_jax(noise: AbstractPerturbation) -> None:
    """Derivatives by JAX of log F are the density over F, and of log S over S."""
    import jax
    import jax.numpy as jnp

    x = jnp.asarray(_points(noise))

    @jax.jit
    def slopes(x: Any) -> Any:
        both = (noise.log_cdf, noise.log_sf)
        values = [noise.log_pdf(x), *(function(x) for function in both)]
        return values, [jax.grad(lambda x, f=f: jnp.sum(f(x)))(x) for f in both]

    values, found = slopes(x)
    log_pdf, *logs = (np.asarray(v, float) for v in values)
    slack = max(1e-8, 1e5 * float(jnp.finfo(x.dtype).eps))
    signs = {"log_cdf": 1.0, "log_sf": -1.0}
    for (method, sign), log, slope in zip(signs.items(), logs, found, strict=True):
        expected = sign * np.exp(log_pdf - log)
        what, at = f"the slope of `{method}`", np.asarray(x)
        close(what, np.asarray(slope, float), expected, rtol=slack, atol=1e-12, x=at)
