"""What Portalkeeper costs, beside what a plain Playwright script costs. `python -m benchmarks` measures both."""
