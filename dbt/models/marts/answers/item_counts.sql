{#- How often each answer was given to each item in each wave. -#}

select
    cast(counts.wave as string) as wave,
    cast(counts.item as string) as item,
    cast(counts.code / power(10, items.decimals) as double) as answer,
    cast(counts.n as bigint) as n
from {{ ref('code_counts') }} as counts
inner join {{ source('codebook', 'items') }} as items on counts.item = items.item
where counts.is_answer
