#!/usr/bin/env python
"""Interlock's command line: `python manage.py help` lists the commands."""

import os
import sys

# What changes tables works as their owner (DATABASE_OWNER_URL), everything else as the application (DATABASE_URL).
OWNER_COMMANDS = frozenset({"migrate"})


def main() -> int:
    """Run one command, on the servers that the environment names or else on those of a demo that runs here."""
    from qa.embedded.cluster import adopt

    adopt()
    if len(sys.argv) > 1 and sys.argv[1] in OWNER_COMMANDS:
        os.environ["DATABASE_AS_OWNER"] = "1"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qa.settings")
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except OperationalError:
        if os.environ.get("DATABASE_URL"):
            raise
        print(
            "No database is named (DATABASE_URL) and no demo runs in this folder. Start one with `make demo` and "
            "repeat the command in another window, or name your servers as docs/install.md says.",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
