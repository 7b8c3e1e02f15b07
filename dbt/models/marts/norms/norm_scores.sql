{{ config(materialized='view') }}
{#- Each person's score against the norm of people like them: a row for each scale, sample of a norm, and wave. A view. -#}

with compared_scales as (
    select distinct scale, sample, is_stratified
    from {{ source('codebook', 'person_norms') }}
),

scored as (
    select
        scores.participant_id,
        scores.wave,
        scales.scale,
        scales.sample,
        case when scales.is_stratified then strata.stratum else 'all' end as stratum,
        case when scores.is_known then {{ rounded('scores.value', 11) }} end as score,
        coalesce(scores.missing_reason, case when scales.is_stratified then strata.missing_reason end) as missing_reason
    from {{ ref('measure_values') }} as scores
    inner join compared_scales as scales on scores.measure = scales.scale
    left join {{ ref('person_strata') }} as strata
        on scores.participant_id = strata.participant_id and scores.wave = strata.wave and scales.sample = strata.sample
    where scores.kind = 'scale'
),

compared as (
    {{ with_norm_scores('scored') }}
)

select
    cast(participant_id as string) as participant_id,
    cast(wave as string) as wave,
    cast(scale as string) as scale,
    cast(sample as string) as sample,
    cast(score as double) as score,
    cast(stratum as string) as stratum,
    cast(z as double) as z,
    cast(t_score as double) as t_score,
    cast(percentile as double) as percentile,
    cast(missing_reason as string) as missing_reason,
    cast(coalesce(missing_reason, case when percentiles is not null and percentile is null then 'not in the table' end) as string) as percentile_missing_reason
from compared
