{#- How often each answer was given to each item in each wave; every item once through, whatever its answers are. -#}
{#- Named here, outside the loops, so that dbt sees the dependency when it parses. -#}
{%- set sheets = ref('answer_sheets') -%}
{%- set items = codebook_items() -%}

{%- if items %}
with counted as (
    select
        wave,
        unnest([
            {%- for item in items %}
            {'item': {{ text_literal(item.item) }}, 'counts': histogram({{ quoted(item.item) }}::smallint)}{{ ',' if not loop.last }}
            {%- endfor %}
        ]) as found
    from {{ sheets }}
    group by wave
),

entries as (
    select wave, found.item as item, unnest(map_entries(found.counts)) as entry
    from counted
)

select wave::varchar as wave, item::varchar as item, entry.key::smallint as answer, entry.value::bigint as n
from entries
where entry.key is not null
{%- else %}
select null::varchar as wave, null::varchar as item, null::smallint as answer, null::bigint as n
where false
{%- endif %}
