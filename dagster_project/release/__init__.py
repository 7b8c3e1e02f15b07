"""A release: what may be published, what is in it, and what it changed.

Belongs here: the checks before it, filling its folder, its difference from the one before. Does not belong here: how a
folder is swapped in (warehouse/release.py), layout (report/), Dagster (defs/).
"""
