{#- How many people of each group are in each category of each participant variable, of those whose category is known. -#}

select
    cast(states.people_group as string) as people_group,
    cast(facts.variable as string) as variable,
    cast(facts.category as string) as category,
    cast(sum(count(*)) over (partition by states.people_group, facts.variable) as bigint) as n,
    cast(count(*) as bigint) as count
from {{ ref('participant_values') }} as facts
inner join {{ ref('return_states') }} as states on facts.participant_id = states.participant_id
where facts.category is not null and states.people_group is not null
group by states.people_group, facts.variable, facts.category
