{#- On which days from the baseline each wave was answered: how many people in its visit window, early, late, or without a day. -#}
{%- set reasons = ['no_date', 'no_baseline_date', 'before_baseline'] %}

with returned as (
    select *
    from {{ ref('answer_days') }}
),

counts as (
    select
        wave,
        count(*) as n
        {%- for visit in ['in_window', 'early', 'late'] %},
        {{ count_where("visit = '" ~ visit ~ "'") }} as {{ visit }}
        {%- endfor %}
        {%- for reason in reasons %},
        {{ count_where("missing_reason = '" ~ reason ~ "'") }} as {{ reason }}
        {%- endfor %},
        {{ count_where('is_far_off') }} as far_off
    from returned
    group by wave
),

dated as (
    select wave, cast(days_from_baseline as double) as value, count(*) as n
    from returned
    where days_from_baseline is not null
    group by wave, days_from_baseline
),

moments as (
    {{ moments_of('dated', ['wave']) }}
)

select
    cast(counts.wave as string) as wave,
    cast(counts.n as bigint) as n,
    cast(coalesce(moments.n, 0) as bigint) as dated,
    cast(counts.in_window as bigint) as in_window,
    cast(counts.early as bigint) as early,
    cast(counts.late as bigint) as late
    {%- for reason in reasons %},
    cast(counts.{{ reason }} as bigint) as {{ reason }}
    {%- endfor %},
    cast(counts.far_off as bigint) as far_off,
    cast(moments.mean as double) as mean,
    cast(moments.sd as double) as sd,
    cast(moments.min as double) as min,
    cast(moments.max as double) as max
from counts
left join moments on counts.wave = moments.wave
