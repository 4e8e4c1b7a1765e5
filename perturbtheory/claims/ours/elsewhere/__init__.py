"""Statements of others."""

ORDER = ("reinmax", "gumbel_rao", "gapped", "antithetic", "permute_and_flip")
