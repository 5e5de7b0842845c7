"""Faults of lessons that choose on the test part: what a measurement may be spoilt by.

`FAULTS` holds (lesson, name, old text, new text); tests/test_lessons.py plants each in the source.
"""

# A sweep, and the size that is best on the test part, in the ways that people write it.
SIZE = "chosen = 16\n"
ON_TEST = "evaluation.reconstruct(models[size][0], test.x)"
TEST_ERROR = f"evaluation.squared_error(test.x, {ON_TEST}).mean()"
IN_A_LOOP = f"""chosen, lowest = 2, np.inf
for size in sizes:
    each = {TEST_ERROR}
    if each < lowest:
        chosen, lowest = size, each
"""
A_SIZE_CHOSEN = {
    "by min": f"chosen = min(sizes, key=lambda size: {TEST_ERROR})\n",
    "by sorted": f"_, chosen = sorted(({TEST_ERROR}, size) for size in sizes)[0]\n",
    "by argmin": f"chosen = sizes[np.argmin([{TEST_ERROR} for size in sizes])]\n",
    "by argmin of an array": (
        f"on_test = np.array([{TEST_ERROR} for size in sizes])\n"
        "chosen = sizes[int(on_test.argmin())]\n"
    ),
    "in a loop": IN_A_LOOP,
    "by a budget": f"chosen = [size for size in sizes if {TEST_ERROR} < 12][0]\n",
    "by a dictionary": (
        f"on_test = {{size: {TEST_ERROR} for size in sizes}}\n"
        "chosen = next(size for size in sizes if on_test[size] == min(on_test.values()))\n"
    ),
}

ALARM = "alarm = s_month > anomaly.threshold(s_calm, false_positive_rate=20 / 2000)\n"
THRESHOLDS = [
    (
        "20",
        "a threshold of a curve",
        ALARM,
        "from sklearn.metrics import roc_curve\n"
        "    false, true, cuts = roc_curve(fraud, s_month)\n"
        "    alarm = s_month > cuts[np.argmax(true - false)]\n",
    ),
    (
        "20",
        "a threshold by a search",
        ALARM,
        "from scipy.optimize import minimize_scalar\n"
        "    cut = minimize_scalar(lambda c: np.mean((s_month > c) != fraud)).x\n"
        "    alarm = s_month > cut\n",
    ),
    (
        "20",
        "the threshold",
        'usual_scores, unusual_scores = score_of["error"](x_val)',
        'usual_scores, unusual_scores = score_of["error"](x_normal)',
    ),
    ("20", "held-out images", '("held-out", x_val)', '("held-out", x_normal)'),
    ("20", "held-out images at their origin", "val_seen.x[:1200]", "test_seen.x[-1200:]"),
    ("20", "a threshold by hand", "np.quantile(score(x), 1 - rate)", "np.sort(on_new)[-75]"),
    (
        "20",
        "a threshold of mean and spread",
        "anomaly.threshold(s_calm, false_positive_rate=20 / 2000)",
        "s_month.mean() + 2 * s_month.std()",
    ),
    ("20", "the threshold of payments", "anomaly.threshold(s_calm,", "anomaly.threshold(s_month,"),
    ("23", "the line of an alarm", "np.quantile(usual, 0.95)", "np.quantile(errors, 0.95)"),
]

