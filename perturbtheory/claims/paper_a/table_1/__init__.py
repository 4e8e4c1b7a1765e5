"""Table 1: completeness, minimality, identifiability."""

ORDER = ("identifiable", "table")
