"""Claims of this package, beyond the papers; `identities` keep it small."""
