{#- The moments of the people of a group who have a score in the same waves, of those for whom the same waves were planned. -#}
-- depends_on: {{ ref('score_profiles') }}

{{ moments_of_patterns(by_group=true) }}
