{#- The moments of each scale's pairs and of the covariates in each contrast, group and subgroup, of people of whom all of these are
    known. No rows where no covariates or no subgroups are declared. -#}
-- depends_on: {{ ref('counted_people') }}
-- depends_on: {{ ref('participants') }}
-- depends_on: {{ ref('participant_values') }}
-- depends_on: {{ source('codebook', 'contrasts') }}
{%- set terms = adjustment_terms() %}
{%- set empty = {
    'people_group': 'string', 'variable': 'string', 'category': 'string', 'contrast': 'string', 'scale': 'string',
    'term': 'string', 'other_term': 'string', 'n': 'bigint', 'mean': 'double', 'other_mean': 'double', 'cross_products': 'double',
} %}

{{ moments_of_subgroups_with_covariates(terms) if covariate_variables() and codebook_subgroups() else no_rows(empty) }}
