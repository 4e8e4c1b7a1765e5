"""Statements of others."""

ORDER = ("reinmax", "permute_and_flip")
