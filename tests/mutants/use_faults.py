"""Faults of the modules that lessons 18 to 21 need."""

from package_faults import fault

ANOMALY = [
    fault(
        "anomaly: the squared distance for the distance",
        "anomaly",
        "np.sqrt(EmpiricalCovariance().fit(z_train).mahalanobis(z))",
        "EmpiricalCovariance().fit(z_train).mahalanobis(z)",
        "test_anomaly",
    ),
    fault(
        "anomaly: the ellipsoid of the scored codes",
        "anomaly",
        "EmpiricalCovariance().fit(z_train)",
        "EmpiricalCovariance().fit(z)",
        "test_anomaly",
    ),
    fault(
        "anomaly: the farthest of the neighbours alone",
        "anomaly",
        "distances.mean(axis=1)",
        "distances[:, -1]",
        "test_anomaly",
    ),
    fault(
        "anomaly: one alarm more than allowed",
        "anomaly",
        "len(scores) - 1 - allowed",
        "len(scores) - 2 - allowed",
        "test_anomaly",
    ),
    fault(
        "anomaly: the ELBO with one draw whatever is asked",
        "anomaly",
        "negative_elbo_per_image(model, x, n_samples, seed)",
        "negative_elbo_per_image(model, x, 1, seed)",
        "test_anomaly",
    ),
    fault(
        "anomaly: an error of the mean image",
        "anomaly",
        "evaluation.squared_error(x, evaluation.reconstruct(model, x))",
        "evaluation.squared_error(x, x * 0 + x.mean(axis=0))",
        "test_anomaly",
    ),
]

HOLES = [
    fault(
        "holes: blocks that never touch the border",
        "corruption",
        "rng.integers(height - size + 1, size=(n, 1))",
        "rng.integers(1, height - size, size=(n, 1))",
        "test_corruption",
    ),
    fault(
        "holes: one place for all images",
        "corruption",
        "left = rng.integers(width - size + 1, size=(n, 1))",
        "left = rng.integers(width - size + 1, size=(1, 1)).repeat(n, axis=0)",
        "test_corruption",
    ),
    fault(
        "inpainting: the error counts known pixels",
        "inpainting",
        'np.where(holes, x.astype("float64") - x_hat, 0) ** 2',
        '(x.astype("float64") - x_hat) ** 2',
        "test_inpainting",
    ),
    fault(
        "inpainting: known pixels are painted over",
        "inpainting",
        "np.where(holes, x_hat, x)",
        "np.where(holes, x, x_hat)",
        "test_inpainting",
    ),
    fault(
        "batches: the weights are of the known pixels",
        "data",
        'validation.holes(holes, target)[..., 0].astype("float32")',
        '(~validation.holes(holes, target)[..., 0]).astype("float32")',
        "test_data",
    ),
]

CODES = [
    fault(
        "compression: one level fewer",
        "compression",
        "n_levels = 2 ** _bits(bits)",
        "n_levels = 2 ** _bits(bits) - 1",
        "test_compression",
    ),
    fault(
        "compression: bits in nats",
        "compression",
        "np.log2(counts[sent] / counts.sum())",
        "np.log(counts[sent] / counts.sum())",
        "test_compression",
    ),
    fault(
        "compression: tables counted on what is sent",
        "compression",
        "np.bincount(seen, minlength",
        "np.bincount(sent, minlength",
        "test_compression",
    ),
    fault(
        "compression: JPEG's quality is ignored",
        "compression",
        "quality=quality, optimize=True",
        "quality=75, optimize=True",
        "test_compression",
    ),
    fault(
        "pipeline: a clone copies the network",
        "pipeline",
        "return type(self)(**self.get_params(deep=False))",
        "import copy\n\n        return copy.deepcopy(self)",
        "test_pipeline",
    ),
    fault(
        "pipeline: pixels instead of codes",
        "pipeline",
        "return evaluation.encode(self.model, x, batch_size)",
        "return x.reshape(len(x), -1)",
        "test_pipeline",
    ),
]

PICTURES = [
    fault(
        "pictures: a transparent pixel is black",
        "pictures",
        'Image.new("RGBA", picture.size, "white")',
        'Image.new("RGBA", picture.size, "black")',
        "test_pictures",
    ),
    fault(
        "pictures: sideways as the camera was",
        "pictures",
        "picture = ImageOps.exif_transpose(opened)",
        "picture = opened.copy()",
        "test_pictures",
    ),
    fault(
        "pictures: width before height",
        "pictures",
        "p.resize((width, height), how)",
        "p.resize((height, width), how)",
        "test_pictures",
    ),
    fault(
        "pictures: a broken picture is left out without a word",
        "pictures",
        "    if broken:\n",
        "    if broken and not kept:\n",
        "test_pictures",
    ),
    fault(
        "pictures: in the order of the disk",
        "pictures",
        'return sorted(each for each in path.iterdir() if not each.name.startswith("."))',
        'return list(each for each in path.iterdir() if not each.name.startswith("."))[::-1]',
        "test_pictures",
    ),
]

ALL = [*ANOMALY, *HOLES, *CODES, *PICTURES]
