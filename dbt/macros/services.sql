{#- Use of services, of everybody or of each group of people. -#}

{#- How many people used each service in each wave that asked, of how many who answered. by_group: of each group apart; people
    whose group is not known are in none of them -#}
{% macro counts_of_services(by_group=false) -%}
select
    {%- if by_group %}
    cast(profiles.people_group as string) as people_group,
    {%- endif %}
    cast(profiles.measure as string) as service,
    cast(profiles.moment as string) as wave,
    cast(sum(case when profiles.is_counted then profiles.n else 0 end) as bigint) as n,
    cast(sum(case when profiles.is_counted and profiles.value = 1 then profiles.n else 0 end) as bigint) as count
from {{ ref('counted_profiles') }} as profiles
inner join {{ source('codebook', 'wave_items') }} as asked
    on profiles.measure = asked.item and profiles.moment = asked.wave and asked.status <> 'not_in_wave'
where profiles.kind = 'service' and profiles.people = 'value'{{ ' and profiles.people_group is not null' if by_group }}
group by {{ 'profiles.people_group, ' if by_group }}profiles.measure, profiles.moment
{%- endmacro %}
