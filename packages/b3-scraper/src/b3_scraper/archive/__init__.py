"""Archives that people have: tables of positions, of any number of indices and sessions."""
