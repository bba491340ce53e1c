"""What may change in a contract: versions, consumers, golden files, the data dictionary."""
