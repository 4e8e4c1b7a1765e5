"""Experiments beyond the papers."""

ORDER = ("fits", "vaes", "labels")
