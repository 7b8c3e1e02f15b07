{{ config(materialized='view') }}
{#- What is followed over time, a person and measure a row: the value in each wave, and how it is known or why it is missing.
    score_profiles counts these rows; who counts in a number is decided over them (macros/people). -#}
{%- set states = ref('return_states') -%}
{%- set scores = ref('scores') -%}
{%- set codes = ref('answer_codes') -%}
{%- set waves = codebook_waves() -%}
{%- set scales = codebook_measures() | selectattr('kind', 'equalto', 'scale') | list -%}
{%- set services = codebook_measures() | selectattr('kind', 'equalto', 'service') | list %}

{%- if waves and scales + services %}
with scored as (
    {{ wide_measures(scales, states, scores) }}
),

used as (
    {{ wide_measures(services, states, codes) }}
)
{%- for measure in scales + services %}
{{ 'union all' if not loop.first }}
select
    cast(participant_id as varchar) as participant_id,
    cast({{ text_literal(measure.measure) }} as varchar) as measure,
    cast({{ text_literal(measure.kind) }} as varchar) as kind,
    cast('everybody' as varchar) as people_group
    {%- for wave in waves %},
    {{ wide_value(measure, wave) }} as {{ value_in(wave) }},
    {{ wide_status(measure, wave) }} as {{ status_in(wave) }},
    {{ state_in(wave) }}
    {%- endfor %}
from {{ 'scored' if measure.kind == 'scale' else 'used' }}
{%- endfor %}
{%- else %}
select cast(null as varchar) as participant_id, cast(null as varchar) as measure, cast(null as varchar) as kind, cast(null as varchar) as people_group
from {{ states }}, {{ scores }}, {{ codes }}
where false
{%- endif %}
