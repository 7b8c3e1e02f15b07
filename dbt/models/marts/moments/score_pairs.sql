{#- How many people have which scores in both waves of a contrast: what passes from one named range, or side of a cut-off, to
    another need. Only of scales whose instrument says what scores mean, or whose norm is of people without the problem; a
    composite without named ranges has no reliability, and so no use for them here. Scores are rounded as in score_counts. -#}

with meaningful_scales as (
    select scale
    from {{ source('codebook', 'scale_bands') }}
    union
    select scales.scale
    from {{ source('codebook', 'scales') }} as scales
    left join {{ source('codebook', 'scale_cut_offs') }} as cut_offs on scales.scale = cut_offs.scale
    left join {{ source('codebook', 'norms') }} as norms on scales.scale = norms.scale and norms.is_healthy
    where scales.aggregate not in ('mean_of_scales', 'sum_of_scales')
        and (cut_offs.scale is not null or norms.scale is not null)
)

select
    cast(moment as string) as contrast,
    cast(measure as string) as scale,
    cast({{ rounded('value_baseline', 11) }} as double) as baseline,
    cast({{ rounded('value_followup', 11) }} as double) as followup,
    cast(sum(n) as bigint) as n
from {{ ref('counted_profiles') }}
where kind = 'scale' and people = 'both' and is_counted and measure in (select scale from meaningful_scales)
group by moment, measure, {{ rounded('value_baseline', 11) }}, {{ rounded('value_followup', 11) }}
