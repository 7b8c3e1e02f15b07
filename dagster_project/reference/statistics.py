"""The page of statistics: formula, unit, who counts and source of each. Nothing else belongs here."""

from dagster_project.outcomes.analyses import OUTCOMES
from dagster_project.reference.text import code, heading, plain, sentence
from dagster_project.results.statistic import PEOPLE, Statistic, StudyUnit
from dagster_project.results.statistics_registry import STATISTICS

_INTRODUCTION = """# Statistics

Every number of a release is one of these: `results.results` names its analysis and its statistic, and `codebook.estimands`
in the released file holds formula and people of each. In formulas x is a person's value and n the number of people. A
statistic that cannot be computed is missing, with the reason beside it."""
_UNITS = {
    StudyUnit.SCORE: "points of the scale",
    StudyUnit.SLOPE: "points of the scale per unit of time",
    StudyUnit.VARIABLE: "the variable's unit",
}

#: Words of analyses that are written in capital letters.
_SHORT = {"mmrm": "MMRM", "mi": "MI"}


def _analyses() -> dict[str, list[Statistic]]:
    analyses: dict[str, list[Statistic]] = {}
    for statistic in STATISTICS:
        analyses.setdefault(statistic.analysis, []).append(statistic)
    return analyses


def _descriptions() -> dict[str, str]:
    """What each analysis is about, as its outcome in the graph says it."""
    return {analysis: outcome.description for outcome in OUTCOMES for analysis in outcome.analyses}


def _row(statistic: Statistic) -> str:
    unit = _UNITS[statistic.unit] if isinstance(statistic.unit, StudyUnit) else statistic.unit
    people = PEOPLE[statistic.people].words
    made_of = f"<br>Made of {', '.join(code(name) for name in statistic.made_of.statistics)}." if statistic.made_of else ""
    source = f"<br>Source: {plain(statistic.source)}." if statistic.source else ""
    measured_in = f" Unit: {plain(unit)}." if unit else " Unit: a probability." if statistic.kind == "p" else ""
    return (
        f"| {code(statistic.name)} | {plain(statistic.formula)}{made_of}{source} | {plain(sentence(people))}{measured_in} |"
    )


def page() -> str:
    words = _descriptions()
    parts = [_INTRODUCTION]
    for analysis, statistics in _analyses().items():
        title = " ".join(_SHORT.get(word, word) for word in analysis.split("_"))
        parts.append(heading(2, title[:1].upper() + title[1:], analysis))
        parts.append(f"{code(analysis)}: {plain(sentence(words.get(analysis, '')))}")
        rows = [_row(statistic) for statistic in statistics]
        parts.append("\n".join(["| statistic | formula | who counts, and the unit |", "|---|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"


def silent() -> list[str]:
    """Statistics without a formula or people, and analyses that no outcome describes."""
    names = [f"{entry.analysis}/{entry.name}" for entry in STATISTICS if not entry.formula or entry.people not in PEOPLE]
    return names + [analysis for analysis in _analyses() if not _descriptions().get(analysis)]
