"""A lake in a folder: its SQLite catalog, checksums and scratch space."""
