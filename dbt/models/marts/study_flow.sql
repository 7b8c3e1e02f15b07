{#- From those listed down to those who returned each wave, and both waves of each contrast. Every box adds up. -#}

with states as (
    select
        sheets.participant_id,
        sheets.wave,
        case
            when bool_and(coalesce(scores.missing_reason, '') = 'withdrawn') then 'withdrawn'
            when bool_or(sheets.is_returned) then 'returned'
            else 'not_returned'
        end as state
    from {{ ref('answer_sheets') }} as sheets
    inner join {{ ref('scale_scores') }} as scores
        on sheets.participant_id = scores.participant_id
        and sheets.wave = scores.wave
    group by sheets.participant_id, sheets.wave
),

pairs as (
    select
        contrasts.contrast,
        count(*) filter (where baseline.state = 'returned' and followup.state = 'returned') as returned
    from {{ source('codebook', 'contrasts') }} as contrasts
    inner join states as baseline on contrasts.baseline = baseline.wave
    inner join states as followup
        on contrasts.followup = followup.wave
        and baseline.participant_id = followup.participant_id
    group by contrasts.contrast
),

roster as (
    select count(*) as everybody from {{ ref('participants') }}
),

excluded as (
    select count(*) as people from {{ ref('exclusions') }}
),

steps as (
    select 'roster' as step, 'roster' as moment, roster.everybody + excluded.people as listed, excluded.people as excluded,
        null as withdrawn, null as not_returned, roster.everybody as n
    from roster
    cross join excluded
    union all
    select 'wave', waves.wave, roster.everybody, null,
        count(*) filter (where states.state = 'withdrawn'), count(*) filter (where states.state = 'not_returned'),
        count(*) filter (where states.state = 'returned')
    from {{ source('codebook', 'waves') }} as waves
    cross join roster
    left join states on waves.wave = states.wave
    group by waves.wave, roster.everybody
    union all
    select 'contrast', contrasts.contrast, roster.everybody, null, null,
        roster.everybody - coalesce(pairs.returned, 0), coalesce(pairs.returned, 0)
    from {{ source('codebook', 'contrasts') }} as contrasts
    cross join roster
    left join pairs on contrasts.contrast = pairs.contrast
)

select
    step::varchar as step,
    moment::varchar as moment,
    listed::bigint as listed,
    excluded::bigint as excluded,
    withdrawn::bigint as withdrawn,
    not_returned::bigint as not_returned,
    n::bigint as n
from steps
