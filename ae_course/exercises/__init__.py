"""The checks of the exercises, one module for each lesson, such as `lesson_15`."""
