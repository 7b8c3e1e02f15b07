{#- Every text that fits no anchor, label, category, limit or length of time: one row a cell, with where a person finds it. -#}
-- depends_on: {{ ref('answer_codes') }}
-- depends_on: {{ ref('participants') }}
-- depends_on: {{ source('raw', 'roster') }}
{%- set later = codebook_parts() %}
{%- set timed_tables = codebook_wave_tables() | selectattr('duration_column') | list %}
{%- set items = codebook_items() %}
{%- set empty_cells = {
    'participant_id': 'string', 'wave': 'string', 'item': 'string', 'source_file': 'string', 'source_row': 'bigint',
} %}
{%- set empty_durations = {
    'wave': 'string', 'source_file': 'string', 'source_row': 'bigint', 'answer_text': 'string', 'reason': 'string',
} %}
{%- set empty_facts = {'source_file': 'string', 'source_row': 'bigint', 'item': 'string', 'answer_text': 'string'} %}

with cells as (
    {% call(item) union_over(items, empty_cells) %}
    select
        participant_id,
        wave,
        {{ text_literal(item.item) }} as item,
        {{ source_of_item(item.item, 'source_file', later) }} as source_file,
        {{ source_of_item(item.item, 'source_row', later) }} as source_row
    from {{ ref('answer_codes') }}
    where {{ quoted(item.item) }} = {{ reason_code(item, 'invalid') }}
    {% endcall %}
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
    inner join {{ source('raw', 'answers') }} as written
        on cells.wave = written.wave
        and cells.source_file = written.source_file
        and cells.source_row = written.source_row
),

facts as (
    {% call(variable) union_over(codebook_variables(), empty_facts) %}
    select
        typed.source_file,
        typed.source_row,
        {{ text_literal(variable.variable) }} as item,
        {{ as_text('written.' ~ quoted(variable.variable)) }} as answer_text
    from {{ ref('participants') }} as typed
    inner join {{ source('raw', 'roster') }} as written
        on typed.source_file = written.source_file and typed.source_row = written.source_row
    where typed.{{ quoted(variable.variable ~ '__missing') }} = 'invalid'
    {% endcall %}
),

durations as (
    {% call(table) union_over(timed_tables, empty_durations) %}
    select
        written.wave,
        written.source_file,
        written.source_row,
        written.duration as answer_text,
        {{ text_literal(rejected_duration_words(table.duration_unit)) }} as reason
    from {{ source('raw', 'answers') }} as written
    inner join {{ ref('participants') }} as people on written.participant_id = people.participant_id
    where written.wave = {{ text_literal(table.wave) }}
        and written.part = {{ table.part }}
        and {{ cell_text('written.duration') }} <> ''
        and {{ read_seconds(cell_text('written.duration'), table) }} is null
    {% endcall %}
)

select
    cast(wave as string) as wave,
    cast(source_file as string) as source_file,
    cast(source_row as bigint) as source_row,
    cast(item as string) as item,
    cast(answer_text as string) as answer_text,
    cast('outside the declared anchors, labels and special codes' as string) as reason
from written
union all
select null, source_file, source_row, item, answer_text, 'outside the declared categories or limits'
from facts
union all
select wave, source_file, source_row, 'duration', answer_text, reason
from durations