FITTED = [
    (
        "06",
        "the loop by hand",
        "keras.optimizers.Adam(0.002), data.Batches(few), epochs=3)",
        "keras.optimizers.Adam(0.002), data.Batches(data.load_splits()[2].x), epochs=3)",
    ),
    ("01", "all training", "data.load().x[:2000]", 'data.load(subset="test").x[:2000]'),
    (
        "03",
        "neighbours",
        "z_train, z_val = encode(train.x), encode(val.x)",
        "test = data.load_splits()[2]\n    z_train, z_val = encode(test.x), encode(val.x)",
    ),
    (
        "04",
        "PCA of the codes",
        "fit_pca(train.x, latent_dim=16)",
        "fit_pca(data.load_splits()[2].x, latent_dim=16)",
    ),
    (
        "05",
        "training",
        "fit(data.Batches(train.x, seed=seed), epochs=6",
        "fit(data.Batches(data.load_splits()[2].x, seed=seed), epochs=6",
    ),
    (
        "08",
        "PCA of codes",
        "PCA(2).fit(z_train)",
        "PCA(2).fit(evaluation.encode(model, data.load_splits()[2].x))",
    ),
    (
        "08",
        "PCA of pixels",
        "fit_pca(train.x, 16)",
        "fit_pca(data.load_splits()[2].x, 16)",
    ),
    (
        "09",
        "the probe",
        "encode(train.x[:2000]), encode(val.x)",
        "encode(test.x[:2000]), encode(val.x)",
    ),
    ("10", "PCA", "pca = evaluation.fit_pca(train.x, 16)", "pca = evaluation.fit_pca(test.x, 16)"),
    (
        "10",
        "the variances of the components",
        "variances = evaluation.fit_pca(train.x, 17)",
        "variances = evaluation.fit_pca(test.x, 17)",
    ),
    ("11", "PCA of blocks", "to_blocks(photos.x[::10])", "to_blocks(photos_test.x[::10])"),
    (
        "13",
        "a linear map",
        "linear_denoiser(fixed_copy, x_train)",
        'linear_denoiser(data.load("digits", "test").x[:3000], x_train)',
    ),
    (
        "13",
        "the first bias",
        "np.log(x_train.mean() / (1 - x_train.mean()))",
        'np.log(x_train.mean() / (1 - data.load("digits", "test").x.mean()))',
    ),
    ("16", "PCA", "fit_pca(x_train, 16)", "fit_pca(binarise(test.x), 16)"),
    (
        "18",
        "k-means",
        "start_codebook(quantised, plain, few)",
        'start_codebook(quantised, plain, data.load("digits", "test").x[:3000])',
    ),
    ("18", "PCA", "fit_pca(train.x, n)", 'fit_pca(data.load("digits", "test").x, n)'),
    (
        "20",
        "the ellipsoid",
        "EmpiricalCovariance().fit(z_train)",
        "EmpiricalCovariance().fit(evaluation.encode(model, x_normal))",
    ),
    (
        "20",
        "the scale of a table",
        "as_images([logarithms(past), logarithms(calm), logarithms(month)])",
        "as_images([logarithms(month), logarithms(calm), logarithms(past)])",
    ),
    (
        "20",
        "the codes to compare with",
        "z_train, evaluation.encode(model, x), k=5",
        "evaluation.encode(model, x_normal), evaluation.encode(model, x), k=5",
    ),
    (
        "21",
        "PCA",
        "fit_pca(x_train, k) for k in (16, 64)",
        'fit_pca(data.load("digits", "test").x, k) for k in (16, 64)',
    ),
    (
        "21",
        "settings of the fillers",
        "x_train, x_val = train.x[:5000], val.x[:300]",
        'x_train, x_val = train.x[:5000], data.load("digits", "test").x[:300]',
    ),
    (
        "22",
        "a Gaussian mixture",
        "random_state=0).fit(z_train[name])",
        "random_state=0).fit(z_test[name])",
    ),
    (
        "22",
        "a search",
        "search.fit(train.x[rows], train.labels[rows])",
        "search.fit(test.x, test.labels)",
    ),
    (
        "22",
        "the quantizer",
        'fit_quantizer(coder["train"], bits)',
        "fit_quantizer(coder[part], bits)",
    ),
    ("22", "levels by hand", 'quantise(z_train["autoencoder"],', 'quantise(z_test["autoencoder"],'),
    (
        "22",
        "the code's lengths",
        "code_length(levels_train, levels)",
        "code_length(levels, levels)",
    ),
    (
        "24",
        "the scale of a table",
        'MinMaxScaler(clip=True).fit(parts["training"].x',
        'MinMaxScaler(clip=True).fit(parts["test"].x',
    ),
    (
        "24",
        "PCA as a baseline",
        'x_train = parts["training"].x\n    linear',
        'x_train = parts["test"].x\n    linear',
    ),
    ("26", "PCA of one class", "fit_pca(known, 16)", "fit_pca(test.x, 16)"),
    ("26", "PCA and the probe", "fit_pca(train.x, 32)", "fit_pca(test.x, 32)"),
    (
        "13",
        "standardised by the test part",
        "x_train, x = train.x[:3000], val.x[:900]",
        "x_train, x = train.x[:3000] - data.load_splits()[2].x.mean(axis=0), val.x[:900]",
    ),
]

