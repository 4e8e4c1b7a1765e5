"""Sections 3.1 and 8.2.1: which sets of parameters represent every p, each once, by a softmax."""
