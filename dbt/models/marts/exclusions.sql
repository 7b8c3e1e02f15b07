{#- People on the roster whom the study excluded: they count nowhere else. -#}

select
    participant_id::varchar as participant_id,
    {{ read_date('excluded_on') }} as excluded_on,
    nullif(trim(exclusion_reason), '')::varchar as reason
from {{ source('raw', 'roster') }}
where coalesce(trim(excluded_on), '') <> '' or coalesce(trim(exclusion_reason), '') <> ''
