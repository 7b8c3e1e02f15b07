"""`wavehouse-audit`: the auditor as a program of its own, which neither has nor needs the rest of Wavehouse.

Belongs here: how it ends. Does not belong here: its options, and what it does (audit.py).
"""

import os
import sys
from collections.abc import Sequence

from dagster_project.commands.audit import execute, parser_alone
from dagster_project.readable_files import allow
from dagster_project.terminal import error_line, say


def main(arguments: Sequence[str] | None = None) -> int:
    """Audit a table. Returns the exit code: 0 without a finding above a note, 1 with one, 2 where it cannot be read."""
    options = parser_alone().parse_args(arguments)
    try:
        allow(os.environ)
        return execute(options, None)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read has read enough
        return 0
    except MemoryError:
        say("wavehouse-audit: there is not enough memory for the file; give more, or make it smaller", file=sys.stderr)
        return 2
    except (ValueError, OSError) as error:
        say(f"wavehouse-audit: {error_line(str(error)) if isinstance(error, OSError) else error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
