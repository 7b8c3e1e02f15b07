"""Variants: each is a warehouse of its own, made by the same dbt models from the same exports under its definitions.

Belongs here: whom a variant leaves out, building it in a file of its own, and what is kept of it beside the marts (schema
variants). Does not belong here: how an answer is typed or a score is made (dbt/), what is computed of a variant
(results/variants.py).
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dagster_project.models.build import ModelsError, first_error
from dagster_project.models.manifest import parsed_project
from dagster_project.models.project import DbtProject
from dagster_project.models.run_dbt import read_manifest, run_dbt
from dagster_project.stamps import MARTS, stamp
from dagster_project.study import (
    PeopleRule,
    Study,
    StudyError,
    Variant,
    codebook_tables,
    unknown_people_question,
    variant_study,
    wave_definitions,
)
from dagster_project.study_run import StudyRun
from dagster_project.variant_marts import ANSWER_DEPENDS, MOMENTS, VARIANT_MARTS, VARIANT_TABLES
from dagster_project.warehouse import Connection, Warehouse, copy_schemas, identifier, literal

#: The models of a variant that are built, with all that they stand on.
_BUILT = (*MOMENTS, "counted_people", "scale_scores")
#: Of all who count in something, those who count in change.
_OF_CHANGE = "kind = 'scale' and people in ('both', 'both_covariates')"
#: The database name under which a variant's file is attached.
_ATTACHED = "variant_file"


@dataclass(frozen=True)
class _Unknown:
    """How many people there are of whom a variable is not known."""

    n: int


def build_variants(study_run: StudyRun, project: DbtProject) -> None:
    """Build every variant of the study, and keep its scores, people and moments in schema variants, stamped. Where there are
    no variants these tables are empty.

    Raises StudyError where it is not said what to do with people of whom a rule does not know whether it holds, ModelsError
    where dbt cannot build a variant.
    """
    study, warehouse = study_run.study(), study_run.warehouse
    for variant in study.protocol.variants:
        refuse_undecided(warehouse, variant)
    with warehouse.transaction() as connection:
        connection.execute("create schema if not exists variants")
        for table in VARIANT_TABLES:
            connection.execute(f"drop table if exists {table.full_name}")
            connection.execute(table.create_sql())
            connection.execute(f"comment on table {table.full_name} is {literal(table.description)}")
        for mart in MOMENTS:
            _create_moments(connection, mart)
    for variant in study.protocol.variants:
        with _built(study_run, project, study, variant) as file, _attached(warehouse, file) as connection:
            _keep(connection, variant)
    with warehouse.transaction() as connection:
        stamp(connection, VARIANT_MARTS, (MARTS,), study, study_run.run_id)


def _create_moments(connection: Connection, mart: str) -> None:
    """A table of moments as the mart of this name, with the variant before its columns, and with its words."""
    connection.execute(
        f"create or replace table variants.{mart} as select cast('' as varchar) as variant, * from marts.{mart} limit 0"
    )
    columns = connection.execute(
        "select column_name, comment from duckdb_columns()"
        " where schema_name = 'marts' and table_name = ? and comment is not null",
        [mart],
    ).fetchall()
    for column, comment in [("variant", "The variant's code."), *columns]:
        connection.execute(f"comment on column variants.{mart}.{identifier(column)} is {literal(comment)}")
    connection.execute(f"comment on table variants.{mart} is {literal(f'As marts.{mart}, of each variant.')}")


def holds_sql(rule: PeopleRule, relation: str) -> str:
    """Whether a rule keeps a person, in SQL over marts.participants: true or false, never null."""
    column = f"{relation}.{identifier(rule.variable)}"
    if rule.is_of_numbers:
        limits = [f"{column} >= {rule.minimum!r}"] if rule.minimum is not None else []
        limits += [f"{column} <= {rule.maximum!r}"] if rule.maximum is not None else []
        condition = " and ".join(limits)
    else:
        condition = f"{column} {'in' if rule.only else 'not in'} ({', '.join(map(literal, rule.categories))})"
    return f"coalesce({condition}, {'true' if rule.if_unknown == 'keep' else 'false'})"


def reasons_sql(rules: Sequence[PeopleRule], relation: str) -> str:
    """Why a person is left out, in SQL; null for whoever is kept."""
    reasons = []
    for rule in rules:
        column = f"{relation}.{identifier(rule.variable)}"
        value = column
        if rule.is_of_numbers:
            low = (
                f" when {column} < {rule.minimum!r} then {literal(f'below {rule.minimum:g}')}"
                if rule.minimum is not None
                else ""
            )
            high = (
                f" when {column} > {rule.maximum!r} then {literal(f'above {rule.maximum:g}')}"
                if rule.maximum is not None
                else ""
            )
            value = f"case{low}{high} end"
        words = f"{literal(f'{rule.variable}: ')} || coalesce({value}, 'not known')"
        reasons.append(f"case when not {holds_sql(rule, relation)} then {words} end")
    return f"nullif(concat_ws(', ', {', '.join(reasons)}), '')" if reasons else "cast(null as varchar)"


def refuse_undecided(warehouse: Warehouse, variant: Variant) -> None:
    """Raise StudyError where a variant's rule is about a variable that is not known of everybody, and nobody has decided."""
    for rule in variant.people:
        if rule.if_unknown is not None:
            continue
        sql = f"select count(*) as n from marts.participants where {identifier(rule.variable)} is null"
        if n_unknown := warehouse.rows_as(_Unknown, sql)[0].n:
            raise StudyError(unknown_people_question(variant, rule, n_unknown))


