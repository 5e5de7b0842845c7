"""inpainting.py: the error inside a hole, and pasting what is known."""

import numpy as np
import pytest
from contract import images, says

from ae_keras import inpainting

X, X_HAT = images(3, (7, 5, 2)), images(3, (7, 5, 2), seed=1)
HOLES = np.zeros((3, 7, 5, 1), bool)
HOLES[0, 2, 3] = HOLES[1, :4] = HOLES[2] = True


def test_the_error_is_a_mean_over_the_missing_pixels_of_each_image():
    found = inpainting.hole_error(X, X_HAT, HOLES)
    expected = [
        np.mean([(a[i, j] - b[i, j]) ** 2 for i, j in np.argwhere(hole[..., 0])])
        for a, b, hole in zip(X.astype(float), X_HAT, HOLES, strict=True)
    ]
    assert found.shape == (3,)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_error_does_not_look_outside_the_hole():
    wild = np.where(HOLES, X_HAT, np.nan)
    expected = inpainting.hole_error(X, X_HAT, HOLES)
    np.testing.assert_array_equal(inpainting.hole_error(X, wild, HOLES), expected)
    np.testing.assert_array_equal(inpainting.hole_error(X, np.where(HOLES, X, wild), HOLES), 0)


def test_pasting_keeps_what_is_known():
    found = inpainting.paste(X, X_HAT, HOLES)
    assert (found.dtype, found.shape) == ("float32", X.shape)
    everywhere = np.broadcast_to(HOLES, X.shape)
    np.testing.assert_array_equal(found[everywhere], X_HAT[everywhere])
    np.testing.assert_array_equal(found[~everywhere], X[~everywhere])


@pytest.mark.parametrize("function", [inpainting.hole_error, inpainting.paste])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((X, X_HAT[:2], HOLES), "must be images (n, height, width, channels) of one shape. Rece"),
        ((X, X_HAT[:2], HOLES), "Received: x (3, 7, 5, 2), x_hat (2, 7, 5, 2)."),
        ((X[0], X_HAT[0], HOLES[0]), "Received: x (7, 5, 2), x_hat (7, 5, 2)."),
        ((X, X_HAT, HOLES[..., 0]), "`holes` must have the shape (3, 7, 5, 1)"),
        ((X, X_HAT, HOLES.repeat(2, axis=-1)), "Received: holes.shape=(3, 7, 5, 2)."),
        ((X, X_HAT, HOLES[:1]), "Received: holes.shape=(1, 7, 5, 1)."),
        ((X, X_HAT, HOLES.astype("float32")), "True where a pixel is missing, else False. Rece"),
        ((X, X_HAT, HOLES.astype(int)), "Received: holes.dtype=int64."),
    ],
)
def test_what_does_not_fit_is_refused(function, arguments, message):
    with says(ValueError, message):
        function(*arguments)


def test_without_a_missing_pixel_there_is_no_error_to_measure():
    whole = HOLES.copy()
    whole[:2] = False
    message = "`holes` must hold a missing pixel in each image"
    with says(ValueError, message, "Received: none in 2 of 3 images. Leave those out."):
        inpainting.hole_error(X, X_HAT, whole)
