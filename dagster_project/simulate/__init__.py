"""Stand-ins: invented participants whose answers could have produced a published table.

Belongs here: finding them and writing them as the exports that a protocol declares, so that a team can rehearse before
data arrive, or share a study without its people. Does not belong here: anything that a run on real data needs.
"""

from dagster_project.simulate.errors import SimulationError
from dagster_project.simulate.people import DEFAULT_SEED, StandIns, report, simulate_study
from dagster_project.simulate.write import refuse_existing_files, write_exports

__all__ = [
    "DEFAULT_SEED",
    "SimulationError",
    "StandIns",
    "refuse_existing_files",
    "report",
    "simulate_study",
    "write_exports",
]
