{{ config(materialized='view') }}
{#- Types every answer against its declared anchors, labels and special codes: one whole number an item
    (macros/answers). Each export's table is read by itself, since a column holds text in one and whole numbers in another.
    An item that stands in another part of the wave is null. -#}
-- depends_on: {{ source('raw', 'answers') }}
{%- set items = codebook_items() %}
{%- set unasked = codebook_unasked() %}
{%- set texts = codebook_answer_texts() %}
{%- set later = codebook_parts() %}
{%- set numbers = raw_number_columns() %}
{%- set empty = {
    'participant_id': 'string', 'wave': 'string', 'part': 'integer', 'answered_on': 'date', 'source_file': 'string',
    'source_row': 'bigint', 'seconds_taken': 'double',
} %}

{% call(table) union_over(codebook_wave_tables(), empty) %}
{%- set unasked_here = unasked | selectattr('wave', 'equalto', table.wave) | list %}
{%- set later_here = later | selectattr('wave', 'equalto', table.wave) | list %}
{%- set texts_here = texts | selectattr('wave', 'equalto', table.wave) | list %}
{%- set placed = [] %}
{%- for item in items %}
{%- set status = unasked_here | selectattr('item', 'equalto', item.item) | map(attribute='status') | first %}
{%- set elsewhere = later_here | selectattr('item', 'equalto', item.item) | map(attribute='part') | first %}
{%- do placed.append({
    'item': item,
    'status': status,
    'is_here': not status and (elsewhere or 1) == table.part,
    'is_number': [table.table_name, item.item] in numbers,
    'decimal_mark': (table.decimal_marks or {}).get(item.item, table.decimal_mark),
    'texts': texts_here | selectattr('item', 'equalto', item.item) | list,
}) %}
{%- endfor %}
select
    participant_id,
    {{ text_literal(table.wave) }} as wave,
    {{ table.part }} as part,
    answered_on_day as answered_on,
    source_file,
    source_row,
    {{ read_seconds(cell_text('duration'), table) }} as seconds_taken
    {%- for entry in placed %},
    {%- set item = entry.item %}
    {%- if entry.is_here %}
    cast({{ read_answer(item, quoted(item.item), entry.is_number, entry.texts, entry.decimal_mark) }} as {{ answer_type(item) }}) as {{ quoted(item.item) }}
    {%- else %}
    cast({{ reason_code(item, entry.status) if entry.status else 'null' }} as {{ answer_type(item) }}) as {{ quoted(item.item) }}
    {%- endif %}
    {%- endfor %}
from (
    select
        participant_id,
        answered_on_day,
        source_file,
        source_row
        {%- if table.duration_column %},
        duration
        {%- endif %}
        {%- for entry in placed if entry.is_here %},
        {%- set column = quoted(entry.item.item) %}
        {{ column if entry.is_number else cell_text(column) }} as {{ column }}
        {%- endfor %}
    from {{ raw_table(source('raw', 'answers'), table) }}
) as export_rows
{% endcall %}
