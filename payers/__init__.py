"""The sites: who the payers are, and how each portal is driven."""
