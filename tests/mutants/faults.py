"""The faults: all there are, in the order in which they are planted."""

import export_faults
import lesson_faults
import package_faults
import scale_faults
import use_faults

ALL = [
    *(*package_faults.ALL, *use_faults.ALL, *export_faults.ALL, *scale_faults.ALL),
    *lesson_faults.ALL,
]
