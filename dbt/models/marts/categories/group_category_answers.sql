{{ config(materialized='view') }}
{#- How many people of each group gave each answer to each question of yes or no, or with categories, in each wave. -#}
-- depends_on: {{ ref('counted_profiles') }}

{{ counts_of_categories(by_group=true) }}
