{#- The moments of each scale's scores over the waves and of the covariates, of the people of a group who have a score in the same
    waves and of whom every covariate is known. No rows where no covariates are declared. -#}
-- depends_on: {{ ref('person_profiles') }}
-- depends_on: {{ ref('participants') }}
{%- set terms = repeated_terms() %}
{%- set empty = {
    'people_group': 'string', 'scale': 'string', 'pattern': 'string', 'term': 'string', 'other_term': 'string',
    'n': 'bigint', 'mean': 'double', 'other_mean': 'double', 'cross_products': 'double',
} %}

{{ moments_of_patterns_with_covariates(terms) if covariate_variables() else no_rows(empty) }}
