"""Section 5: experiments."""

ORDER = ("tables", "vaes", "wall_clock", "structured_gsm", "structured", "semi")
