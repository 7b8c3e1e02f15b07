-- What a trace begins with: the result and what it is about, the others that it is made of, and scores. Macros of the released
-- file that others read (trace_people.sql, trace.sql), so that each can be asked alone: whoever wants the scores of a few people
-- does not wait for everybody.
create or replace macro traced_result(traced_id) as table
select results.*, estimands.people, estimands.people_in_words, estimands.formula, estimands.of_all_groups, estimands.of_all_waves,
    estimands.of_moment, estimands.of_subgroup, estimands.by_return, estimands.of_variant, contrasts.baseline, contrasts.followup,
    if(starts_with(results.analysis, 'variant'), results.category, null) as variant
from results.results as results
left join codebook.estimands as estimands
    on results.analysis = estimands.analysis
    and results.statistic = estimands.statistic
left join codebook.contrasts as contrasts on results.contrast = contrasts.contrast
where results.result_id = traced_id;

-- The waves that the number is about.
create or replace macro traced_span(traced_id) as table
select waves.wave, waves.wave_order
from codebook.waves as waves, traced_result(traced_id) as one
where case
    when one.of_all_waves then true
    -- Patterns of waves are about all of them.
    when one.analysis = 'missingness' then true
    when one.people = 'first' then waves.wave_order = 1
    when one.people = 'nobody' then false
    when one.contrast is not null then waves.wave in (one.baseline, one.followup)
    else waves.wave = one.wave
end;

-- The waves whose return the number is about. Filtered before it is joined: a condition on the result in the join itself makes
-- DuckDB compare everybody with everybody. place: which of them it is, from 1; they are three at most.
create or replace macro traced_asked(traced_id) as table
select waves.wave, waves.wave_order, row_number() over (order by waves.wave_order) as place
from codebook.waves as waves, traced_result(traced_id) as one
where one.by_return and waves.wave in (one.wave, one.baseline, one.followup);

-- The scale itself and, of a composite, its parts.
create or replace macro traced_measures(traced_id) as table
select scales.scale
from codebook.scales as scales, traced_result(traced_id) as one
where scales.scale = one.outcome and one.analysis <> 'careless'
union all
select parts.part
from codebook.scale_parts as parts, traced_result(traced_id) as one
where parts.scale = one.outcome;

-- By which rule and of which moment people count in a number, as marts.counted_people names them.
create or replace macro traced_rule(traced_id) as table
select
    case
        when one.analysis = 'missingness' then 'any'
        when one.people in ('roster', 'whole_roster', 'listed') then 'score'
        else one.people
    end as people,
    case
        when not one.of_moment or one.analysis = 'missingness' then ''
        -- The variable whose categories are subgroups stands before its category, or alone.
        when one.of_subgroup then one.contrast || '/' || split_part(one.category, '-', 1)
        else coalesce(one.contrast, one.wave, '')
    end as moment
from traced_result(traced_id) as one;

-- The scores behind it, whoever counts.
create or replace macro traced_scores(traced_id) as table
with one as (
    from traced_result(traced_id)
)

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
inner join traced_measures(traced_id) as measures on scores.scale = measures.scale
inner join traced_span(traced_id) as span on scores.wave = span.wave
inner join codebook.scales as scales on scores.scale = scales.scale
left join codebook.variant_scales as rules on one.variant = rules.variant and scores.scale = rules.scale;

-- Other results that the number is made of: a norm, the tests that it is adjusted with, the methods that it counts.
create or replace macro traced_made_of(traced_id) as table
select others.*
from results.results as others, traced_result(traced_id) as one
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
    end;

-- The rows of a trace that are about the number itself.
create or replace macro traced_head(traced_id) as table
select
    1 as step, 'result' as part, null::varchar as participant_id, coalesce(wave, contrast) as wave, 0 as wave_order,
    outcome as measure, category as item, 0 as item_order, value, null::double as keyed, printed as text, method as how,
    null::boolean as is_counted, note as missing_reason, null::varchar as source_file, null::bigint as source_row,
    null::varchar as source_column, result_id, formula, people_in_words as people
from traced_result(traced_id)
union all
select 2, 'made of', null, coalesce(wave, contrast), 0, outcome, category, 0, value, null, printed, method, null, note, null, null,
    null, result_id, null, null
from traced_made_of(traced_id)
union all
select 3, 'scale', null, null, 0, scales.scale, null, scales.scale_order, null, null, null, coalesce(rules.rule, scales.rule), null,
    null, null, null, null, null, null, null
from codebook.scales as scales
cross join traced_result(traced_id) as one
inner join traced_measures(traced_id) as measures on scales.scale = measures.scale
left join codebook.variant_scales as rules on one.variant = rules.variant and scales.scale = rules.scale;

-- The norm that a number about people's norm scores is of: its sample, and the stratum where it is about that alone.
create or replace macro traced_norm(traced_id) as table
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
cross join traced_result(traced_id) as one
where names.scale = one.outcome and list_contains(names.analyses, one.analysis) and names.category is not distinct from one.category;

-- Facts of the roster behind a number: the variable that it is about; and what a comparison of groups is adjusted for, whose
-- subgroups it is of, or by what a norm's strata are.
create or replace macro traced_facts(traced_id) as table
select facts.*, 0 as fact_order
from marts.participant_values as facts
where facts.variable = split_part(traced_id, '/', 2)
union all
select facts.*, covariates.covariate_order
from marts.participant_values as facts
inner join (
    -- A covariate may be what the subgroups are of.
    select variable, min(fact_order) as covariate_order
    from (
        select variable, term_order as fact_order
        from codebook.covariates
        where contains(split_part(traced_id, '/', 1), '_covariate_adjusted')
        union all
        select variable, 0 from codebook.subgroups, traced_result(traced_id) as one where variable = split_part(one.category, '-', 1)
        union all
        select strata.variable, 0
        from codebook.norm_strata as strata
        inner join traced_norm(traced_id) as chosen on strata.sample = chosen.sample
    )
    group by variable
) as covariates on facts.variable = covariates.variable
where contains(split_part(traced_id, '/', 1), '_covariate_adjusted') or split_part(traced_id, '/', 1) in ('change_subgroup', 'change_interaction', 'norm_strata', 'norm_scores', 'norm_limits', 'percentiles', 'percentile_limits');
