{{ config(materialized='view') }}
{#- Who counts in which number, by profile: the same rules as in counted_people, each row standing for n people. -#}
{%- set profiles = ref('score_profiles') -%}

select
    measure,
    kind,
    people_group,
    people,
    moment,
    is_counted,
    value,
    value_baseline,
    value_followup,
    is_returned,
    reason,
    n
from (
    {{ counted_rows(profiles, ['people_group', 'n']) }}
) as counted
