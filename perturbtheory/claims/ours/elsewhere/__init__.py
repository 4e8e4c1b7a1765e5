"""Statements of others."""

ORDER = ("reinmax", "gumbel_rao", "antithetic", "permute_and_flip")
