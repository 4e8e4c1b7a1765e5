"""Beyond the papers."""

ORDER = ("representation", "direct", "closed_forms", "experiments", "elsewhere")
