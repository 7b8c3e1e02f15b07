{{ config(materialized='view') }}
{#- From which answer to which people went between both waves of a contrast, of those who answered in both. -#}

select
    cast(pairs.moment as string) as contrast,
    cast(pairs.measure as string) as measure,
    cast(baseline.category as string) as category_baseline,
    cast(followup.category as string) as category_followup,
    cast(sum(pairs.n) as bigint) as n
from {{ ref('counted_profiles') }} as pairs
inner join {{ source('codebook', 'measure_categories') }} as baseline
    on pairs.measure = baseline.measure and pairs.value_baseline = baseline.stored_as
inner join {{ source('codebook', 'measure_categories') }} as followup
    on pairs.measure = followup.measure and pairs.value_followup = followup.stored_as
where pairs.kind in ('yes_no', 'category') and pairs.people = 'both' and pairs.is_counted
group by pairs.moment, pairs.measure, baseline.category, followup.category
