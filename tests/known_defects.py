"""What is known to be wrong: strict expected failures, with the reason; meant to be empty.

A key is the name of a test, or its beginning. A test that passes again fails the suite, so that its
entry is taken out.
"""

_DIGITS = "a scipy law with a pole or a kink far from zero loses digits of the distance to it"
_NODES = "under JAX a fixed number of nodes leaves 1e-10 where masks leave one category"
_UNITS = "a law kept as a table is not the same to the last bit in another unit"
_SHIFT = "test_a_shift_of_a_law_is_a_shift_of_the_value"
KNOWN_DEFECTS = {
    f"{_SHIFT}[-100.0-gamma-0.2]": _DIGITS,
    f"{_SHIFT}[-100.0-arcsine]": _DIGITS,
    f"{_SHIFT}[-100.0-weibull-0.5]": _DIGITS,
    f"{_SHIFT}[-100.0-weibull-max-0.5]": _DIGITS,
    f"{_SHIFT}[10000.0-beta]": _DIGITS,
    f"{_SHIFT}[10000.0-arcsine]": _DIGITS,
    f"{_SHIFT}[10000.0-weibull-max-0.5]": _DIGITS,
    "test_units_are_exact[scipy-skewnorm]": _UNITS,
    "test_units_are_exact[laplace+0.05G]": _UNITS,
    "test_both_worlds_agree[gumbel-min]": _NODES,
    "test_both_worlds_agree[logistic]": _NODES,
    "test_gradients_of_log_probabilities[normal]": (
        "under JAX the gradient of a log-probability is zero where the probability underflows"
    ),
}
