"""Exactly which sets of parameters represent every p, and which represent each once."""
