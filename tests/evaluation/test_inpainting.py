"""ae_keras/evaluation/inpainting.py: the error of the pixels inside a mask."""

import numpy as np
import pytest

from ae_keras.evaluation import inpainting
from contract import images, says

X, X_HAT = images(3, (7, 5, 2)), images(3, (7, 5, 2), seed=1)
MASK = np.zeros((3, 7, 5, 1), bool)
MASK[0, 2, 3] = MASK[1, :4] = MASK[2] = True


def test_the_error_is_the_mean_over_the_missing_pixels_of_each_image():
    found = inpainting.masked_mse(X, X_HAT, MASK)
    expected = [
        np.mean([(a[i, j] - b[i, j]) ** 2 for i, j in np.argwhere(mask[..., 0])])
        for a, b, mask in zip(X.astype(float), X_HAT, MASK, strict=True)
    ]
    assert found.shape == (3,)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_pixels_outside_the_mask_do_not_count():
    wild = np.where(MASK, X_HAT, np.nan)
    expected = inpainting.masked_mse(X, X_HAT, MASK)
    np.testing.assert_array_equal(inpainting.masked_mse(X, wild, MASK), expected)
    np.testing.assert_array_equal(inpainting.masked_mse(X, np.where(MASK, X, wild), MASK), 0)


@pytest.mark.parametrize(
    ("arguments", "texts"),
    [
        ((X, X_HAT[:2], MASK), ("`x`", "`x_hat`", "(3, 7, 5, 2)", "(2, 7, 5, 2)")),
        ((X[0], X_HAT[0], MASK[0]), ("`x`", "`x_hat`", "(7, 5, 2)")),
        ((X, X_HAT, MASK[..., 0]), ("`mask`", "(3, 7, 5, 1)", "mask.shape=(3, 7, 5)")),
        ((X, X_HAT, MASK.repeat(2, axis=-1)), ("`mask`", "mask.shape=(3, 7, 5, 2)")),
        ((X, X_HAT, MASK[:1]), ("`mask`", "mask.shape=(1, 7, 5, 1)")),
        ((X, X_HAT, MASK.astype("float32")), ("`mask`", "mask.dtype=float32")),
        ((X, X_HAT, MASK.astype(int)), ("`mask`", "mask.dtype=int64")),
    ],
)
def test_bad_images_and_masks_are_refused(arguments, texts):
    with says(ValueError, *texts):
        inpainting.masked_mse(*arguments)


def test_each_image_must_have_a_missing_pixel():
    whole = MASK.copy()
    whole[:2] = False
    with says(ValueError, "`mask`", "2 of 3 images"):
        inpainting.masked_mse(X, X_HAT, whole)