@contextmanager
def _built(study_run: StudyRun, project: DbtProject, study: Study, variant: Variant) -> Iterator[Path]:
    """A variant's warehouse for one block: its codebook, the exports as they were loaded, and the models that are needed."""
    working_file = study_run.warehouse.path
    # DuckDB calls a database by its file's name, and dbt's models are parsed with the working file's.
    folder = working_file.parent / "variant"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    file = folder / working_file.name
    try:
        copy_schemas(working_file, file, ("raw",))
        tables = codebook_tables(variant_study(study, variant))
        tables["wave_definitions"] = wave_definitions(tables, "")
        with _attached(study_run.warehouse, file) as connection:
            connection.execute(
                f"update {_ATTACHED}.raw.roster as roster set is_excluded = true, exclusion_reason = left_out.reason from ("
                f" select participant_id, {reasons_sql(variant.people, 'people')} as reason"
                " from marts.participants as people) as left_out"
                " where roster.participant_id = left_out.participant_id and left_out.reason is not null"
            )
        Warehouse(file).replace_tables("codebook", tables)
        arguments = ["run", "--select", *(f"+{name}" for name in _BUILT)]
        variant_project = DbtProject(project.folder, project.target, file)
        result = run_dbt(variant_project, arguments, manifest=read_manifest(parsed_project(project)))
        if not result.success:
            nodes = list(getattr(result.result, "results", None) or ())
            raise ModelsError(f"variant {variant.variant}: dbt run failed: {first_error(nodes, result.exception)}")
        # Views name the database that they are in, which is another one where the file is attached: tables do not.
        with Warehouse(file).connect() as connection:
            connection.execute("create schema kept")
            for view, condition in (("counted_people", _OF_CHANGE), ("scale_scores", "true")):
                connection.execute(f"create table kept.{view} as select * from marts.{view} where {condition}")
        yield file
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _attached(warehouse: Warehouse, file: Path) -> Iterator[Connection]:
    """The working file with a variant's file beside it."""
    with warehouse.connect() as connection:
        connection.execute(f"attach {literal(str(file))} as {_ATTACHED}")
        try:
            yield connection
        finally:
            connection.execute(f"detach {_ATTACHED}")


