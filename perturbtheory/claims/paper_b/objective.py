"""Sections 3 and 4: the objective, its gradient and its relaxation."""
