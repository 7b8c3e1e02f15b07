{#- From the roster down to the n of each scale in each wave: everybody without a score stands under one reason. -#}

select
    cast(measure as varchar) as scale,
    cast(moment as varchar) as wave,
    cast(sum(n) as bigint) as on_roster
    {%- for reason in codebook_missing_reasons() %},
    cast(sum(case when reason = '{{ reason }}' then n else 0 end) as bigint) as {{ reason }}
    {%- endfor %},
    cast(sum(case when is_counted then n else 0 end) as bigint) as n
from {{ ref('counted_profiles') }}
where kind = 'scale' and people = 'score'
group by measure, moment
