"""Paper A."""

ORDER = (
    "s3_softmax",
    "s3_noise",
    "s3_convexity",
    "s4_perturb_softmax",
    "s5_perturb_argmax",
    "s9_examples",
    "table_1",
    "s6_experiments",
)
