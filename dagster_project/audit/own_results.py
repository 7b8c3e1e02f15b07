"""Auditing our own results: the same rules on exact instead of printed numbers, and each printed text against its number.

Belongs here: results as cells. Does not belong here: rules.
"""

from collections.abc import Iterable, Iterator

from dagster_project.audit.assumptions import Assumptions
from dagster_project.audit.blocks import PERCENT_SUM
from dagster_project.audit.designs import PAIRED, Design
from dagster_project.audit.engine import audit_cells
from dagster_project.audit.findings import Finding, TableCell
from dagster_project.audit.intervals import Interval
from dagster_project.audit.moments import NUMBER_OF_PAIRS, UNLIKE_MOMENTS
from dagster_project.audit.published import contrasts_of, scale_facts
from dagster_project.audit.rule import Rule
from dagster_project.results import PublishedValue, ResultRow
from dagster_project.study import Study

PRINTED_AS_ROUNDED = Rule(
    "printed_as_rounded", "The text that is printed is the number, rounded half away from zero.", "a result", "the text", ""
)
#: Our changes are of the same people, at 95 %.
_ASSUMPTIONS = Assumptions(Design(PAIRED))
#: Rules on what is usual in a printed table: exact numbers of a study may well be unusual.
_PLAUSIBILITY = frozenset((UNLIKE_MOMENTS.name, NUMBER_OF_PAIRS.name, PERCENT_SUM.name))
#: Relative tolerance of exact numbers: sums in another order differ in the last digits.
_RELATIVE = 1e-9
#: The rules' names of our statistics, where they differ.
_RULE_NAMES = {"mean_change": "change", "ci95_low": "ci_low", "ci95_high": "ci_high"}
#: Analyses whose numbers the rules know. An estimate of a model is a change with its own standard error and df.
_ANALYSES = ("characteristics", "service_use", "attrition", "summary", "norm", "change")
_MODELS = {"mixed": "estimate", "imputation": "estimate", "norm_difference": "difference"}
_MODEL_STATISTICS = ("se", "t", "df", "p", "ci95_low", "ci95_high")
#: Intervals of shares are not symmetrical, and those of a mean are not of a change.
_EXCLUDED = {name: ("ci95_low", "ci95_high") for name in ("characteristics", "service_use", "attrition", "summary")}


def audit_results(results: Iterable[ResultRow], study: Study) -> list[tuple[str, Finding]]:
    """Findings on our own results, each with the id of the result. A sound warehouse gives none above `note`."""
    rows = list(results)
    ids: dict[PublishedValue, str] = {}
    cells = []
    for row in rows:
        cell = _cell(row)
        if cell is not None:
            ids[cell.value] = row.result_id
            cells.append(cell)
    facts = {("scores", code): scale_facts(instrument, scale) for code, (instrument, scale) in study.scales.items()}
    findings = [
        (ids[finding.value], finding)
        for finding in audit_cells(cells, facts, contrasts_of(study), _ASSUMPTIONS, with_notes=False)
        if finding.rule not in _PLAUSIBILITY
    ]
    return [*findings, *((row.result_id, finding) for row in rows for finding in _rounding_findings(row))]


def _cell(row: ResultRow) -> TableCell | None:
    if row.value is None:
        return None
    statistic = _RULE_NAMES.get(row.statistic, row.statistic)
    if row.analysis in _MODELS:
        if row.statistic == _MODELS[row.analysis]:
            statistic = "change"
        elif row.statistic not in _MODEL_STATISTICS:
            return None
        # Norms beside the main one have a section a scale, so that scales with a norm of the same sample stay apart.
        section = row.analysis if row.category is None else f"{row.analysis}/{row.outcome}"
    elif row.analysis in _ANALYSES:
        if row.statistic in _EXCLUDED.get(row.analysis, ()):
            return None
        # Both waves and their change get one section, so that the rules check them together.
        section = "scores" if row.analysis in ("summary", "change") else row.analysis
        if row.category is not None or row.analysis in ("service_use", "attrition"):
            section = f"{row.analysis}/{row.outcome}"
    else:
        return None
    # A norm's mean and SD are their own statistics; its n is the sample's.
    moment = row.wave or row.contrast or ("norm" if row.analysis == "norm" else "")
    value = PublishedValue(
        0, row.analysis, 0, section, row.category or row.outcome, "", moment, statistic, f"{row.value:.10g}", row.value
    )
    slack = _RELATIVE * max(1.0, abs(row.value))
    return TableCell(value, Interval(row.value - slack, row.value + slack))


def _rounding_findings(row: ResultRow) -> Iterator[Finding]:
    """The printed text is the number, rounded."""
    if row.value is None:
        return
    if Interval.from_text(row.printed).is_disjoint(Interval(row.value, row.value)):
        value = PublishedValue(
            0, row.analysis, 0, row.analysis, row.category or row.outcome, "", row.wave or row.contrast or "", row.statistic,
            row.printed, row.value,
        )  # fmt: skip
        yield Finding(value, PRINTED_AS_ROUNDED.name, f"{row.value:.10g} does not print as {row.printed}")
