"""Laws of the call of a gradient estimator: keys, shapes, what is traced, what is wrong."""

from typing import Any

import numpy as np

from perturbtheory.testing.laws._defects import Defect, close, ensure
from perturbtheory.testing.laws._estimators import (
    CHECKED,
    SURROGATE,
    Subject,
    estimates,
    joint,
)
from perturbtheory.testing.laws._law import law

_SEED = 20


def _key() -> Any:
    import jax

    return jax.random.key(_SEED)


@law("shape and dtype", r"v \in \mathbb{R}^{\text{shape of } \theta}")
def shape_and_dtype(subject: Subject) -> None:
    """An estimate has the shape and the dtype of theta, in 32 bits and in those that JAX has."""
    import jax
    import jax.numpy as jnp

    theta, values = subject.rows()
    several = subject.several()
    for dtype in (jnp.float32, jnp.asarray(theta).dtype):
        for numbers, f in ((theta, jnp.asarray(values, dtype)), (several, joint)):
            at = jnp.asarray(numbers, dtype)
            out = jax.eval_shape(lambda k, t, f=f: subject.estimator(k, t, f), _key(), at)
            got, want = (out.shape, str(out.dtype)), (at.shape, str(at.dtype))
            ensure(f"an estimate is {got} for theta of {want}", got == want)


@law("key", r"v = v(\text{key})")
def key(subject: Subject) -> None:
    """An estimate is finite and a function of its key, which matters if `random` is declared."""
    import jax

    theta = subject.several()
    drawn = estimates(subject, theta, joint, _SEED)
    again = np.asarray(
        jax.jit(lambda k: subject.estimator(k, theta, joint))(
            jax.random.split(_key(), len(drawn))[7]
        )
    )
    ensure("an estimate is not finite", np.isfinite(drawn).all())
    slack = 1e4 * float(np.finfo(drawn.dtype).eps) * float(np.abs(drawn).max())
    close("an estimate by the same key", again, drawn[7], atol=slack)
    moves = bool(np.ptp(drawn, axis=0).max() > slack)
    declared = bool(subject.declared("random"))
    ensure(
        f"`random` is declared {declared}, and estimates differ by key: {moves}", moves == declared
    )


@law("compiled", r"v = \mathrm{jit}(v)")
def compiled(subject: Subject) -> None:
    """An estimate that is not compiled is the one that is."""
    import jax
    import jax.numpy as jnp

    theta, values = (jnp.asarray(a) for a in subject.rows())
    eager = subject.estimator(_key(), theta, values)
    # A function of our own: JAX keeps no reference to the `__call__` of another's.
    called = jax.jit(lambda k, t, v: subject.estimator(k, t, v))  # noqa: PLW0108
    found = called(_key(), theta, values)
    slack = 1e4 * float(jnp.finfo(theta.dtype).eps)
    close("the compiled estimate", np.asarray(found), np.asarray(eager), rtol=slack, atol=slack)


@law("rows are apart", r"v_b = v(\theta_b)")
def rows_apart(subject: Subject) -> None:
    """What one element of a batch is changes no other: neither logits nor infinities."""
    theta = subject.several()
    drawn = estimates(subject, theta, joint, _SEED)
    slack = 1e5 * float(np.finfo(drawn.dtype).eps)
    for what, by in (("another theta", 0.5), ("an infinite theta", np.inf)):
        moved = theta.copy()
        moved[0, 0, 0] += by
        found = estimates(subject, moved, joint, _SEED)
        words = f"the second element of a batch, after {what} in the first,"
        close(words, found[:, 1], drawn[:, 1], rtol=slack, atol=slack)
    if CHECKED.met(subject):
        words = "an infinite theta in a traced call gives a number, not NaN"
        ensure(words, np.isnan(found[:, 0]).all())


@law("surrogate", r"\nabla_\theta\, s = v,\quad s = f(z)", SURROGATE)
def surrogate(subject: Subject) -> None:
    """The surrogate has the estimate as its slope in theta, and f at one z as its value."""
    import jax
    import jax.numpy as jnp

    theta, values = (jnp.asarray(a) for a in subject.rows())
    rule = subject.estimator

    @jax.jit
    def all_of_it(theta: Any, values: Any) -> Any:
        def total(theta: Any, values: Any) -> Any:
            value = rule.surrogate(_key(), theta, values)
            return jnp.sum(value), value

        slopes, value = jax.grad(total, (0, 1), has_aux=True)(theta, values)
        return value, *slopes, rule(_key(), theta, values)

    value, slope, z, estimate = (np.asarray(a, float) for a in all_of_it(theta, values))
    eps = float(jnp.finfo(theta.dtype).eps)
    close("the slope in theta", slope, estimate, rtol=1e-5, atol=1e4 * eps)
    # <values, z> is linear in the values: its slope is z, on the simplex.
    close("the sum of the slope in the values", z.sum(-1), 1.0, rtol=1e4 * eps)
    ensure("the slope in the values leaves the simplex", z >= -1e4 * eps)
    close("the value", value, np.sum(z * np.asarray(values), -1), rtol=1e4 * eps, atol=1e4 * eps)


@law("bad input", r"\text{an error that names the argument}", CHECKED)
def bad_input(subject: Subject) -> None:
    """A key, logits and values that are known to be wrong are refused in words, by their names."""
    theta, values = subject.rows()
    wrong = theta.copy()
    wrong[0, 0] = np.nan
    cases = [("theta", (_key(), wrong, values)), ("f", (_key(), theta, np.zeros((7, 5))))]
    cases.append(("f", (_key(), theta, values * np.nan)))
    if subject.declared("random"):
        cases.append(("key", (None, theta, values)))
    for name, given in cases:
        try:
            subject.estimator(*given)
        except ValueError as error:
            ensure(f"the error does not name `{name}`: {error}", f"`{name}`" in str(error))
        else:
            words = f"`{name}` that is wrong is taken without a word"
            raise Defect(words)
