{#- The moments of each scale's pairs in each contrast and group, change in the declared direction. -#}
-- depends_on: {{ ref('counted_profiles') }}

{{ moments_of_pairs(by_group=true) }}
