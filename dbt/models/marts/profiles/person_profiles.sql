{{ config(materialized='table' if target.type == 'spark' else 'view') }}
{#- What is followed over time, a person and measure a row: the value in each wave, and how it is known or why it is missing.
    score_profiles counts these rows; who counts in a number is decided over them (macros/people). Spark would put this query
    into its plan once for each rule of counted_people, more than the memory of its driver holds: there it is a table. -#}
-- depends_on: {{ ref('planned_waves') }}
{%- set waves = codebook_waves() %}
{%- set scales = codebook_measures() | selectattr('kind', 'equalto', 'scale') | list %}
{%- set answers = codebook_measures() | rejectattr('kind', 'equalto', 'scale') | list %}
{%- set empty = {'participant_id': 'string', 'measure': 'string', 'kind': 'string', 'people_group': 'string'} %}

with scored as (
    {{ wide_measures(scales, ref('return_states'), ref('scores')) }}
),

answered as (
    {{ wide_measures(answers, ref('return_states'), ref('answer_codes')) }}
)

{% call(measure) union_over(scales + answers if waves else [], empty) %}
select
    cast(participant_id as string) as participant_id,
    cast({{ text_literal(measure.measure) }} as string) as measure,
    cast({{ text_literal(measure.kind) }} as string) as kind,
    people_group
    {%- for wave in waves %},
    {{ wide_value(measure, wave) }} as {{ value_in(wave) }},
    {{ wide_status(measure, wave) }} as {{ status_in(wave) }},
    {{ state_in(wave) }}
    {%- endfor %}
from {{ 'scored' if measure.kind == 'scale' else 'answered' }}
{% endcall %}