MODELS = [
    (
        "00",
        "validation",
        "history = autoencoder.fit(train.x, train.x,",
        "history = autoencoder.fit(train.x, train.x, validation_data=(test.x, test.x),",
    ),
    (
        "03",
        "k",
        "return evaluation.knn_accuracy(z_train, train.labels, z_val, val.labels)",
        "test = data.load_splits()[2]\n"
        "    right = [\n"
        "        evaluation.knn_accuracy(z_train, train.labels, encode(test.x), test.labels, k=k)\n"
        "        for k in (1, 3, 5, 7)\n    ]\n    return max(right)",
    ),
    (
        "06",
        "early stopping",
        "validation_data=(val.x, val.x)",
        "validation_data=(data.load_splits()[2].x, data.load_splits()[2].x)",
    ),
    (
        "06",
        "a solution's learning rate",
        "    return evaluation.squared_error(val.x, evaluation.reconstruct(model, val.x)).mean()",
        "    test = data.load_splits()[2]\n"
        "    return evaluation.squared_error(test.x, evaluation.reconstruct(model, test.x)).mean()",
    ),
    (
        "06",
        "the end of training",
        "keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True),",
        "keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: setattr(model, "
        '"stop_training", bool(model.evaluate(data.load_splits()[2].x, verbose=0) < 12))),',
    ),
    (
        "07",
        "the epoch whose weights are kept",
        "model.fit(data.Batches(train.x), epochs=12, shuffle=False, verbose=0)\nx_hat",
        "kept = np.inf, None\nfor _ in range(12):\n"
        "    model.fit(data.Batches(train.x), shuffle=False, verbose=0)\n"
        "    now = model.evaluate(test.x, test.x, verbose=0), model.get_weights()\n"
        "    kept = min(kept, now, key=lambda pair: pair[0])\n"
        "model.set_weights(kept[1])\nx_hat",
    ),
    ("07", "validation", "validation_data=(val.x, val.x)", "validation_data=(test.x, test.x)"),
    (
        "11",
        "the learning rate",
        "trained(photo_model, photos.x[:1000], learning_rate=0.01)",
        "tried = [trained(photo_model, photos.x[:1000], r) for r in (0.005, 0.01)]\n"
        "photo_model = min(tried, key=lambda model: error(model, photos_test.x))",
    ),
    ("12", "the images to choose with", "val, _ = data.load", "_, val = data.load"),
    (
        "10",
        "the end of a loop",
        "train_well(tied)\nW",
        "while error(tied, test.x) > 14:\n    train_well(tied, epochs=1)\nW",
    ),
    (
        "15",
        "the weight of a penalty",
        "train.x[:4000], val.x[:1000]",
        "train.x[:4000], test.x[:1000]",
    ),
    (
        "16",
        "the number of epochs",
        "VAE(DenseEncoder(2 * 16), DenseDecoder(image_shape)), epochs=15)",
        "VAE(DenseEncoder(2 * 16), DenseDecoder(image_shape)),\n    epochs=1 + int(np.argmin([\n"
        "        evaluation.negative_elbo(trained(VAE(DenseEncoder(32), "
        "DenseDecoder(image_shape)), n)[0], binarise(test.x))\n"
        "        for n in (5, 10, 15)\n    ])))",
    ),
    (
        "16",
        "the seed",
        "plain, _ = trained(Autoencoder(DenseEncoder(16), DenseDecoder(image_shape)), epochs=10)",
        "several = []\nfor seed in range(3):\n    backend.set_seed(seed)\n"
        "    parts = DenseEncoder(16), DenseDecoder(image_shape)\n"
        "    several.append(trained(Autoencoder(*parts), 10)[0])\n"
        "x_test = binarise(test.x)\n"
        "losses_ = np.array([m.evaluate(x_test, x_test, verbose=0) for m in several])\n"
        "plain = several[losses_.argsort()[0]]",
    ),
    ("22", "bits for each size", '64 // d, "val")', '64 // d, "test")'),
    (
        "24",
        "validation",
        'x, x_val = parts["training"].x, parts["validation"].x',
        'x, x_val = parts["training"].x, parts["test"].x',
    ),
    (
        "27",
        "a sweep over files",
        "x_train, x_val = train.x[:2048], val.x[:1024]",
        "x_train, x_val = train.x[:2048], test.x[:1024]",
    ),
    *(("09", f"the size, {how}", SIZE, new) for how, new in A_SIZE_CHOSEN.items()),
]

FAULTS = [*THRESHOLDS, *FITTED, *MODELS]
