{{ config(materialized='view') }}
{#- Types what the roster says of each person: categories by their declared texts, numbers by their declared mark and
    limits, special codes by their reasons. A text that fits none becomes null with the reason `invalid`. Excluded people stand in marts.exclusions. -#}
{%- set variables = codebook_variables() %}

with trimmed as (
    select
        participant_id,
        source_file,
        source_row,
        withdrawn_on_day as withdrawn_on,
        nullif({{ cell_text('withdrawal_reason') }}, '') as withdrawal_reason,
        coalesce({{ cell_text('withdrawn_on') }}, '') <> '' or coalesce({{ cell_text('withdrawal_reason') }}, '') <> '' as is_withdrawn
        {%- for variable in variables %},
        {%- set column = quoted(variable.variable) %}
        {%- set written = cell_text(as_text(column)) %}
        {{ with_decimal_point(written, variable.decimal_mark) if variable.kind == 'number' else written }} as {{ column }}
        {%- endfor %}
    from {{ source('raw', 'roster') }}
    where {{ is_included() }}
),

read as (
    select
        participant_id,
        source_file,
        source_row,
        is_withdrawn,
        withdrawn_on,
        withdrawal_reason
        {%- for variable in variables %},
        {%- set column = quoted(variable.variable) %}
        {%- set mark = variable.decimal_mark if variable.kind == 'number' else '.' %}
        {%- set special = special_code_of(column, variable.special_codes, mark) %}
        {%- if variable.kind == 'category' %}
        case{% if special %} when {{ special }} is not null then null{% endif %}
            {%- for entry in variable.texts %}
            when {{ column }} = {{ text_literal(entry.answer_text) }} then {{ text_literal(entry.category) }}
            {%- endfor %}
            {%- for entry in variable.texts if number_of_text(entry.answer_text, '.') is not none %}
            when {{ matches_number(column) }} and cast({{ column }} as double) = {{ number_of_text(entry.answer_text, '.') }} then {{ text_literal(entry.category) }}
            {%- endfor %}
        end as {{ column }}
        {%- else %}
        case{% if special %} when {{ special }} is not null then null{% endif %} when {{ matches_number(column) }} then cast({{ column }} as double) end as {{ column }}
        {%- endif %},
        cast({{ special or 'null' }} as string) as {{ quoted(variable.variable ~ '__special') }},
        coalesce({{ column }}, '') = '' as {{ quoted(variable.variable ~ '__blank') }}
        {%- endfor %}
    from trimmed
),

limited as (
    select
        participant_id,
        source_file,
        source_row,
        is_withdrawn,
        withdrawn_on,
        withdrawal_reason
        {%- for variable in variables %},
        {%- set column = quoted(variable.variable) %}
        {{ quoted(variable.variable ~ '__blank') }},
        {{ quoted(variable.variable ~ '__special') }},
        {%- if variable.kind == 'number' and (variable.minimum is not none or variable.maximum is not none) %}
        case
            when true
                {%- if variable.minimum is not none %} and {{ column }} >= {{ variable.minimum }}{% endif %}
                {%- if variable.maximum is not none %} and {{ column }} <= {{ variable.maximum }}{% endif %}
                then {{ column }}
        end as {{ column }}
        {%- else %}
        {{ column }}
        {%- endif %}
        {%- endfor %}
    from read
)

select
    participant_id,
    source_file,
    source_row,
    is_withdrawn,
    withdrawn_on,
    withdrawal_reason
    {%- for variable in variables %},
    {%- set column = quoted(variable.variable) %}
    {{ column }},
    case
        when {{ quoted(variable.variable ~ '__special') }} is not null then {{ quoted(variable.variable ~ '__special') }}
        when {{ quoted(variable.variable ~ '__blank') }} then 'blank'
        when {{ column }} is null then 'invalid'
    end as {{ quoted(variable.variable ~ '__missing') }}
    {%- endfor %}
from limited
