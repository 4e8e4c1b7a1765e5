"""Closed forms, and the softmax recovered from Gumbel-Softmax samples."""
