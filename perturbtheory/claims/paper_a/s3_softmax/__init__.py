"""Section 3.1: the softmax family."""

ORDER = (
    "softmax",
    "softmax_sets",
    "minimal_condition",
    "gauge_sets",
    "gauge_sequences",
    "log_sum_exp",
    "linear_constraints",
)
