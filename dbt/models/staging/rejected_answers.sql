{#- Every text that fits no anchor, label, category or limit: one row a cell, with where a person finds it. -#}
{#- Named here, outside the loops, so that dbt sees the dependency when it parses. -#}
{%- set typed_answers = ref('stg_answers') -%}
{%- set typed_participants = ref('stg_participants') -%}
{%- set roster = source('raw', 'roster') -%}
{%- set items = codebook_items() -%}
{%- set variables = codebook_variables() -%}

with answers as (
    select wave, part, source_file, source_row, item, missing_reason
    from (
        {%- for item in items %}
        {{ 'union all' if not loop.first }}
        select wave, part, source_file, source_row, {{ text_literal(item.item) }} as item, {{ quoted(item.item ~ '__missing') }} as missing_reason
        from {{ typed_answers }}
        where {{ quoted(item.item ~ '__missing') }} = 'invalid'
        {%- else %}
        select null::varchar as wave, null::int as part, null::varchar as source_file, null::bigint as source_row, null::varchar as item, null::varchar as missing_reason where false
        {%- endfor %}
    ) as rejected_items
),

answer_texts as (
    select
        raw_answers.wave,
        raw_answers.source_file,
        raw_answers.source_row,
        answers.item,
        case answers.item
            {%- for item in items %}
            when {{ text_literal(item.item) }} then raw_answers.{{ quoted(item.item) }}
            {%- endfor %}
        end as answer_text
    from answers
    inner join {{ source('raw', 'answers') }} as raw_answers
        on answers.wave = raw_answers.wave
        and answers.part = raw_answers.part
        and answers.source_file = raw_answers.source_file
        and answers.source_row = raw_answers.source_row
),

roster as (
    select source_file, source_row, item, answer_text
    from (
        {%- for variable in variables %}
        {{ 'union all' if not loop.first }}
        select
            typed.source_file,
            typed.source_row,
            {{ text_literal(variable.variable) }} as item,
            written.{{ quoted(variable.variable) }} as answer_text
        from {{ typed_participants }} as typed
        inner join {{ roster }} as written
            on typed.source_file = written.source_file and typed.source_row = written.source_row
        where typed.{{ quoted(variable.variable ~ '__missing') }} = 'invalid'
        {%- else %}
        select null::varchar as source_file, null::bigint as source_row, null::varchar as item, null::varchar as answer_text where false
        {%- endfor %}
    ) as rejected_variables
)

select wave::varchar as wave, source_file::varchar as source_file, source_row::bigint as source_row, item::varchar as item,
    answer_text::varchar as answer_text, 'outside the declared anchors, labels and special codes' as reason
from answer_texts
union all
select null, source_file, source_row, item, answer_text, 'outside the declared categories or limits'
from roster
