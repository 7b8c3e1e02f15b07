{{ config(materialized='view') }}
{#- What the roster says, long: one row a person and variable, known or not. A view over participants. -#}
{#- Named here, outside the loops, so that dbt sees the dependency when it parses. -#}
{%- set people = ref('participants') -%}

{%- for variable in codebook_variables() %}
{{ 'union all' if not loop.first }}
select
    participant_id,
    cast({{ text_literal(variable.variable) }} as varchar) as variable,
    {%- if variable.kind == 'category' %}
    cast({{ quoted(variable.variable) }} as varchar) as category,
    cast(null as double) as number,
    {%- else %}
    cast(null as varchar) as category,
    cast({{ quoted(variable.variable) }} as double) as number,
    {%- endif %}
    cast({{ quoted(variable.variable ~ '__missing') }} as varchar) as missing_reason,
    source_file,
    source_row
from {{ people }}
{%- else %}
select
    cast(null as varchar) as participant_id, cast(null as varchar) as variable, cast(null as varchar) as category,
    cast(null as double) as number, cast(null as varchar) as missing_reason, cast(null as varchar) as source_file,
    cast(null as bigint) as source_row
from {{ people }}
where false
{%- endfor %}
