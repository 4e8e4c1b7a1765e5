"""Paper A: one module a section."""
