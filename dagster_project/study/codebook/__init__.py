"""The protocol as tables: dbt generates its scoring SQL from them, and readers of a release look codes up in them.

Belongs here: turning a `Study` into Arrow tables, one module a subject. Does not belong here: writing them anywhere.
"""

from dagster_project.study.codebook.descriptions import column_descriptions
from dagster_project.study.codebook.instruments import scoring_rule
from dagster_project.study.codebook.stamps import wave_definitions
from dagster_project.study.codebook.tables import codebook_tables

__all__ = ["codebook_tables", "column_descriptions", "scoring_rule", "wave_definitions"]
