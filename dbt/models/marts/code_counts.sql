{{ config(materialized='kept_by_wave') }}
{#- How often each item has each code in each wave: answers, and reasons why there is none. Blank rows do not count. -#}
{#- Named here, outside the loops, so that dbt sees the dependency when it parses. -#}
{%- set codes = ref('answer_codes') -%}
{%- set stale = stale_waves(this) -%}

{%- for item in codebook_items() %}
{{ 'union all' if not loop.first }}
select
    cast(wave as varchar) as wave,
    cast({{ text_literal(item.item) }} as varchar) as item,
    cast({{ quoted(item.item) }} as smallint) as code,
    cast({{ is_answer(item) }} as boolean) as is_answer,
    cast({{ missing_reason_of(item) }} as varchar) as missing_reason,
    cast(count(*) as bigint) as n,
    cast({{ stamp_of_wave('wave') }} as varchar) as content_stamp
from {{ codes }}
where not is_blank and {{ is_of_waves('wave', stale) }}
group by wave, {{ quoted(item.item) }}
{%- else %}
select cast(null as varchar) as wave, cast(null as varchar) as item, cast(null as smallint) as code, cast(null as boolean) as is_answer,
    cast(null as varchar) as missing_reason, cast(null as bigint) as n, cast(null as varchar) as content_stamp
from {{ codes }}
where false
{%- endfor %}
