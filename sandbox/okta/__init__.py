"""The simulated Okta, a sign-in service in front of several portals."""
