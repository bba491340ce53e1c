"""The tables' pandera models: one definition of every column."""
