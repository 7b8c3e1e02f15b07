{#- How many people used each service in each wave that asked, of how many who answered. -#}

select
    service::varchar as service,
    wave::varchar as wave,
    count(is_used)::bigint as n,
    count(*) filter (where is_used)::bigint as count
from {{ ref('service_use') }}
group by service, wave
