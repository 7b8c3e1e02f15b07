{#- The moments of each number that the roster knows of people. -#}

with counted as (
    select variable, number as value, count(*) as n
    from {{ ref('participant_values') }}
    where number is not null
    group by variable, number
),

moments as (
    {{ moments_of('counted', ['variable']) }}
)

select
    cast(variables.variable as string) as variable,
    coalesce(moments.n, 0) as n,
    moments.mean,
    moments.sd,
    moments.min,
    moments.max
from {{ source('codebook', 'participant_variables') }} as variables
left join moments on variables.variable = moments.variable
where variables.kind = 'number'
