{#- The moments of each scale's pairs in each contrast, change in the declared direction. -#}

select
    contrast::varchar as contrast,
    scale::varchar as scale,
    count(*)::bigint as n,
    avg(score_baseline)::double as mean_baseline,
    stddev_samp(score_baseline)::double as sd_baseline,
    avg(score_followup)::double as mean_followup,
    stddev_samp(score_followup)::double as sd_followup,
    covar_samp(score_baseline, score_followup)::double as covariance,
    avg(change)::double as mean_change,
    stddev_samp(change)::double as sd_change
from {{ ref('score_changes') }}
group by contrast, scale