def _keep(connection: Connection, variant: Variant) -> None:
    """What is kept of a variant that was built."""
    code = literal(variant.variant)
    for mart in MOMENTS:
        connection.execute(f"insert into variants.{mart} by name select {code} as variant, * from {_ATTACHED}.marts.{mart}")
    connection.execute(
        f"insert into variants.people by name select {code} as variant, participant_id, people_group, measure, people,"
        f" moment, is_counted, value, value_baseline, value_followup, reason from {_ATTACHED}.kept.counted_people"
    )
    connection.execute(
        f"insert into variants.people by name select {code} as variant, people.participant_id, states.people_group,"
        " 'roster' as measure, 'variant' as people, '' as moment, kept.participant_id is not null as is_counted,"
        " left_out.exclusion_reason as reason from marts.participants as people"
        " inner join marts.return_states as states on people.participant_id = states.participant_id"
        f" left join {_ATTACHED}.marts.participants as kept on people.participant_id = kept.participant_id"
        f" left join (select participant_id, exclusion_reason from {_ATTACHED}.raw.roster where is_excluded) as left_out"
        " on people.participant_id = left_out.participant_id"
    )
    connection.execute(
        f"insert into variants.scores by name select {code} as variant, participant_id, wave, scale, score, items_answered,"
        f" missing_reason from {_ATTACHED}.kept.scale_scores"
    )
    connection.execute(f"insert into variants.score_comparisons by name {_COMPARISONS.format(variant=code)}")
    connection.execute(f"insert into variants.score_differences by name {_DIFFERENCES.format(variant=code)}")


#: Scores are rounded as in score_counts, so that two ways to the same score are one.
_COMPARISONS = f"""
    with compared as (
        select
            main.wave, main.scale, main.participant_id, states.people_group, main.score as main_score,
            other.score as variant_score,
            case
                when main.score is not null and other.participant_id is null then 'left_out'
                when main.score is not null and other.score is null then 'lost'
                when main.score is null and other.score is not null then 'gained'
                when round(main.score, 11) <> round(other.score, 11) then 'changed'
                else 'same'
            end as difference
        from marts.scale_scores as main
        inner join marts.return_states as states on main.participant_id = states.participant_id
        left join (select * from variants.scores where variant = {{variant}}) as other
            on main.participant_id = other.participant_id and main.wave = other.wave and main.scale = other.scale
    ),

    items as (
        select
            coalesce(main.scale, other.scale) as scale, coalesce(main.item, other.item) as item,
            main.item is not null as is_in_main, other.item is not null as is_in_variant,
            main.turned_from is distinct from other.turned_from as is_turned_otherwise
        from codebook.scale_items as main
        full join (select * from codebook.variant_scale_items where variant = {{variant}}) as other
            on main.scale = other.scale and main.item = other.item
    ),

    answers as (
        select items.scale, compared.wave, compared.participant_id, count(*) as n_answers
        from marts.answers as answers
        inner join items on answers.item = items.item
        inner join compared
            on answers.participant_id = compared.participant_id
            and answers.wave = compared.wave
            and items.scale = compared.scale
        where {ANSWER_DEPENDS}
        group by items.scale, compared.wave, compared.participant_id
    )

    select
        {{variant}} as variant, compared.participant_id, compared.people_group, compared.wave, compared.scale,
        compared.difference, compared.main_score, compared.variant_score,
        case when compared.scale in (select scale from items) then coalesce(answers.n_answers, 0) end as n_answers
    from compared
    left join answers
        on compared.participant_id = answers.participant_id
        and compared.wave = answers.wave
        and compared.scale = answers.scale
    where compared.difference <> 'same' or answers.n_answers > 0
"""
#: A row for each scale in each wave, also where nothing differs.
_DIFFERENCES = """
    select
        {variant} as variant, scales.scale, waves.wave,
        count(*) filter (where compared.difference = 'left_out') as n_left_out,
        count(*) filter (where compared.difference = 'lost') as n_lost,
        count(*) filter (where compared.difference = 'gained') as n_gained,
        count(*) filter (where compared.difference = 'changed') as n_changed,
        case
            when scales.scale not in (select scale from codebook.scale_parts) then coalesce(sum(compared.n_answers), 0)
        end as n_answers
    from codebook.scales as scales
    cross join codebook.waves as waves
    left join (select * from variants.score_comparisons where variant = {variant}) as compared
        on scales.scale = compared.scale and waves.wave = compared.wave
    group by scales.scale, waves.wave
"""
