"""Faults of lesson 22 and of what it needs."""

from edits import words
from lesson_faults import taught
from package_faults import fault

EXPORT = [
    fault(
        "export: the file takes one image at a time",
        "export",
        "shape=(None, *shape)",
        "shape=(1, *shape)",
        "test_export@torch",
    ),
    fault(
        "export: a file that computes something else is kept",
        "export",
        "if not difference <= TOLERANCE:",
        "if False:",
        "test_export@torch",
    ),
    fault(
        "export: a file that gives nan is kept",
        "export",
        "if not difference <= TOLERANCE:",
        "if difference > TOLERANCE:",
        "test_export@torch",
    ),
    fault(
        "export: fewer images than were asked for are broadcast",
        "export",
        "np.abs(found - wanted).max() if found.shape == wanted.shape else np.inf",
        "np.abs(found[:1] - wanted[:1]).max()",
        "test_export@torch",
    ),
    fault(
        "export: written straight to its place",
        "export",
        "with files.written_whole(path) as unfinished:",
        "if unfinished := path:",
        "test_export@torch",
    ),
    fault(
        "export: the model of a file keeps its gradients",
        "export",
        "            variable.trainable = False\n",
        "            pass\n",
        "test_export@torch",
    ),
    fault(
        "export: what was trained is frozen afterwards",
        "export",
        "            variable.trainable = True\n",
        "            pass\n",
        "test_export@torch",
    ),
    fault(
        "export: erfc is not taught",
        "export",
        "        _teach_erfc()\n",
        "        pass\n",
        "test_export@tensorflow",
    ),
    fault(
        "export: erfc is erf",
        "export",
        "[one.output[0], erf.output[0]]",
        "[erf.output[0], one.output[0]]",
        "test_export@tensorflow",
    ),
    fault(
        "export: a full disk is the model's fault",
        "export",
        "except OSError:",
        "except KeyboardInterrupt:",
        "test_export@torch",
    ),
    fault(
        "export: a missing converter is left to Keras",
        "export",
        '_check_installed(backend.onnx_converter(), "onnxruntime")',
        '_check_installed("onnxruntime")',
        "test_export@torch",
    ),
    fault(
        "export: the converter's warnings are shown",
        "export",
        "            for words in CHATTER:\n",
        "            for words in ():\n",
        "test_export@torch",
    ),
]

LESSON = [
    taught(
        "22",
        "gradients of several batches add up",
        words("        model.zero_grad()  # else they add up\n", ""),
        "lesson 22@torch",
    ),
    taught(
        "22",
        "the weights stay inside the loop",
        words("    step(images)\nfinish()\n", "    step(images)\n"),
        "lesson 22",
    ),
    taught(
        "22",
        "the loss without what layers add",
        words(
            "            loss = model.compute_loss(x=x, y=x, y_pred=model(x, training=True))\n",
            "            loss = ops.mean(losses.squared_error(x, model(x, training=True)))\n",
        ),
        "lesson 22@tensorflow",
    ),
    taught(
        "22",
        "each backend draws weights of its own",
        words(
            "model = backend.seed_weights(ae_keras.Autoencoder(*parts), seed=0)",
            "model = ae_keras.Autoencoder(*parts)",
        ),
        "lesson 22@torch",
    ),
    taught(
        "22",
        "the visitor sees the first epoch again",
        words("    batches.start_at(1)  # the file has seen epoch 0\n", ""),
        "lesson 22@torch",
    ),
    taught(
        "22",
        "the table of habits says otherwise",
        words(
            'numpy_in_call: ("error", "half learns", "error")',
            'numpy_in_call: ("error", "works", "error")',
        ),
        "lesson 22@torch",
    ),
    taught(
        "22",
        "the picture of the file is Keras's",
        words('by_file = run_file(f"{folder}/plain.onnx", unseen)', "by_file = 1 - by_keras"),
        "lesson 22@torch",
    ),
]

ALL = [*EXPORT, *LESSON]
