{#- Pairs: one row a person, contrast and scale with a score in both waves, with the change in the declared direction. -#}

select
    baseline.participant_id::varchar as participant_id,
    contrasts.contrast::varchar as contrast,
    baseline.scale::varchar as scale,
    baseline.score as score_baseline,
    followup.score as score_followup,
    case contrasts.direction
        when 'baseline_minus_followup' then baseline.score - followup.score
        else followup.score - baseline.score
    end as change
from {{ source('codebook', 'contrasts') }} as contrasts
inner join {{ ref('scale_scores') }} as baseline
    on contrasts.baseline = baseline.wave
inner join {{ ref('scale_scores') }} as followup
    on contrasts.followup = followup.wave
    and baseline.participant_id = followup.participant_id
    and baseline.scale = followup.scale
where baseline.score is not null and followup.score is not null
