"""The web server of `wavehouse ui`: Dagster's own, behind a guard: it answers one person on one machine.

Belongs here: whose requests are answered (guard.py), and how Dagster's processes are started with it. Does not belong here:
what the pages show (Dagster, defs/).
"""

from dagster_project.ui.guard import RequestGuard, new_token

__all__ = ["RequestGuard", "new_token"]
