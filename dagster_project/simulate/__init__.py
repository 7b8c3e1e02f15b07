"""Stand-ins: invented participants, who could have produced a published table, or are drawn from a study's design.

Belongs here: finding or drawing them, and writing them as the exports that a protocol declares, so that a team can rehearse
before data arrive, or share a study without its people. Does not belong here: anything that a run on real data needs; what
a run would meet in exports that there are, which `wavehouse check` says before it (rehearsal/): that makes no people, and
this judges no exports.
"""

from dagster_project.simulate.errors import SimulationError
from dagster_project.simulate.people import DEFAULT_SEED, StandIns, draw_study, report, simulate_study
from dagster_project.simulate.write import refuse_existing_files, write_exports

__all__ = [
    "DEFAULT_SEED",
    "SimulationError",
    "StandIns",
    "draw_study",
    "refuse_existing_files",
    "report",
    "simulate_study",
    "write_exports",
]
