"""Section 6: experiments."""

ORDER = ("targets", "tables", "fits", "vaes")
