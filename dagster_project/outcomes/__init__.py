"""Schema results: what is computed from the marts, written with a stamp of what it was computed from.

Belongs here: a module a table: estimates, reproduction, findings, joint display, figures. Does not belong here: formulas
(statistics/), rows and layout of results (results/), Dagster (defs/).
"""
