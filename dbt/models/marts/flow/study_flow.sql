{#- From those listed down to those who returned each wave, and both waves of each contrast. The counts in every box add up. -#}
-- depends_on: {{ ref('return_states') }}
{%- set roster %}
select
    'roster' as step,
    'roster' as moment,
    everybody.n + excluded.n as listed,
    excluded.n as excluded,
    cast(null as bigint) as not_planned,
    cast(null as bigint) as withdrawn,
    cast(null as bigint) as returned_blank,
    cast(null as bigint) as not_returned,
    everybody.n as n
from (select count(*) as n from {{ ref('participants') }}) as everybody
cross join (select count(*) as n from {{ ref('exclusions') }}) as excluded
{%- endset %}

with steps as (
    {{ flow_steps(roster) }}
)

select
    cast(step as string) as step,
    cast(moment as string) as moment,
    cast(listed as bigint) as listed,
    cast(excluded as bigint) as excluded,
    cast(not_planned as bigint) as not_planned,
    cast(withdrawn as bigint) as withdrawn,
    cast(returned_blank as bigint) as returned_blank,
    cast(not_returned as bigint) as not_returned,
    cast(n as bigint) as n
from steps
