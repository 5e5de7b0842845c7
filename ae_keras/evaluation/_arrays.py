"""Array helpers that the evaluation modules share."""

import numpy as np


def flatten(x):
    """Reshape `(n, ...)` to `(n, features)`: one row per image or code."""
    return np.asarray(x).reshape(len(x), -1)


def kl_of_units(z_mean, z_log_var):
    """`losses.gaussian_kl` of NumPy arrays, in their precision, before its sum over units."""
    return (np.exp(z_log_var) + z_mean**2 - 1 - z_log_var) / 2
