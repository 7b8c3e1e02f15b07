{#- How many people have each score, by the stratum of a norm that they are in: what results about norm scores are computed from.
    Of scales with such a norm alone, named one by one: the view of all measures then has only those. -#}
{%- set scales = codebook_scales_with_norms() %}

with compared_scales as (
    select distinct scale, sample, is_stratified
    from {{ source('codebook', 'person_norms') }}
    where is_reported
),

counted as (
    select
        scales.scale,
        scales.sample,
        scores.wave,
        case when scales.is_stratified then coalesce(strata.stratum, strata.missing_reason) else 'all' end as stratum,
        not scales.is_stratified or strata.stratum is not null as is_compared,
        {{ rounded('scores.value', 11) }} as score,
        count(*) as n
    from {{ ref('measure_values') }} as scores
    inner join compared_scales as scales on scores.measure = scales.scale
    left join {{ ref('person_strata') }} as strata
        on scores.participant_id = strata.participant_id and scores.wave = strata.wave and scales.sample = strata.sample
    where scores.kind = 'scale' and scores.is_known
        and {% if scales %}scores.measure in ({% for scale in scales %}{{ text_literal(scale) }}{{ ', ' if not loop.last }}{% endfor %}){% else %}false{% endif %}
    group by
        scales.scale,
        scales.sample,
        scores.wave,
        case when scales.is_stratified then coalesce(strata.stratum, strata.missing_reason) else 'all' end,
        not scales.is_stratified or strata.stratum is not null,
        {{ rounded('scores.value', 11) }}
),

compared as (
    {{ with_norm_scores('counted') }}
)

select
    cast(scale as string) as scale,
    cast(sample as string) as sample,
    cast(wave as string) as wave,
    cast(stratum as string) as stratum,
    cast(is_compared as boolean) as is_compared,
    cast(score as double) as score,
    cast(percentile as double) as percentile,
    cast(n as bigint) as n
from compared
