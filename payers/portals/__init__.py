"""One folder per portal."""
