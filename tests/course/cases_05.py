"""What learners may hand to the checks of lesson 05; test_exercises.py hands it in."""

import keras
import numpy as np

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


def compares_by_subtracting(encoder, decoder, x):
    z = keras.ops.convert_to_numpy(encoder(x))
    x_hat = keras.ops.convert_to_numpy(decoder(z))
    try:
        x - x_hat
    except ValueError:
        raise ValueError(f"{x.shape} {x_hat.shape}") from None
    return z, x_hat


def squeezed(encoder, decoder, x):
    z, x_hat = combine()(encoder, decoder, x)
    return (z[0], x_hat[0]) if len(x) == 1 else (z, x_hat)


def saved(name, keep=("encoder", "decoder"), with_base=True, how=classmethod, back=None, **changed):
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
            return base | (
                parts if back == "models" else keras.saving.serialize_keras_object(parts)
            )

        @how
        def from_config(cls, config):  # noqa: N805 - `how` decides
            if back == "defaults":
                return cls(**config)
            config["decoder"]["config"] |= changed
            parts = keras.saving.deserialize_keras_object(config)
            return cls(parts["encoder"], parts["decoder"]) if back == "nameless" else cls(**parts)

    return keras.saving.register_keras_serializable("test_exercises", name)(Saved)


class SavedPartByPart(keras.Model):
    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(**kwargs)
        self.encoder, self.decoder = encoder, decoder

    def call(self, x):
        return self.decoder(self.encoder(x))

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        own = {"encoder": serialize(self.encoder), "decoder": serialize(self.decoder)}
        return {**super().get_config(), **own}

    @classmethod
    def from_config(cls, config):
        read = keras.saving.deserialize_keras_object
        encoder, decoder = read(config.pop("encoder")), read(config.pop("decoder"))
        return cls(encoder, decoder, **config)


keras.saving.register_keras_serializable("test_exercises", "PartByPart")(SavedPartByPart)


def linear(constant=True, swapped=False):
    """A translator by least squares."""

    def with_one(z):
        return np.concatenate([z, np.ones((len(z), 1))], axis=1) if constant else z

    def translator(z_from, z_to):
        pair = (z_to, z_from) if swapped else (z_from, z_to)
        matrix = np.linalg.lstsq(with_one(pair[0]), pair[1], rcond=None)[0]
        return lambda z: with_one(z) @ matrix

    return translator


def trained(z_from, z_to):
    layer = keras.Sequential([keras.layers.Dense(z_to.shape[1])])
    layer.compile(keras.optimizers.Adam(0.1), loss="mse")
    layer.fit(z_from, z_to, epochs=60, batch_size=20, shuffle=False, verbose=0)
    return lambda z: layer.predict(z, verbose=0)


def nearest(z_from, z_to):
    def translate(z):
        distances = np.sum((z[:, None] - z_from[None]) ** 2, axis=-1)
        return z_to[distances.argmin(axis=1)]

    return translate


def rescaled(z_from, z_to):
    """Mean and spread of each coordinate, and no mixing."""
    factor = z_to.std(axis=0) / z_from.std(axis=0)
    return lambda z: (z - z_from.mean(axis=0)) * factor + z_to.mean(axis=0)


def chain_error(n):
    return 10 + 400 / n


def sweep(*ns):
    return {n: chain_error(n) for n in ns}


CASES = {
    "combine": Case(
        right=[combine(), combine(message="{1} is the input, and the output is {0}")],
        wrong=[
            (lambda encoder, decoder, x: decoder(encoder(x)), "return two things"),
            (combine(convert=keras.ops.convert_to_tensor), "return NumPy arrays"),
            (combine(first="x"), "must be the encoder's output"),
            (combine(second="z"), "must be the decoder's output"),
            (combine(message="no"), "that of the reconstruction, (3, 4, 4, 3)"),
            (combine(message="the reconstruction is {}"), "that of the input, (3, 4, 4, 1)"),
            (combine(message=""), "three channels for one was accepted"),
            (compares_by_subtracting, "three channels for one was accepted"),
            (squeezed, "must keep its axis"),
        ],
    ),
    "saved_autoencoder": Case(
        right=[saved("Right"), SavedPartByPart],
        wrong=[
            (saved("WithoutBase", with_base=False), "start from super().get_config()"),
            (saved("WithoutDecoder", keep=("encoder",)), "both parts belong"),
            (saved("Models", back="models"), "a file can hold dictionaries, not models"),
            (saved("NoClassMethod", how=lambda method: method), "put @classmethod above it"),
            (saved("Defaults", back="defaults"), "deserialize_keras_object"),
            (saved("Nameless", back="nameless"), "the name is lost"),
            (saved("Changed", output_activation="linear"), "draws something else"),
        ],
        blank=[type("Saved", (keras.Model,), {})],
        broken=broken_class("get_config", "from_config"),
    ),
    "translator": Case(
        right=[linear(), trained],
        wrong=[
            (linear(constant=False), "Add a constant"),
            (linear(swapped=True), "the wrong direction"),
            (lambda z_from, z_to: lambda z: z, "off by"),
            (lambda z_from, z_to: linear()(z_from, z_to)(z_from), "return a function"),
            (lambda z_from, z_to: lambda z: z_to, "Translate what the function is given"),
            (nearest, "off by"),
            (rescaled, "off by"),
        ],
    ),
    "pairs": Case(
        right=[
            (50, sweep(5, 10, 20, 30, 40, 50, 100)),
            (41, sweep(10, 20, 40, 41)),
        ],
        wrong=[
            (50, "set decision ="),
            ((50, sweep(40, 50)), "at least four n"),
            ((60, sweep(5, 10, 40, 50)), "says nothing about the n that you chose, 60"),
            ((40, sweep(5, 10, 40, 50)), "not below 20.0"),
            ((100, sweep(5, 20, 50, 100)), "50 pairs are enough by your own numbers"),
            ((50, sweep(5, 10, 20, 50)), "try more n just below it"),
            ((50, sweep(5, 10, 20, 40) | {50: 12.0}), "for 50 pairs chain_error gives 18.0"),
        ],
        others=(chain_error, 20.0),
    ),
}
