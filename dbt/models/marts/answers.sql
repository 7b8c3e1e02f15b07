{{ config(materialized='view') }}
{#- Answers, long, for people: one row a person, wave and item that was answered. -#}
{#- Named here, outside the loops, so that dbt sees the dependency when it parses. -#}
{%- set sheets = ref('answer_sheets') -%}
{%- set items = codebook_items() -%}
{%- set later = codebook_parts() -%}

{%- for item in items %}
{{ 'union all' if not loop.first }}
select participant_id, wave, {{ text_literal(item.item) }}::varchar as item, {{ quoted(item.item) }}::smallint as answer, {{ source_of_item(item.item, 'source_file', later) }} as source_file, {{ source_of_item(item.item, 'source_row', later) }} as source_row
from {{ sheets }}
where {{ quoted(item.item) }} is not null
{%- else %}
select null::varchar as participant_id, null::varchar as wave, null::varchar as item, null::smallint as answer, null::varchar as source_file, null::bigint as source_row
where false
{%- endfor %}
