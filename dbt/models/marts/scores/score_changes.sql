{{ config(materialized='view') }}
{#- Pairs: one row a person, contrast and scale with a score in both waves, with the change in the declared direction. -#}

select
    participant_id,
    cast(moment as string) as contrast,
    cast(measure as string) as scale,
    cast(value_baseline as double) as score_baseline,
    cast(value_followup as double) as score_followup,
    cast(value as double) as change
from {{ ref('counted_people') }}
where people = 'both' and kind = 'scale' and is_counted
