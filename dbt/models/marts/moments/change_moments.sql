{#- The moments of each scale's pairs in each contrast, change in the declared direction. -#}

with pairs as (
    select
        moment as contrast,
        measure as scale,
        value_baseline as baseline,
        value_followup as followup,
        value as change,
        n
    from {{ ref('counted_profiles') }}
    where kind = 'scale' and people = 'both' and is_counted
),

means as (
    select
        contrast,
        scale,
        sum(n) as n,
        {{ exact_sum('baseline', 'n') }} / sum(n) as baseline,
        {{ exact_sum('followup', 'n') }} / sum(n) as followup,
        {{ exact_sum('change', 'n') }} / sum(n) as change
    from pairs
    group by contrast, scale
),

away as (
    select
        pairs.contrast,
        pairs.scale,
        pairs.baseline - means.baseline as baseline,
        pairs.followup - means.followup as followup,
        pairs.change - means.change as change,
        pairs.n
    from pairs
    inner join means on pairs.contrast = means.contrast and pairs.scale = means.scale
),

products as (
    select
        contrast,
        scale,
        {{ exact_sum('baseline * baseline', 'n') }} as baseline,
        {{ exact_sum('followup * followup', 'n') }} as followup,
        {{ exact_sum('baseline * followup', 'n') }} as shared,
        {{ exact_sum('change * change', 'n') }} as change
    from away
    group by contrast, scale
)

select
    cast(means.contrast as varchar) as contrast,
    cast(means.scale as varchar) as scale,
    cast(means.n as bigint) as n,
    cast(means.baseline as double) as mean_baseline,
    cast(sqrt({{ sample_moment('products.baseline', 'means.n') }}) as double) as sd_baseline,
    cast(means.followup as double) as mean_followup,
    cast(sqrt({{ sample_moment('products.followup', 'means.n') }}) as double) as sd_followup,
    cast({{ sample_moment('products.shared', 'means.n') }} as double) as covariance,
    cast(means.change as double) as mean_change,
    cast(sqrt({{ sample_moment('products.change', 'means.n') }}) as double) as sd_change
from means
inner join products on means.contrast = products.contrast and means.scale = products.scale
