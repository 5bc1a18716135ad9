"""One-time codes: where the second step of a sign-in comes from."""
