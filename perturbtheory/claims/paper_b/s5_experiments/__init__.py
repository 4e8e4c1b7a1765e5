"""Section 5: experiments."""

ORDER = ("tables", "vaes", "structured_gsm")
