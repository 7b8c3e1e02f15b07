{#- The moments of each number that the roster knows of people. -#}

with counted as (
    select variable, number as value, count(*) as n
    from {{ ref('participant_values') }}
    where number is not null
    group by variable, number
),

means as (
    select variable, sum(n) as n, {{ exact_sum('value', 'n') }} / sum(n) as mean, min(value) as min, max(value) as max
    from counted
    group by variable
),

squares as (
    select counted.variable, {{ exact_sum('(counted.value - means.mean) * (counted.value - means.mean)', 'counted.n') }} as total
    from counted
    inner join means on counted.variable = means.variable
    group by counted.variable
)

select
    cast(variables.variable as varchar) as variable,
    cast(coalesce(means.n, 0) as bigint) as n,
    cast(means.mean as double) as mean,
    cast(sqrt({{ sample_moment('squares.total', 'means.n') }}) as double) as sd,
    cast(means.min as double) as min,
    cast(means.max as double) as max
from {{ source('codebook', 'participant_variables') }} as variables
left join means on variables.variable = means.variable
left join squares on variables.variable = squares.variable
where variables.kind = 'number'
