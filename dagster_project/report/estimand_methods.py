"""What the methods section says of estimands: the question that a family of tests asks, in the terms of ICH E9(R1).

Belongs here: these sentences. Does not belong here: results, and what the plan does not declare.
"""

from collections.abc import Iterator

from dagster_project.languages import enumerated, gettext, gettext_noop, in_series, translate
from dagster_project.study import Estimand, Family, Study

_STRATEGIES = {
    "treatment_policy": gettext_noop("treatment policy: scores count whatever happened"),
    "hypothetical": gettext_noop("hypothetical: as if it had not happened"),
    "composite": gettext_noop("composite: it is a part of the outcome"),
    "while_on_treatment": gettext_noop("while on treatment: up to the event"),
    "principal_stratum": gettext_noop("principal stratum: people to whom it would not happen"),
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
            gettext(
                "Scores count here as they were returned: a strategy other than treatment policy holds as far as the exports"
                " hold, or leave out, what it asks for."
            )
        )


def _question(study: Study, family: Family, estimand: Estimand) -> str:
    labels = [study.scales[code][1].label for code in family.outcomes]
    contrasts = family.contrasts or tuple(contrast.contrast for contrast in study.protocol.contrasts)
    growth = study.protocol.growth if family.compares == "growth" else None
    moments = gettext("change per {unit}", unit=growth.unit_word) if growth is not None else enumerated(contrasts)
    variable = estimand.variable or f"{enumerated(labels)} ({moments})"
    treatments = f", {estimand.treatments}" if estimand.treatments else ""
    return gettext(
        "Family {family} ({role}) estimates the {summary}. Population: {population}{treatments}. Variable: {variable}.",
        family=family.family,
        role=translate(family.role),
        summary=estimand.summary.rstrip("."),
        population=estimand.population.rstrip("."),
        treatments=treatments,
        variable=variable,
    )


def _events(estimand: Estimand) -> str:
    events = [f"{event.event} ({gettext(_STRATEGIES[event.strategy])})" for event in estimand.intercurrent_events]
    return (
        gettext("Intercurrent events: {events}.", events=in_series(events))
        if events
        else gettext("No intercurrent event was expected.")
    )
