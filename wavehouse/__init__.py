"""Read a release of Wavehouse from Python.

    import wavehouse

    release = wavehouse.open("data/peer_workers")
    release.scores()                             # one row a person, wave and scale
    release.result("change/wellbeing/T1-T2/p")   # a number of the tables, with its n and method
    release.data(shape="wide")                   # the clean data set, one row a person

An analysis of a study's own, in a file of its folder analyses/, declares itself with `analysis` and `statistic`, is given
`Data`, and gives each of its results as a `number`.

Belongs here: what people import. Does not belong here: how a release is made (dagster_project).
"""

from dagster_project.extensions.declaration import Data, analysis, number, statistic
from wavehouse.release import Release, Result, open

__all__ = ["Data", "Release", "Result", "analysis", "number", "open", "statistic"]
