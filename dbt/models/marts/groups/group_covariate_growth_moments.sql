{#- What a model of growth with covariates is made of: sums over the scores of a person and the covariates, of the people of a group
    whose scores have the same times and of whom every covariate is known. No rows where no growth or no covariates are declared. -#}
-- depends_on: {{ ref('answer_days') }}
-- depends_on: {{ ref('participants') }}
-- depends_on: {{ ref('person_profiles') }}
{%- set growth = codebook_growth() %}
{%- set empty = {
    'people_group': 'string', 'scale': 'string', 'centre': 'double', 'scores': 'bigint', 'days': 'double',
    'squared_days': 'double', 'term': 'string', 'other_term': 'string', 'n': 'bigint', 'mean': 'double', 'other_mean': 'double',
    'cross_products': 'double',
} %}

{{ moments_of_growth_with_covariates(growth[0].time, growth_terms()) if growth and covariate_variables() else no_rows(empty) }}
