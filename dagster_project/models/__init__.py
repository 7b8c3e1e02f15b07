"""dbt from Python: parsing and building the project, lineage of columns, and checks that must name a cell.

Belongs here: calling dbt and understanding what it says. Does not belong here: SQL of the models (dbt/), Dagster (defs/).
"""
