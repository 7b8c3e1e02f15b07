"""Auditing a study's published table, with what its protocol and instruments say. Belongs here: handing those to the engine.
Does not belong here: the engine."""

from collections.abc import Iterable, Sequence

from dagster_project.audit.engine import Contrasts, ScaleFacts, audit_table
from dagster_project.audit.findings import IMPOSSIBLE, Finding
from dagster_project.audit.intervals import Interval
from dagster_project.results.published import PublishedValue
from dagster_project.study import Composite, Instrument, Study


def audit_published(published: Sequence[PublishedValue], study: Study) -> list[Finding]:
    """All findings on a study's published table, in its order."""
    return audit_table(published, facts_of(study.instruments), contrasts_of(study), effect_size=study.protocol.plan.headline)


def find_impossible(published: Sequence[PublishedValue], study: Study) -> dict[PublishedValue, str]:
    """The printed numbers that no data could give beside the others when all are rounded, each with the arithmetic."""
    impossible: dict[PublishedValue, str] = {}
    for finding in audit_table(
        published,
        facts_of(study.instruments),
        contrasts_of(study),
        effect_size=study.protocol.plan.headline,
        excuse_cutting=False,
    ):
        if finding.severity == IMPOSSIBLE:
            impossible.setdefault(finding.value, finding.arithmetic)
    return impossible


def facts_of(instruments: Iterable[Instrument]) -> dict[tuple[str, str], ScaleFacts]:
    """What instruments say of their scales, by the section and label that a table prints."""
    return {
        (section, scale.label): scale_facts(instrument, scale)
        for instrument in instruments
        for section in dict.fromkeys((instrument.published_as or instrument.name, instrument.name))
        for scale in instrument.all_scales
    }


def scale_facts(instrument: Instrument, scale: object) -> ScaleFacts:
    """Range, and whether every score is whole: where all items must be answered and no table converts the sum."""
    (found,) = (one for one in instrument.all_scales if one is scale)
    possible = Interval(*instrument.score_range(found))
    if isinstance(found, Composite) or found.conversion is not None:
        return ScaleFacts(possible)
    items = len(found.items)
    if instrument.minimum_items(found) < items:
        return ScaleFacts(possible)
    is_binary = (instrument.anchors.low, instrument.anchors.high, items) == (0, 1, 1)
    return ScaleFacts(possible, 1 if found.aggregate == "sum" else items, is_binary)


def contrasts_of(study: Study) -> Contrasts:
    """The declared contrasts."""
    signs = {"baseline_minus_followup": 1, "followup_minus_baseline": -1}
    return {one.contrast: (one.baseline, one.followup, signs[one.direction]) for one in study.protocol.contrasts}
