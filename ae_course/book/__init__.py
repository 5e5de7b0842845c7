"""The web book: how Sphinx is set up, and what the pages look like. tools/book.py builds it."""
