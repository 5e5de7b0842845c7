"""A trained encoder as a step of a scikit-learn pipeline."""

from sklearn.base import BaseEstimator, TransformerMixin

from ae_keras import evaluation, validation


class Codes(TransformerMixin, BaseEstimator):
    """A scikit-learn transformer from images to the codes of a model that is trained already.

    `fit` trains nothing, and a clone shares the network: cross-validation and grid search neither
    copy nor reset it. Use `n_jobs=1`; a network does not travel between processes on every backend.

    Args:
        model: a trained autoencoder of any kind, or another `keras.Model` with an `encoder`.
        batch_size: images encoded together, >= 1; changes speed and memory, not the codes.

    Shapes:
        x: `(n, height, width, channels)`, pixels in [0, 1].
        codes: `(n, latent_dim)`, NumPy.

    Raises:
        ValueError: by `transform`: `model` has no encoder, `batch_size` is out of range, or
            `x` is not such images.
    """

    def __init__(self, model, batch_size=512):
        self.model = model
        self.batch_size = batch_size

    def fit(self, x, y=None):
        """Nothing is left to fit; there for scikit-learn."""
        return self

    def transform(self, x):
        """The codes `(n, latent_dim)` of images `x`."""
        if not hasattr(self.model, "encoder"):
            raise ValueError(
                "`model` must be a trained model with an `encoder`, such as an Autoencoder. "
                f"Received: model={self.model!r}."
            )
        batch_size = validation.positive_int(self.batch_size, "batch_size")
        return evaluation.encode(self.model, x, batch_size)

    def __sklearn_clone__(self):
        return type(self)(**self.get_params(deep=False))

    def __sklearn_is_fitted__(self):
        return True
