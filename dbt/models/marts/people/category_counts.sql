{#- How many people are in each category of each participant variable, with the variable's own denominator. -#}

with people as (
    select variable, category, count(*) as n
    from {{ ref('participant_values') }}
    where category is not null
    group by variable, category
),

answered as (
    select variable, sum(n) as n
    from people
    group by variable
)

select
    cast(categories.variable as string) as variable,
    cast(categories.category as string) as category,
    cast(coalesce(answered.n, 0) as bigint) as n,
    cast(coalesce(people.n, 0) as bigint) as count
from {{ source('codebook', 'participant_categories') }} as categories
left join answered on categories.variable = answered.variable
left join people on categories.variable = people.variable and categories.category = people.category
