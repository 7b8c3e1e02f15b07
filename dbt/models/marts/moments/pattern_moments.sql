{#- The moments of the people who have a score in the same waves, of those for whom the same waves were planned: what a mixed
    model, imputation and a test of missingness need, whatever the number of people. -#}
-- depends_on: {{ ref('score_profiles') }}

{{ moments_of_patterns() }}
