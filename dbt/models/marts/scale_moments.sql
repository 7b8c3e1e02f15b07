{#- The moments of each scale in each wave: all that inference needs to know of the people. -#}

select
    scale::varchar as scale,
    wave::varchar as wave,
    count(score)::bigint as n,
    avg(score)::double as mean,
    stddev_samp(score)::double as sd,
    min(score)::double as min,
    max(score)::double as max
from {{ ref('scale_scores') }}
group by scale, wave
