"""What is known of how a study handles personal data: a label and a text each.

Belongs here: reading it from the definitions and from what the caller knows of the machine. Does not belong here: what only
the controller can say (draft.py), the order of the document.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dagster_project.direct_identifiers import definition_findings, header_kind
from dagster_project.study import Disclosure, Export, Study

#: Words in labels that point to what the law protects more: as regular expressions, with the category's name.
_SPECIAL = (
    ("racial or ethnic origin", r"\b(?:ethnic|race|racial|migra|nationality|country of birth|herkunft|origine)"),
    ("political opinions", r"\b(?:politic|party|vote|voting)"),
    ("religious or philosophical beliefs", r"\b(?:relig|faith|church|belief|konfession)"),
    ("trade union membership", r"\b(?:trade union|gewerkschaft|syndicat)"),
    ("health", r"\b(?:health|ill|disease|diagnos|symptom|depress|anxi|stress|burnout|well.?being|pain|sleep|disab|medic|drug"
     r"|alcohol|patient|clinic|therap|suicid|trauma|weight|pregnan|bmi|hospital|mood|fatigue|exhaustion)"),
    ("sex life or sexual orientation", r"\b(?:sexual|orientation|partnership)"),
    ("genetic or biometric data", r"\b(?:genetic|genome|biometric|dna)"),
)  # fmt: skip
Fact = tuple[str, str]


@dataclass(frozen=True)
class Circumstances:
    """What the definitions do not say and this machine does.

    people, return_counts: of the newest release: how many people, and how many returned each wave; None and empty before the
    first. retention: what is declared of keeping, in words. group_reads: whether the group of the folders may read.
    erasures: how many people were erased. notices: to where failed runs are told. interviews: their files. folders:
    what lies where.
    """

    people: int | None
    return_counts: tuple[tuple[str, int], ...]
    retention: tuple[str, ...]
    group_reads: bool
    erasures: int
    notices: str
    interviews: tuple[str, ...]
    folders: tuple[Fact, ...]


def nature(study: Study, circumstances: Circumstances) -> list[Fact]:
    """What comes in, from where, and how people are told apart."""
    facts = [(_name(export), _arrival(study, export)) for export in study.protocol.exports]
    identifiers = sorted({export.respondent for export in study.protocol.exports})
    facts.append(("Identifier in the exports", ", ".join(identifiers)))
    kinds = [(column, kind) for column in identifiers if (kind := header_kind(column)) is not None]
    facts += [
        ("Direct identifier", f"the column {column} is called like one of {kind[3:].strip()}s") for column, kind in kinds
    ]
    reasons = [column for code, column in study.protocol.roster.leaving.columns.items() if code.endswith("_reason")]
    if reasons:
        facts.append(
            ("Free text", f"reasons for leaving in {', '.join(reasons)}; they stay in the roster, and in no release")
        )
    if circumstances.interviews:
        facts.append(
            ("Interviews", f"coded segments in {', '.join(circumstances.interviews)}; quotations are people's own words")
        )
    return facts


def _name(export: Export) -> str:
    return "Roster" if export.wave is None else f"Export {export.export}, wave {export.wave}"


def _arrival(study: Study, export: Export) -> str:
    service = study.protocol.service_of(export)
    origin = f"pulled from {type(service).__name__}" if service is not None else "put there by the team"
    blocks = ", ".join(block.block for block in export.blocks)
    return f"{export.reader}, in {export.folder}, {origin}; kept of it: {blocks or 'nothing but who the people are'}"


def categories_of_data(study: Study) -> list[Fact]:
    """What is known of people, instrument by instrument and variable by variable."""
    facts = [
        (variable.label, _variable(variable.kind, [category.label for category in variable.categories]))
        for variable in study.protocol.participant_variables
    ]
    facts += [
        (instrument.name, f"{instrument.item_count} items, as coded answers; scales: {_labels(instrument.all_scales)}")
        for instrument in study.instruments
        if instrument.instrument in study.protocol.instruments or instrument.item_count
    ]
    if study.protocol.service_use is not None:
        services = ", ".join(service.label for service in study.protocol.service_use.services)
        facts.append(("Services used", services))
    return facts


def _variable(kind: str, categories: Sequence[str]) -> str:
    return f"one of: {', '.join(categories)}" if categories else kind


def _labels(scales: Sequence[object]) -> str:
    return ", ".join(str(getattr(scale, "label", "")) for scale in scales) or "none"


def special_categories(study: Study) -> list[Fact]:
    """Categories of Article 9 that words of the definitions point to, with these words. Nobody is to rely on there being no
    others."""
    facts = []
    for category, pattern in _SPECIAL:
        labels = [label for label, text in categories_of_data(study) if re.search(pattern, f"{label}; {text}", re.I)]
        if labels:
            facts.append((category.capitalize(), "; ".join(labels)))
    return facts


def scope(study: Study, circumstances: Circumstances) -> list[Fact]:
    """How many people, how often, for how long."""
    waves = ", ".join(f"{wave.wave} ({wave.label}, month {wave.month:g})" for wave in study.protocol.waves)
    facts = [("Waves", waves)]
    if study.protocol.starts_on is not None:
        facts.append(("Planned day of month 0", f"{study.protocol.starts_on:%Y-%m-%d}"))
    if circumstances.people is not None:
        facts.append(("People on the roster", str(circumstances.people)))
    if circumstances.return_counts:
        facts.append(("Returned", ", ".join(f"{wave}: {count}" for wave, count in circumstances.return_counts)))
    if study.protocol.stand_in:
        facts.append(("Stand-ins", study.protocol.stand_in))
    return facts


def pseudonyms(study: Study, circumstances: Circumstances) -> list[Fact]:
    """How people stand in what is made of the exports, and who can read it."""
    single_people = "page and figures may show people one by one, where they are few (shows_people)"
    nobody_singly = "page and figures show nobody singly (shows_people: false)"
    readers = "the owner of the files and their group" if circumstances.group_reads else "the owner of the files alone"
    return [
        (
            "Pseudonyms",
            "a keyed hash (HMAC-SHA256) of the identifier from the first table on; who has the key can link them",
        ),
        ("Key", "in the study's home on this machine, or in an environment variable; in no release"),
        (
            "The team's release",
            f"one row a person and wave, by pseudonym; {single_people if study.protocol.shows_people else nobody_singly}",
        ),
        ("Read by", f"{readers}, as the folders made here say; whoever administers the machine"),
        ("History of runs", "counts, names of columns and pseudonyms; no identifier and no text of a cell"),
        ("Notices of failed runs", circumstances.notices or "none are sent"),
        ("Network", "none is needed for a run; pulling exports talks to the declared services alone, over https"),
        *circumstances.folders,
    ]


def public_rule(study: Study) -> list[Fact]:
    """What is shown to everybody."""
    rule = study.protocol.disclosure
    if not isinstance(rule, Disclosure):
        return [("Public release", "none is made (disclosure: none)")]
    rounding = f"counts are rounded to multiples of {rule.round_to}" if rule.round_to > 1 else "counts are not rounded"
    return [
        ("Public release", f"counts, means and SDs of fewer than {rule.minimum} people are hidden; {rounding}"),
        ("No count below that can be narrowed down to fewer than", f"{rule.least_width} people, from all that is public"),
        ("Never in it", "rows or pseudonyms of people, days of answers, minima and maxima"),
    ]


def open_findings(study: Study) -> list[Fact]:
    """What the definitions say that tells who somebody is."""
    lines = [(finding.key, f"holds {finding.detection.words}") for finding in definition_findings(study)]
    return lines or [("Labels and titles", "hold no e-mail address, telephone number, postcode or titled name")]
