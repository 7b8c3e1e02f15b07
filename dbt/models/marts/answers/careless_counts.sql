{{ config(materialized='view') }}
{#- How many sheets are marked by each sign of careless answers in each wave, of how many that can be judged. -#}

select
    wave,
    block,
    sign,
    cast(count(*) filter (where is_judged) as bigint) as n,
    cast(count(*) filter (where is_marked) as bigint) as count
from {{ ref('careless_signs') }}
group by wave, block, sign
