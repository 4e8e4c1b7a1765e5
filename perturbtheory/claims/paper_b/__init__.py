"""Paper B."""

ORDER = ("s3_gumbel_max", "s3_direct", "s4_structured", "s5_experiments")
