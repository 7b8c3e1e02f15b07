{{ config(materialized='view') }}
{#- Absent answers, long: one row a person, wave and item without an answer, with its one reason. -#}
{#- Named here, outside the loops, so that dbt sees the dependency when it parses. -#}
{%- set sheets = ref('answer_sheets') -%}
{%- set items = codebook_items() -%}
{%- set later = codebook_parts() -%}

{%- for item in items %}
{{ 'union all' if not loop.first }}
select participant_id, wave, {{ text_literal(item.item) }}::varchar as item, {{ quoted(item.item ~ '__missing') }}::varchar as missing_reason, {{ source_of_item(item.item, 'source_file', later) }} as source_file, {{ source_of_item(item.item, 'source_row', later) }} as source_row
from {{ sheets }}
where {{ quoted(item.item) }} is null
{%- else %}
select null::varchar as participant_id, null::varchar as wave, null::varchar as item, null::varchar as missing_reason, null::varchar as source_file, null::bigint as source_row
where false
{%- endfor %}
