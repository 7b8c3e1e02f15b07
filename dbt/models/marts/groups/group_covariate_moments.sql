{#- The moments of each scale's pairs and of the covariates in each contrast and group, of people of whom all of these are
    known. No rows where no covariates are declared. -#}
-- depends_on: {{ ref('counted_people') }}
-- depends_on: {{ ref('participants') }}
{%- set terms = adjustment_terms() %}
{%- set empty = {
    'people_group': 'string', 'contrast': 'string', 'scale': 'string', 'term': 'string', 'other_term': 'string',
    'n': 'bigint', 'mean': 'double', 'other_mean': 'double', 'cross_products': 'double',
} %}

{{ moments_with_covariates(terms) if covariate_variables() else no_rows(empty) }}
