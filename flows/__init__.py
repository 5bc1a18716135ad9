"""The language: what we ask a payer, what comes back, what can go wrong."""
