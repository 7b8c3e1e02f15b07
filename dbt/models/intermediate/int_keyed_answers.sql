{#- Answers keyed in the direction of their scale: an item that the instrument declares as reversed becomes
    low + high - answer, against the declared anchors, never against what happens to be observed. -#}
{%- set items = codebook_items() %}

select
    participant_id,
    wave,
    is_returned
    {%- for item in items %},
    {{ (item.low + item.high) ~ ' - ' if item.is_reversed }}{{ quoted(item.item) }} as {{ quoted(item.item) }},
    {{ quoted(item.item ~ '__missing') }}
    {%- endfor %}
from {{ ref('int_answer_sheets') }}
