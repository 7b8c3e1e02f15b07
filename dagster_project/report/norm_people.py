"""People's norm scores as the page lists them, person by person. Belongs here: their queries, as parts of those of all
values (people.py). Does not belong here: who is compared with which norm (marts.norm_scores says it)."""

from dagster_project.results import ResultRow, reported_norms
from dagster_project.study import PersonNorm, Study

#: The rules of who counts in numbers about norm scores.
NORM_RULES = ("norm_score", "stratum", "one_stratum", "percentile")

#: Scores, T scores and percentiles of each scale and sample, with the stratum that the person is compared with; columns as
#: those of services.
NORM_VALUES = """
        select
            scores.scale || '/' || scores.sample || '/' || metrics.metric, scores.wave,
            list(
                case metrics.metric
                    when 't_score' then scores.t_score when 'percentile' then scores.percentile else scores.score
                end
                order by scores.participant_id
            ),
            list(
                case
                    when metrics.metric in ('t_score', 'percentile') and scores.stratum is distinct from 'all' then printf(
                        '%.1f (%s)', if(metrics.metric = 't_score', scores.t_score, scores.percentile), scores.stratum
                    )
                    when scores.score is not null and scores.missing_reason is not null
                        then printf('%.3g (%s)', scores.score, scores.missing_reason)
                end
                order by scores.participant_id
            ),
            list(
                case
                    when metrics.metric = 'percentile' then scores.percentile_missing_reason
                    when starts_with(metrics.metric, 'stratum_') and scores.missing_reason is null
                        and metrics.metric <> 'stratum_' || scores.stratum then 'in stratum ' || scores.stratum
                    else scores.missing_reason
                end
                order by scores.participant_id
            )
        from marts.norm_scores as scores
        inner join (
            select distinct scale, sample, unnest(['score', 't_score', 'percentile', 'stratum_' || stratum]) as metric
            from codebook.person_norms
            where is_reported
        ) as metrics on scores.scale = metrics.scale and scores.sample = metrics.sample
        group by scores.scale, scores.sample, metrics.metric, scores.wave
"""
#: Who counts by each rule.
NORM_COUNTED = """
            select
                scores.participant_id, rules.people, scores.scale || '/' || scores.sample || '/' || rules.metric,
                scores.wave,
                case rules.people
                    when 'norm_score' then scores.score is not null
                    when 'percentile' then scores.percentile is not null
                    when 'one_stratum' then scores.missing_reason is null and 'stratum_' || scores.stratum = rules.metric
                    else scores.missing_reason is null
                end,
                null
            from marts.norm_scores as scores
            inner join (
                select distinct scale, sample, unnest(['norm_score', 'stratum', 'percentile', 'one_stratum']) as people,
                    unnest(['score', 't_score', 'percentile', 'stratum_' || stratum]) as metric
                from codebook.person_norms
                where is_reported
            ) as rules on scores.scale = rules.scale and scores.sample = rules.sample
"""
_METRICS = {"norm_score": "score", "stratum": "t_score", "percentile": "percentile"}


def norm_measure(row: ResultRow, rule: str, study: Study) -> str:
    """The measure under which these queries list a result's values."""
    entry, stratum = _norm_of(row, study)
    return f"{row.outcome}/{entry.sample.sample}/{_METRICS.get(rule, f'stratum_{stratum}')}"


def norm_variables(row: ResultRow, study: Study) -> tuple[str, ...]:
    """The variables of the roster that decide with whom people are compared."""
    entry, _ = _norm_of(row, study)
    return tuple(entry.sample.strata[0].people) if entry.is_stratified else ()


def _norm_of(row: ResultRow, study: Study) -> tuple[PersonNorm, str | None]:
    """The norm that a result is about, and the stratum where it is about one."""
    for entry in reported_norms(study):
        if entry.scale != row.outcome:
            continue
        of_strata = {entry.category_of(stratum.stratum): stratum.stratum for stratum in entry.strata}
        of_limits = {entry.category_of(limit.code) for limit in entry.limits}
        if row.analysis == "norm_strata" and row.category in of_strata:
            return entry, of_strata[row.category]
        if row.analysis in ("norm_scores", "percentiles") and row.category == entry.category:
            return entry, None
        if row.analysis in ("norm_limits", "percentile_limits") and row.category in of_limits:
            return entry, None
    raise KeyError(row.result_id)
