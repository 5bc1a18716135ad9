"""What all tests share."""

from functools import cache

import typer.testing

# The tree of all commands, as a test asks for one of them: to build it takes longer than most commands do.
typer.testing._get_command = cache(typer.testing._get_command)
