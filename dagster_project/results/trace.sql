-- From a result to the people, scores, answers and cells of exports behind it. In every released file:
--
--     from trace('change/wellbeing/T1-T2/p');
--     select * from trace('change/wellbeing/T1-T2/p') where part = 'answer' and is_counted;
--
-- One row is the result, another result it is made of, a scale with its rule, a person of the roster (counted or left out, and
-- why), a return, a score, or an answer. Nothing is precomputed. Of an attached file: `use` it first.
--
-- `traced_rows` has the rows of a trace in no order and without the names of files: for counting and filtering.
-- An id names its analysis and outcome: what `scales_of` and `items_of` (trace.py) say of the outcome is constant, so that views
-- over wide tables read the columns of these scales and items alone. `inputs_of` and `relation_of` say of a statistic which other
-- results it is made of (statistics_registry.py).
-- A result of a variant has its code as category: people, scores and keys are those of the variant. What is said of rules of who
-- counts (codebook.estimands) is the registry's.
create or replace macro traced_rows(traced_id) as table
with one as (
    select results.*, estimands.people, estimands.people_in_words, estimands.formula, estimands.of_all_groups, estimands.of_all_waves,
        estimands.of_moment, estimands.of_subgroup, estimands.by_return, estimands.of_variant, contrasts.baseline, contrasts.followup,
        if(starts_with(results.analysis, 'variant'), results.category, null) as variant
    from results.results as results
    left join codebook.estimands as estimands
        on results.analysis = estimands.analysis
        and results.statistic = estimands.statistic
    left join codebook.contrasts as contrasts on results.contrast = contrasts.contrast
    where results.result_id = traced_id
),

span as (
    select waves.wave, waves.wave_order
    from codebook.waves as waves, one
    where case
        when one.of_all_waves then true
        -- Patterns of waves are about all of them.
        when one.analysis = 'missingness' then true
        when one.people = 'first' then waves.wave_order = 1
        when one.people = 'nobody' then false
        when one.contrast is not null then waves.wave in (one.baseline, one.followup)
        else waves.wave = one.wave
    end
),

-- The scale itself and, of a composite, its parts.
measures as (
    select scales.scale
    from codebook.scales as scales, one
    where scales.scale = one.outcome and one.analysis <> 'careless'
    union all
    select parts.part
    from codebook.scale_parts as parts, one
    where parts.scale = one.outcome
),

scores as (
    select
        scores.participant_id, span.wave, span.wave_order, scores.scale, scores.score, scores.missing_reason,
        scores.items_answered || ' of ' || coalesce(rules.items_total, scales.items_total) as how,
        scales.scale_order
    from (
        select participant_id, wave, scale, score, items_answered, missing_reason
        from marts.scale_scores
        where list_contains(scales_of(split_part(traced_id, '/', 2)), scale) and not starts_with(traced_id, 'variant')
        union all
        select participant_id, wave, scale, score, items_answered, missing_reason
        from variants.scores
        where list_contains(scales_of(split_part(traced_id, '/', 2)), scale) and starts_with(traced_id, 'variant')
            and variant = split_part(traced_id, '/', 3)
    ) as scores
    cross join one
    inner join measures on scores.scale = measures.scale
    inner join span on scores.wave = span.wave
    inner join codebook.scales as scales on scores.scale = scales.scale
    left join codebook.variant_scales as rules on one.variant = rules.variant and scores.scale = rules.scale
),

-- Read once: the views have a part for each item of the study.
cells as materialized (
    select answers.participant_id, answers.wave, answers.item, answers.answer, null as missing_reason, answers.source_file, answers.source_row
    from marts.answers as answers
    where list_contains(items_of(traced_outcome(traced_id)), answers.item)
        or list_contains(gates_of(traced_outcome(traced_id)), answers.item)
    union all
    select absent.participant_id, absent.wave, absent.item, null, absent.missing_reason, absent.source_file, absent.source_row
    from marts.missing_answers as absent
    where list_contains(items_of(traced_outcome(traced_id)), absent.item)
        or list_contains(gates_of(traced_outcome(traced_id)), absent.item)
),

