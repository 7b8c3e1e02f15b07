{#- How many people used each service in each wave that asked, of how many who answered. -#}
-- depends_on: {{ ref('counted_profiles') }}

{{ counts_of_services() }}
