{#- How many people have each score: what ranks, quantiles and shares need. Scores are rounded to eleven decimals, so that two
    ways to the same score are one. -#}

select
    scale::varchar as scale,
    wave::varchar as wave,
    round(score, 11)::double as score,
    count(*)::bigint as n
from {{ ref('scale_scores') }}
where score is not null
group by all
