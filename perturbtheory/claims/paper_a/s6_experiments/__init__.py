"""Section 6: experiments."""

ORDER = ("targets", "tables", "interpretability", "fits", "vaes")
