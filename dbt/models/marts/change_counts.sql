{#- How many pairs changed by how much: what rank and resampling methods need. Changes are rounded to eleven decimals: left as
    they are, the last digit of a prorated score would make two equal changes differ, and ties would be missed. -#}

select
    contrast::varchar as contrast,
    scale::varchar as scale,
    -- 0.0 + turns a negative zero into zero
    (0.0 + round(change, 11))::double as change,
    count(*)::bigint as n
from {{ ref('score_changes') }}
group by all
