"""What is known to be wrong: strict expected failures, with the reason; meant to be empty.

A key is the name of a test, or its beginning. A test that passes again fails the suite, so that its
entry is taken out.
"""

_NODES = "under JAX a fixed number of nodes leaves 1e-10 where masks leave one category"
KNOWN_DEFECTS = {
    "test_both_worlds_agree[gumbel-min]": _NODES,
    "test_both_worlds_agree[logistic]": _NODES,
    "test_gradients_of_log_probabilities[normal]": (
        "under JAX the gradient of a log-probability is zero where the probability underflows"
    ),
}
