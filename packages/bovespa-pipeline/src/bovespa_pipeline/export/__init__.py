"""A lake's published tables as a release that others can use without this project."""
