"""Lemma 4.2, Theorem 4.3 and section 8.4: Perturb-Softmax is one-to-one."""
