"""The health of a lake: what is wrong with it now, and who is told."""
