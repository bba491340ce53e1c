"""Governance of the contract: versions, consumers, golden files, the data dictionary."""
