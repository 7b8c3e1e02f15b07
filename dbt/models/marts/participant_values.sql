{{ config(materialized='view') }}
{#- What the roster says, long: one row a person and variable, known or not. A view over participants. -#}
{#- Named here, outside the loops, so that dbt sees the dependency when it parses. -#}
{%- set people = ref('participants') -%}
{%- set variables = codebook_variables() -%}

{%- for variable in variables %}
{{ 'union all' if not loop.first }}
select
    participant_id,
    {{ text_literal(variable.variable) }}::varchar as variable,
    {%- if variable.kind == 'category' %}
    {{ quoted(variable.variable) }}::varchar as category,
    null::double as number,
    {%- else %}
    null::varchar as category,
    {{ quoted(variable.variable) }}::double as number,
    {%- endif %}
    {{ quoted(variable.variable ~ '__missing') }}::varchar as missing_reason,
    source_file,
    source_row
from {{ people }}
{%- else %}
select
    null::varchar as participant_id, null::varchar as variable, null::varchar as category, null::double as number,
    null::varchar as missing_reason, null::varchar as source_file, null::bigint as source_row
where false
{%- endfor %}
