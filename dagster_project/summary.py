"""The summary that a run prints at its end: a few lines read from the warehouse. Nothing else belongs here."""

from dagster_project.settings import Settings
from dagster_project.terminal import printable
from dagster_project.warehouse import Warehouse, current_release, rows

#: For how many people the waves are planned that are not for everybody, and answers of others.
_PLANNED = """
    select
        planned.wave,
        returned.value::bigint || ' of the ' || planned.value::bigint || ' for whom it is planned returned' as words
    from results.results as planned
    inner join results.results as returned
        on returned.analysis = 'flow' and returned.outcome = 'returns' and returned.statistic = 'n'
        and planned.wave = returned.wave
    where planned.analysis = 'flow' and planned.statistic = 'n_planned' and planned.wave is not null
    union all
    select wave, case when outcome <> 'returns' then outcome || ': ' else '' end || value::bigint || ' people '
        || 'answered what was not planned for them: ' || replace(replace(statistic, 'n_unplanned_', ''), '_', ' ')
    from results.results
    where analysis = 'flow' and statistic like 'n_unplanned_%'
    order by all
"""


def run_summary(settings: Settings) -> str:
    """Waves, people, rows accepted and set aside, answers rejected, values reproduced, and the release's location."""
    warehouse = Warehouse(settings.warehouse_file)
    with warehouse.connect(read_only=True) as connection:
        exports = rows(
            connection,
            "select exports.* from raw.exports left join codebook.waves using (wave) order by coalesce(wave_order, 0)",
        )
        people, rejected, results = (
            rows(connection, f"select count(*) as n from {table}")[0]["n"]
            for table in ("marts.participants", "staging.rejected_answers", "results.results")
        )
        planned = rows(connection, _PLANNED)
        verdicts = rows(connection, "select verdict, count(*) as n from results.reproduction group by verdict")
    counts = {row["verdict"]: row["n"] for row in verdicts}
    lines = [f"{people} people on the roster, {results} results"]
    for row in exports:
        label = row["wave"] or "roster"
        if row["file_name"] is None:
            lines.append(f"  {label:<7} no export has arrived")
        else:
            lines.append(
                f"  {label:<7} {row['file_name']}: {row['rows_in_file']} rows, {row['rows_accepted']} accepted,"
                f" {row['rows_set_aside']} set aside"
            )
    lines += [f"  {row['wave']:<7} {row['words']}" for row in planned]
    lines.append(f"{rejected} answers rejected")
    if total := sum(counts.values()):
        lines.append(
            f"{counts.get('reproduced', 0)} of {total} printed values reproduced, {counts.get('impossible', 0)} impossible,"
            f" {counts.get('differs', 0)} differ"
        )
    manifest = current_release(settings.study_folder) or {}
    # A query parameter would make DuckDB import pandas, which takes longer than everything else here.
    claim_changes = warehouse.rows("select * from results.release_diff where kind = 'claim' order by what")
    lines += [
        f"claim changed: {row['what']}: {row['before'] or 'new'} -> {row['after'] or 'gone'}"
        for row in claim_changes
        if row["to_release"] == manifest.get("release")
    ]
    folder = settings.study_folder / "release"
    lines.append(f"release: {folder} (of {manifest.get('released_at', '?')[:19].replace('T', ' ')} UTC)")
    lines.append(f"  read {folder / 'index.html'}, or query {folder / 'warehouse.duckdb'}")
    return "\n".join(map(printable, lines))
