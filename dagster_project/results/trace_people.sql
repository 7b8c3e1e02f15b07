-- The people of a trace: everybody of the roster, whether they count in the number, with the value that it is made of, or why
-- they do not. of_people and of_moment: what traced_rule says of the result. They are told to the macro rather than looked up in
-- it: of marts.counted_people, which has everybody by each rule, DuckDB then makes the rows that are asked for alone.
create or replace macro traced_people(traced_id, of_people, of_moment) as table
with one as (
    from traced_result(traced_id)
),

-- Of an item by itself, its answers.
cells as (
    select answers.participant_id, answers.wave, answers.answer, null as missing_reason
    from marts.answers as answers
    where starts_with(traced_id, 'items/') and answers.item = split_part(traced_id, '/', 2)
    union all
    select absent.participant_id, absent.wave, null, absent.missing_reason
    from marts.missing_answers as absent
    where starts_with(traced_id, 'items/') and absent.item = split_part(traced_id, '/', 2)
),

-- Who counts, as the rule of the marts says, with the value that the number is made of. A number about the roster shows what is
-- known of each person. An item by itself counts where it was answered.
counted as (
    select
        rule.participant_id, rule.is_counted, rule.value, coalesce(facts.category, baseline.category || ' → ' || followup.category, followup.category, days.visit) as text,
        -- The wave that the reason is about; a reason of several waves names each.
        case
            when rule.kind = 'fact' and rule.reason is distinct from 'not_planned' then null
            -- Whoever was not planned for the moment's wave is neither among those who returned it nor among those who left.
            when rule.people = 'first' and rule.is_returned is null then rule.moment
            when rule.people = 'first' then (select wave from codebook.waves where wave_order = 1)
            when rule.moment = one.wave then one.wave
        end as wave,
        rule.reason, null::double as main_score, null::double as variant_score
    from marts.counted_people as rule
    cross join one
    left join (
        select * from marts.participant_values where variable = split_part(traced_id, '/', 2)
    ) as facts on rule.participant_id = facts.participant_id
    -- Of a question with categories, what it was answered with, in the wave or in both.
    left join codebook.measure_categories as followup
        on rule.measure = followup.measure and coalesce(rule.value_followup, rule.value) = followup.stored_as
    left join codebook.measure_categories as baseline
        on rule.measure = baseline.measure and rule.value_baseline = baseline.stored_as
    -- Of a return, whether it lies in the wave's visit window, or far off the planned time.
    left join (
        select participant_id, wave, nullif(concat_ws(', ', visit, case when is_far_off then 'far_off' end), '') as visit
        from marts.answer_days
        where split_part(traced_id, '/', 1) = 'answer_days'
    ) as days on rule.participant_id = days.participant_id and rule.moment = days.wave
    where rule.measure = split_part(traced_id, '/', 2)
        and not starts_with(traced_id, 'variant')
        and rule.people = of_people
        and rule.moment = of_moment
    union all
    select rule.participant_id, rule.is_counted <> (one.people = 'left_out'), rule.value, null, null, coalesce(rule.reason, if(one.people = 'left_out', 'kept by the variant', null)),
        null, null
    from variants.people as rule
    cross join one
    where rule.variant = one.variant and rule.measure = one.outcome
        and rule.people = if(one.people = 'left_out', 'variant', one.people)
        and rule.moment = coalesce(one.contrast, '')
    union all
    -- What a variant changes: scores in one way each, or answers that depend on it; of all scales how many of a person's.
    select
        comparisons.participant_id,
        case one.of_variant when 'answers' then comparisons.n_answers > 0 else comparisons.n_differing > 0 end,
        case
            when one.of_variant = 'answers' then comparisons.n_answers
            when one.outcome = 'all_scales' then comparisons.n_differing
            else comparisons.variant_score - comparisons.main_score
        end,
        case
            when one.outcome <> 'all_scales' and one.of_variant <> 'answers' then
                coalesce(printf('%g', comparisons.main_score), 'no score') || ' → '
                || coalesce(printf('%g', comparisons.variant_score), 'no score')
        end,
        null,
        unchanged_reason(one.of_variant, one.outcome = 'all_scales', comparisons.difference),
        comparisons.main_score, comparisons.variant_score
    from (
        select
            participant_id, sum(n_answers) as n_answers, count(*) filter (where difference = of_variant) as n_differing,
            any_value(difference) as difference, any_value(main_score) as main_score, any_value(variant_score) as variant_score
        from (
            select compared.*, one.of_variant
            from variants.score_comparisons as compared
            inner join one
                on compared.variant = one.variant
                and (one.outcome = 'all_scales' or (compared.scale = one.outcome and compared.wave = one.wave))
        ) as compared
        group by participant_id
    ) as comparisons
    cross join one
    where one.of_variant <> ''
    union all
    select
        cells.participant_id, cells.missing_reason is null, cells.answer, null, if(cells.missing_reason is null, null, cells.wave),
        cells.missing_reason, null, null
    from cells
    inner join one on cells.wave = one.wave
    union all
    -- The people whom an analysis of the study's own names.
    select listed.participant_id, true, listed.value, null, null, null, null, null
    from results.extension_people as listed
    where listed.result_id = traced_id and starts_with(traced_id, 'own_')
    union all
    -- A sign of careless answers: who is judged, by what, and whether it marks the sheet.
    select
        signs.participant_id, signs.is_judged, signs.value, if(signs.is_marked, printf('%.3g (marked)', signs.value), null),
        if(signs.reason is null, null, signs.wave), signs.reason, null, null
    from marts.careless_signs as signs
    inner join one on signs.wave = one.wave and signs.sign = one.category
    where signs.block = split_part(traced_id, '/', 2) and split_part(traced_id, '/', 1) = 'careless'
    union all
    -- A score against the norm of people like the person: with whom it is compared, or why with nobody.
    select
        rule.participant_id,
        case rule.people
            when 'norm_score' then rule.score is not null
            when 'percentile' then rule.percentile is not null
            when 'one_stratum' then rule.missing_reason is null and rule.stratum = rule.chosen_stratum
            else rule.missing_reason is null
        end,
        case when rule.people = 'percentile' then rule.percentile when rule.people = 'norm_score' then rule.score else rule.t_score end,
        case
            when rule.people = 'norm_score' and rule.score is not null and rule.missing_reason is not null then rule.missing_reason
            when rule.stratum is distinct from 'all' then printf('%.1f (%s)', if(rule.people = 'percentile', rule.percentile, rule.t_score), rule.stratum)
        end,
        if(rule.reason is null, null, rule.wave), rule.reason, null, null
    from (
        select
            scores.*, one.people, chosen.stratum as chosen_stratum,
            case
                when one.people = 'percentile' then scores.percentile_missing_reason
                when one.people = 'one_stratum' and scores.missing_reason is null and scores.stratum <> chosen.stratum then 'in stratum ' || scores.stratum
                else scores.missing_reason
            end as reason
        from marts.norm_scores as scores
        cross join traced_norm(traced_id) as chosen
        inner join one on scores.wave = one.wave
        where scores.sample = chosen.sample
    ) as rule
    where rule.scale = split_part(traced_id, '/', 2)
        and split_part(traced_id, '/', 1) in ('norm_strata', 'norm_scores', 'norm_limits', 'percentiles', 'percentile_limits')
),

