"""One truth: what a release is about to say was all computed from the same exports by the same definitions.

Belongs here: the checks before a release, a function each. Does not belong here: writing stamps (stamps.py), the arithmetic
of results (audit/).
"""

from collections import defaultdict
from collections.abc import Callable, Sequence

from dagster_project.audit import recompute_sample
from dagster_project.exports import DEFINITIONS
from dagster_project.extensions.recompute import differing_results
from dagster_project.outcomes.analyses import OUTCOME_NAMES
from dagster_project.outcomes.display import DISPLAY
from dagster_project.outcomes.figures import FIGURES
from dagster_project.outcomes.findings import AUDIT
from dagster_project.outcomes.reproduction import REPRODUCTION
from dagster_project.results import EXTENSIONS
from dagster_project.stamps import MARTS, SEGMENTS
from dagster_project.study import Study, codebook_tables
from dagster_project.variant_marts import VARIANT_MARTS
from dagster_project.warehouse import Warehouse

#: The assets that stand on the outcomes' results, and are released with them.
STANDING_ON_OUTCOMES = (REPRODUCTION, AUDIT, DISPLAY, FIGURES)
#: What carries a stamp.
STAMPED = (MARTS, SEGMENTS, VARIANT_MARTS, EXTENSIONS, *OUTCOME_NAMES, *STANDING_ON_OUTCOMES)
_CURE = "run everything again: `wavehouse run`"


def stamps_agree(warehouse: Warehouse, study: Study) -> list[str]:
    """Every stamp is that of the codebook and of the exports as they stand in schema raw now, and of nothing else."""
    current = {(row["source"], row["fingerprint"]) for row in warehouse.rows(_CURRENT, [DEFINITIONS])}
    # Interviews are read by the definitions alone; no export of answers touches them.
    of_definitions = {(source, fingerprint) for source, fingerprint in current if source == DEFINITIONS}
    stamps: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in warehouse.rows("select name, source, fingerprint from results.stamps"):
        stamps[row["name"]].add((row["source"], row["fingerprint"]))
    problems = []
    for name in STAMPED:
        expected = of_definitions if name == SEGMENTS else current
        if not stamps[name]:
            problems.append(f"{name}: nothing says what this was computed from; {_CURE}")
        elif differing_sources := sorted({source for source, _ in expected ^ stamps[name]}):
            state = " and ".join(source if source == DEFINITIONS else f"export {source}" for source in differing_sources)
            problems.append(f"{name}: computed from another state of {state} than is in use now; {_CURE}")
    return problems


def sample_recomputes(warehouse: Warehouse, study: Study) -> list[str]:
    """Some results, other ones in every run, are what plain arithmetic makes of the answers by the study's definitions."""
    with warehouse.connect(read_only=True) as connection:
        ((run_id, people),) = connection.execute(
            "select max(run_id), (select count(*) from marts.participants) from results.stamps"
        ).fetchall()
        size = _SAMPLE if people <= _MANY_PEOPLE else _SAMPLE_OF_MANY
        mismatches = recompute_sample(connection, codebook_tables(study), str(run_id), size)
    return [str(mismatch) for mismatch in mismatches]


def own_results_recompute(warehouse: Warehouse, study: Study) -> list[str]:
    """Results of the study's own analyses are what these give of the file that is to be released."""
    ((run_id,),) = (row.values() for row in warehouse.rows("select max(run_id) as run_id from results.stamps"))
    return [f"{difference}; {_CURE}" for difference in differing_results(study, warehouse, str(run_id))]


#: At how many places results are computed again before a release; of many people fewer, for each takes a second a million.
_SAMPLE, _MANY_PEOPLE, _SAMPLE_OF_MANY = 12, 50_000, 4

#: Each is given the working file and the study, and says what contradicts what, a line each.
CHECKS: Sequence[Callable[[Warehouse, Study], list[str]]] = (stamps_agree, sample_recomputes, own_results_recompute)


def contradictions(warehouse: Warehouse, study: Study) -> list[str]:
    """What the checks find, a line each; nothing where all that is released is of one truth."""
    return [problem for check in CHECKS for problem in check(warehouse, study)]


#: What a release has to be made of.
_CURRENT = """
    select export as source, fingerprint from raw.exports
    union all
    select ?, definitions_hash from codebook.definitions
"""
