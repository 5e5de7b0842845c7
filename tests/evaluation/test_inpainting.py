"""inpainting.py: the error inside a mask."""

import numpy as np
import pytest

from ae_keras.evaluation import inpainting
from contract import images, says

X, X_HAT = images(3, (7, 5, 2)), images(3, (7, 5, 2), seed=1)
MASK = np.zeros((3, 7, 5, 1), bool)
MASK[0, 2, 3] = MASK[1, :4] = MASK[2] = True


def test_the_error_is_a_mean_over_the_missing_pixels_of_each_image():
    found = inpainting.masked_mse(X, X_HAT, MASK)
    expected = [
        np.mean([(a[i, j] - b[i, j]) ** 2 for i, j in np.argwhere(hole[..., 0])])
        for a, b, hole in zip(X.astype(float), X_HAT, MASK, strict=True)
    ]
    assert found.shape == (3,)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_error_does_not_look_outside_the_hole():
    wild = np.where(MASK, X_HAT, np.nan)
    expected = inpainting.masked_mse(X, X_HAT, MASK)
    np.testing.assert_array_equal(inpainting.masked_mse(X, wild, MASK), expected)
    np.testing.assert_array_equal(inpainting.masked_mse(X, np.where(MASK, X, wild), MASK), 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((X, X_HAT[:2], MASK), "must be images (n, height, width, channels) of one shape. Rece"),
        ((X, X_HAT[:2], MASK), "Received: x (3, 7, 5, 2), x_hat (2, 7, 5, 2)."),
        ((X[0], X_HAT[0], MASK[0]), "Received: x (7, 5, 2), x_hat (7, 5, 2)."),
        ((X, X_HAT, MASK[..., 0]), "`mask` must have the shape (3, 7, 5, 1)"),
        ((X, X_HAT, MASK.repeat(2, axis=-1)), "Received: mask.shape=(3, 7, 5, 2)."),
        ((X, X_HAT, MASK[:1]), "Received: mask.shape=(1, 7, 5, 1)."),
        ((X, X_HAT, MASK.astype("float32")), "True where a pixel is missing, else False. Rece"),
        ((X, X_HAT, MASK.astype(int)), "Received: mask.dtype=int64."),
    ],
)
def test_what_does_not_fit_is_refused(arguments, message):
    with says(ValueError, message):
        inpainting.masked_mse(*arguments)


def test_without_a_missing_pixel_there_is_no_error_to_measure():
    whole = MASK.copy()
    whole[:2] = False
    message = "`mask` must hold a missing pixel in each image"
    with says(ValueError, message, "Received: none in 2 of 3 images. Leave those out."):
        inpainting.masked_mse(X, X_HAT, whole)
