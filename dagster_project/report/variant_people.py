"""What the page knows of the people of variants: there a scale in a variant is a measure of its own, `mood_total@strict`.

Belongs here: its rows beside those of the main analysis. Does not belong here: what the page makes of them (people.py,
numbers.py), who counts (variants.people says it).
"""

from collections.abc import Sequence
from dataclasses import replace

from dagster_project.report.numbers import AnswerColumns, OmittedPeople, Sources
from dagster_project.report.people import CountedRow, PeopleRows, ReversedItem, ScaleRule, ScoresRow
from dagster_project.results import Query, ScaleItem, ScalePart

#: Everybody on the roster in every variant, and whether it keeps them.
_PEOPLE_SQL = """
    everybody as (
        select
            variant, participant_id, people_group, is_counted as is_kept, 'left out of the variant: ' || reason as left_out
        from variants.people
        where people = 'variant'
    ),

    rules as (
        select scales.scale as measure, kinds.people, contrasts.contrast as moment
        from codebook.scales as scales
        cross join codebook.contrasts as contrasts
        cross join (
            select 'both' as people
            union
            select 'both_covariates' from codebook.covariates
        ) as kinds
    ),

    counted as (
        select
            everybody.participant_id, everybody.people_group, rules.measure || '@' || everybody.variant as measure,
            rules.people, rules.moment, coalesce(own.is_counted, false) as is_counted, own.value,
            coalesce(everybody.left_out, own.reason) as reason
        from everybody
        cross join rules
        left join variants.people as own
            on everybody.variant = own.variant and everybody.participant_id = own.participant_id
            and rules.measure = own.measure and rules.people = own.people and rules.moment = own.moment
        union all
        select participant_id, people_group, 'roster@' || variant, 'variant', '', is_kept, null, left_out
        from everybody
        union all
        select
            participant_id, people_group, 'roster@' || variant, 'left_out', '', not is_kept, null,
            if(is_kept, 'kept by the variant', null)
        from everybody
    )
"""
#: Whose scores a variant changes, of each scale in each wave and of all together; the counts that are of them.
_CHANGES_SQL = """
    changes as (
        select
            variant, scale as measure, wave as moment, participant_id, people_group, [difference] as differences, n_answers
        from variants.score_comparisons
        union all
        select
            variant, 'all_scales', '', participant_id, people_group, list_sort(list(distinct difference)),
            sum(n_answers)::bigint
        from variants.score_comparisons
        group by variant, participant_id, people_group
    ),

    measures as (
        select scales.scale as measure, waves.wave as moment
        from codebook.scales as scales
        cross join codebook.waves as waves
        union all
        select 'all_scales', ''
    ),

    change_rules as (
        select distinct people, of_variant from codebook.estimands where of_variant <> ''
    )
"""
_IS_CHANGED = """
    coalesce(if(of_variant = 'answers', n_answers > 0, list_contains(differences, of_variant)), false)
"""
#: By profiles: whoever has no changes is the rest of the roster.
_OMITTED = f"""
    with {_PEOPLE_SQL},
    {_CHANGES_SQL},

    profiles as (
        select variant, measure, moment, people_group, differences, (n_answers > 0)::int as n_answers, count(*) as n
        from changes
        group by all
    ),

    everywhere as (
        select people.variant, measures.measure, measures.moment, people.people_group, count(*) as n
        from variants.people as people
        cross join measures
        where people.people = 'variant'
        group by all
    ),

    others as (
        select
            everywhere.variant, everywhere.measure, everywhere.moment, everywhere.people_group, null as differences,
            0 as n_answers, any_value(everywhere.n) - coalesce(sum(profiles.n), 0) as n
        from everywhere
        left join profiles
            on everywhere.variant = profiles.variant and everywhere.measure = profiles.measure
            and everywhere.moment = profiles.moment and everywhere.people_group is not distinct from profiles.people_group
        group by all
    )

    select measure, people, moment, people_group, reason, count(*)::bigint as n
    from counted
    where not is_counted and reason is not null
    group by all
    union all
    select
        profiles.measure || '@' || profiles.variant, rules.people, profiles.moment, profiles.people_group,
        unchanged_reason(rules.of_variant, profiles.measure = 'all_scales', profiles.differences[1]), sum(profiles.n)::bigint
    from (from profiles union all from others) as profiles
    cross join change_rules as rules
    where profiles.n > 0 and not {_IS_CHANGED}
    group by all
    order by all
"""
_COUNTS = f"""
    with {_PEOPLE_SQL},
    {_CHANGES_SQL},

    changed as (
        select
            rules.people, measures.measure || '@' || everybody.variant as measure, measures.moment, everybody.participant_id,
            {_IS_CHANGED} as is_counted
        from everybody
        cross join measures
        cross join change_rules as rules
        left join changes
            on everybody.variant = changes.variant and everybody.participant_id = changes.participant_id
            and measures.measure = changes.measure and measures.moment = changes.moment
    )

    select
        people, measure, moment, list(is_counted order by participant_id) as is_counted,
        list(value order by participant_id) as changes
    from (
        select people, measure, moment, participant_id, is_counted, value from counted
        union all
        select people, measure, moment, participant_id, is_counted, null from changed
    )
    group by all
    order by all
"""
_SCORES = f"""
    with {_PEOPLE_SQL}
    select
        scales.scale || '@' || everybody.variant as measure, waves.wave,
        list(scores.score order by everybody.participant_id) as person_values,
        list(coalesce(everybody.left_out, scores.missing_reason) order by everybody.participant_id) as reasons,
        list(coalesce(scores.items_answered, 0) order by everybody.participant_id) as items_answered
    from everybody
    cross join codebook.scales as scales
    cross join codebook.waves as waves
    left join variants.scores as scores
        on everybody.variant = scores.variant and everybody.participant_id = scores.participant_id
        and scales.scale = scores.scale and waves.wave = scores.wave
    group by all
    order by all
"""
_SCALES = "select scale || '@' || variant as scale, items_total, rule from codebook.variant_scales order by all"
_SCALE_ITEMS = """
    select scale || '@' || variant as scale, item from codebook.variant_scale_items order by variant, scale, item_order
"""
_SCALE_PARTS = """
    select parts.scale || '@' || scales.variant as scale, parts.part || '@' || scales.variant as part
    from codebook.scale_parts as parts
    inner join codebook.variant_scales as scales on parts.scale = scales.scale
    order by scales.variant, parts.scale, parts.part_order
"""
_REVERSED = """
    select scale || '@' || variant as scale, item, turned_from
    from codebook.variant_scale_items
    where turned_from is not null
    order by all
"""
_COLUMNS = """
    with items as (
        select variant, scale, item from codebook.variant_scale_items
        union
        select items.variant, parts.scale, items.item
        from codebook.scale_parts as parts
        inner join codebook.variant_scale_items as items on parts.part = items.scale
    )

    select
        items.scale || '@' || items.variant as scale, wave_items.wave,
        arg_min(wave_items.export_column, codes.item_order) as first_column,
        arg_max(wave_items.export_column, codes.item_order) as last_column, count(*) as columns
    from items
    inner join codebook.items as codes on items.item = codes.item
    inner join codebook.wave_items as wave_items on items.item = wave_items.item
    where wave_items.export_column is not null
    group by all
    order by all
"""


def people_with_variants(people: PeopleRows, ask: Query) -> PeopleRows:
    """The rows of the main analysis, and behind them those of variants. ask: runs SQL on the released file."""
    return replace(
        people,
        scores=[*people.scores, *ask(ScoresRow, _SCORES)],
        counted_people=[*people.counted_people, *ask(CountedRow, _COUNTS)],
        scale_items=[*people.scale_items, *ask(ScaleItem, _SCALE_ITEMS)],
        scale_parts=[*people.scale_parts, *ask(ScalePart, _SCALE_PARTS)],
        scales=[*people.scales, *ask(ScaleRule, _SCALES)],
        reversed_items=[*people.reversed_items, *ask(ReversedItem, _REVERSED)],
    )


def sources_with_variants(sources: Sources, ask: Query) -> Sources:
    """The same of what stands behind the page's numbers."""
    rules: Sequence[ScaleRule] = ask(ScaleRule, _SCALES)
    return replace(
        sources,
        rules={**sources.rules, **{row.scale: row.rule for row in rules}},
        left_out=[*sources.left_out, *ask(OmittedPeople, _OMITTED)],
        columns=[*sources.columns, *ask(AnswerColumns, _COLUMNS)],
    )
