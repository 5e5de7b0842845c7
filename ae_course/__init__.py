"""What only the lessons need: the start and end of a notebook, and the checks of its exercises."""
