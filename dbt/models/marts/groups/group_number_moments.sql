{#- The moments of each number that the roster knows of people, in each group. -#}

with counted as (
    select states.people_group, facts.variable, facts.number as value, count(*) as n
    from {{ ref('participant_values') }} as facts
    inner join {{ ref('return_states') }} as states on facts.participant_id = states.participant_id
    where facts.number is not null and states.people_group is not null
    group by states.people_group, facts.variable, facts.number
),

moments as (
    {{ moments_of('counted', ['people_group', 'variable']) }}
)

select
    cast(people_group as string) as people_group,
    cast(variable as string) as variable,
    n,
    mean,
    sd,
    min,
    max
from moments
