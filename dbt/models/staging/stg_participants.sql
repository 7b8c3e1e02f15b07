{#- Types what the roster says of each person: categories by their declared texts, numbers by their declared mark and
    limits. A text that fits neither becomes null with the reason `invalid`. Excluded people stand in marts.exclusions. -#}
{%- set variables = codebook_variables() %}

with read as (
    select
        participant_id,
        source_file,
        source_row,
        {{ read_date('withdrawn_on') }} as withdrawn_on,
        nullif(trim(withdrawal_reason), '') as withdrawal_reason,
        coalesce(trim(withdrawn_on), '') <> '' or coalesce(trim(withdrawal_reason), '') <> '' as is_withdrawn
        {%- for variable in variables %},
        {%- set column = quoted(variable.variable) %}
        {%- if variable.kind == 'category' %}
        case
            {%- for entry in variable.texts %}
            when trim({{ column }}) = {{ text_literal(entry.answer_text) }} then {{ text_literal(entry.category) }}
            {%- endfor %}
        end as {{ column }}
        {%- elif variable.decimal_mark == ',' %}
        case when not contains({{ column }}, '.') then try_cast(replace(trim({{ column }}), ',', '.') as double) end as {{ column }}
        {%- else %}
        try_cast(trim({{ column }}) as double) as {{ column }}
        {%- endif %},
        {{ column }} is null or trim({{ column }}) = '' as {{ quoted(variable.variable ~ '__blank') }}
        {%- endfor %}
    from {{ source('raw', 'roster') }}
    where coalesce(trim(excluded_on), '') = '' and coalesce(trim(exclusion_reason), '') = ''
),

limited as (
    select
        * {%- if variables | selectattr('kind', 'equalto', 'number') | list %} replace (
            {%- for variable in variables if variable.kind == 'number' %}
            {%- set column = quoted(variable.variable) %}
            case
                when isfinite({{ column }})
                    {%- if variable.minimum is not none %} and {{ column }} >= {{ variable.minimum }}{% endif %}
                    {%- if variable.maximum is not none %} and {{ column }} <= {{ variable.maximum }}{% endif %}
                    then {{ column }}
            end as {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        )
        {%- endif %}
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
