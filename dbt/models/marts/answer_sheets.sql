{#- Typed answers, wide: one row a person and wave. `answers` and `missing_answers` are views over it. -#}
{%- set items = codebook_items() %}
{%- set parts = [1] + later_parts(codebook_parts()) %}

select
    participant_id,
    wave,
    is_returned,
    answered_on
    {%- for part in parts %},
    {{ of_part('source_file', part) }},
    {{ of_part('source_row', part) }}
    {%- endfor %}
    {%- for item in items %},
    {{ quoted(item.item) }},
    {{ quoted(item.item ~ '__missing') }}
    {%- endfor %}
from {{ ref('int_answer_sheets') }}
