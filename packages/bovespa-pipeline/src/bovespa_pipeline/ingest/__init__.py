"""Writers of the raw zone: captures, imports, repairs and withdrawals."""
