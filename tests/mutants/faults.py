"""The faults: all there are, in the order in which they are planted."""

import lesson_faults
import package_faults

ALL = [*package_faults.ALL, *lesson_faults.ALL]
