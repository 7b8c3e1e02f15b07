"""What the methods section says of estimands: the question that a family of tests asks, in the terms of ICH E9(R1).

Belongs here: these sentences. Does not belong here: results, and what the plan does not declare.
"""

from collections.abc import Iterator

from dagster_project.report.group_methods import enumerated
from dagster_project.study import Estimand, Family, Study

_STRATEGIES = {
    "treatment_policy": "treatment policy: scores count whatever happened",
    "hypothetical": "hypothetical: as if it had not happened",
    "composite": "composite: it is a part of the outcome",
    "while_on_treatment": "while on treatment: up to the event",
    "principal_stratum": "principal stratum: people to whom it would not happen",
}


def estimands(study: Study) -> Iterator[str]:
    """A few sentences for each family whose estimand is declared; none where none is."""
    families = [(family, family.estimand) for family in study.protocol.plan.families if family.estimand is not None]
    for family, estimand in families:
        yield _question(study, family, estimand)
        yield _events(estimand)
    strategies = {event.strategy for _, estimand in families for event in estimand.intercurrent_events}
    if strategies - {"treatment_policy"}:
        yield (
            "Scores count here as they were returned: a strategy other than treatment policy holds as far as the exports"
            " hold, or leave out, what it asks for."
        )


def _question(study: Study, family: Family, estimand: Estimand) -> str:
    labels = [study.scales[code][1].label for code in family.outcomes]
    contrasts = family.contrasts or tuple(contrast.contrast for contrast in study.protocol.contrasts)
    growth = study.protocol.growth if family.compares == "growth" else None
    moments = f"change per {growth.unit_word}" if growth is not None else enumerated(contrasts)
    variable = estimand.variable or f"{enumerated(labels)} ({moments})"
    treatments = f", {estimand.treatments}" if estimand.treatments else ""
    return (
        f"Family {family.family} ({family.role}) estimates the {estimand.summary.rstrip('.')}. Population:"
        f" {estimand.population.rstrip('.')}{treatments}. Variable: {variable}."
    )


def _events(estimand: Estimand) -> str:
    events = [f"{event.event} ({_STRATEGIES[event.strategy]})" for event in estimand.intercurrent_events]
    return f"Intercurrent events: {'; '.join(events)}." if events else "No intercurrent event was expected."
