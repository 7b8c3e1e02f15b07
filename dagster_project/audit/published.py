"""Auditing a study's published table, with its protocol and instruments. Belongs here: what the engine is told of them. Does
not belong here: the engine."""

from collections.abc import Iterable, Sequence

from dagster_project.audit.assumptions import ScaleFacts
from dagster_project.audit.designs import PAIRED
from dagster_project.audit.engine import audit_table
from dagster_project.audit.findings import IMPOSSIBLE, Finding
from dagster_project.audit.intervals import Interval
from dagster_project.audit.layout import Contrasts
from dagster_project.results.published import PublishedValue
from dagster_project.study import Composite, Instrument, Study


def audit_published(published: Sequence[PublishedValue], study: Study) -> list[Finding]:
    """All findings on a study's published table, in its order. A study's changes are paired, at 95 %."""
    return audit_table(
        published,
        facts_by_label(study.instruments),
        contrasts_of(study),
        effect_size=study.protocol.plan.headline,
        design=PAIRED,
    )


def impossible_numbers(published: Sequence[PublishedValue], study: Study) -> dict[PublishedValue, str]:
    """The printed numbers that no data could give with the others when all are rounded, each with the arithmetic. Here no
    practice, such as another denominator than the block's n, excuses a number."""
    impossible: dict[PublishedValue, str] = {}
    for finding in audit_table(
        published,
        facts_by_label(study.instruments),
        contrasts_of(study),
        effect_size=study.protocol.plan.headline,
        design=PAIRED,
        excuses=False,
    ):
        if finding.severity == IMPOSSIBLE:
            impossible.setdefault(finding.value, finding.arithmetic)
    return impossible


def facts_by_label(instruments: Iterable[Instrument]) -> dict[tuple[str, str], ScaleFacts]:
    """The facts of instruments' scales, by the section and label that a table prints."""
    return {
        (section, scale.label): scale_facts(instrument, scale)
        for instrument in instruments
        for section in dict.fromkeys((instrument.published_as or instrument.name, instrument.name))
        for scale in instrument.all_scales
    }


def match_facts(
    instruments: Sequence[Instrument], values: Iterable[PublishedValue]
) -> tuple[dict[tuple[str, str], ScaleFacts], list[str]]:
    """Facts of instruments for the rows of any table, and the labels of scales that match no row.

    A row is matched by section and label, ignoring case; by its label alone where only one scale has that label.
    """
    facts_by_name = {
        (section.casefold(), label.casefold()): facts for (section, label), facts in facts_by_label(instruments).items()
    }
    labels: dict[str, list[ScaleFacts]] = {}
    for (_, label), facts in facts_by_name.items():
        if facts not in labels.setdefault(label, []):
            labels[label].append(facts)
    row_facts: dict[tuple[str, str], ScaleFacts] = {}
    for value in values:
        section, label = value.section.casefold(), value.label.casefold()
        if (section, label) in facts_by_name:
            row_facts[value.section, value.label] = facts_by_name[section, label]
        elif len(labels.get(label, ())) == 1:
            row_facts[value.section, value.label] = labels[label][0]
    row_labels = {label.casefold() for _, label in row_facts}
    unplaced = [
        scale.label
        for instrument in instruments
        for scale in instrument.all_scales
        if scale.label.casefold() not in row_labels
    ]
    return row_facts, unplaced


def scale_facts(instrument: Instrument, scale: object) -> ScaleFacts:
    """The range, and the steps where all items must be answered and no table converts the sum."""
    (instrument_scale,) = (candidate for candidate in instrument.all_scales if candidate is scale)
    score_range = Interval(*instrument.score_range(instrument_scale))
    if isinstance(instrument_scale, Composite) or instrument_scale.conversion is not None:
        return ScaleFacts(score_range)
    decimals = max(instrument.anchors_of(position).decimals for position in instrument_scale.items)
    items, is_whole = len(instrument_scale.items), instrument_scale.multiply == int(instrument_scale.multiply)
    if instrument_scale.rounded:
        return ScaleFacts(score_range, 1)
    if instrument.is_prorated(instrument_scale) or not is_whole:
        return ScaleFacts(score_range)
    has_two_answers = items == 1 and decimals == 0 and instrument.anchors_of(instrument_scale.items[0]).answer_count == 2
    is_binary = has_two_answers and set(instrument.scored_answers(instrument_scale.items[0])) == {0, 1}
    is_binary = is_binary and instrument_scale.multiply == 1
    steps = (1 if instrument_scale.aggregate == "sum" else items) * 10**decimals
    return ScaleFacts(score_range, steps, is_binary)


def contrasts_of(study: Study) -> Contrasts:
    """The declared contrasts."""
    return {
        contrast.contrast: (contrast.baseline, contrast.followup, contrast.baseline_sign)
        for contrast in study.protocol.contrasts
    }
