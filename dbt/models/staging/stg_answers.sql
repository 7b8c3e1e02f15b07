{#- Types every answer against its declared anchors, labels and special codes. One column an item with the answer, one
    with the missing reason. -#}
{%- set items = codebook_items() -%}
{%- set unasked = codebook_unasked() -%}
{%- set texts = codebook_answer_texts() -%}

with read as (
    select
        participant_id,
        wave,
        part,
        {{ read_date('answered_on') }} as answered_on,
        source_file,
        source_row
        {%- for item in items %},
        {{ read_answer(
            item,
            unasked | selectattr('item', 'equalto', item.item) | list,
            texts | selectattr('item', 'equalto', item.item) | list
        ) }} as {{ quoted(item.item) }}
        {%- endfor %}
    from {{ source('raw', 'answers') }}
)

select
    participant_id,
    wave,
    part,
    answered_on,
    source_file,
    source_row
    {%- for item in items %},
    {{ answer_of(quoted(item.item)) }} as {{ quoted(item.item) }},
    {{ missing_reason_of(quoted(item.item)) }} as {{ quoted(item.item ~ '__missing') }}
    {%- endfor %}
from read
