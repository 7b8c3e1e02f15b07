{#- Waves that come as several exports, by the rows of codebook_parts(). In int_answer_sheets each part is a join of its own
    (part_1, part_2, …); columns of later parts carry the part's number. -#}

{% macro later_parts(later) %}
    {{ return(later | selectattr('part') | map(attribute='part') | unique | sort | list) }}
{% endmacro %}

{#- A part's own column: source_file, source_file__2, … -#}
{% macro of_part(column, part) -%}
    {{ quoted(column if part == 1 else column ~ '__' ~ part) }}
{%- endmacro %}

{#- What the first part that was returned says -#}
{% macro from_parts(column, parts) -%}
    {%- if parts | length == 1 -%}
    part_1.{{ quoted(column) }}
    {%- else -%}
    coalesce({% for part in parts %}part_{{ part }}.{{ quoted(column) }}{{ ', ' if not loop.last }}{% endfor %})
    {%- endif -%}
{%- endmacro %}

{#- An item's column, from the part of each wave that holds it -#}
{% macro item_of_part(item, column, later, parts) -%}
    {%- set elsewhere = later | selectattr('item', 'equalto', item) | list -%}
    {%- if elsewhere -%}
    case waves.wave
    {%- for entry in elsewhere %} when {{ text_literal(entry.wave) }} then
        {%- if entry.part %} part_{{ entry.part }}.{{ quoted(column) }}{% else %} {{ from_parts(column, parts) }}{% endif -%}
    {%- endfor %} else part_1.{{ quoted(column) }} end
    {%- else -%}
    part_1.{{ quoted(column) }}
    {%- endif -%}
{%- endmacro %}

{#- The file or the row of an item's answer, in the sheets -#}
{% macro source_of_item(item, column, later) -%}
    {%- set elsewhere = later | selectattr('item', 'equalto', item) | selectattr('part') | list -%}
    {%- if elsewhere -%}
    case wave{% for entry in elsewhere %} when {{ text_literal(entry.wave) }} then {{ of_part(column, entry.part) }}{% endfor %} else {{ quoted(column) }} end
    {%- else -%}
    {{ quoted(column) }}
    {%- endif -%}
{%- endmacro %}
