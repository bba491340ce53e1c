"""The chart of an index's weights: its model, its labels, its rendering."""
