"""The edge: assets, checks, resources, sensors and their wiring; a module a layer. The only rooms that know Dagster are this
one, dagster_home/, definitions.py and run.py.

An asset here reads, calls functions of the other packages, writes, and returns metadata. Thinking does not belong here.
"""
