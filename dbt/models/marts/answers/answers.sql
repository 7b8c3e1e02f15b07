{{ config(materialized='view') }}
{#- Answers, long, for people: one row a person, wave and item that was answered. A view over answer_codes. -#}
-- depends_on: {{ ref('answer_codes') }}
{%- set later = codebook_parts() %}
{%- set items = codebook_items() %}
{%- set empty = {
    'participant_id': 'string', 'wave': 'string', 'item': 'string', 'answer': common_answer_type(items), 'source_file': 'string',
    'source_row': 'bigint',
} %}

{% call(item) union_over(items, empty) %}
select
    participant_id,
    wave,
    cast({{ text_literal(item.item) }} as string) as item,
    cast({{ as_answered(item, quoted(item.item)) }} as {{ common_answer_type(items) }}) as answer,
    {{ source_of_item(item.item, 'source_file', later) }} as source_file,
    {{ source_of_item(item.item, 'source_row', later) }} as source_row
from {{ ref('answer_codes') }}
where {{ is_answer(item) }}
{% endcall %}
