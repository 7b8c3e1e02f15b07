{#- The moments of each scale's pairs in each contrast, change in the declared direction. In the order of the people, as
    in scale_moments. -#}

select
    contrast::varchar as contrast,
    scale::varchar as scale,
    count(*)::bigint as n,
    avg(score_baseline order by participant_id)::double as mean_baseline,
    stddev_samp(score_baseline order by participant_id)::double as sd_baseline,
    avg(score_followup order by participant_id)::double as mean_followup,
    stddev_samp(score_followup order by participant_id)::double as sd_followup,
    covar_samp(score_baseline, score_followup order by participant_id)::double as covariance,
    avg(change order by participant_id)::double as mean_change,
    stddev_samp(change order by participant_id)::double as sd_change
from {{ ref('score_changes') }}
group by contrast, scale
