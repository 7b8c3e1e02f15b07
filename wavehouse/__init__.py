"""Read a release of Wavehouse from Python.

    import wavehouse

    release = wavehouse.open("data/peer_workers")
    release.scores()                             # one row a person, wave and scale
    release.result("change/wellbeing/T1-T2/p")   # a number of the tables, with its n and method
    release.data(shape="wide")                   # the clean data set, one row a person

A results table, anybody's, needs no release:

    findings = wavehouse.audit("paper.docx")      # what its numbers cannot be, each with its arithmetic

An analysis of a study's own, in a file of its folder analyses/, declares itself with `analysis` and `statistic`, is given
`Data`, and gives each of its results as a `number`.

Belongs here: what people import. Does not belong here: how a release is made (dagster_project).
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dagster_project.audit.answer import audit
    from dagster_project.extensions.declaration import Data, analysis, number, statistic
    from wavehouse.release import Release, Result, open

__all__ = ["Data", "Release", "Result", "analysis", "audit", "number", "open", "statistic"]
#: Where each name stands; it is imported when it is asked for, so that who audits a table waits for no database.
_MODULES = {
    "audit": "dagster_project.audit.answer",
    **dict.fromkeys(("Data", "analysis", "number", "statistic"), "dagster_project.extensions.declaration"),
    **dict.fromkeys(("Release", "Result", "open"), "wavehouse.release"),
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'wavehouse' has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULES[name]), name)
