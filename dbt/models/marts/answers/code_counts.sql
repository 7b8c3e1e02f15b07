{{ config(materialized='kept_by_wave') }}
{#- How often each item has each code in each wave: answers, and reasons why there is none. Blank rows do not count. People
    are read once for many items; each is a grouping set of its own. -#}
-- depends_on: {{ ref('answer_codes') }}
{%- set stale = stale_waves(this) %}
{%- set empty = {
    'wave': 'string', 'item': 'string', 'code': 'bigint', 'is_answer': 'boolean', 'missing_reason': 'string',
    'n': 'bigint', 'content_stamp': 'string',
} %}

{% call(block) union_over(codebook_items() | batch(grouping_sets_at_once()), empty) %}
select
    cast(wave as string) as wave,
    cast(case
        {%- for item in block %}
        when grouping({{ quoted(item.item) }}) = 0 then {{ text_literal(item.item) }}
        {%- endfor %}
    end as string) as item,
    cast(coalesce({% for item in block %}{{ quoted(item.item) }}, {% endfor %}null) as bigint) as code,
    cast(case
        {%- for item in block %}
        when grouping({{ quoted(item.item) }}) = 0 then {{ is_answer(item) }}
        {%- endfor %}
    end as boolean) as is_answer,
    cast(case
        {%- for item in block %}
        when grouping({{ quoted(item.item) }}) = 0 then {{ missing_reason_of(item) }}
        {%- endfor %}
    end as string) as missing_reason,
    cast(count(*) as bigint) as n,
    cast({{ stamp_of_wave('wave') }} as string) as content_stamp
from {{ ref('answer_codes') }}
where not is_blank and {{ is_of_waves('wave', stale) }}
group by grouping sets (
    {%- for item in block %}
    (wave, {{ quoted(item.item) }}){{ ',' if not loop.last }}
    {%- endfor %}
)
{% endcall %}
