{{ config(materialized='view') }}
{#- What the roster says, long: one row a person and variable, known or not. A view over participants. -#}
-- depends_on: {{ ref('participants') }}
{%- set empty = {
    'participant_id': 'string', 'variable': 'string', 'category': 'string', 'number': 'double',
    'missing_reason': 'string', 'source_file': 'string', 'source_row': 'bigint',
} %}

{% call(variable) union_over(codebook_variables(), empty) %}
select
    participant_id,
    cast({{ text_literal(variable.variable) }} as string) as variable,
    {%- if variable.kind == 'category' %}
    cast({{ quoted(variable.variable) }} as string) as category,
    cast(null as double) as number,
    {%- else %}
    cast(null as string) as category,
    cast({{ quoted(variable.variable) }} as double) as number,
    {%- endif %}
    cast({{ quoted(variable.variable ~ '__missing') }} as string) as missing_reason,
    source_file,
    source_row
from {{ ref('participants') }}
{% endcall %}
