"""Lists that a team works with while a study is in the field: who is due to answer, and what to ask of answers.

Belongs here: what is on these lists, their states, and the files that hold them. Does not belong here: anything that is
released; they name people as the roster does, and stay beside the working file.
"""

from dagster_project.fieldwork.lists import FieldLists, counts_of_kinds, current_lists, note_query, write_lists
from dagster_project.fieldwork.queries import (
    QUERY_KINDS,
    STATES,
    DataQuery,
    Event,
    QueryCell,
    QueryError,
    QueryLog,
    read_queries,
)
from dagster_project.fieldwork.reminders import REMINDER_STATES, Reminder, ReminderState, read_reminders

__all__ = [
    "QUERY_KINDS",
    "REMINDER_STATES",
    "STATES",
    "DataQuery",
    "Event",
    "FieldLists",
    "QueryCell",
    "QueryError",
    "QueryLog",
    "Reminder",
    "ReminderState",
    "counts_of_kinds",
    "current_lists",
    "note_query",
    "read_queries",
    "read_reminders",
    "write_lists",
]