-- Everybody: the roster, and where a number speaks of them people excluded by the study. other_group: why somebody is not of
-- the groups that the number is about.
everybody as (
    select
        people.participant_id, null as excluded, people.source_file, people.source_row,
        case
            when not kept.is_counted and one.analysis <> 'variants' then 'left out of the variant: ' || kept.reason
            when one.people = 'without_group' then if(states.people_group is null, null, 'in a group')
            when one.people_group is null and not coalesce(one.of_all_groups, false) then null
            when states.people_group is null then 'group not known'
            when one.of_all_groups then null
            when states.people_group not in (one.people_group, coalesce(one.compared_with, one.people_group)) then 'in another group'
        end as other_group
    from marts.participants as people
    cross join one
    inner join marts.return_states as states on people.participant_id = states.participant_id
    left join (
        select participant_id, is_counted, reason
        from variants.people
        where starts_with(traced_id, 'variant') and variant = split_part(traced_id, '/', 3) and people = 'variant'
    ) as kept on people.participant_id = kept.participant_id
    union all
    select
        exclusions.participant_id, 'excluded by the study', null, null, null
    from marts.exclusions as exclusions, one
    where one.people = 'listed'
),

-- An ordered list of a person's returns would take longer than everything else.
returns as (
    select
        participant_id,
        concat_ws(', ', max(words) filter (where place = 1), max(words) filter (where place = 2), max(words) filter (where place = 3)) as words,
        bool_or(is_unplanned) as has_unplanned
    from (
        select
            sheets.participant_id, asked.place, sheets.missing_reason = 'not_planned' as is_unplanned,
            case
                when sheets.is_returned then 'returned '
                when sheets.missing_reason = 'not_planned' then 'was not planned for '
                else 'did not return '
            end || sheets.wave as words
        from marts.returns as sheets
        inner join traced_asked(traced_id) as asked on sheets.wave = asked.wave
    ) as sheets
    group by participant_id
)

