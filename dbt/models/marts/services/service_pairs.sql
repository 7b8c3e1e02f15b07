{#- Use of each service in both waves of a contrast, of people who answered in both. -#}

select
    cast(moment as string) as contrast,
    cast(measure as string) as service,
    cast(sum(n) as bigint) as n,
    cast(sum(case when value_baseline = 1 and value_followup = 1 then n else 0 end) as bigint) as in_both,
    cast(sum(case when value_baseline = 1 and value_followup = 0 then n else 0 end) as bigint) as at_baseline_only,
    cast(sum(case when value_baseline = 0 and value_followup = 1 then n else 0 end) as bigint) as at_followup_only,
    cast(sum(case when value_baseline = 0 and value_followup = 0 then n else 0 end) as bigint) as in_neither
from {{ ref('counted_profiles') }}
where kind = 'service' and people = 'both' and is_counted
group by moment, measure
