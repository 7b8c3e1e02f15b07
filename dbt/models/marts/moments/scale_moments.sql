{#- The moments of each scale in each wave: all that inference needs to know of the people. -#}

with counted as (
    select measure as scale, moment as wave, value, n
    from {{ ref('counted_profiles') }}
    where kind = 'scale' and people = 'score' and is_counted
),

moments as (
    {{ moments_of('counted', ['scale', 'wave']) }}
)

select
    cast(scales.scale as string) as scale,
    cast(waves.wave as string) as wave,
    coalesce(moments.n, 0) as n,
    moments.mean,
    moments.sd,
    moments.min,
    moments.max
from {{ source('codebook', 'scales') }} as scales
cross join {{ source('codebook', 'waves') }} as waves
left join moments on scales.scale = moments.scale and waves.wave = moments.wave
