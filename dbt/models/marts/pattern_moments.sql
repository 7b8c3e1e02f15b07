{#- The moments of the people who have a score in the same waves: what a mixed model and a test of missingness need, whatever
    the number of people. Sums in the order of the people, as in scale_moments. -#}

with scored as (
    select scores.participant_id, scores.scale, scores.wave, waves.wave_order, scores.score
    from {{ ref('scale_scores') }} as scores
    inner join {{ source('codebook', 'waves') }} as waves on scores.wave = waves.wave
    where scores.score is not null
),

patterns as (
    select participant_id, scale, string_agg(wave, '+' order by wave_order) as pattern
    from scored
    group by participant_id, scale
)

select
    patterns.scale::varchar as scale,
    patterns.pattern::varchar as pattern,
    one.wave::varchar as wave,
    other.wave::varchar as other_wave,
    count(*)::bigint as n,
    avg(one.score order by patterns.participant_id)::double as mean,
    avg(other.score order by patterns.participant_id)::double as other_mean,
    (covar_pop(one.score, other.score order by patterns.participant_id) * count(*))::double as cross_products
from patterns
inner join scored as one on patterns.participant_id = one.participant_id and patterns.scale = one.scale
inner join scored as other
    on patterns.participant_id = other.participant_id
    and patterns.scale = other.scale
    and one.wave_order <= other.wave_order
group by patterns.scale, patterns.pattern, one.wave, other.wave
