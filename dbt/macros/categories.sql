{#- Questions of yes or no, and with categories, followed over the waves: of everybody or of each group of people. -#}

{#- How many people gave each answer in each wave that asks it, of how many who answered. by_group: of each group apart; people
    whose group is not known are in none of them -#}
{% macro counts_of_categories(by_group=false) -%}
{%- set keys = (['people_group'] if by_group else []) + ['measure', 'wave'] -%}
with people as (
    select
        {%- if by_group %}
        people_group,
        {%- endif %}
        measure,
        moment as wave,
        value,
        sum(n) as n
    from {{ ref('counted_profiles') }}
    where kind in ('yes_no', 'category') and people = 'value' and is_counted{{ ' and people_group is not null' if by_group }}
    group by {{ 'people_group, ' if by_group }}measure, moment, value
),

answered as (
    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        sum(n) as n
    from people
    group by {{ keys | join(', ') }}
)

select
    {%- if by_group %}
    cast(answered.people_group as string) as people_group,
    {%- endif %}
    cast(answered.measure as string) as measure,
    cast(answered.wave as string) as wave,
    cast(categories.category as string) as category,
    cast(answered.n as bigint) as n,
    cast(coalesce(people.n, 0) as bigint) as count
from answered
inner join {{ source('codebook', 'measure_categories') }} as categories on answered.measure = categories.measure
left join people on {{ same_keys('answered', 'people', keys) }} and categories.stored_as = people.value
{%- endmacro %}
