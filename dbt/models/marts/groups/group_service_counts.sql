{#- How many people of each group used each service in each wave that asked, of how many who answered. -#}

select
    cast(profiles.people_group as varchar) as people_group,
    cast(profiles.measure as varchar) as service,
    cast(profiles.moment as varchar) as wave,
    cast(sum(case when profiles.is_counted then profiles.n else 0 end) as bigint) as n,
    cast(sum(case when profiles.is_counted and profiles.value = 1 then profiles.n else 0 end) as bigint) as count
from {{ ref('counted_profiles') }} as profiles
inner join {{ source('codebook', 'wave_items') }} as asked
    on profiles.measure = asked.item and profiles.moment = asked.wave and asked.status <> 'not_in_wave'
where profiles.kind = 'service' and profiles.people = 'value' and profiles.people_group is not null
group by profiles.people_group, profiles.measure, profiles.moment
