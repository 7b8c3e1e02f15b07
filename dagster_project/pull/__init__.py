"""Pulling: the exports of a study that declare a source, brought down as files of its raw exports.

Belongs here: asking a service, and putting its answer in the place of the last one. Does not belong here: landing and
reading the file (exports/), which are the same as for a file that somebody put there; when to pull (defs/).

A service's module is imported when it is asked: the client of HTTP is part of the extra `pull`.
"""

from dagster_project.pull.errors import PullError
from dagster_project.pull.study_pull import Outcome, has_sources, pull_study

__all__ = ["Outcome", "PullError", "has_sources", "pull_study"]
