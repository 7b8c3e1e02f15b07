{{ config(materialized='view') }}
{#- How many sheets are marked by each sign of careless answers in each wave, of how many that can be judged; of the
    time also the median, and how many sheets do not say. -#}

select
    wave,
    block,
    sign,
    cast(count(*) filter (where is_judged) as bigint) as n,
    cast(count(*) filter (where is_marked) as bigint) as count,
    cast(count(*) filter (where reason = 'no_duration') as bigint) as n_no_duration,
    cast(percentile_cont(0.5) within group (order by case when sign = 'short_time' then value end) as double) as median
from {{ ref('careless_signs') }}
group by wave, block, sign
