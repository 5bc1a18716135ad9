"""Commercial payers: data."""
