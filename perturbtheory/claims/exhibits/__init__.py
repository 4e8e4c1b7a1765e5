"""What several claims show: noises, points, sets, exact integrals, figures of experiments."""
