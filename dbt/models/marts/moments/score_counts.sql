{#- How many people have each score: what ranks, quantiles and shares need. Scores are rounded to eleven decimals, so that
    two ways to the same score are one. -#}

select
    cast(measure as string) as scale,
    cast(moment as string) as wave,
    cast({{ rounded('value', 11) }} as double) as score,
    cast(sum(n) as bigint) as n
from {{ ref('counted_profiles') }}
where kind = 'scale' and people = 'score' and is_counted
group by measure, moment, {{ rounded('value', 11) }}
