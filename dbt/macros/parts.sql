{#- Waves that come as several exports, by the rows of codebook_parts(): columns of later parts carry the part's number. -#}

{% macro later_parts(later) %}
    {{ return(later | selectattr('part') | map(attribute='part') | unique | sort | list) }}
{% endmacro %}

{#- A part's own column: source_file, source_file__2, … -#}
{% macro of_part(column, part) -%}
    {{ quoted(column if part == 1 else column ~ '__' ~ part) }}
{%- endmacro %}

{#- What the first part that was returned says -#}
{% macro from_parts(column, parts) -%}
    coalesce({% for part in parts %}max(case when answers.part = {{ part }} then answers.{{ quoted(column) }} end){{ ', ' if not loop.last }}{% endfor %})
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
