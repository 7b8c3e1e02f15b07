{{ config(materialized='view') }}
{#- How many people of each group gave the same answers in the same waves to each question of yes or no, or with categories. -#}
{%- set waves = codebook_waves() %}

with patterns as (
    select
        people_group,
        measure,
        {{ waves_with_a_score() }} as pattern,
        concat_ws('+'{% for wave in waves %}, cast(cast({{ value_in(wave) }} as integer) as string){% endfor %}) as answers,
        n
    from {{ ref('score_profiles') }}
    where kind in ('yes_no', 'category') and people_group is not null
)

select
    cast(people_group as string) as people_group,
    cast(measure as string) as measure,
    cast(pattern as string) as pattern,
    cast(answers as string) as answers,
    cast(sum(n) as bigint) as n
from patterns
where pattern <> ''
group by people_group, measure, pattern, answers
