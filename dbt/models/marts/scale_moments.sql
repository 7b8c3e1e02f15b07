{#- The moments of each scale in each wave: all that inference needs to know of the people. Sums are taken in the order of
    the people: taken in any order, the last digit would change from run to run, and with it the release. -#}

select
    scale::varchar as scale,
    wave::varchar as wave,
    count(score)::bigint as n,
    avg(score order by participant_id)::double as mean,
    stddev_samp(score order by participant_id)::double as sd,
    min(score)::double as min,
    max(score)::double as max
from {{ ref('scale_scores') }}
group by scale, wave
