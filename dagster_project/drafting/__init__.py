"""Drafting: a study's definitions written from real exports, with what is guessed marked and what is open asked.

Belongs here: looking at files of which nothing is declared, and writing declarations. Does not belong here: reading formats
(exports/), what a declaration may say (study/), judging it (rehearsal/). This package imports `exports` and `study` only.
"""

from dagster_project.drafting.write import WrittenDraft, new_study_from

__all__ = ["WrittenDraft", "new_study_from"]
