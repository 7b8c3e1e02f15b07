"""Auditing a published table in long form: every rule over every cell.

Belongs here: gathering the cells that belong together and asking the rules. Does not belong here: a rule (rules.py).
"""

from collections.abc import Iterator, Mapping, Sequence

from dagster_project.audit import rules
from dagster_project.audit.findings import Finding
from dagster_project.audit.intervals import Interval
from dagster_project.results.published import PublishedValue
from dagster_project.study import Composite, Instrument, Scale, Study

Cells = dict[str, PublishedValue]


def find_impossible(published: Sequence[PublishedValue], study: Study) -> dict[PublishedValue, str]:
    """The printed numbers that no data could give beside the others, each with the arithmetic."""
    impossible: dict[PublishedValue, str] = {}
    for finding in audit_published(published, study):
        impossible.setdefault(finding.value, finding.arithmetic)
    return impossible


def audit_published(published: Sequence[PublishedValue], study: Study) -> list[Finding]:
    """All findings on a published table, in its order. A correct table gives none."""
    analyses: Mapping[str, str] = study.protocol.published.tables if study.protocol.published else {}
    cells: dict[tuple[str, str, str, str], Cells] = {}
    for value in published:
        place = (analyses.get(value.table, ""), value.section, value.label, value.timepoint)
        cells.setdefault(place, {})[value.statistic] = value
    findings = [*_characteristics(cells), *_scales(cells, study)]
    return sorted(findings, key=lambda finding: finding.value.line)


def _characteristics(cells: Mapping[tuple[str, str, str, str], Cells]) -> Iterator[Finding]:
    block_n: dict[str, PublishedValue] = {}
    for (analysis, section, _, _), found in cells.items():
        if analysis != "characteristics":
            continue
        if "n" in found:
            block_n[section] = found["n"]
        if "percent" in found and "count" in found and section in block_n:
            yield from rules.percent_of_count(found["percent"], found["count"], block_n[section])
        yield from rules.spread(found, Interval(float("-inf"), float("inf")))


def _scales(cells: Mapping[tuple[str, str, str, str], Cells], study: Study) -> Iterator[Finding]:
    for instrument, scale in study.scales.values():
        place = (instrument.published_as or "", scale.label)
        possible = Interval(*instrument.score_range(scale))
        waves = {wave.wave: cells.get(("summary", *place, wave.wave), {}) for wave in study.protocol.waves}
        for found in waves.values():
            yield from rules.in_range(found, possible)
            yield from rules.spread(found, possible)
        for contrast in study.protocol.contrasts:
            pairs = cells.get(("change", *place, contrast.contrast), {})
            if pairs:
                yield from _pairs(pairs, waves[contrast.baseline], waves[contrast.followup], instrument, scale)


def _pairs(
    pairs: Cells, baseline: Cells, followup: Cells, instrument: Instrument, scale: Scale | Composite
) -> Iterator[Finding]:
    too_many = list(rules.pairs_in_waves(pairs, baseline, followup))
    yield from too_many
    counts = rules.possible_pairs(pairs, baseline, followup, is_printed_n_possible=not too_many)
    asymmetric = list(rules.interval_around_change(pairs, counts))
    yield from asymmetric
    broken = {finding.value.statistic for finding in asymmetric}
    sound = {name: value for name, value in pairs.items() if name not in broken}
    p_findings = list(rules.p_of_interval(sound, counts))
    yield from p_findings
    if p_findings:
        sound = {name: value for name, value in sound.items() if name != "p"}
    yield from rules.effect_size(sound, counts, baseline, Interval(*instrument.score_range(scale)))
