"""The command line. Importing this loads no browser, scheduler or vault."""

from __future__ import annotations

import sys


def main() -> None:
    """Run `portalkeeper` (or `pk`), and end with the exit code of the error's branch.

    What a killed run left in memory is wiped first, whatever the command.
    """
    from bots.cli.app import app
    from bots.cli.printing import print_defect, print_error
    from bots.landing import wipe_abandoned
    from flows.errors import PortalkeeperError

    wipe_abandoned()
    try:
        app()
    except PortalkeeperError as error:
        print_error(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
    except Exception as error:  # noqa: BLE001 - the last door: a traceback may show what must not be shown
        print_defect(error)
        sys.exit(1)
