"""The faults: all there are, in the order in which they are planted."""

import lesson_faults
import package_faults
import use_faults

ALL = [*package_faults.ALL, *use_faults.ALL, *lesson_faults.ALL]
