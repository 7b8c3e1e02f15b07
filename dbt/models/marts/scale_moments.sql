{#- The moments of each scale in each wave: all that inference needs to know of the people. -#}

with counted as (
    select measure as scale, moment as wave, value, n
    from {{ ref('counted_profiles') }}
    where kind = 'scale' and people = 'score' and is_counted
),

means as (
    select
        scale,
        wave,
        sum(n) as n,
        {{ exact_sum('value', 'n') }} / sum(n) as mean,
        min(value) as min,
        max(value) as max
    from counted
    group by scale, wave
),

squares as (
    select
        counted.scale,
        counted.wave,
        {{ exact_sum('(counted.value - means.mean) * (counted.value - means.mean)', 'counted.n') }} as total
    from counted
    inner join means on counted.scale = means.scale and counted.wave = means.wave
    group by counted.scale, counted.wave
)

select
    cast(scales.scale as varchar) as scale,
    cast(waves.wave as varchar) as wave,
    cast(coalesce(means.n, 0) as bigint) as n,
    cast(means.mean as double) as mean,
    cast(sqrt({{ sample_moment('squares.total', 'means.n') }}) as double) as sd,
    cast(means.min as double) as min,
    cast(means.max as double) as max
from {{ source('codebook', 'scales') }} as scales
cross join {{ source('codebook', 'waves') }} as waves
left join means on scales.scale = means.scale and waves.wave = means.wave
left join squares on scales.scale = squares.scale and waves.wave = squares.wave
