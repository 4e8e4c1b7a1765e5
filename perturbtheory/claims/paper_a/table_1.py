"""Table 1 and the senses of "identifiable"."""
