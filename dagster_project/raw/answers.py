"""All waves under one another as the view `raw.answers`, who in it is not on the roster, and which waves are late.

Belongs here: that view and its checks. Does not belong here: typing an answer (dbt staging), planned dates (study/).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dagster_project.checks import Check
from dagster_project.exports import (
    STRANGERS_CURE,
    Categories,
    ambiguous_identifiers,
    ambiguous_words,
    date_column,
    did_you_mean,
)
from dagster_project.raw.columns import export_columns
from dagster_project.study import DURATION, Export, Study, Wave, WaveConditions, wave_state
from dagster_project.warehouse import Connection, Warehouse, identifier, literal
from dagster_project.withholding import of_person


@dataclass(frozen=True)
class WaveAnswers:
    """What the view of all waves holds.

    respondent_counts: people by wave. columns: for each column of the view, the exports whose tables have it. checks: as of
    now.
    """

    respondent_counts: Mapping[str, int]
    columns: Mapping[str, Sequence[Export]]
    checks: Sequence[Check]


def unite_waves(warehouse: Warehouse, study: Study) -> WaveAnswers:
    """Make the view: one row a respondent and wave (or part of it), one text column an item. Nothing is copied."""
    exports = study.protocol.wave_exports
    blocks = (*(instrument.instrument for instrument in study.instruments), "services")
    codes = [code for block in blocks for code in study.block_codes(block)]
    with warehouse.transaction() as connection:
        connection.execute(f"create or replace view raw.answers as {_union(study, exports, codes)}")
        respondent_counts = dict(
            connection.execute(
                "select wave, count(distinct participant_id) from raw.answers group by wave order by wave"
            ).fetchall()
        )
        checks = [_people_on_roster(study, connection), *_on_time(study, connection, respondent_counts)]
    columns = {
        column: [export for export in exports if column not in codes or column in export_columns(study, export)]
        for column in ("participant_id", "answered_on", *codes, "source_file", "source_row")
    }
    if timed_exports := [export for export in exports if export.duration]:
        columns[DURATION] = timed_exports
    return WaveAnswers(respondent_counts, columns, checks)


def on_time_check(wave: Wave) -> str:
    """The name of the check on a wave's planned window."""
    return f"{wave.wave.lower()}_on_time"


def _people_on_roster(study: Study, connection: Connection) -> Check:
    if (words := _ambiguous_people(study, connection)) is not None:
        return Check("people_on_roster", False, words)
    strangers = connection.execute(
        "select wave, respondent, source_row from raw.answers anti join raw.roster using (participant_id)"
        " order by wave, source_row"
    ).fetchall()
    if not strangers:
        return Check("people_on_roster", True, "Every respondent is on the roster.")
    respondents = [row[0] for row in connection.execute("select respondent from raw.roster").fetchall()]
    locations = "; ".join(
        f"{wave} row {row}: {of_person(respondent, repr(respondent))}{did_you_mean(respondent, respondents)}"
        for wave, respondent, row in strangers[:5]
    )
    more_words = f" and {len(strangers) - 5} more" if len(strangers) > 5 else ""
    return Check("people_on_roster", False, f"not on the roster: {locations}{more_words}; {STRANGERS_CURE}")


def _ambiguous_people(study: Study, connection: Connection) -> str | None:
    """What is wrong with identifiers of a wave that may be several people's on the roster."""
    twins = connection.execute(
        "select list(trim(respondent)) from raw.roster where regexp_full_match(trim(respondent), '[0-9]+([.][0-9]+)?')"
        " group by try_cast(trim(respondent) as double) having count(*) > 1"
    ).fetchall()
    roster = [name for (names,) in twins for name in names]
    for export in study.protocol.wave_exports if twins else ():
        respondents = connection.execute(f"select distinct respondent from raw.{identifier(export.table)}").fetchall()
        if ambiguous := ambiguous_identifiers((name for (name,) in respondents), roster, export.respondents):
            return f"{export.wave}: {ambiguous_words(ambiguous)}"
    return None


def _on_time(study: Study, connection: Connection, respondent_counts: Mapping[str, int]) -> list[Check]:
    """One check a wave: whether it arrives when it was planned, and how many have returned it."""
    first_seen = dict(
        connection.execute(
            "select wave, min(first_seen_at)::date from raw.versions where is_in_use group by wave"
        ).fetchall()
    )
    ((on_roster,),) = connection.execute("select count(*) from raw.roster where not is_excluded").fetchall()
    planned_counts = _planned_counts(study, connection)
    today = datetime.now(UTC).date()
    checks = []
    for wave in study.protocol.waves:
        n_returned, eligible = planned_counts.get(wave.wave, (respondent_counts.get(wave.wave, 0), on_roster))
        arrival = wave_state(study.protocol, wave, today, first_seen.get(wave.wave), n_returned, eligible)
        if arrival is not None:
            facts = {"state": arrival.state, "returned": n_returned, "eligible": eligible}
            is_on_time = arrival.state in ("expected", "arrived")
            checks.append(Check(on_time_check(wave), is_on_time, arrival.sentence, is_warning=True, facts=facts))
    return checks


def _planned_counts(study: Study, connection: Connection) -> dict[str, tuple[int, int]]:
    """Of each wave that is not for everybody: how many of those for whom it is planned have a row in it, and how many they
    are."""
    categories = Categories(study)
    if not study.protocol.waves_for_some:
        return {}
    columns = ", ".join(f"roster.{identifier(variable)}" for variable in categories.variables)
    groups = connection.execute(
        f"select count(*), {columns} from raw.roster as roster where not is_excluded group by all"
    ).fetchall()
    returned_groups = connection.execute(
        f"select answers.wave, count(distinct participant_id), {columns} from raw.answers as answers"
        " inner join raw.roster as roster using (participant_id) where not is_excluded group by all"
    ).fetchall()

    def planned_sum(of_wave: WaveConditions, rows: Iterable[Sequence[Any]]) -> int:
        return sum(
            n
            for n, *texts in rows
            if of_wave.is_planned_for(categories.of_person(dict(zip(categories.variables, texts, strict=True))))
        )

    return {
        wave: (planned_sum(of_wave, [row[1:] for row in returned_groups if row[0] == wave]), planned_sum(of_wave, groups))
        for wave, of_wave in study.protocol.waves_for_some.items()
    }


def _duration(export: Export, exports: Sequence[Export]) -> list[str]:
    """The column with the time that a sheet took, if any of the exports has one."""
    if not any(timed_export.duration for timed_export in exports):
        return []
    return [identifier(DURATION) if export.duration else f"null::varchar as {identifier(DURATION)}"]


def _union(study: Study, exports: Sequence[Export], codes: Sequence[str]) -> str:
    selects = []
    for export in exports:
        asked_codes = study.export_columns(export)
        items = [
            # A column of whole numbers is null where the file says nothing; a column of text never is.
            f"coalesce(cast({identifier(code)} as varchar), '') as {identifier(code)}"
            if code in asked_codes
            else f"null::varchar as {identifier(code)}"
            for code in codes
        ]
        columns = [
            "participant_id",
            "respondent",
            f"{literal(export.wave or '')} as wave",
            f"{study.protocol.part_number(export)} as part",
            "answered_on",
            *_duration(export, exports),
            *items,
            "source_file",
            "source_row",
            date_column("answered_on"),
        ]
        selects.append(f"select {', '.join(columns)} from raw.{identifier(export.table)}")
    return " union all ".join(selects)
