{#- People on the roster excluded by the study: they count nowhere else. -#}

select
    cast(participant_id as varchar) as participant_id,
    cast(excluded_on_day as date) as excluded_on,
    cast(nullif({{ cell_text('exclusion_reason') }}, '') as varchar) as reason
from {{ source('raw', 'roster') }}
where not ({{ is_included() }})
