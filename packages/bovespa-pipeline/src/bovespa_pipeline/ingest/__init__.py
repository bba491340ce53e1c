"""What comes into the raw zone: captures, imports, and what repairs or withdraws them."""
