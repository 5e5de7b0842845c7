"""What the modules of this package share."""

import numpy as np


def flatten(x):
    """One row for each image or code: `(n, ...)` -> `(n, features)`."""
    return np.asarray(x).reshape(len(x), -1)
