{#- How many pairs changed by how much: what rank and resampling methods need. Changes are rounded to eleven decimals: left
    as they are, the last digit of a prorated score would make two equal changes differ, and ties would be missed. -#}

select
    cast(moment as string) as contrast,
    cast(measure as string) as scale,
    -- 0.0 + turns a negative zero into zero
    cast(0.0 + {{ rounded('value', 11) }} as double) as change,
    cast(sum(n) as bigint) as n
from {{ ref('counted_profiles') }}
where kind = 'scale' and people = 'both' and is_counted
group by moment, measure, 0.0 + {{ rounded('value', 11) }}
