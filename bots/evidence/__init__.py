"""Evidence of a run: what the worker saw when something went wrong, sealed before it touches a disk."""
