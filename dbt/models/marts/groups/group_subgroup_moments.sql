{#- The moments of each scale's pairs in each contrast, group and subgroup. No rows where no subgroups are declared. -#}
-- depends_on: {{ ref('counted_people') }}
-- depends_on: {{ ref('participant_values') }}
-- depends_on: {{ source('codebook', 'contrasts') }}
{%- set empty = {
    'people_group': 'string', 'variable': 'string', 'category': 'string', 'contrast': 'string', 'scale': 'string',
    'n': 'bigint', 'mean_baseline': 'double', 'sd_baseline': 'double', 'mean_followup': 'double', 'sd_followup': 'double',
    'covariance': 'double', 'mean_change': 'double', 'sd_change': 'double',
} %}

{{ moments_of_pairs(by_group=true, by_subgroup=true) if codebook_subgroups() else no_rows(empty) }}
