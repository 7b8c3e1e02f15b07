{#- The moments of each number that the roster knows of people. -#}
{#- Named here, outside the loops, so that dbt sees the dependency when it parses. -#}
{%- set people = ref('participants') -%}
{%- set variables = codebook_variables() | selectattr('kind', 'equalto', 'number') | list -%}

{%- for variable in variables %}
{{ 'union all' if not loop.first }}
select
    {{ text_literal(variable.variable) }}::varchar as variable,
    count({{ quoted(variable.variable) }})::bigint as n,
    avg({{ quoted(variable.variable) }} order by participant_id)::double as mean,
    stddev_samp({{ quoted(variable.variable) }} order by participant_id)::double as sd,
    min({{ quoted(variable.variable) }})::double as min,
    max({{ quoted(variable.variable) }})::double as max
from {{ people }}
{%- else %}
select
    null::varchar as variable, null::bigint as n, null::double as mean, null::double as sd, null::double as min,
    null::double as max
where false
{%- endfor %}
