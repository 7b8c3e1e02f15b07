{#- How many of the values given were rejected, block by block: an instrument or the services in a wave, a variable of the
    roster. What the protocol allows stands beside; more than that blocks the release. -#}

with items as (
    select
        counts.wave,
        items.instrument as block,
        sum(counts.n) as given,
        sum(case when counts.is_answer then 0 else counts.n end) as rejected
    from {{ ref('code_counts') }} as counts
    inner join {{ source('codebook', 'items') }} as items on counts.item = items.item
    where counts.is_answer or counts.missing_reason = 'invalid'
    group by counts.wave, items.instrument
),

facts as (
    select
        variable as block,
        count(*) as given,
        sum(case when missing_reason = 'invalid' then 1 else 0 end) as rejected
    from {{ ref('participant_values') }}
    where coalesce(missing_reason, 'invalid') = 'invalid'
    group by variable
)

select
    cast(wave as string) as wave,
    cast(block as string) as block,
    cast(given as bigint) as given,
    cast(rejected as bigint) as rejected
from (
    select wave, block, given, rejected from items
    union all
    select null, block, given, rejected from facts
) as blocks
