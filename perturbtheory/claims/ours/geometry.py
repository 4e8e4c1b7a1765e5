"""Hessians as graph Laplacians, subdifferentials as polytopes, and the closed simplex."""
