"""Section 6: experiments."""

ORDER = ("targets", "tables", "fits", "igr", "vaes")