select
    roster.participant_id,
    coalesce(roster.excluded, returns.words) as how,
    case
        when roster.other_group is not null then false
        when one.people in ('listed', 'whole_roster', 'without_group') then true
        -- Of the roster, people for whom it was planned: the waves of the flow, the measure in its wave.
        when one.people = 'roster' and one.analysis in ('flow', 'flow_by_group') then not coalesce(returns.has_unplanned, false)
        when one.people = 'roster' then counted.reason is distinct from 'not_planned'
        else coalesce(counted.is_counted, false)
    end as is_counted,
    counted.value,
    counted.text,
    counted.main_score,
    counted.variant_score,
    case
        when roster.other_group is not null then roster.other_group
        when one.of_variant <> '' then if(counted.is_counted, null, coalesce(counted.reason, unchanged_reason(one.of_variant, false, null)))
        when counted.reason is not null then concat_ws(': ', counted.wave, counted.reason)
        when one.people = 'named' and counted.participant_id is null then 'not named by the analysis'
        when one.people = 'roster' and one.analysis in ('flow', 'flow_by_group') and returns.has_unplanned then 'not_planned'
    end as missing_reason
from everybody as roster
cross join one
left join counted on roster.participant_id = counted.participant_id
left join returns on roster.participant_id = returns.participant_id
where one.people <> 'nobody';

-- The items whose answers are behind a number, of a scale with how it counts them.
create or replace macro traced_items(traced_id) as table
with keys as (
    select
        coalesce(main.scale, own.scale) as scale, coalesce(main.item, own.item) as item,
        if(own.item is null, main.turned_from, own.turned_from) as turned_from, main.item is not null as is_in_main,
        own.item is not null as is_in_variant, main.turned_from is distinct from own.turned_from as is_turned_otherwise
    from (
        select scale, item, turned_from
        from codebook.scale_items
        where not starts_with(traced_id, 'variant_')
    ) as main
    full join (
        select scale, item, turned_from
        from codebook.variant_scale_items
        where starts_with(traced_id, 'variant') and variant = split_part(traced_id, '/', 3)
    ) as own
        on main.scale = own.scale and main.item = own.item
)

select
    scale_items.scale, items.item, items.item_order, scale_items.turned_from, items.is_recoded,
    items.decimals::integer as decimals, scale_items.is_in_main, scale_items.is_in_variant, scale_items.is_turned_otherwise
from keys as scale_items
inner join traced_measures(traced_id) as measures on scale_items.scale = measures.scale
inner join codebook.items as items on scale_items.item = items.item
union all
select null, items.item, items.item_order, null, false, items.decimals::integer, null, null, null
from codebook.items as items
inner join traced_result(traced_id) as one on items.item = one.outcome
-- A score that is taken as it comes is its own item, and is above.
where items.item not in (select scale_items.scale from codebook.scale_items as scale_items)
union all
select null, items.item, items.item_order, null, false, items.decimals::integer, null, null, null
from codebook.items as items
inner join traced_result(traced_id) as one on items.instrument = one.outcome and one.analysis = 'careless'
union all
select null, items.item, items.item_order, null, false, items.decimals::integer, null, null, null
from codebook.items as items, traced_result(traced_id) as one
where one.outcome = 'whole_sheet' and one.analysis = 'careless' and items.instrument not in ('measures', 'services');

-- How many cells of everybody are behind a number, by file. A sheet has one cell of every item, answered or not: of all items that
-- stand in the same file one is looked at, and stands for as many as they are. Not for a number of single answers.
create or replace macro traced_cells(traced_id) as table
with alike as (
    select alike_of(item) as item, count(*) as n
    from traced_items(traced_id)
    where list_contains(items_of(traced_outcome(traced_id)), item)
    group by alike_of(item)
),

sheets as (
    select participant_id, wave, item, source_file
    from marts.answers
    where list_contains(samples_of(traced_outcome(traced_id)), item)
    union all
    select participant_id, wave, item, source_file
    from marts.missing_answers
    where list_contains(samples_of(traced_outcome(traced_id)), item)
)

select sheets.participant_id, sheets.wave, sheets.source_file, alike.n
from sheets
inner join traced_span(traced_id) as span on sheets.wave = span.wave
inner join alike on sheets.item = alike.item
union all
select facts.participant_id, null, facts.source_file, 1
from traced_facts(traced_id) as facts
inner join codebook.participant_variables as variables on facts.variable = variables.variable;
