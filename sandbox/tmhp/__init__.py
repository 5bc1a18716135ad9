"""The simulated TMHP: Texas Medicaid, behind IAMOnline, which is an Okta."""
