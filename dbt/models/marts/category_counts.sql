{#- How many people are in each category of each participant variable, with the variable's own denominator. -#}
{#- Named here, outside the loops, so that dbt sees the dependency when it parses. -#}
{%- set participants = ref('participants') -%}
{%- set variables = codebook_variables() | selectattr('kind', 'equalto', 'category') | list %}

with people as (
    {%- for variable in variables %}
    {{ 'union all' if not loop.first }}
    select {{ text_literal(variable.variable) }} as variable, {{ quoted(variable.variable) }} as category
    from {{ participants }}
    where {{ quoted(variable.variable) }} is not null
    {%- else %}
    select null::varchar as variable, null::varchar as category where false
    {%- endfor %}
),

answered as (
    select variable, count(*) as n
    from people
    group by variable
)

select
    categories.variable::varchar as variable,
    categories.category::varchar as category,
    coalesce(any_value(answered.n), 0)::bigint as n,
    count(people.category)::bigint as count
from {{ source('codebook', 'participant_categories') }} as categories
left join answered on categories.variable = answered.variable
left join people on categories.variable = people.variable and categories.category = people.category
group by categories.variable, categories.category
