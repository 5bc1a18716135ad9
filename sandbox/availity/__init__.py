"""The simulated Availity Essentials."""
