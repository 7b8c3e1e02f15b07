{#- The moments of each scale in each wave and group of people. -#}

with counted as (
    select people_group, measure as scale, moment as wave, value, n
    from {{ ref('counted_profiles') }}
    where kind = 'scale' and people = 'score' and is_counted and people_group is not null
),

moments as (
    {{ moments_of('counted', ['people_group', 'scale', 'wave']) }}
)

select
    cast(people_group as string) as people_group,
    cast(scale as string) as scale,
    cast(wave as string) as wave,
    n,
    mean,
    sd,
    min,
    max
from moments
