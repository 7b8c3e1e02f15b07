{#- People on the roster excluded by the study: they count nowhere else. The roster's reason is free text and stays there. -#}

select
    cast(participant_id as string) as participant_id,
    cast(excluded_on_day as date) as excluded_on
from {{ source('raw', 'roster') }}
where not ({{ is_included() }})
