{#- Every text that fits no anchor, label, category or limit: one row a cell, with where a person finds it. -#}
{#- Named here, outside the loops, so that dbt sees the dependency when it parses. -#}
{%- set codes = ref('answer_codes') -%}
{%- set people = ref('participants') -%}
{%- set roster = source('raw', 'roster') -%}
{%- set answers = source('raw', 'answers') -%}
{%- set later = codebook_parts() -%}
{%- set items = codebook_items() -%}

with cells as (
    {%- for item in items %}
    {{ 'union all' if not loop.first }}
    select
        participant_id, wave, {{ text_literal(item.item) }} as item,
        {{ source_of_item(item.item, 'source_file', later) }} as source_file,
        {{ source_of_item(item.item, 'source_row', later) }} as source_row
    from {{ codes }}
    where {{ quoted(item.item) }} = {{ reason_code(item, 'invalid') }}
    {%- else %}
    select null as participant_id, null as wave, null as item, null as source_file, null as source_row
    from {{ codes }}
    where false
    {%- endfor %}
),

written as (
    select
        cells.wave,
        cells.source_file,
        cells.source_row,
        cells.item,
        case cells.item
            {%- for item in items %}
            when {{ text_literal(item.item) }} then written.{{ quoted(item.item) }}
            {%- endfor %}
            else ''
        end as answer_text
    from cells
    inner join {{ answers }} as written
        on cells.wave = written.wave
        and cells.source_file = written.source_file
        and cells.source_row = written.source_row
),

facts as (
    {%- for variable in codebook_variables() %}
    {{ 'union all' if not loop.first }}
    select
        typed.source_file,
        typed.source_row,
        {{ text_literal(variable.variable) }} as item,
        {{ as_text('written.' ~ quoted(variable.variable)) }} as answer_text
    from {{ people }} as typed
    inner join {{ roster }} as written on typed.source_file = written.source_file and typed.source_row = written.source_row
    where typed.{{ quoted(variable.variable ~ '__missing') }} = 'invalid'
    {%- else %}
    select null as source_file, null as source_row, null as item, null as answer_text
    from {{ people }}, {{ roster }}
    where false
    {%- endfor %}
)

select
    cast(wave as varchar) as wave, cast(source_file as varchar) as source_file, cast(source_row as bigint) as source_row,
    cast(item as varchar) as item, cast(answer_text as varchar) as answer_text,
    cast('outside the declared anchors, labels and special codes' as varchar) as reason
from written
union all
select null, source_file, source_row, item, answer_text, 'outside the declared categories or limits'
from facts
