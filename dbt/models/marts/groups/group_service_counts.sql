{#- How many people of each group used each service in each wave that asked, of how many who answered. -#}
-- depends_on: {{ ref('counted_profiles') }}

{{ counts_of_services(by_group=true) }}
