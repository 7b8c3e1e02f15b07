"""What a study adds of its own: dbt models, analyses in Python.

Belongs here: running them after ours, what they may read, what is recorded of them. Does not belong here: laying out tables
(results/), Dagster (defs/). Nothing is imported here: an analysis imports `declaration` alone, through the package
`wavehouse`.
"""
