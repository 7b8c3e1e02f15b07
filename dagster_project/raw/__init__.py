"""Schema raw: exports and interviews as they arrived, loaded into the warehouse.

Belongs here: which file of an export is used, its rows as text, its versions, and what is said of it. Does not belong here:
reading a format (exports/, synthesis/), typing an answer (dbt staging), Dagster (defs/).
"""
