"""Dagster's own home of a study: how its history is stored, how its output is kept, how progress is printed.

Belongs here: classes that Dagster's instance is configured with (dagster.yaml names them), and its files. Does not belong
here: assets, jobs, resources (defs/).
"""
