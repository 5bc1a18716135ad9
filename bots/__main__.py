"""`python -m bots` is `portalkeeper`."""

from bots.cli import main

main()
