{#- Reading one answer. The result is one whole number: the answer's code, or -1000 minus the position of the missing
    reason in missing_reasons(). One expression decides both, so a rule is evaluated once and an answer cannot have a
    value and a missing reason at the same time. Anchors below -999 are refused by the study reader. -#}

{% macro missing_reasons() %}
    {{ return(['blank', 'refused', 'not_asked', 'invalid', 'not_in_wave', 'column_absent', 'withdrawn']) }}
{% endmacro %}

{% macro reason_code(reason) %}
    {{ return(-1000 - missing_reasons().index(reason)) }}
{% endmacro %}

{#- item: an entry of codebook_items(); unasked and texts: the entries of the other two macros for this item -#}
{% macro read_answer(item, unasked, texts) -%}
    {%- set column = quoted(item.item) -%}
    case
    {%- for entry in unasked %}
        when wave = {{ text_literal(entry.wave) }} then {{ reason_code(entry.status) }}
    {%- endfor %}
        when {{ column }} is null or trim({{ column }}) = '' then {{ reason_code('blank') }}
    {%- for entry in texts %}
        when wave = {{ text_literal(entry.wave) }} and trim({{ column }}) = {{ text_literal(entry.answer_text) }} then
            {{- ' ' }}{{ reason_code(entry.missing_reason) if entry.missing_reason else entry.code }}
    {%- endfor %}
        when try_cast(trim({{ column }}) as double) between {{ item.low }} and {{ item.high }}
            and try_cast(trim({{ column }}) as double) = floor(try_cast(trim({{ column }}) as double))
            then try_cast(trim({{ column }}) as double)
        else {{ reason_code('invalid') }}
    end::smallint
{%- endmacro %}

{#- The answer in a read code, or null -#}
{% macro answer_of(code) -%}
    case when {{ code }} > -1000 then {{ code }} end
{%- endmacro %}

{#- The missing reason in a read code, or null -#}
{% macro missing_reason_of(code) -%}
    case {{ code }}{% for reason in missing_reasons() %} when {{ reason_code(reason) }} then '{{ reason }}'{% endfor %} end
{%- endmacro %}

{#- A day as exports write it: ISO 8601, or day first; null if it is neither -#}
{% macro read_date(column) -%}
    coalesce(
        try_cast({{ column }} as timestamp),
        try_strptime({{ column }}, ['%d/%m/%Y %H:%M:%S', '%d/%m/%Y %H:%M', '%d/%m/%Y', '%d.%m.%Y %H:%M', '%d.%m.%Y'])
    )::date
{%- endmacro %}
