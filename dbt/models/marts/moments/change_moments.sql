{#- The moments of each scale's pairs in each contrast, change in the declared direction. -#}
-- depends_on: {{ ref('counted_profiles') }}

{{ moments_of_pairs() }}
