"""The edge: the only folder that imports dagster. A folder a layer: codebook, raw, models, outcomes, release.

An asset here reads, calls pure functions of the other packages, writes, and returns metadata. Thinking does not belong here.
"""
