"""The command line's entry point: ``daybridge`` and ``python -m daemon``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command given on the command line and end with its exit code (interfaces.md, Commands)."""
    from daemon.cli.group import run_command_line

    sys.exit(run_command_line())


if __name__ == "__main__":
    main()
