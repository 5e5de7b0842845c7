"""The checks of the exercises, one file a lesson: `from ae_course.exercises import lesson_14`."""
