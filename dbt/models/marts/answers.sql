{{ config(materialized='view') }}
{#- Answers, long, for people: one row a person, wave and item that was answered. A view over answer_codes. -#}
{#- Named here, outside the loops, so that dbt sees the dependency when it parses. -#}
{%- set codes = ref('answer_codes') -%}
{%- set later = codebook_parts() -%}

{%- for item in codebook_items() %}
{{ 'union all' if not loop.first }}
select participant_id, wave, cast({{ text_literal(item.item) }} as varchar) as item, cast({{ quoted(item.item) }} as smallint) as answer, {{ source_of_item(item.item, 'source_file', later) }} as source_file, {{ source_of_item(item.item, 'source_row', later) }} as source_row
from {{ codes }}
where {{ is_answer(item) }}
{%- else %}
select cast(null as varchar) as participant_id, cast(null as varchar) as wave, cast(null as varchar) as item, cast(null as smallint) as answer, cast(null as varchar) as source_file, cast(null as bigint) as source_row
from {{ codes }}
where false
{%- endfor %}
