"""Figures to turn, in Jupyter after a run and in the web book; elsewhere each is a picture.

A widget is shown as the last line of a cell. What the notebook stores of it is a picture, a text,
and JSON with the weights and data, from which the book's page brings it to life. The scripts are in
static/ and need no network and no Python.
"""

# ruff: noqa: F401
from ae_course.widgets._export import dense, export, floats, kernel_of, restore
from ae_course.widgets._networks import draw_digit, latent_plane, noise
from ae_course.widgets._stored import (
    alarm_budget,
    beta_sweep,
    bits,
    hole,
    perplexity,
    size_and_rank,
)  # fmt: skip
from ae_course.widgets._widget import LIVE, MIME, Widget, live_class
