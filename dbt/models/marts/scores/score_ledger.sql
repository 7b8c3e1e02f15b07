{#- From the roster down to the n of each scale in each wave: everybody without a score stands under one reason. -#}
{%- set waves = codebook_waves() %}

with never_planned as (
    select
        measure,
        sum(case
            when ({% for wave in waves %}{{ is_unplanned(wave) }}{{ ' or ' if not loop.last }}{% else %}false{% endfor %})
                {%- for wave in waves %}
                and ({{ is_unplanned(wave) }} or not ({{ asks_scale(wave) }}))
                {%- endfor %} then n
            else 0
        end) as n
    from {{ ref('score_profiles') }}
    where kind = 'scale'
    group by measure
)

select
    cast(counted.measure as string) as scale,
    cast(counted.moment as string) as wave,
    cast(sum(counted.n) as bigint) as on_roster
    {%- for reason in codebook_missing_reasons() %},
    cast(sum(case when counted.reason = '{{ reason }}' then counted.n else 0 end) as bigint) as {{ reason }}
    {%- endfor %},
    cast(sum(case when counted.is_counted then counted.n else 0 end) as bigint) as n,
    cast(max(never_planned.n) as bigint) as never_planned
from {{ ref('counted_profiles') }} as counted
inner join never_planned on counted.measure = never_planned.measure
where counted.kind = 'scale' and counted.people = 'score'
group by counted.measure, counted.moment
