{{ config(materialized='view') }}
{#- Types what the roster says of each person: categories by their declared texts, numbers by their declared mark and
    limits. A text that fits neither becomes null with the reason `invalid`. Excluded people stand in marts.exclusions. -#}
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
        {%- if variable.kind == 'category' %}
        case {{ column }}
            {%- for entry in variable.texts %}
            when {{ text_literal(entry.answer_text) }} then {{ text_literal(entry.category) }}
            {%- endfor %}
        end as {{ column }}
        {%- else %}
        case when {{ matches_number(column) }} then cast({{ column }} as double) end as {{ column }}
        {%- endif %},
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
        when {{ quoted(variable.variable ~ '__blank') }} then 'blank'
        when {{ column }} is null then 'invalid'
    end as {{ quoted(variable.variable ~ '__missing') }}
    {%- endfor %}
from limited
