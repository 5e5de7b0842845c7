"""What learners may hand to the checks of lesson 05; test_exercises.py hands it in."""

import importlib

import keras

from ae_course.exercises.grading import Verdict
from ae_keras import backend
from cases import Case, broken_class


def combine(first=None, second=None, convert=keras.ops.convert_to_numpy, message="{} {}"):
    """A `combine` that may give something else for one of its results."""

    def answer(encoder, decoder, x):
        z = encoder(x)
        x_hat = decoder(z)
        if message and tuple(x_hat.shape) != x.shape:
            raise ValueError(message.format(tuple(x_hat.shape), x.shape))
        return convert(z if first is None else x), convert(x_hat if second is None else z)

    return answer


LESSONS = [importlib.import_module(f"ae_course.exercises.lesson_{i:02d}") for i in range(25)]


CHECKS = {
    name: check for each in LESSONS for name, check in vars(each).items() if name[:6] == "check_"
}


def answer(name, attempt):
    backend.set_seed(0)  # Answers that are models start from random weights.
    found = CHECKS[f"check_{name}"](attempt, *CASES[name].others)
    assert isinstance(found, Verdict)
    assert repr(found) == found.message
    return found


def saved(name, keep=("encoder", "decoder"), with_base=True, **changed):
    """An autoencoder that writes `keep` into its configuration and may read it back `changed`."""

    class Saved(keras.Model):
        def __init__(self, encoder, decoder, **kwargs):
            super().__init__(**kwargs)
            self.encoder, self.decoder = encoder, decoder

        def call(self, x):
            return self.decoder(self.encoder(x))

        def get_config(self):
            parts = {part: getattr(self, part) for part in keep}
            base = super().get_config() if with_base else {}
            return base | keras.saving.serialize_keras_object(parts)

        @classmethod
        def from_config(cls, config):
            config["decoder"]["config"] |= changed
            return cls(**keras.saving.deserialize_keras_object(config))

    return keras.saving.register_keras_serializable("test_exercises", name)(Saved)


CASES = {
    "combine": Case(
        right=[combine()],
        wrong=[
            (lambda encoder, decoder, x: decoder(encoder(x)), "return two things"),
            (combine(convert=keras.ops.convert_to_tensor), "return NumPy arrays"),
            (combine(first="x"), "must be the encoder's output"),
            (combine(second="z"), "must be the decoder's output"),
            (combine(message="no"), "should contain both shapes"),
            (combine(message=""), "three channels for one was accepted"),
        ],
    ),
    "saved_autoencoder": Case(
        right=[saved("Right")],
        wrong=[
            (saved("WithoutBase", with_base=False), "start from super().get_config()"),
            (saved("WithoutDecoder", keep=("encoder",)), "both parts belong"),
            (saved("Changed", output_activation="linear"), "draws something else"),
        ],
        blank=[type("Saved", (keras.Model,), {})],
        broken=broken_class("get_config", "from_config"),
    ),
}
