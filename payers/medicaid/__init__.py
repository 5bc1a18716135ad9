"""State Medicaid programs: data."""
