{#- Typed answers, wide: one row a person and wave. `answers` and `missing_answers` are views over it. -#}
{%- set items = codebook_items() %}

select
    participant_id,
    wave,
    is_returned,
    answered_on,
    source_file,
    source_row
    {%- for item in items %},
    {{ quoted(item.item) }},
    {{ quoted(item.item ~ '__missing') }}
    {%- endfor %}
from {{ ref('int_answer_sheets') }}
