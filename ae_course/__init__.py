"""What only the lessons need: how a notebook starts and ends, and what checks its exercises."""
