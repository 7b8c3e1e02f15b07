{#- The moments of each number that the roster knows of people. -#}
{%- set variables = codebook_variables() | selectattr('kind', 'equalto', 'number') | list -%}

{%- for variable in variables %}
{{ 'union all' if not loop.first }}
select
    {{ text_literal(variable.variable) }}::varchar as variable,
    count({{ quoted(variable.variable) }})::bigint as n,
    avg({{ quoted(variable.variable) }})::double as mean,
    stddev_samp({{ quoted(variable.variable) }})::double as sd,
    min({{ quoted(variable.variable) }})::double as min,
    max({{ quoted(variable.variable) }})::double as max
from {{ ref('participants') }}
{%- else %}
select
    null::varchar as variable, null::bigint as n, null::double as mean, null::double as sd, null::double as min,
    null::double as max
where false
{%- endfor %}
