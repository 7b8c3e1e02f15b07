{#- The moments of the people who have a score in the same waves: what a mixed model and a test of missingness need, whatever
    the number of people. -#}

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
),

placed as (
    select patterns.pattern, scored.*
    from scored
    inner join patterns on scored.participant_id = patterns.participant_id and scored.scale = patterns.scale
),

means as (
    select scale, pattern, wave, count(*) as n, {{ exact_sum('score') }} / count(*) as mean
    from placed
    group by scale, pattern, wave
),

away as (
    select placed.participant_id, placed.scale, placed.pattern, placed.wave, placed.wave_order, placed.score - means.mean as score
    from placed
    inner join means on placed.scale = means.scale and placed.pattern = means.pattern and placed.wave = means.wave
),

products as (
    select one.scale, one.pattern, one.wave, other.wave as other_wave, {{ exact_sum('one.score * other.score') }} as total
    from away as one
    inner join away as other
        on one.participant_id = other.participant_id
        and one.scale = other.scale
        and one.wave_order <= other.wave_order
    group by one.scale, one.pattern, one.wave, other.wave
)

select
    products.scale::varchar as scale,
    products.pattern::varchar as pattern,
    products.wave::varchar as wave,
    products.other_wave::varchar as other_wave,
    one.n::bigint as n,
    one.mean::double as mean,
    other.mean::double as other_mean,
    products.total::double as cross_products
from products
inner join means as one
    on products.scale = one.scale and products.pattern = one.pattern and products.wave = one.wave
inner join means as other
    on products.scale = other.scale and products.pattern = other.pattern and products.other_wave = other.wave
