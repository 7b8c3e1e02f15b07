{#- From the people of each group down to those who returned each wave, and both waves of each contrast. People whose group is
    not known are a row of their own, without a name, so that the boxes add up to the roster. -#}
-- depends_on: {{ ref('return_states') }}
{%- set roster %}
select
    people_group,
    'roster' as step,
    'roster' as moment,
    count(*) as listed,
    cast(0 as bigint) as excluded,
    cast(null as bigint) as not_planned,
    cast(null as bigint) as withdrawn,
    cast(null as bigint) as returned_blank,
    cast(null as bigint) as not_returned,
    count(*) as n
from {{ ref('return_states') }}
group by people_group
{%- endset %}

with steps as (
    {{ flow_steps(roster, by_group=true) }}
)

select
    cast(people_group as string) as people_group,
    cast(step as string) as step,
    cast(moment as string) as moment,
    cast(listed as bigint) as listed,
    cast(not_planned as bigint) as not_planned,
    cast(withdrawn as bigint) as withdrawn,
    cast(returned_blank as bigint) as returned_blank,
    cast(not_returned as bigint) as not_returned,
    cast(n as bigint) as n
from steps
where {{ 'true' if codebook_group_variable() else 'false' }}
