{#- What a model of growth is made of: sums of the people of a group whose scores have the same times, which keep no order and no
    person's scores where people share their times. No rows where no model of growth is declared. -#}
-- depends_on: {{ ref('answer_days') }}
-- depends_on: {{ ref('participants') }}
-- depends_on: {{ ref('person_profiles') }}
{%- set growth = codebook_growth() %}
{%- set empty = {
    'scale': 'string', 'people_group': 'string', 'scores': 'bigint', 'days': 'double', 'squared_days': 'double', 'n': 'bigint',
    'centre': 'double', 'score_sum': 'double', 'product_sum': 'double', 'square_sum': 'double', 'score_score': 'double',
    'score_product': 'double', 'product_product': 'double',
} %}

{{ moments_of_growth(growth[0].time) if growth else no_rows(empty) }}
