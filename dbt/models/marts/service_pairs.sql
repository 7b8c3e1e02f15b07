{#- Use of each service in both waves of a contrast, of people who answered in both. -#}

select
    contrasts.contrast::varchar as contrast,
    baseline.service::varchar as service,
    count(*)::bigint as n,
    count(*) filter (where baseline.is_used and followup.is_used)::bigint as in_both,
    count(*) filter (where baseline.is_used and not followup.is_used)::bigint as at_baseline_only,
    count(*) filter (where not baseline.is_used and followup.is_used)::bigint as at_followup_only,
    count(*) filter (where not baseline.is_used and not followup.is_used)::bigint as in_neither
from {{ source('codebook', 'contrasts') }} as contrasts
inner join {{ ref('service_use') }} as baseline on contrasts.baseline = baseline.wave
inner join {{ ref('service_use') }} as followup
    on contrasts.followup = followup.wave
    and baseline.participant_id = followup.participant_id
    and baseline.service = followup.service
where baseline.is_used is not null and followup.is_used is not null
group by all
