{#- The moments of each scale in each wave: all that inference needs to know of the people. -#}

with means as (
    select
        scale,
        wave,
        count(score) as n,
        {{ exact_sum('score') }} / count(score) as mean,
        min(score) as min,
        max(score) as max
    from {{ ref('scale_scores') }}
    group by scale, wave
),

squares as (
    select
        scores.scale,
        scores.wave,
        {{ exact_sum('(scores.score - means.mean) * (scores.score - means.mean)') }} as total
    from {{ ref('scale_scores') }} as scores
    inner join means on scores.scale = means.scale and scores.wave = means.wave
    group by scores.scale, scores.wave
)

select
    means.scale::varchar as scale,
    means.wave::varchar as wave,
    means.n::bigint as n,
    means.mean::double as mean,
    sqrt({{ sample_moment('squares.total', 'means.n') }})::double as sd,
    means.min::double as min,
    means.max::double as max
from means
inner join squares on means.scale = squares.scale and means.wave = squares.wave
