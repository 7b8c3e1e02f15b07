{#- The moments of each scale's pairs in each contrast, change in the declared direction. -#}

with means as (
    select
        contrast,
        scale,
        count(*) as n,
        {{ exact_sum('score_baseline') }} / count(*) as baseline,
        {{ exact_sum('score_followup') }} / count(*) as followup,
        {{ exact_sum('change') }} / count(*) as change
    from {{ ref('score_changes') }}
    group by contrast, scale
),

away as (
    select
        pairs.contrast,
        pairs.scale,
        pairs.score_baseline - means.baseline as baseline,
        pairs.score_followup - means.followup as followup,
        pairs.change - means.change as change
    from {{ ref('score_changes') }} as pairs
    inner join means on pairs.contrast = means.contrast and pairs.scale = means.scale
),

products as (
    select
        contrast,
        scale,
        {{ exact_sum('baseline * baseline') }} as baseline,
        {{ exact_sum('followup * followup') }} as followup,
        {{ exact_sum('baseline * followup') }} as shared,
        {{ exact_sum('change * change') }} as change
    from away
    group by contrast, scale
)

select
    means.contrast::varchar as contrast,
    means.scale::varchar as scale,
    means.n::bigint as n,
    means.baseline::double as mean_baseline,
    sqrt({{ sample_moment('products.baseline', 'means.n') }})::double as sd_baseline,
    means.followup::double as mean_followup,
    sqrt({{ sample_moment('products.followup', 'means.n') }})::double as sd_followup,
    ({{ sample_moment('products.shared', 'means.n') }})::double as covariance,
    means.change::double as mean_change,
    sqrt({{ sample_moment('products.change', 'means.n') }})::double as sd_change
from means
inner join products on means.contrast = products.contrast and means.scale = products.scale
