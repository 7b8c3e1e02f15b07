{#- From the roster down to the n of each scale in each wave: everybody without a score stands under one reason. -#}
{%- set reasons = missing_reasons() + ['wave_not_returned', 'too_few_items'] %}

select
    scale::varchar as scale,
    wave::varchar as wave,
    count(*)::bigint as on_roster
    {%- for reason in reasons %},
    count(*) filter (where missing_reason = '{{ reason }}')::bigint as {{ reason }}
    {%- endfor %},
    count(score)::bigint as n
from {{ ref('scale_scores') }}
group by scale, wave
