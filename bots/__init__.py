"""The machine: browser, secrets, codes, inventory, guard, runner, clock, report, command line."""
