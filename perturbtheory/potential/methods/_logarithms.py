import numpy as np
def log_probabilities(noise,theta,which):
    return np.full(len(which),np.nan)