-- The norm that a number about people's norm scores is of: its sample, and the stratum where it is about that alone.
chosen_norm as (
    select distinct names.sample, names.stratum
    from (
        select scale, sample, category, null as stratum, ['norm_scores', 'percentiles'] as analyses
        from codebook.person_norms
        where is_reported
        union all
        select scale, sample, stratum_category, stratum, ['norm_strata'] from codebook.person_norms where is_reported
        union all
        select scale, sample, category, null, [if(metric = 't_score', 'norm_limits', 'percentile_limits')] from codebook.norm_limits
    ) as names
    cross join one
    where names.scale = one.outcome and list_contains(names.analyses, one.analysis) and names.category is not distinct from one.category
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
        and rule.people = case
            when one.analysis = 'missingness' then 'any'
            when one.people in ('roster', 'whole_roster', 'listed') then 'score'
            else one.people
        end
        and rule.moment = case
            when not one.of_moment or one.analysis = 'missingness' then ''
            -- The variable whose categories are subgroups stands before its category, or alone.
            when one.of_subgroup then one.contrast || '/' || split_part(one.category, '-', 1)
            else coalesce(one.contrast, one.wave, '')
        end
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
    where cells.item = split_part(traced_id, '/', 2) and split_part(traced_id, '/', 1) = 'items'
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
        cross join chosen_norm as chosen
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

-- Filtered before it is joined: a condition on `one` in the join itself makes DuckDB compare everybody with everybody.
asked as (
    select waves.wave, waves.wave_order
    from codebook.waves as waves, one
    where one.by_return and waves.wave in (one.wave, one.baseline, one.followup)
),

returns as (
    select
        sheets.participant_id,
        string_agg(
            case
                when sheets.is_returned then 'returned '
                when sheets.missing_reason = 'not_planned' then 'was not planned for '
                else 'did not return '
            end || sheets.wave,
            ', ' order by asked.wave_order
        ) as words,
        bool_or(sheets.missing_reason = 'not_planned') as has_unplanned
    from marts.returns as sheets
    inner join asked on sheets.wave = asked.wave
    group by sheets.participant_id
),

people as (
    select
        roster.participant_id,
        roster.excluded,
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
    where one.people <> 'nobody'
),

-- Of what a variant changes the items of either; elsewhere each has its own.
keys as (
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
),

items as (
    select
        scale_items.scale, items.item, items.item_order, scale_items.turned_from, items.is_recoded,
        items.decimals::integer as decimals, scale_items.is_in_main, scale_items.is_in_variant, scale_items.is_turned_otherwise
    from keys as scale_items
    inner join measures on scale_items.scale = measures.scale
    inner join codebook.items as items on scale_items.item = items.item
    union all
    select null, items.item, items.item_order, null, false, items.decimals::integer, null, null, null
    from codebook.items as items
    inner join one on items.item = one.outcome
    -- A score that is taken as it comes is its own item, and is above.
    where items.item not in (select scale_items.scale from codebook.scale_items as scale_items)
    union all
    select null, items.item, items.item_order, null, false, items.decimals::integer, null, null, null
    from codebook.items as items
    inner join one on items.instrument = one.outcome and one.analysis = 'careless'
    union all
    select null, items.item, items.item_order, null, false, items.decimals::integer, null, null, null
    from codebook.items as items, one
    where one.outcome = 'whole_sheet' and one.analysis = 'careless' and items.instrument not in ('measures', 'services')
),

-- Other results that the number is made of: a norm, the tests that it is adjusted with, the methods that it counts.
made_of as (
    select others.*
    from results.results as others, one
    where list_contains(inputs_of(one.analysis || '/' || one.statistic), others.analysis || '/' || others.statistic)
        and case relation_of(one.analysis || '/' || one.statistic)
            when 'comparison' then others.outcome = one.outcome and others.contrast = one.contrast
            when 'cut_off' then
                others.outcome = one.outcome
                and (others.category is null or others.category = one.category)
                and (others.contrast = one.contrast or others.wave = one.baseline)
            -- A norm's n is of its sample, which has an instrument. A number about a norm that is not the main one has the
            -- sample as its category, a midpoint after norm-.
            when 'norm' then
                others.outcome in (one.outcome, (select instrument from codebook.scales where scale = one.outcome))
                and others.category is not distinct from
                    if(one.analysis = 'clinical_change', nullif(substr(one.category, 6), ''), one.category)
            when 'family' then (others.outcome, others.contrast) in (
                select (others_of.scale, others_of.contrast)
                from codebook.plan_tests as mine
                inner join codebook.plan_tests as others_of on mine.family = others_of.family
                where mine.scale = one.outcome and mine.contrast = one.contrast
            )
            when 'group_family' then others.family = one.family
            when 'each_scale' then one.outcome = 'all_scales' and others.outcome <> 'all_scales' and others.category = one.category
        end
),

answers as (
    select * from cells where list_contains(items_of(traced_outcome(traced_id)), item)
),

-- Why items were not asked: the answers to their gates that skipped past them.
skips as (
    select
        cells.participant_id, cells.wave, gates.item, any_value(try_cast(gates.blank_counts_as as double)) as counts_as,
        'not asked because ' || string_agg(
            gates.gate || coalesce(' was ' || cells.answer, ' was not asked'), ' and ' order by gates.condition_order
        ) as words
    from codebook.item_gates as gates
    inner join cells on gates.gate = cells.item and (cells.answer is not null or cells.missing_reason = 'valid_skip')
    where cells.answer is null or not list_contains(string_split(gates.answers, ', '), cells.answer::varchar)
    group by cells.participant_id, cells.wave, gates.item
),

traced as (
    select
        1 as step, 'result' as part, null::varchar as participant_id, coalesce(wave, contrast) as wave, 0 as wave_order,
        outcome as measure, category as item, 0 as item_order, value, null::double as keyed, printed as text, method as how,
        null::boolean as is_counted, note as missing_reason, null::varchar as source_file, null::bigint as source_row,
        null::varchar as source_column, result_id, formula, people_in_words as people
    from one
    union all
    select 2, 'made of', null, coalesce(wave, contrast), 0, outcome, category, 0, value, null, printed, method, null, note, null, null,
        null, result_id, null, null
    from made_of
    union all
    select 3, 'scale', null, null, 0, scales.scale, null, scales.scale_order, null, null, null, coalesce(rules.rule, scales.rule), null,
        null, null, null, null, null, null, null
    from codebook.scales as scales
    cross join one
    inner join measures on scales.scale = measures.scale
    left join codebook.variant_scales as rules on one.variant = rules.variant and scales.scale = rules.scale
    union all
    select 4, 'person', people.participant_id, null, 0, one.outcome, null, 0, people.value, null, people.text,
        coalesce(people.excluded, returns.words), people.is_counted, people.missing_reason, null, null, null, null, null, null
    from people
    cross join one
    left join returns on people.participant_id = returns.participant_id
    union all
    -- Where it stands that somebody is on the roster, or returned a wave.
    select 5, 'return', everybody.participant_id, null, 0, one.outcome, null, 0, null, null, 'on the roster', null, true, null,
        everybody.source_file, everybody.source_row, null, null, null, null
    from everybody, one
    where one.analysis in ('flow', 'flow_by_group') and one.outcome = 'roster' and everybody.excluded is null
    union all
    select 5, 'return', sheets.participant_id, sheets.wave, asked.wave_order, one.outcome, null, 0, null, null,
        case
            when sheets.is_returned then 'returned' || coalesce(' on ' || if(one.people = 'returned', sheets.answered_on, null), '') when states.missing_reason = 'not_planned' then 'was not planned' else 'did not return'
        end, null, people.is_counted, null, sheets.source_file, sheets.source_row, null, null, null, null
    from marts.answer_sheets as sheets
    cross join one
    inner join asked on sheets.wave = asked.wave
    inner join marts.returns as states on sheets.participant_id = states.participant_id and sheets.wave = states.wave
    inner join people on sheets.participant_id = people.participant_id
    union all
    select 6, 'score', scores.participant_id, scores.wave, scores.wave_order, scores.scale, null, scores.scale_order, scores.score, null,
        null, scores.how, people.is_counted, scores.missing_reason, null, null, null, null, null, null
    from scores
    inner join people on scores.participant_id = people.participant_id
    union all
    select 7, 'answer', answers.participant_id, answers.wave, span.wave_order, items.scale, items.item, items.item_order,
        answers.answer,
        coalesce(recoded.counts_as, round(items.turned_from - answers.answer, items.decimals), answers.answer, skips.counts_as), null,
        case when skips.words is not null then skips.words when items.is_recoded then 'recoded' else 'reversed: ' || items.turned_from || ' - answer' end,
        people.is_counted and (one.of_variant is distinct from 'answers' or answers.answer is not null and answer_depends(
            items.is_in_main, items.is_in_variant, items.is_turned_otherwise, people.main_score, people.variant_score
        )),
        answers.missing_reason, answers.source_file, answers.source_row, columns_of.export_column, null, null, null
    from answers
    cross join one
    inner join items on answers.item = items.item
    inner join span on answers.wave = span.wave
    inner join people on answers.participant_id = people.participant_id
    left join codebook.wave_items as columns_of on answers.wave = columns_of.wave and answers.item = columns_of.item
    left join codebook.item_answers as recoded
        on items.is_recoded and answers.item = recoded.item and answers.answer = recoded.answer
    left join skips
        on answers.missing_reason = 'valid_skip'
        and answers.participant_id = skips.participant_id
        and answers.wave = skips.wave
        and answers.item = skips.item
    union all
    select 7, 'answer', facts.participant_id, null, 0, facts.variable, null, 0, facts.number, null, facts.category, null,
        people.is_counted, facts.missing_reason, facts.source_file, facts.source_row, variables.export_column, null, null, null
    from marts.participant_values as facts
    inner join people on facts.participant_id = people.participant_id
    inner join codebook.participant_variables as variables on facts.variable = variables.variable
    where facts.variable = split_part(traced_id, '/', 2)
    union all
    -- What a comparison of groups is adjusted for, whose subgroups it is of, or by what a norm's strata are.
    select 7, 'answer', facts.participant_id, null, 0, facts.variable, null, covariates.covariate_order, facts.number, null, facts.category, null,
        people.is_counted, facts.missing_reason, facts.source_file, facts.source_row, variables.export_column, null, null, null
    from marts.participant_values as facts
    inner join (
        -- A covariate may be what the subgroups are of.
        select variable, min(fact_order) as covariate_order
        from (
            select variable, term_order as fact_order
            from codebook.covariates
            where contains(split_part(traced_id, '/', 1), '_covariate_adjusted')
            union all
            select variable, 0 from codebook.subgroups, one where variable = split_part(one.category, '-', 1)
            union all
            select strata.variable, 0
            from codebook.norm_strata as strata
            inner join chosen_norm as chosen on strata.sample = chosen.sample
        )
        group by variable
    ) as covariates on facts.variable = covariates.variable
    inner join people on facts.participant_id = people.participant_id
    inner join codebook.participant_variables as variables on facts.variable = variables.variable
    where contains(split_part(traced_id, '/', 1), '_covariate_adjusted') or split_part(traced_id, '/', 1) in ('change_subgroup', 'change_interaction', 'norm_strata', 'norm_scores', 'norm_limits', 'percentiles', 'percentile_limits')
)

select * from traced;

create or replace macro trace(traced_id) as table
select
    traced.part, traced.participant_id, traced.wave, traced.measure, traced.item, items.label as item_label, traced.value, traced.keyed, traced.text, traced.how,
    traced.is_counted, traced.missing_reason, exports.export, exports.file_name, exports.version, traced.source_file,
    traced.source_row, traced.source_column, traced.result_id, traced.formula, traced.people
from traced_rows(traced_id) as traced
left join (
    select distinct on (source_file, wave) source_file, wave, export, file_name, version from marts.exports order by export, file_name
) as exports
    on traced.source_file = exports.source_file and traced.wave is not distinct from exports.wave
left join codebook.items as items on traced.item = items.item and traced.part = 'answer'
order by traced.step, traced.part, traced.participant_id, traced.wave_order, traced.item_order, traced.measure, traced.result_id;
