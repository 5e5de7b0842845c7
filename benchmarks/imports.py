"""Seconds an import takes in a fresh process: `python benchmarks/imports.py keras|ae_keras`.

The script itself imports almost nothing, as what is loaded before the clock starts does not count.
"""

import json
import sys
import time

# The package must be that of this checkout.
sys.path[0] = sys.path[0].removesuffix("benchmarks")

start = time.perf_counter()
if sys.argv[1] == "keras":
    import keras  # noqa: F401

    middle = time.perf_counter()
    import ae_keras

    found = {"keras": middle - start, "ae_keras_after_keras": time.perf_counter() - middle}
else:
    import ae_keras  # noqa: F401

    middle = time.perf_counter()
    from ae_course import notebook  # noqa: F401
    from ae_course.exercises import lesson_00  # noqa: F401
    from ae_keras import data, evaluation, plots, training  # noqa: F401

    found = {"ae_keras": middle - start, "the_lessons_modules": time.perf_counter() - middle}
print(json.dumps(found))
